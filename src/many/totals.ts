/** Adds up what the files of a run tell: its progress at any moment, and its summary. */
import type { UploadError, UploadErrorCode } from '../engine/errors.js'
import type { UploadEvent } from '../engine/events.js'
import type { UploadResult } from '../engine/upload.js'
import type { FileRef, ManyFailure, ManyProgress, ManySummary } from './events.js'

/** As many failures as are held; a run that has more has one cause, not a thousand. */
const mostFailuresHeld = 1000

export interface Totals {
  came(): void
  allCame(): void
  started(file: FileRef, size: number): void
  heard(file: FileRef, event: UploadEvent): void
  uploaded(file: FileRef, result: UploadResult): void
  skipped(size: number): void
  failed(file: FileRef, error: UploadError): void
  /** What an earlier source of the same file and key failed with, if that is held. */
  failureOf(file: FileRef): UploadError | undefined
  /** It ended without being uploaded, by a stop. */
  stopped(file: FileRef): void
  progress(): ManyProgress
  summary(): ManySummary
}

interface Open {
  readonly size: number
  consumed: number
  kept: number
}

export function createTotals(): Totals {
  const open = new Map<number, Open>()
  const counts = { files: 0, uploaded: 0, skipped: 0, failed: 0 }
  const bytes = { uploaded: 0, sent: 0, kept: 0, skipped: 0 }
  const codes: Partial<Record<UploadErrorCode, number>> = {}
  const failures: ManyFailure[] = []
  let totalBytes = 0
  let endedBytes = 0
  let allKnown = false

  /** Its bytes count no longer as being on their way. */
  const close = ({ index }: FileRef): Open | undefined => {
    const file = open.get(index)
    open.delete(index)
    return file
  }
  return {
    came() {
      counts.files += 1
    },
    allCame() {
      allKnown = true
    },
    started({ index }, size) {
      totalBytes += size
      open.set(index, { size, consumed: 0, kept: 0 })
    },
    heard({ index }, event) {
      const file = open.get(index)
      if (file === undefined || event.type !== 'progress') return
      file.consumed = event.consumedBytes
      file.kept = event.keptBytes
    },
    uploaded(file, result) {
      const known = close(file)
      totalBytes += result.size - (known?.size ?? 0)
      endedBytes += result.size
      counts.uploaded += 1
      bytes.uploaded += result.size
      bytes.sent += result.bytes.sent
      bytes.kept += result.bytes.kept
    },
    skipped(size) {
      totalBytes += size
      endedBytes += size
      counts.skipped += 1
      bytes.skipped += size
    },
    failed(file, error) {
      // What will not be sent is not waited for.
      totalBytes -= close(file)?.size ?? 0
      counts.failed += 1
      codes[error.code] = (codes[error.code] ?? 0) + 1
      const { filename, key } = file
      if (failures.length < mostFailuresHeld) failures.push({ filename, key, error })
    },
    failureOf: ({ filename, key }) =>
      failures.find((each) => each.filename === filename && each.key === key)?.error,
    stopped: close,
    progress() {
      let consumed = endedBytes
      let keptBytes = bytes.kept + bytes.skipped
      for (const file of open.values()) {
        consumed += file.consumed
        keptBytes += file.kept
      }
      return { ...counts, totalBytes, consumedBytes: Math.min(consumed, totalBytes), keptBytes, allKnown }
    },
    summary() {
      const { uploaded, skipped, failed } = counts
      return {
        uploaded,
        skipped,
        failed,
        bytes: { ...bytes },
        codes: { ...codes },
        failures: [...failures],
      }
    },
  }
}
