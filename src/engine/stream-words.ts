/** What a caller is told when an upload of what comes once has failed. */
import { ServiceError, UploadError, type UploadErrorCode } from './errors.js'
import type { OpenEnd } from './open-end.js'

/** What is said of failures elsewhere tells of going on, which there is none of here. */
const words: Partial<Record<UploadErrorCode, (why: string) => string>> = {
  interrupted: (why) =>
    `The upload was given up: ${why} Nothing is kept of an input that comes once: run the whole again.`,
  'commit-unknown': (why) =>
    `Whether the object was stored can't be told: ${why} Look at the object before you run it again.`,
  conflict: (why) => `Another object has this name, and it was left as it is: ${why}`,
}

/** These say what there is to know of the object themselves. */
const sayOfTheObject: ReadonlySet<UploadErrorCode> = new Set([
  'commit-unknown',
  'conflict',
  'integrity',
  'callback-failed',
])

export function inWordsOfStreams(error: UploadError, end: Pick<OpenEnd, 'mayBeStored'>): UploadError {
  const { code, retryable, status, requestId, ec, partNumber, uploadId, cause } = error
  const why = cause instanceof ServiceError ? cause.message : error.message
  // Our own words need no others.
  const isOwn = code === 'conflict' && cause === undefined
  const message = (isOwn ? undefined : words[code]?.(why)) ?? error.message
  const open = end.mayBeStored() && !sayOfTheObject.has(code)
  const all = open ? `${message} ${mayBeStored}` : message
  if (all === error.message) return error
  const details = { cause, retryable, status, requestId, ec, partNumber, uploadId }
  return new UploadError(code, all, details)
}

/** No later run finds out by itself, as it does for a file: it has other bytes, or none can tell that they are the same. */
const mayBeStored =
  'Its last request was under way, so the object may have been stored all the same: look at it first.'
