/** What a run of many sources tells while it goes on, and at its end. Kinds and fields are only ever added. */
import { UploadError, type UploadErrorCode } from '../engine/errors.js'
import type { UploadEvent } from '../engine/events.js'
import type { UploadResult } from '../engine/upload.js'

/** Why a source was not sent. */
export type SkipReason =
  /** It was uploaded already, as a rule by an earlier run, and has not changed since, as the manifest tells. */
  | 'done-before'
  /** The object has the file's size, CRC-64 and headers already. */
  | 'same'
  /** There is an object of this key, and such were to be left alone. */
  | 'exists'

/** Which source an event is of. */
export interface FileRef {
  /** Counts from 0 in the order in which the sources came; the same in all events of one source. */
  readonly index: number
  readonly filename: string
  readonly key: string
}

export type ManyEvent =
  /** A run that an earlier one left goes on. */
  | {
      readonly type: 'run-resumed'
      /** When the first of them began, milliseconds since the epoch. */
      readonly begunAt: number
      /** Files that are done, if they have not changed. */
      readonly done: number
      /** Files that failed, to be tried again. */
      readonly failed: number
    }
  /** A file was opened and is about to be sent. */
  | ({ readonly type: 'file-started'; readonly size: number } & FileRef)
  /** What the upload of one file tells of itself; between its `file-started` and its end. */
  | ({ readonly type: 'file-event'; readonly event: UploadEvent } & FileRef)
  | ({ readonly type: 'file-uploaded'; readonly result: UploadResult } & FileRef)
  | ({ readonly type: 'file-skipped'; readonly reason: SkipReason; readonly size: number } & FileRef)
  | ({ readonly type: 'file-failed'; readonly error: UploadError } & FileRef)
  /** The run was stopped while this file was looked at, waited for its turn or was sent. What was sent of it is kept. */
  | ({ readonly type: 'file-stopped' } & FileRef)
  /** All sources have come: the totals of `run-progress` are whole from now on. */
  | { readonly type: 'sources-ended'; readonly files: number }
  /** Lines of the manifest are damaged, or it can't be written; the run goes on, and may send again what was sent, or the next one may. */
  | { readonly type: 'manifest-warning'; readonly message: string }
  | ({ readonly type: 'run-progress' } & ManyProgress)

/** Where a run is. Sizes in bytes. */
export interface ManyProgress {
  /** Sources that came so far. */
  readonly files: number
  readonly uploaded: number
  readonly skipped: number
  readonly failed: number
  /** Of the files that were opened or passed over so far. More come until `allKnown`. */
  readonly totalBytes: number
  /** Sent and proved, kept from before, passed over, or being sent. At most `totalBytes`. */
  readonly consumedBytes: number
  /** Of `consumedBytes`: of parts kept from earlier runs, and of files passed over. */
  readonly keptBytes: number
  /** Have all sources come? */
  readonly allKnown: boolean
}

export interface ManySummary {
  /** Files that became their objects in this run. */
  readonly uploaded: number
  readonly skipped: number
  readonly failed: number
  readonly bytes: {
    /** Of the files that were uploaded. */
    readonly uploaded: number
    /** Of these, sent in this run. */
    readonly sent: number
    /** Of these, at the service since an earlier run. */
    readonly kept: number
    /** Of the files that were passed over. */
    readonly skipped: number
  }
  /** How many files failed by each code. */
  readonly codes: Readonly<Partial<Record<UploadErrorCode, number>>>
  /** The first failures, at most a thousand; the manifest and the events have all. */
  readonly failures: readonly ManyFailure[]
}

export interface ManyFailure {
  readonly filename: string
  readonly key: string
  readonly error: UploadError
}

/** A run that ended before its sources did: stopped, or with no hope for the rest. `summary` tells how far it came. */
export class UploadManyError extends UploadError {
  readonly summary: ManySummary

  constructor(reason: UploadError, summary: ManySummary) {
    const { code, message, retryable, status, requestId, ec } = reason
    super(code, message, { cause: reason.cause ?? reason, retryable, status, requestId, ec })
    this.summary = summary
  }
}
