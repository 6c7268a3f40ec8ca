/** When a run of many gives up as a whole: what fails for one file after the other, fails for a million. */
import { UploadError, type UploadErrorCode } from '../engine/errors.js'
import type { UploadEvent } from '../engine/events.js'

/** Failures that say something about all files rather than about one. */
const ofAll: ReadonlySet<UploadErrorCode> = new Set(['denied', 'not-found', 'store-unusable', 'unsupported'])

/** As many such failures, and nothing else, are enough. */
const hopelessFrom = 50

/** What the service has acknowledged. Bytes that a socket took prove nothing. */
const acknowledged: ReadonlySet<UploadEvent['type']> = new Set([
  'opened',
  'resumed',
  'recovered',
  'part-stored',
  'part-kept',
])

export interface Hope {
  /** One per file, to be told what the file's upload tells. */
  watch(): { heard(event: UploadEvent): void; readonly lastMove: number }
  succeeded(): void
  /** Why the whole run is to end now; `undefined` to go on with the next file. */
  afterFailure(error: UploadError, file: { readonly lastMove: number }): UploadError | undefined
}

export function createHope(maxFailures: number): Hope {
  let moves = 0
  let successes = 0
  let failures = 0
  let sameCode: UploadErrorCode | undefined
  let sameCount = 0
  return {
    watch() {
      let lastMove = moves
      return {
        heard(event) {
          if (!acknowledged.has(event.type)) return
          moves += 1
          lastMove = moves
        },
        get lastMove() {
          return lastMove
        },
      }
    },
    succeeded() {
      moves += 1
      successes += 1
    },
    afterFailure(error, { lastMove }) {
      failures += 1
      sameCount = sameCode === error.code ? sameCount + 1 : 1
      sameCode = error.code
      // Nothing went forward since this file last did, so the others wait for the same network.
      if (error.code === 'interrupted' && lastMove === moves) return error
      if (failures >= maxFailures)
        return ended(error, `Stopped after ${failures} ${failures === 1 ? 'failure' : 'failures'}`)
      if (successes === 0 && ofAll.has(error.code) && sameCount >= hopelessFrom) {
        return ended(error, `The first ${failures} files all failed, so the rest was not tried`)
      }
      return undefined
    },
  }
}

function ended(error: UploadError, why: string): UploadError {
  const { code, message, retryable, status, requestId, ec } = error
  return new UploadError(code, `${why}. The last one: ${message}`, {
    cause: error,
    retryable,
    status,
    requestId,
    ec,
  })
}
