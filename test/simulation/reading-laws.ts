/** What one life may read, and what it may call done: progress never claims more than was read or is on record, and nothing on record is read again. */
import assert from 'node:assert/strict'
import type { UploadEvent } from '../../src/engine/events.js'
import { sourceFaults } from './faults.js'
import { broken } from './invariants.js'
import { provedParts } from './journal-oracle.js'
import type { Setting } from './setting.js'
import { journalBytes } from './simulated-disk.js'
import type { Reading } from './simulated-file.js'

/** Ranges the engine reads again at once beside its senders. */
const numCheckers = 2

export interface ReadingLaws {
  readonly progress: (consumed: number, total: number) => void
  readonly onDigest: (range: { readonly start: number; readonly size: number }) => void
  readonly onEvent: (event: UploadEvent) => void
  readonly onDeath: () => void
  readonly onSuccess: () => void
}

export function watchReading(setting: Setting, reading: Reading): ReadingLaws {
  const { world, cloud, file, disk, request, mostThreads } = setting
  const partSize = request.partSize ?? 1
  let last = -1
  let total = 0
  /** Parts that lines on record prove for the file as it was when the run went on. */
  let trusted: ReadonlyMap<number, number> = new Map()
  /** The same, of this opening alone: these need not be read again. */
  let onRecord: ReadonlyMap<number, number> = new Map()
  let identity: unknown
  let unchecked = 0

  const believable = (): number => {
    let bytes = 0
    for (const reached of reading.reached.values()) bytes += reached
    for (const [partNumber, size] of trusted) {
      if (!reading.reached.has((partNumber - 1) * partSize)) bytes += size
    }
    return bytes
  }
  return {
    progress(consumed, of) {
      total = of
      if (consumed <= last && !(consumed === 0 && last === -1)) {
        broken(setting, new Error(`progress went from ${last} to ${consumed}`))
      }
      if (consumed === of && cloud.history.length === 0) {
        broken(setting, new Error('100 % before any object exists'))
      }
      if (consumed > of) broken(setting, new Error(`progress ${consumed} of ${of}`))
      // A thief may have completed the upload and removed the journal that this life has read.
      if (consumed < of && consumed > believable() && !world.met('lock stolen')) {
        broken(setting, new Error(`progress ${consumed}, but only ${believable()} bytes were read or proved`))
      }
      last = consumed
    },
    onDigest({ start, size }) {
      const partNumber = start / partSize + 1
      const whole = size === file.bytes.length
      if (whole || onRecord.get(partNumber) !== size || reading.identity() !== identity) return
      // What a dead life had sent may arrive after all, and be of another state of the file.
      const doubtful = world.met(
        ...sourceFaults,
        'part by others',
        'corrupted body',
        'ListParts short',
        'request late',
        'request repeated',
      )
      if (doubtful || setting.weather.processes > 1) return
      broken(setting, new Error(`part ${partNumber} was read again although a line proves it`))
    },
    onEvent(event) {
      if (event.type === 'resumed') {
        unchecked = event.toCheck
        identity = reading.identity()
        const kinds = { always: ['verified'], changed: ['verified', 'stored'], paranoid: [] }
        const asked = { uploadId: event.uploadId, identity, kinds: kinds[request.verify] }
        trusted = provedParts(journalBytes(disk), { ...asked, anew: false })
        onRecord = provedParts(journalBytes(disk), { ...asked, anew: true })
      }
      if (event.type === 'window' && !(event.numThreads >= 1 && event.numThreads <= mostThreads)) {
        broken(setting, new Error(`${event.numThreads} parts at once, of ${mostThreads} at most`))
      }
      if (event.type === 'source-moved') onRecord = new Map()
      if (event.type === 'part-kept' || event.type === 'part-refuted') unchecked -= 1
    },
    onDeath() {
      if (unchecked > 0) world.strike('life shorter than the re-hash')
    },
    onSuccess() {
      assert.equal(last, total, 'success without 100 %')
      const { most } = reading.pumps
      assert.ok(most <= mostThreads + numCheckers, `${most} ranges were read at once`)
      // One with the sink and one read ahead; twice that while the blocks of a stopped transfer come home.
      const lent = reading.blocks.most
      assert.ok(lent <= 4 * (mostThreads + numCheckers), `${lent} blocks were lent at once`)
    },
  }
}
