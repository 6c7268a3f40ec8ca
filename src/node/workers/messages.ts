/** What a thread that sends parts and the one that began it say to one another. Everything here can be cloned. */
import type { FailureMeaning, UploadErrorCode } from '../../engine/errors.js'
import type { Computed, Headers, PartReceipt, UploadRef } from '../../engine/ports.js'
import type { Credentials } from '../../protocol/signing.js'
import type { Addressing } from '../../services/oss/endpoint.js'
import type { NetworkOptions } from '../network.js'

/** What a thread is begun with. */
export interface WorkerSetting {
  /** Absolute. */
  readonly path: string
  /** Of the file that was opened: a file of the same path that is another one is not read. */
  readonly device: string
  readonly inode: string
  readonly service: {
    readonly endpoint: string
    readonly bucket: string
    readonly region?: string | undefined
    readonly signatureVersion?: 'v1' | 'v4' | undefined
    readonly addressing?: Addressing | undefined
  }
  readonly network: NetworkOptions
  /** Parts that it may have to send at once. */
  readonly parts: number
}

export interface PartTask {
  readonly upload: UploadRef
  readonly partNumber: number
  readonly start: number
  readonly end: number
  readonly headers: Headers
  readonly patience: number
}

export interface SentPart {
  readonly receipt: PartReceipt
  readonly computed: Computed
}

export type ToWorker =
  | { readonly type: 'part'; readonly id: number; readonly task: PartTask }
  | { readonly type: 'abort'; readonly id: number }
  | { readonly type: 'keys'; readonly ask: number; readonly keys: Credentials }
  | { readonly type: 'replaced'; readonly ask: number; readonly replaced: boolean }
  | { readonly type: 'no-keys'; readonly ask: number; readonly failure: ClonedFailure }
  | { readonly type: 'close' }

export type FromWorker =
  /** The file is open, and the one that is meant. */
  | { readonly type: 'ready' }
  /** Nothing will be sent from here. */
  | { readonly type: 'unfit'; readonly why: string }
  /** So many bytes of this part so far. */
  | { readonly type: 'sent'; readonly id: number; readonly bytes: number }
  | { readonly type: 'stored'; readonly id: number; readonly part: SentPart }
  | { readonly type: 'failed'; readonly id: number; readonly failure: ClonedFailure }
  | { readonly type: 'want-keys'; readonly ask: number }
  | { readonly type: 'want-others'; readonly ask: number; readonly refused: Credentials }

/** An error as a value: what crosses threads loses its class. */
export type ClonedFailure =
  | {
      readonly kind: 'service'
      readonly meaning: FailureMeaning
      readonly message: string
      readonly details: {
        readonly status?: number | undefined
        readonly serviceCode?: string | undefined
        readonly ec?: string | undefined
        readonly requestId?: string | undefined
        readonly retryAfterMs?: number | undefined
      }
    }
  | { readonly kind: 'upload'; readonly code: UploadErrorCode; readonly message: string }
  /** Stopped because it was told to. */
  | { readonly kind: 'aborted' }
  /** A fault of ours. */
  | { readonly kind: 'bug'; readonly message: string }
