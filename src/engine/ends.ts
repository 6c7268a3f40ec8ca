/** How work on one multipart upload can end, failures apart. */
import type { OpenedRecord } from './checkpoint.js'
import { type ServiceError, UploadError } from './errors.js'
import type { ObjectReceipt } from './ports.js'

/** The object exists and has our bytes. */
export interface Stored {
  readonly kind: 'stored'
  readonly opened: OpenedRecord
  readonly crc64: string
  readonly receipt: ObjectReceipt
  /** The object was found rather than answered for, so the multipart upload may still be there. */
  readonly uploadMayRemain: boolean
  /** The object is stored, but its callback failed, in these words. */
  readonly callbackError?: ServiceError
}

/** `gone`: the upload does not exist any more and has left no object of ours; another one has to begin. */
export type UploadEnd = Stored | { readonly kind: 'gone'; readonly message: string }

/** Nothing begins anew over somebody else's object without consent. */
export function strangersObject(cause: ServiceError | undefined): UploadError {
  return new UploadError(
    'conflict',
    'Somebody else has stored another object under this key since this upload began, and the upload is gone. ' +
      'Nothing was overwritten; restart to replace that object.',
    cause === undefined ? {} : { cause, status: cause.status, requestId: cause.requestId, ec: cause.ec },
  )
}
