/** The words of every refusal for want of a right signature, as OSS has them. */
import { formatIso } from '../protocol/dates.js'
import type { ErrorToSay } from '../protocol/errors.js'
import type { Query } from '../protocol/message.js'
import { MAX_PRESIGN_SECONDS } from '../protocol/v4.js'

/** Between the time a request says and the server's. */
const MAX_SKEW_MS = 15 * 60 * 1000

/** `undefined` when the request's time is near enough. */
export function skew(time: number, now: number): ErrorToSay | undefined {
  if (Math.abs(now - time) <= MAX_SKEW_MS) return undefined
  return {
    code: 'RequestTimeTooSkewed',
    fields: {
      MaxAllowedSkewMilliseconds: String(MAX_SKEW_MS),
      RequestTime: formatIso(time),
      ServerTime: formatIso(now),
    },
  }
}

export function expired(expiry: number, now: number): ErrorToSay {
  return {
    code: 'AccessDenied',
    message: 'Request has expired.',
    ec: '0002-00000069',
    fields: { Expires: formatIso(expiry), ServerTime: formatIso(now) },
  }
}

export function badAuthorization(header: string): ErrorToSay {
  const isV4 = header.startsWith('OSS4-HMAC-SHA256')
  return {
    code: 'InvalidArgument',
    message: isV4 ? 'Invalid credential in Authorization header.' : 'Authorization header is invalid.',
    ...(isV4 ? { ec: '0002-00000205' } : {}),
    fields: { ArgumentName: 'authorization', ArgumentValue: header.slice(0, 256) },
  }
}

/** A URL was signed with a header that does not come with the request. */
export function missingHeader(name: string): ErrorToSay {
  return {
    code: 'InvalidArgument',
    message: 'A header named by x-oss-additional-headers is missing.',
    fields: { ArgumentName: 'x-oss-additional-headers', ArgumentValue: name },
  }
}

const NO_DATE: ErrorToSay = {
  code: 'AccessDenied',
  message: 'OSS authentication requires a valid Date.',
  ec: '0002-00000503',
}
/** `said` is what stands in its place. */
export function noDate(said: string): ErrorToSay {
  return said === '' ? NO_DATE : { ...NO_DATE, ec: '0002-00000502' }
}
const INCOMPLETE_URL: ErrorToSay = {
  code: 'AccessDenied',
  message: 'Query-string authentication requires the Signature, Expires and OSSAccessKeyId parameters.',
}
/** Which of the three is missing; of the signature itself no number is known. */
export function incompleteUrl(query: Query): ErrorToSay {
  const { OSSAccessKeyId, Expires } = query
  if (OSSAccessKeyId === undefined) return { ...INCOMPLETE_URL, ec: '0002-00000071' }
  if (Expires === undefined) return { ...INCOMPLETE_URL, ec: '0002-00000067' }
  return Expires === '' ? { ...INCOMPLETE_URL, ec: '0002-00000068' } : INCOMPLETE_URL
}
export const BAD_EXPIRES: ErrorToSay = {
  code: 'AccessDenied',
  message: 'Invalid date (should be seconds since epoch).',
  ec: '0002-00000070',
}
export const SIGNED_PAYLOAD: ErrorToSay = {
  code: 'InvalidArgument',
  message: 'The x-oss-content-sha256 header must be UNSIGNED-PAYLOAD.',
  ec: '0002-00000214',
}
/** Who may not be held to account may not choose what others are told of an object. */
export const UNSIGNED_OVERRIDE: ErrorToSay = {
  code: 'InvalidRequest',
  message: 'The response-* parameters need a signed request.',
}
export const SIGNED_TWICE: ErrorToSay = {
  code: 'InvalidArgument',
  message: 'A request may be signed in its Authorization header or in its URL, not in both.',
  ec: '0002-00000039',
}
export const BAD_SIGNING_DATE: ErrorToSay = {
  code: 'InvalidArgument',
  message: 'Invalid signing date in Authorization header.',
  ec: '0002-00000212',
}
export const BAD_CREDENTIAL_PARAMETER: ErrorToSay = {
  code: 'InvalidArgument',
  message: 'x-oss-credential is missing or invalid.',
  ec: '0002-00000205',
}
export const NO_SIGNATURE_PARAMETER: ErrorToSay = {
  code: 'InvalidArgument',
  message: 'x-oss-signature is missing.',
  ec: '0002-00000219',
}
export const NO_EXPIRES_PARAMETER: ErrorToSay = {
  code: 'InvalidArgument',
  message: 'x-oss-expires is missing.',
  ec: '0002-00000215',
}
export const EXPIRES_OUT_OF_RANGE: ErrorToSay = {
  code: 'InvalidArgument',
  message: `x-oss-expires must be between 1 and ${MAX_PRESIGN_SECONDS}.`,
  ec: '0002-00000232',
}
export const INVALID_TOKEN: ErrorToSay = { code: 'InvalidSecurityToken', ec: '0002-00000006' }
export const TOKEN_EXPIRED: ErrorToSay = { code: 'SecurityTokenExpired', ec: '0002-00000007' }
