/** What an answer of failure means, and how to say it to a person. Pure: an error document in, a meaning and a line out. */
import { type FailureMeaning, ServiceError } from '../../engine/errors.js'
import { parseHttpDate } from '../../protocol/dates.js'
import type { ErrorDocument } from '../../protocol/errors.js'
import type { WireHeaders } from '../../protocol/message.js'

/** What was asked, for messages. */
export interface Asked {
  /** As OSS names it, such as `UploadPart`. */
  readonly operation: string
  readonly bucket: string
  readonly key?: string | undefined
  readonly origin: string
  readonly region?: string | undefined
}

const meanings: Readonly<Record<string, FailureMeaning>> = {
  NoSuchUpload: 'upload-gone',
  NoSuchBucket: 'bucket-missing',
  NoSuchKey: 'object-missing',
  NoSuchVersion: 'object-missing',
  SymlinkTargetNotExist: 'object-missing',
  InvalidPart: 'invalid-part',
  FileAlreadyExists: 'object-exists',
  ObjectAlreadyExists: 'object-exists',
  FileImmutable: 'object-exists',
  CallbackFailed: 'callback-failed',
  InvalidDigest: 'corrupt',
  IncompleteBody: 'corrupt',
  RequestTimeout: 'unavailable',
  OperationAborted: 'unavailable',
  InternalError: 'unavailable',
  ServiceUnavailable: 'unavailable',
  QpsLimitExceeded: 'throttled',
  TotalQpsLimitExceeded: 'throttled',
  DownloadTrafficRateLimitExceeded: 'throttled',
  UploadTrafficRateLimitExceeded: 'throttled',
  SlowDown: 'throttled',
  MethodNotAllowed: 'unsupported',
  NotImplemented: 'unsupported',
  AccessDenied: 'denied',
  InvalidAccessKeyId: 'denied',
  InvalidSecurityToken: 'denied',
  RequestTimeTooSkewed: 'denied',
  SecurityTokenExpired: 'denied',
  SignatureDoesNotMatch: 'denied',
  UserDisable: 'denied',
}

/** What names an upload. Ceph says NoSuchKey there when the upload does not exist; the key itself need not exist. */
const ofUploads: ReadonlySet<string> = new Set([
  'UploadPart',
  'ListParts',
  'CompleteMultipartUpload',
  'AbortMultipartUpload',
])

/** Tells a wrong region apart from other wrong arguments. */
export const wrongRegionEc = '0002-00000226'

/** The meaning of an error document or of a bare status. `undefined`: nothing in it is OSS's. */
export function meaningOf(document: ErrorDocument, operation = ''): FailureMeaning | undefined {
  const { status, code, requestId } = document
  if (code === 'NoSuchKey' && ofUploads.has(operation)) return 'upload-gone'
  const known = own(meanings, code)
  if (known) return known
  if (status === 429) return 'throttled'
  if (status >= 500 || status === 408 || status === 417) return status === 501 ? 'unsupported' : 'unavailable'
  if (code === undefined && requestId === undefined) return undefined
  if (status === 401 || status === 403) return code === undefined || status === 401 ? 'denied' : 'refused'
  // Only HEAD is answered without a document, and there 404 is the object's.
  if (status === 404 && code === undefined) return bucketEc(document) ? 'bucket-missing' : 'object-missing'
  return status === 405 ? 'unsupported' : 'refused'
}

/** The failure as the engine wants it. The two that the adapter may cure, keys and clock, come as `denied`. */
export function failureOf(asked: Asked, document: ErrorDocument, headers: WireHeaders): ServiceError {
  const meaning = meaningOf(document, asked.operation)
  const text = sentence(asked, { document, meaning, headers })
  return new ServiceError(meaning ?? 'odd-answer', lineOf(withTrace(asked, document, text)), {
    status: document.status,
    serviceCode: document.code,
    ec: document.ec,
    requestId: document.requestId,
    retryAfterMs: retryAfterMs(headers),
  })
}

interface Failed {
  readonly document: ErrorDocument
  readonly meaning: FailureMeaning | undefined
  readonly headers: WireHeaders
}

function sentence(asked: Asked, { document, meaning, headers }: Failed): string {
  const { code, ec, fields, status } = document
  const message = document.message.slice(0, longestMessage)
  const endpoint = fields['Endpoint']
  if (meaning === undefined) return `${notOss(asked, status)}${whereTo(asked, status, headers)}`
  if (endpoint) return `The bucket ${asked.bucket} is not here but at ${endpoint}: use that as the endpoint`
  if (ec === wrongRegionEc || /signing region/i.test(message)) {
    return `The service is not in the region ${asked.region ?? 'the request was signed for'}: give the region of the endpoint ${asked.origin}`
  }
  if (code === 'SecondLevelDomainForbidden') {
    return `${asked.origin} wants the bucket in the host name: use virtual addressing`
  }
  if (meaning === 'bucket-missing') return `The bucket ${asked.bucket} does not exist at ${asked.origin}`
  if (meaning === 'object-missing')
    return `There is no object ${asked.key ?? ''} in the bucket ${asked.bucket}`
  if (meaning === 'upload-gone') return `The multipart upload of ${asked.key ?? ''} does not exist (any more)`
  if (meaning === 'object-exists')
    return `The object ${asked.key ?? ''} exists already and is not to be replaced`
  if (meaning === 'callback-failed') return `The object is stored, but its callback failed: ${message}`
  if (code === undefined && status >= 300 && status < 400)
    return `${message}${whereTo(asked, status, headers)}`
  const hint = own(hints, code)
  return hint ? `${message.replace(/\.$/, '')}: ${hint}` : message
}

/** Characters of a service's own words that a message repeats. */
const longestMessage = 500
/** Characters of a message, whatever was put into it. */
const longestLine = 2000

/** A message with words of a stranger's in it, as what every message is: one line, without control characters. */
export function lineOf(text: string): string {
  const line = text.replace(/[\s\p{Cc}]+/gu, ' ').trim()
  return line.length <= longestLine ? line : `${line.slice(0, longestLine)}…`
}

/** Redirects are not followed: a signature is good for one host and path alone. */
function whereTo(asked: Asked, status: number, { location }: WireHeaders): string {
  if (status < 300 || status >= 400 || location === undefined || !URL.canParse(location, asked.origin))
    return ''
  const { origin } = new URL(location, asked.origin)
  return origin === asked.origin ? '' : `; it sends on to ${origin}, so try that as the endpoint`
}

/** What to do, where the service does not say. */
const hints: Readonly<Record<string, string>> = {
  AccessDenied: 'the access key lacks the permission',
  InvalidAccessKeyId: 'check the access key id',
  SignatureDoesNotMatch: 'check the access key secret',
  SecurityTokenExpired: 'get new temporary credentials',
  InvalidSecurityToken: 'check the security token; it belongs to one access key alone',
  RequestTimeTooSkewed: "set this machine's clock",
}

export function notOss(asked: Asked, status: number): string {
  return `${asked.origin} answered ${status} without anything of OSS in it: it does not look like an OSS endpoint`
}

function withTrace(asked: Asked, { status, code, ec, requestId }: ErrorDocument, text: string): string {
  const trace = [
    `${asked.operation} ${status}${code ? ` ${code}` : ''}`,
    ...(ec ? [`EC ${ec}`] : []),
    ...(requestId ? [`request ${requestId}`] : []),
  ]
  return `${text.replace(/\.$/, '')} (${trace.join(', ')}).`
}

function bucketEc({ ec }: ErrorDocument): boolean {
  return ec === '0015-00000101'
}

/** A code is a service's text: it must not find what every object has. */
function own<Value>(table: Readonly<Record<string, Value>>, code: string | undefined): Value | undefined {
  return code !== undefined && Object.hasOwn(table, code) ? table[code] : undefined
}

/** A wish beyond this is taken for so much: afterwards one may ask again. In milliseconds. */
const longestWishMs = 5 * 60_000

/** OSS's own wish in milliseconds, or `Retry-After`: seconds, or a date by the clock of the answer's own Date. */
function retryAfterMs(headers: WireHeaders): number | undefined {
  const after = headers['retry-after']
  const seconds = number(after)
  const until = parseHttpDate(after ?? '')
  const date = parseHttpDate(headers['date'] ?? '')
  const wish =
    number(headers['x-oss-qos-delay-time']) ??
    (seconds === undefined ? undefined : seconds * 1000) ??
    (until === undefined || date === undefined ? undefined : until - date)
  return wish === undefined ? undefined : Math.min(Math.max(wish, 0), longestWishMs)
}

function number(text: string | undefined): number | undefined {
  return text !== undefined && /^[0-9]{1,9}$/.test(text) ? Number(text) : undefined
}
