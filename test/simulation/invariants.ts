/** What has to hold, whatever happened. A breach is found within a promise of the simulated world and thrown where the seed ends. */
import assert from 'node:assert/strict'
import type { UploadRef } from '../../src/engine/ports.js'
import type { UploadResult } from '../../src/engine/upload.js'
import { crc64, crc64ToDecimal } from './checksums.js'
import { type Fault, sourceFaults } from './faults.js'
import { lastIntent } from './journal-oracle.js'
import { epoch, key, type Setting } from './setting.js'
import { journalBytes } from './simulated-disk.js'
import type { Grave } from './watched-service.js'
import type { SimulatedLife } from './world.js'

const breaches = new WeakMap<Setting, unknown>()

export function broken(setting: Setting, error: unknown): void {
  setting.world.note(`BROKEN: ${error instanceof Error ? error.message : String(error)}`)
  if (!breaches.has(setting)) breaches.set(setting, error)
}

export function throwIfBroken(setting: Setting): void {
  if (breaches.has(setting)) throw breaches.get(setting)
}

const strangers: readonly Fault[] = [
  'key overwritten by others',
  'upload by others',
  'part by others',
  'upload aborted by others',
  'upload expired',
  'upload completed by others',
  'bucket gone',
]

const damage: readonly Fault[] = ['corrupted body', 'corrupted checksum', 'object assembled wrong']

/** What a life has to have met before it may end so; `any`: some fault at all. */
const reasons: Readonly<Record<string, readonly Fault[] | 'any'>> = {
  'source-changed': sourceFaults,
  'source-missing': ['source gone'],
  interrupted: 'any',
  // What never gave a good answer is no object service.
  'invalid-argument': ['garbage for an answer'],
  integrity: [...damage, 'part by others', 'ListParts short'],
  'commit-unknown': ['HEAD denied', 'token rejected again'],
  denied: ['token rejected again', 'HEAD denied', 'ListParts denied', 'uploads not listed'],
  'not-found': ['bucket gone'],
  locked: ['lock held', 'lock stolen'],
  'store-unusable': ['disk full', 'flush failed'],
}

export function checkFailure(setting: Setting, code: string, message: string): void {
  const { world } = setting
  const reason = reasons[code]
  const earned =
    code === 'conflict'
      ? earnedConflict(setting)
      : reason === 'any'
        ? [...world.counts.keys()].some((what) => what.startsWith('fault: '))
        : reason !== undefined && world.met(...reason)
  if (!earned) broken(setting, new Error(`${code}: ${message}`))
}

/** A stranger's object, or one of ours that nobody can know any more. */
function earnedConflict(setting: Setting): boolean {
  const { cloud, world, weather } = setting
  // Another process of ours is somebody else, too.
  if (weather.processes > 1) return true
  const strange =
    cloud.history.some(({ ours }) => !ours) ||
    world.met('upload completed by others', 'object assembled wrong')
  // What the file had before may have become an object in the very second in which this upload began.
  const outdated = cloud.history.length > 0 && world.met(...sourceFaults)
  return (
    strange ||
    outdated ||
    world.counts.has('event: adopt-ambiguous') ||
    forgetful(setting) ||
    isForbidden(setting)
  )
}

/** Lines without which a run can't know what an earlier one did. */
const telling = ['intent', 'opened', 'completing', 'committed', 'aborting', 'closed', 'seen', 'refused']

/** Was anything lost that a later run would have had to know? */
export function forgetful({ world, disk }: Setting): boolean {
  return (
    world.met('disk full', 'flush failed') ||
    telling.some((kind) => disk.lostKinds.has(kind)) ||
    unheardEnds({ world }) > 0
  )
}

/** Runs that died between their tidying up and their answer: they have told nobody that they were done. */
function unheardEnds({ world }: Pick<Setting, 'world'>): number {
  return (world.counts.get('journal removed') ?? 0) - (world.counts.get('removal heard of') ?? 0)
}

/** An object is there that must stay: not ours, or ours without anybody left who could know. */
export function isForbidden(setting: Setting): boolean {
  const { request, cloud, world, tally, weather } = setting
  const present = cloud.object()
  if (present === undefined || request.headers['x-oss-forbid-overwrite'] !== 'true') return false
  if (!present.ours || world.met(...sourceFaults) || tally.discards + tally.consents > 0) return true
  // A call that begins after another's success meets that one's object.
  if (weather.processes > 1) return true
  const foreign: readonly Fault[] = ['upload completed by others', 'object assembled wrong', 'corrupted body']
  return forgetful(setting) || world.met('HEAD denied', 'token rejected again', ...foreign)
}

/** Whoever has lost the hold must not complete or abort anything. */
export function checkHeld(
  setting: Setting,
  life: SimulatedLife,
  { operation, ref }: { readonly operation: Grave; readonly ref: UploadRef },
): void {
  if (setting.disk.holder !== life) {
    broken(setting, new Error(`${life.name} asked for ${operation} of ${ref.uploadId} without the hold`))
  }
}

/** What a dead life asked for is under way for so long in a kind network, in virtual milliseconds. */
const stragglingMs = 45

/** An upload whose Initiate went unanswered is looked for before another one is begun. */
export function checkInitiate(setting: Setting, { startedAt }: { readonly startedAt: number }): void {
  const { world, cloud, disk, weather, tally, reported } = setting
  const blind: readonly Fault[] = [
    ...([
      'request late',
      'request repeated',
      'uploads not listed',
      'ListParts denied',
      'token rejected again',
    ] as const),
    ...(['upload by others', 'part by others'] as const),
  ]
  if (weather.processes > 1 || tally.discards > 0 || forgetful(setting) || world.met(...blind)) return
  // A run that succeeded has told that it may have left one and could not look for it.
  if (reported.has('unlisted')) return
  const onRecord = new TextDecoder().decode(journalBytes(disk))
  const isKnown = (id: string): boolean => disk.opened.has(id) || onRecord.includes(id)
  // One that was told of is on record no more: it may be the one that is looked for, as well as the lost one.
  const unknown = cloud.uploads().filter(({ uploadId }) => !isKnown(uploadId))
  const lost = unknown.find(({ uploadId }) => !reported.has(uploadId))
  if (lost === undefined || unknown.length > 1) return
  if (lost.at >= startedAt && lost.at <= startedAt + stragglingMs) return
  broken(setting, new Error(`another Initiate, although ${lost.uploadId} could have been found`))
}

/** Only a sole upload without a part may be taken for one of ours; nobody can tell it from a stranger's then. */
export function checkAdoption(setting: Setting, life: SimulatedLife, uploadId: string): void {
  const { world, cloud, foreign, disk, weather } = setting
  const parts = cloud.uploads().find((upload) => upload.uploadId === uploadId)?.parts.size ?? 0
  if (parts > 0 && !world.met('part by others', 'ListParts short') && weather.processes === 1) {
    broken(setting, new Error(`adopted ${uploadId}, which has ${parts} parts`))
  }
  // Those begun since the last intent could all be its own; only the service's luck decides then.
  const since = lastIntent(journalBytes(disk))
  const begun = new Map(cloud.uploads().map((upload) => [upload.uploadId, epoch + upload.at]))
  const listed = cloud.listedTo(life).filter((id) => Math.floor((begun.get(id) ?? 0) / 1000) * 1000 >= since)
  const onRecord = new TextDecoder().decode(journalBytes(disk))
  const candidates = listed.filter((id) => id === uploadId || !onRecord.includes(id))
  if (candidates.length > 1 && weather.processes === 1) {
    broken(setting, new Error(`adopted ${uploadId} out of ${candidates.join(', ')}`))
  }
  if (foreign.has(uploadId)) world.count('foreign adopted')
}

/** Last-Modified and Date are in whole seconds. */
const sameSecondsMs = 2000

export function checkSuccess(
  setting: Setting,
  { result, startedAt }: { readonly result: UploadResult; readonly startedAt: number },
): void {
  const { cloud, file, world, weather, disk, tally } = setting
  const stored = cloud.history.filter(({ crc64 }) => crc64 === result.crc64)
  assert.ok(stored.length > 0, 'success, but no such object was ever stored')
  // The same bytes, stored by somebody else in the very seconds of this life, nobody can tell from ours. No bytes at all
  // are the same whoever stores them, since an intent of an earlier life too.
  assert.ok(
    result.size === 0 ||
      stored.some(
        ({ ours, uploadId = '', at }) => ours || disk.opened.has(uploadId) || at > startedAt - sameSecondsMs,
      ),
    'success, but it was not we who stored that object',
  )
  // The contents that the file had at some moment of this life: what was current when it began, and all since.
  const began = file.versions.findLastIndex((version) => version.at < startedAt)
  const contents = file.versions.slice(Math.max(0, began))
  assert.ok(
    contents.some(({ bytes }) => crc64ToDecimal(crc64(bytes)) === result.crc64),
    'success, but the object is nothing that the file ever was in this run',
  )
  const present = cloud.object()
  assert.ok(present !== undefined, 'success, but there is no object')
  // A PutObject of a dead run can't be fenced: it may land last, with what the file had before, or what the way made of it.
  const straggler = present.ours && present.uploadId === undefined && tally.crashes > 0
  const alike = !world.met(...sourceFaults, 'corrupted body')
  const settled = alike || (weather.processes === 1 && !straggler)
  if (!world.met('key overwritten by others', 'upload completed by others') && settled) {
    assert.equal(present.crc64, result.crc64, 'success, but the object is another')
  }
  assert.equal(result.size, result.bytes.kept + result.bytes.sent)
}

/** Nobody else's upload is touched, and each of ours is completed, aborted, on record, or told of. */
export function checkNothingForgotten(setting: Setting, { quiet }: { readonly quiet: boolean }): void {
  const { world, cloud, disk, foreign, reported, tally } = setting
  // An upload of an input that comes once is on record as to be aborted before it is as opened.
  const isTaken = (id: string): boolean => disk.opened.has(id) || world.counts.has('foreign adopted')
  for (const id of cloud.aborted) {
    assert.ok(!foreign.has(id) || isTaken(id), `aborted ${id}, which is not ours`)
    // One that an earlier line told to be ours stays ours when it is adopted.
    const known = cloud.initiated.has(id) && disk.adopted.get(id) === 'with the first store'
    const named = tally.discards > 0 || !disk.adopted.has(id) || known
    assert.ok(named, `aborted ${id}, which was only adopted`)
  }
  const present = new Set(cloud.uploads().map(({ uploadId }) => uploadId))
  for (const id of foreign) assert.ok(present.has(id) || isTaken(id), `${id} of others is gone`)

  // What the robbed had on its way to the disk may land behind a line that its thief left torn.
  const merged = world.met('lock stolen') && world.met('append torn', 'disk full')
  const damaged = world.counts.has('damaged lines read') && !world.met('journal bit flipped') && !merged
  assert.ok(!damaged, 'the journal had a damaged line although no bit of it ever turned over')

  const left = [...present].filter((id) => cloud.initiated.has(id))
  // Who is robbed by force in the midst of an Initiate and then dies has told nobody.
  const robbed = world.met('lock stolen') && tally.crashes > 0
  // Once a discard has forgotten an Initiate, what it began may pass for that of a later one.
  const mistaken = world.counts.has('event: recovered') && tally.discards > 0 && tally.crashes > 0
  if (quiet && !robbed && !mistaken && !world.met('request late', 'request repeated')) {
    // What the checkpoint still names is not lost: an abort to repeat, or an upload that met a conflict.
    const remembered = new TextDecoder().decode(journalBytes(disk))
    const orphans = left.filter((id) => !remembered.includes(id) && !reported.has(id))
    if (!reported.has('unlisted')) assert.deepEqual(orphans, [], 'uploads of ours were left at the service')
  }
}

export function checkAtEnd(setting: Setting): void {
  throwIfBroken(setting)
  const { world, cloud, disk, weather, tally } = setting
  const quiet = !forgetful(setting) && !isForbidden(setting)
  checkNothingForgotten(setting, { quiet })
  const alone = !world.met(...sourceFaults, ...strangers, ...damage)
  // Who may not look at the object can't know that an earlier run completed it, and stores it again.
  const seeing = !world.met('HEAD denied', 'uploads not listed', 'token rejected again')
  // A process that begins after another's success does all of it again, as it was asked to.
  if (alone && seeing && quiet && tally.discards + tally.consents === 0 && weather.processes === 1) {
    const committed = cloud.history.filter(({ uploadId }) => uploadId !== undefined)
    assert.ok(committed.length <= 1 + unheardEnds(setting), `${committed.length} Completes took effect`)
  }
  const told =
    !world.met('request late', 'request repeated', 'ListParts short', 'lock stolen') &&
    disk.lostKinds.size === 0
  if (alone && told && !world.met('disk full', 'flush failed')) {
    checkResent(setting)
    checkRecorded(setting)
    if (weather.network === 0) checkCostOfDeaths(setting)
  }
}

/**
 * A death costs at most the parts that were in flight. The one before each, whose line was not on the disk yet, is found by
 * asking the service; where parts may not be listed it is sent again too.
 */
function checkCostOfDeaths({ cloud, tally, mostThreads, weather }: Setting): void {
  const again = cloud.arrivals.length - new Set(cloud.arrivals.map(({ part }) => part)).size
  const each = weather.denied.listParts ? 2 : 1
  const most = tally.crashes * each * mostThreads
  assert.ok(again <= most, `${again} parts came twice, ${most} may with ${tally.crashes} crashes`)
}

/** What a run was told is stored is on record, unless the run died before it could write. */
function checkRecorded({ told, disk }: Setting): void {
  const missing = told.filter(({ part, life }) => life.alive && !disk.recorded.has(part))
  assert.deepEqual(
    missing.map(({ part }) => part),
    [],
    'parts that were acknowledged are not on record',
  )
}

/** Longer than any request is on its way in a kind network, in virtual milliseconds. */
const underWayMs = 45

/** Whatever the network does and however often a life ends: a part whose acknowledgement is on record is not sent again. */
function checkResent({ cloud, disk }: Setting): void {
  const again = cloud.arrivals.filter(
    ({ part, at }) => at > (disk.recorded.get(part) ?? Number.POSITIVE_INFINITY) + underWayMs,
  )
  assert.deepEqual(again, [], `parts of ${key} came again though their acknowledgement was on record`)
}
