/** What an upload tells about itself while it runs. Kinds are only ever added. */
import type { WindowReason } from './window.js'

export type UploadEvent =
  /** A new multipart upload exists at the service. */
  | {
      readonly type: 'opened'
      readonly uploadId: string
      /** Of an input whose size is not known: that of its first parts. */
      readonly partSize: number
      /** Absent for an input whose size is not known. */
      readonly partCount?: number
    }
  /** An earlier upload goes on. `toCheck` parts are at the service and will be compared with the file. */
  | {
      readonly type: 'resumed'
      readonly uploadId: string
      readonly partSize: number
      readonly partCount: number
      readonly toKeep: number
      readonly toCheck: number
      readonly toSend: number
    }
  /** An Initiate whose answer was lost has been found again at the service. */
  | { readonly type: 'recovered'; readonly uploadId: string }
  /** An upload that no checkpoint of ours names was found at the service and goes on. `partCount`: parts it has. */
  | {
      readonly type: 'adopted'
      readonly uploadId: string
      /** By the service's clock, milliseconds since the epoch. */
      readonly initiated: number
      readonly partCount: number
    }
  /** An upload that the checkpoint of another tool names goes on. `partCount`: parts that are at the service. */
  | {
      readonly type: 'taken-over'
      readonly uploadId: string
      /** Bytes. */
      readonly partSize: number
      readonly partCount: number
    }
  /** Nothing could be adopted, so a new upload begins. Those looked at were left alone. */
  | {
      readonly type: 'adopt-none'
      readonly unfit: readonly { readonly uploadId: string; readonly why: string }[]
      readonly message: string
    }
  /** Several could be adopted; none was chosen, and the call fails with `conflict`. */
  | {
      readonly type: 'adopt-ambiguous'
      readonly candidates: readonly {
        readonly uploadId: string
        readonly initiated: number
        readonly parts: number
        readonly bytes: number
      }[]
    }
  /** An adopted upload was given up and left at the service, since somebody else may have begun it. */
  | { readonly type: 'adopted-left'; readonly uploadId: string; readonly message: string }
  /** The object of an adopted upload has other headers than were asked for; these. */
  | {
      readonly type: 'headers-differ'
      readonly uploadId: string
      readonly headers: readonly string[]
      readonly message: string
    }
  | { readonly type: 'headers-not-compared'; readonly uploadId: string; readonly message: string }
  /** Uploads of this key that may be ours, from Initiates whose answers were lost; none of them was touched. */
  | { readonly type: 'orphans-suspected'; readonly uploadIds: readonly string[]; readonly message: string }
  /** The checkpoint's part size is used, not the one asked for. */
  | { readonly type: 'plan-kept'; readonly partSize: number; readonly asked: number }
  | { readonly type: 'part-stored'; readonly partNumber: number; readonly size: number }
  /** A part of an earlier run is the file's present bytes. */
  | { readonly type: 'part-kept'; readonly partNumber: number; readonly size: number }
  /** A part of an earlier run is not what the file has now; it will be sent again. */
  | { readonly type: 'part-refuted'; readonly partNumber: number; readonly size: number }
  /** The listing of parts is not allowed; the checkpoint's own record is used. */
  | { readonly type: 'parts-not-listed'; readonly message: string }
  /** Something failed and will be tried again. */
  | {
      readonly type: 'waiting'
      readonly operation: string
      readonly partNumber?: number
      readonly attempt: number
      readonly delayMs: number
      /** When this request failed first, by this machine's clock, milliseconds since the epoch. */
      readonly since: number
      /** When it is tried again, by the same clock. */
      readonly until: number
      readonly message: string
    }
  /** A request that had failed is no longer tried: it got through (`through`), or it was given up. */
  | {
      readonly type: 'waited'
      readonly operation: string
      readonly partNumber?: number
      /** How often it was tried. */
      readonly attempts: number
      readonly since: number
      readonly through: boolean
    }
  /** Parts are sent from so many worker threads too, beside the loop that made the call. */
  | { readonly type: 'workers'; readonly workers: number; readonly message: string }
  /**
   * With `numThreads: 'auto'`: so many parts in flight at once from now on. `start`: to begin with; `climb`: more are tried;
   * `no-gain`: more were not faster; `throttled`: the service asked for less; `broken`: connections broke or stood still.
   */
  | {
      readonly type: 'window'
      readonly numThreads: number
      readonly reason: WindowReason
      readonly message: string
    }
  /** The upload we were on can't go on; a new one begins. */
  | { readonly type: 'restarted'; readonly uploadId: string; readonly message: string }
  /** The file changed while it was uploaded; what differs is sent again. */
  | { readonly type: 'source-moved'; readonly parts: number }
  | { readonly type: 'completing'; readonly uploadId: string }
  /** Of an upload whose size is not known: how far it has come. Takes the place of `progress`. */
  | {
      readonly type: 'streaming'
      /** Bytes read so far; what was not sent yet waits in memory or in the spool. */
      readonly readBytes: number
      /** Bytes that were acknowledged and proved. */
      readonly provedBytes: number
      /** Bytes of the attempts now running. */
      readonly sendingBytes: number
      /** The input has ended, so that `readBytes` is the size. */
      readonly ended: boolean
    }
  /** The answer to Complete was lost or odd, and the object was found to be ours. */
  | { readonly type: 'settled'; readonly message: string }
  | { readonly type: 'aborted'; readonly uploadId: string }
  /** An abort failed; the checkpoint remembers it. */
  | { readonly type: 'abort-pending'; readonly uploadId: string; readonly message: string }
  | { readonly type: 'checkpoint-warning'; readonly message: string }
  | { readonly type: 'checkpoint-set-aside'; readonly name: string; readonly uploadIds: readonly string[] }
  /** The caller's progress callback threw. */
  | { readonly type: 'callback-error'; readonly error: unknown }
  | {
      readonly type: 'progress'
      readonly consumedBytes: number
      readonly totalBytes: number
      /** Bytes of earlier runs that are proved to be the file's. */
      readonly keptBytes: number
      /** Bytes of this run that were acknowledged and proved. */
      readonly provedBytes: number
      /** Bytes of the attempts now running. */
      readonly sendingBytes: number
    }

export type OnEvent = (event: UploadEvent) => void
