/**
 * What an upload has told about itself so far, added up. Pure: a fold over its events, so that a failed run can still say
 * what it kept and what it sent.
 */
import type { UploadEvent } from '../index.js'

export interface Tally {
  readonly uploadId?: string
  readonly resumed: boolean
  /** Absent before the plan is known, and for files that one request is enough for. */
  readonly partCount?: number
  readonly partsKept: number
  readonly partsSent: number
  readonly bytesKept: number
  readonly bytesSent: number
}

export const emptyTally: Tally = { resumed: false, partsKept: 0, partsSent: 0, bytesKept: 0, bytesSent: 0 }

export function addEvent(tally: Tally, event: UploadEvent): Tally {
  switch (event.type) {
    case 'opened':
      return { ...tally, uploadId: event.uploadId, ...partCountOf(event) }
    case 'resumed':
      return { ...tally, uploadId: event.uploadId, partCount: event.partCount, resumed: true }
    case 'part-kept':
      return { ...tally, partsKept: tally.partsKept + 1, bytesKept: tally.bytesKept + event.size }
    case 'part-stored':
      return { ...tally, partsSent: tally.partsSent + 1, bytesSent: tally.bytesSent + event.size }
    case 'restarted':
      return emptyTally
    default:
      return tally
  }
}

/** An input whose end nobody knows has none. */
function partCountOf({ partCount }: { readonly partCount?: number }): { readonly partCount?: number } {
  return partCount === undefined ? {} : { partCount }
}
