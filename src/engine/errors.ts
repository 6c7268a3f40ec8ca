/** The closed sets of what can go wrong: what a caller sees, and what a service said. Retry decides on meanings, never on texts. */

/** What went wrong, for programs to branch on. Only ever added to. */
export type UploadErrorCode =
  | 'invalid-argument'
  | 'source-missing'
  | 'source-changed'
  | 'interrupted'
  | 'denied'
  | 'not-found'
  | 'integrity'
  | 'commit-unknown'
  | 'locked'
  | 'conflict'
  | 'options-changed'
  | 'store-unusable'
  | 'callback-failed'
  | 'unsupported'
  | 'internal'
  | 'cancelled'

export interface UploadErrorDetails {
  readonly cause?: unknown
  /** Would the same call, made again later, have a chance? Defaults by code. */
  readonly retryable?: boolean
  readonly status?: number | undefined
  readonly requestId?: string | undefined
  /** The service's own fine-grained error number, as OSS calls it. */
  readonly ec?: string | undefined
  readonly partNumber?: number | undefined
  readonly uploadId?: string | undefined
}

const RETRYABLE: ReadonlySet<UploadErrorCode> = new Set([
  'source-changed',
  'interrupted',
  'commit-unknown',
  'locked',
  'cancelled',
])

/** Every failure of an upload. The message is one line that says what to do. */
export class UploadError extends Error {
  override readonly name = 'UploadError'
  readonly code: UploadErrorCode
  /** The same call may succeed later without any change by the caller. */
  readonly retryable: boolean
  readonly status?: number
  readonly requestId?: string
  readonly ec?: string
  readonly partNumber?: number
  readonly uploadId?: string

  constructor(code: UploadErrorCode, message: string, details: UploadErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.retryable = details.retryable ?? RETRYABLE.has(code)
    if (details.status !== undefined) this.status = details.status
    if (details.requestId !== undefined) this.requestId = details.requestId
    if (details.ec !== undefined) this.ec = details.ec
    if (details.partNumber !== undefined) this.partNumber = details.partNumber
    if (details.uploadId !== undefined) this.uploadId = details.uploadId
  }
}

/**
 * What a service's failure means, whatever words its dialect uses. Adapters translate into these once, at the edge.
 *
 * - `network`: no answer arrived (refused, reset); the request may or may not have taken effect
 * - `no-such-host`: the service's name stands for no address: mistyped, or a resolver that is cut off; nothing was sent
 * - `untrusted`: whoever answers to the service's name can't prove to be it; nothing was sent
 * - `stalled`: we gave up on a request that stopped moving, or whose answer did not come in time
 * - `unavailable`: 5xx, or 408
 * - `throttled`: 429, or 503 with a wish to slow down
 * - `corrupt`: the service saw other bytes than we sent (InvalidDigest, truncated body)
 * - `odd-answer`: an answer that can't be read, or lacks what it must have
 * - `credentials-rejected`: expired or unknown key, and the adapter can offer another one: try again
 * - `clock-skew`: the request's time was refused, and the adapter has corrected its clock: try again
 * - `denied`: not allowed, and trying again will not help
 * - `upload-gone`: no such multipart upload (any more)
 * - `invalid-part`: Complete named a part that the service lacks or has with another ETag
 * - `object-exists`: forbid-overwrite met an existing object
 * - `bucket-missing`, `object-missing`
 * - `callback-failed`: the object is stored; the callback the caller asked for failed
 * - `refused`: the request is wrong in itself (any other 4xx)
 * - `unsupported`: the service lacks the operation
 */
export type FailureMeaning =
  | 'network'
  | 'no-such-host'
  | 'untrusted'
  | 'stalled'
  | 'unavailable'
  | 'throttled'
  | 'corrupt'
  | 'odd-answer'
  | 'credentials-rejected'
  | 'clock-skew'
  | 'denied'
  | 'upload-gone'
  | 'invalid-part'
  | 'object-exists'
  | 'bucket-missing'
  | 'object-missing'
  | 'callback-failed'
  | 'refused'
  | 'unsupported'

export interface ServiceErrorDetails {
  readonly cause?: unknown
  readonly status?: number | undefined
  /** The service's own error code, such as `NoSuchUpload`. */
  readonly serviceCode?: string | undefined
  readonly ec?: string | undefined
  readonly requestId?: string | undefined
  /** The service asked us to wait this long, in milliseconds. */
  readonly retryAfterMs?: number | undefined
}

/** A failure of one request, as an ObjectService reports it. `message` is one line without secrets. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError'
  readonly meaning: FailureMeaning
  readonly status?: number
  readonly serviceCode?: string
  readonly ec?: string
  readonly requestId?: string
  readonly retryAfterMs?: number

  constructor(meaning: FailureMeaning, message: string, details: ServiceErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.meaning = meaning
    if (details.status !== undefined) this.status = details.status
    if (details.serviceCode !== undefined) this.serviceCode = details.serviceCode
    if (details.ec !== undefined) this.ec = details.ec
    if (details.requestId !== undefined) this.requestId = details.requestId
    if (details.retryAfterMs !== undefined) this.retryAfterMs = details.retryAfterMs
  }
}
