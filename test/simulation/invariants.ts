/** What has to hold, whatever happened. A breach is found within a promise of the simulated world and thrown where the seed ends. */
import assert from 'node:assert/strict'
import type { UploadResult } from '../../src/engine/upload.js'
import { crc64, crc64ToDecimal } from './checksums.js'
import { isForbidden, key, type Setting } from './setting.js'

const breaches = new WeakMap<Setting, unknown>()

/** A breach is found within a promise of the simulated world; it is thrown where the seed ends. */
export function broken(setting: Setting, error: unknown): void {
  if (!breaches.has(setting)) breaches.set(setting, error)
}

/** Only an upload without a part may be taken for one of ours; nobody can tell it from a stranger's then. */
export function checkAdoption(setting: Setting, uploadId: string): void {
  const { world, memory, foreign } = setting
  const parts = memory.uploads.get(uploadId)?.parts.size ?? 0
  if (parts > 0 && !world.counts.has('fault: part by others')) {
    broken(setting, new Error(`adopted ${uploadId}, which has ${parts} parts`))
  }
  if (foreign.has(uploadId)) world.count('foreign adopted')
}

export function watchProgress(setting: Setting): {
  readonly callback: (consumed: number, total: number) => void
  checkFinished(result: UploadResult): void
} {
  let last = -1
  let total = 0
  return {
    callback(consumed, of) {
      total = of
      if (consumed <= last && !(consumed === 0 && last === -1)) {
        broken(setting, new Error(`progress went from ${last} to ${consumed}`))
      }
      if (consumed === of && setting.memory.history.length === 0) {
        broken(setting, new Error('100 % before any object exists'))
      }
      if (consumed > of) broken(setting, new Error(`progress ${consumed} of ${of}`))
      last = consumed
    },
    checkFinished: () => assert.equal(last, total, 'success without 100 %'),
  }
}

export function checkSuccess(
  setting: Setting,
  { result, startedAt }: { readonly result: UploadResult; readonly startedAt: number },
): void {
  const { memory, file, world } = setting
  const stored = memory.history.filter(({ object }) => object.crc64 === result.crc64)
  assert.ok(stored.length > 0, 'success, but no such object was ever stored')
  // The contents that the file had at some moment of this life: what was current when it began, and all since.
  const began = file.versions.findLastIndex((version) => version.at < startedAt)
  const contents = file.versions.slice(Math.max(0, began))
  assert.ok(
    contents.some(({ bytes }) => crc64ToDecimal(crc64(bytes)) === result.crc64),
    'success, but the object is nothing that the file ever was in this run',
  )
  const present = memory.objects.get(key)
  assert.ok(present !== undefined, 'success, but there is no object')
  if (!world.counts.has('fault: object by others')) {
    assert.equal(present.crc64, result.crc64, 'success, but the object is another')
  }
  assert.equal(result.size, result.bytes.kept + result.bytes.sent)
}

export function checkAtEnd(setting: Setting): void {
  const { world, memory, disk, weather, foreign } = setting
  if (breaches.has(setting)) throw breaches.get(setting)
  const counted = (what: string): boolean => world.counts.has(what)
  for (const id of setting.aborted)
    assert.ok(!foreign.has(id) || disk.opened.has(id), `aborted ${id}, which is not ours`)
  for (const id of foreign) {
    assert.ok(memory.uploads.has(id) || disk.opened.has(id), `${id} of others is gone`)
  }
  const quiet = !counted('fault: rotten line') && weather.full === 0 && !isForbidden(setting)
  if (quiet && !counted('fault: late effect')) {
    const left = [...memory.uploads.keys()].filter(
      (id) => setting.initiated.has(id) && !setting.reported.has(id),
    )
    // What the checkpoint still names is not lost: an abort to repeat, or an upload that met a conflict.
    const remembered = disk.lines.join()
    const orphans = left.filter((id) => !remembered.includes(id))
    if (!setting.reported.has('unlisted'))
      assert.deepEqual(orphans, [], 'uploads of ours were left at the service')
  }
  const alone = ![...world.counts.keys()].some(
    (what) =>
      what.startsWith('fault: source') || what.endsWith('by others') || what.startsWith('fault: corrupt'),
  )
  const committed = memory.history.filter(({ object }) => object.uploadId !== undefined)
  // Who may not look at the object can't know that an earlier run completed it, and stores it again.
  if (alone && !counted('discards') && !counted('fault: head denied') && quiet) {
    // A run that dies between its tidying up and its answer has told nobody that it is done.
    const unheard = world.counts.get('crash: after remove') ?? 0
    assert.ok(committed.length <= 1 + unheard, `${committed.length} Completes took effect`)
  }
  const prompt = !counted('fault: late effect') && !counted('fault: rotten line')
  if (alone && prompt && weather.full === 0) checkResent(setting)
}

/** Longer than any request is on its way in a kind network, in virtual milliseconds. */
const underWayMs = 25

/** Whatever the network does and however often a life ends: a part whose acknowledgement is on record is not sent again. */
function checkResent({ arrivals, disk }: Setting): void {
  const again = arrivals.filter(({ part, at }) => at > (disk.recorded.get(part) ?? Infinity) + underWayMs)
  assert.deepEqual(again, [], 'parts came again though their acknowledgement was on record')
}
