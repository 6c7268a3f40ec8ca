/** What has to hold of inputs that come once, whatever happened: in success, after a failure, after a stop, and at the end of a seed. */
import assert from 'node:assert/strict'
import type { UploadResult } from '../../../src/engine/upload.js'
import type { Fault } from '../faults.js'
import { checkNothingForgotten, forgetful, throwIfBroken } from '../invariants.js'
import { journalBytes } from '../simulated-disk.js'
import { noProgressForMs, type StreamRun } from './stream-lives.js'
import type { StreamSetting } from './stream-setting.js'

/** Longer than an abort may take before it is left to others, with what is under way, in virtual milliseconds. */
const longestStopMs = 11_000

const damage: readonly Fault[] = ['corrupted body', 'corrupted checksum', 'object assembled wrong']

/** What says that the object may be there all the same, or is and is wrong. */
const open: ReadonlySet<string> = new Set(['commit-unknown', 'integrity'])
export const mayBeStored = /may have been stored/

/** What a life has to have met before it may end so; `any`: some fault at all. */
const reasons: Readonly<Record<string, readonly Fault[] | 'any'>> = {
  interrupted: 'any',
  integrity: [...damage, 'part by others'],
  'commit-unknown': ['HEAD denied', 'token rejected again'],
  denied: ['token rejected again', 'HEAD denied', 'uploads not listed'],
  'not-found': ['bucket gone'],
  locked: ['lock held', 'lock stolen', 'store lost'],
  'store-unusable': ['disk full', 'flush failed'],
}

export function checkStreamSuccess(setting: StreamSetting, run: StreamRun, result: UploadResult): void {
  const { cloud, world, runs, weather } = setting
  assert.ok(run.input.ended(), 'success, but the input had not ended')
  assert.equal(result.crc64, run.crc64, 'success, but the object is not what came')
  assert.equal(result.size, run.input.bytes.length, 'success, but of another size')
  assert.ok(
    cloud.history.some(({ crc64 }) => crc64 === run.crc64),
    'success, but no such object was ever stored',
  )
  const present = cloud.object()
  assert.ok(present !== undefined, 'success, but there is no object')
  if (present.crc64 === run.crc64) return
  if (!present.ours || world.met('key overwritten by others', 'upload completed by others')) return
  // What a dead or failed life had under way lands when it likes.
  const straggler = runs.some((other) => other !== run && other.crc64 === present.crc64 && mayLandLate(other))
  const spoilt =
    world.met('corrupted body') && (world.met('request late', 'request repeated') || runs.some(mayLandLate))
  assert.ok(straggler || spoilt || weather.processes > 1, 'success, but the object is another')
}

/** Did it leave open whether it has stored its object? */
function mayLandLate({ life, ended, result, message = '', code = '' }: StreamRun): boolean {
  if (!life.alive) return true
  return ended && result === undefined && (open.has(code) || mayBeStored.test(message))
}

export function checkStreamFailure(setting: StreamSetting, run: StreamRun): void {
  const { code = '', message = '', input, stoppedAt } = run
  const { world } = setting
  assert.ok(isEarned(setting, run), `${code} was not earned: ${message}`)
  if (stoppedAt !== undefined) {
    const tookMs = world.now() - stoppedAt
    assert.ok(tookMs <= longestStopMs, `it ended ${tookMs} ms after it was told to stop`)
  }
  if (mayBeStored.test(message)) {
    assert.ok(run.asked, 'told that the object may be stored, though nothing of the kind was asked for')
    assert.ok(input.ended(), 'told that the object may be stored, though its input had not ended')
  }
  checkNothingStays(setting, run)
}

function isEarned(setting: StreamSetting, run: StreamRun): boolean {
  const { world, cloud, weather, request, disk } = setting
  const { code = '', message = '', input } = run
  if (code === 'cancelled') return run.stoppedAt !== undefined
  if (code === 'source-missing') return input.failed()
  if (code === 'invalid-argument') return isTooLarge(setting, run) || world.met('garbage for an answer')
  if (code === 'conflict') {
    if (weather.processes > 1 || forgetful(setting) || disk.lostKinds.size > 0) return true
    // An object that is there, and not of this life: its own is never somebody else's.
    const forbids = request.headers['x-oss-forbid-overwrite'] === 'true'
    const others = cloud.history.some(({ crc64, ours }) => !ours || crc64 !== run.crc64)
    const own = cloud.history.some(({ at }) => at < run.startedAt)
    // Where the upload is gone, whatever is there since its very second is taken for a stranger's.
    const strange = world.met(
      'upload completed by others',
      'upload aborted by others',
      'upload expired',
      'key overwritten by others',
      'object assembled wrong',
    )
    // The same bytes of a dead life may have landed last.
    const twin = setting.runs.some(
      (other) => other !== run && other.crc64 === run.crc64 && mayLandLate(other),
    )
    // Who may not look at the object can't see that it is its own, from a request that the way sent twice.
    return (forbids && (others || own || twin || isUnlooked(setting, run))) || strange
  }
  if (code === 'interrupted') {
    // The time that a producer takes is not the service's.
    const isGone = /disappeared|does not exist/.test(message)
    if (!isGone && world.now() - run.pieceAt < noProgressForMs) return false
  }
  const reason = reasons[code]
  return reason === 'any'
    ? [...world.counts.keys()].some((what) => what.startsWith('fault: ') && !harmless.has(what))
    : reason !== undefined && world.met(...reason)
}

/** A producer that takes its time, or fails, interrupts nobody. */
const harmless = new Set([
  'fault: input stalled',
  'fault: input failed',
  'fault: run stopped',
  'fault: two processes',
])

function isTooLarge({ scale, request }: StreamSetting, { input }: StreamRun): boolean {
  // Parts grow with what came, the first may be as large as one request: so this is less than they carry, not more.
  return input.given() > (request.partSize ?? 1) * scale.limits.maxParts
}

/** Whatever ended it in order leaves no upload that it began, unless it says so or another process has taken over. */
function checkNothingStays(setting: StreamSetting, run: StreamRun): void {
  const { cloud, disk, world } = setting
  const present = new Set(cloud.uploads().map(({ uploadId }) => uploadId))
  const left = [...run.opened].filter((id) => present.has(id))
  if (left.length === 0) return
  const { network, denied, processes } = setting.weather
  const isEasy = network === 0 && !denied.abort && processes === 1 && !world.met('bucket gone', 'store lost')
  assert.ok(!isEasy, `${run.code}, and an abort that nothing stood against was not done`)
  const { uploadId } = run.error ?? {}
  const said = (id: string): boolean => run.owed.has(id) || (run.code === 'locked' && uploadId === id)
  const untold = left.filter((id) => !said(id))
  assert.deepEqual(untold, [], `${run.code}, but uploads stay behind untold`)
  if (run.code === 'locked' || forgetful(setting) || world.met('lock stolen', 'store lost')) return
  const remembered = new TextDecoder().decode(journalBytes(disk))
  const lost = left.filter((id) => !remembered.includes(id))
  assert.deepEqual(lost, [], `${run.code}: uploads whose abort is owed are not on record`)
}

export function checkStreamsAtEnd(setting: StreamSetting): void {
  throwIfBroken(setting)
  const { cloud, runs, world } = setting
  // Where a last run met an object that must stay, unanswered Initiates are on record for the one that comes through.
  const isThrough = runs.at(-1)?.result !== undefined
  checkNothingForgotten(setting, { quiet: isThrough && !forgetful(setting) })
  if (!world.met(...damage, 'part by others', 'upload completed by others')) {
    const wholes = new Set(runs.filter(({ input }) => input.ended()).map(({ crc64 }) => crc64))
    for (const { ours, crc64, size } of cloud.history) {
      assert.ok(
        !ours || wholes.has(crc64),
        `an object of ${size} bytes, which is no input that came to its end`,
      )
    }
  }
  checkNothingUnsaid(setting)
}

/** It met an object which it might not look at: its own, perhaps. */
function isUnlooked({ world }: StreamSetting, { code }: StreamRun): boolean {
  return code === 'conflict' && world.met('HEAD denied')
}

/** After a failure that ended in order no object of it appears, not even later, without its having said that one may. */
function checkNothingUnsaid(setting: StreamSetting): void {
  const { cloud, runs, world } = setting
  if (world.met('upload completed by others')) return
  for (const run of runs) {
    const { life, result, code = '', message = '', crc64 } = run
    if (!life.alive || result !== undefined || open.has(code) || mayBeStored.test(message)) continue
    // Also by another life with the same bytes: it was looked at, and by then a stranger's had taken its place.
    const isOusted = (other: StreamRun): boolean =>
      other.code === 'conflict' && world.met('key overwritten by others')
    const by = (other: StreamRun): boolean =>
      other.crc64 === crc64 &&
      (other.result !== undefined || mayLandLate(other) || isUnlooked(setting, other) || isOusted(other))
    if (runs.some(by)) continue
    const unsaid = cloud.history.filter((object) => object.ours && object.crc64 === crc64)
    assert.equal(unsaid.length, 0, `${life.name} ended as ${code}, and its object is there all the same`)
  }
}
