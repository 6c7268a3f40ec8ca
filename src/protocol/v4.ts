/**
 * OSS signature version 4: HMAC-SHA256 with a key made for one day, region and product. It differs from AWS's version in
 * that a parameter without a value stands bare, and that Host is not signed. All strings here but those that the two
 * public functions return are wire strings, one character per byte.
 */
import { hmacSha256, hmacSha256Under, sha256, toHex } from '../checksum/digest.js'
import { formatIsoBasic } from './dates.js'
import { fromWire, percentEncode, percentEncodePath, utf8Bytes, wireToBytes } from './encode.js'
import type { Query } from './message.js'
import {
  byName,
  type Credentials,
  headerValue,
  type SignableRequest,
  type SignedHeaders,
  signableHeaders,
} from './request.js'
import { isSubresource } from './v1.js'

export const ALGORITHM_V4 = 'OSS4-HMAC-SHA256'
export const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD'
/** Seven days. */
export const MAX_PRESIGN_SECONDS = 604_800

export interface SignV4Request extends SignableRequest {
  readonly credentials: Credentials
  /** Such as `cn-hangzhou`, without `oss-`. */
  readonly region: string
  /** Default `oss`. */
  readonly product?: string | undefined
  readonly date: Date
  /** Names of further headers to sign, such as `host`. Those that the request lacks are passed over. */
  readonly additionalHeaders?: readonly string[] | undefined
}

export interface PresignV4Request extends Omit<SignV4Request, 'headers'> {
  /** Those the request will be sent with. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Seconds from `date` in which the URL is good, 1 to 604800. */
  readonly expiresSeconds: number
}

/** How parameters without a value are written in the canonical query: `k`, `k=`, or `k` for sub-resources and `k=` for others. */
export type EmptyValues = 'bare' | 'equals' | 'mixed'

/** What of a credential is no secret, and no name. */
export interface Scope {
  /** `YYYYMMDD`. */
  readonly date: string
  readonly region: string
  readonly product: string
}

/**
 * Signs for the Authorization header. The body is not signed unless the headers hold an `x-oss-content-sha256`.
 *
 * @returns `authorization`; `headers`: what else has to be sent (`x-oss-date`, `x-oss-content-sha256`, and
 *   `x-oss-security-token` with temporary credentials)
 */
export function signV4(request: SignV4Request): {
  authorization: string
  canonicalRequest: string
  stringToSign: string
  signature: string
  headers: Record<string, string>
} {
  const { credentials } = request
  const headers = signableHeaders(request.headers)
  const date = formatIsoBasic(request.date.getTime())
  const payload = headers.get('x-oss-content-sha256') ?? UNSIGNED_PAYLOAD
  const added: Record<string, string> = { 'x-oss-date': date, 'x-oss-content-sha256': payload }
  if (credentials.securityToken) added['x-oss-security-token'] = credentials.securityToken
  for (const [name, value] of Object.entries(added)) headers.set(name, headerValue(value))
  const additionalHeaders = additionalHeadersOf(request.additionalHeaders ?? [], headers.keys())
  const canonicalRequest = canonicalFrom(request, headers, {
    additionalHeaders,
    payload,
    emptyValues: 'bare',
  })
  const scope = scopeOf(request, date)
  const stringToSign = stringToSignV4({ canonicalRequest, date, scope })
  const signature = signatureV4(signingKeyV4(credentials.accessKeySecret, scope), stringToSign)
  const additional = additionalHeaders.length === 0 ? '' : `AdditionalHeaders=${additionalHeaders.join(';')},`
  return {
    authorization: `${ALGORITHM_V4} Credential=${credentials.accessKeyId}/${scopeText(scope)},${additional}Signature=${signature}`,
    canonicalRequest: fromWire(canonicalRequest),
    stringToSign,
    signature,
    headers: added,
  }
}

/**
 * Signs for a URL. Headers of `headers` that are signed have to be sent with the URL, and no others of their kind.
 *
 * @returns `query`: the parameters to add, `x-oss-signature` among them, not percent-encoded
 * @throws RangeError when `expiresSeconds` is not a whole number from 1 to 604800
 */
export function presignV4(request: PresignV4Request): {
  query: Record<string, string>
  canonicalRequest: string
  stringToSign: string
  signature: string
} {
  const { credentials, expiresSeconds } = request
  if (!Number.isInteger(expiresSeconds) || expiresSeconds < 1 || expiresSeconds > MAX_PRESIGN_SECONDS) {
    throw new RangeError(
      `A presigned URL is good for 1 to ${MAX_PRESIGN_SECONDS} seconds, not ${expiresSeconds}`,
    )
  }
  const headers = request.headers ?? {}
  const date = formatIsoBasic(request.date.getTime())
  const scope = scopeOf(request, date)
  const additionalHeaders = additionalHeadersOf(request.additionalHeaders ?? [], Object.keys(headers))
  const added: Record<string, string> = {
    'x-oss-signature-version': ALGORITHM_V4,
    'x-oss-date': date,
    'x-oss-expires': String(expiresSeconds),
    'x-oss-credential': `${credentials.accessKeyId}/${scopeText(scope)}`,
  }
  if (additionalHeaders.length > 0) added['x-oss-additional-headers'] = additionalHeaders.join(';')
  if (credentials.securityToken) added['x-oss-security-token'] = credentials.securityToken
  const query = { ...request.query, ...added }
  const canonicalRequest = canonicalRequestV4({
    ...request,
    headers,
    query,
    additionalHeaders,
    payload: UNSIGNED_PAYLOAD,
  })
  const stringToSign = stringToSignV4({ canonicalRequest, date, scope })
  const signature = signatureV4(signingKeyV4(credentials.accessKeySecret, scope), stringToSign)
  return {
    query: { ...added, 'x-oss-signature': signature },
    canonicalRequest: fromWire(canonicalRequest),
    stringToSign,
    signature,
  }
}

/**
 * The canonical request. `x-oss-signature` of the query is left out. `additionalHeaders` is the list as it was signed:
 * lower-case and sorted. `payload` is the value of `x-oss-content-sha256`, or `UNSIGNED-PAYLOAD`.
 */
export function canonicalRequestV4(
  request: SignableRequest & {
    readonly additionalHeaders: readonly string[]
    readonly payload: string
    /** Default `bare`, as the service has it; some clients sign the others. */
    readonly emptyValues?: EmptyValues
  },
): string {
  const { emptyValues = 'bare' } = request
  return canonicalFrom(request, signableHeaders(request.headers), { ...request, emptyValues })
}

function canonicalFrom(
  request: Omit<SignableRequest, 'headers'>,
  headers: SignedHeaders,
  {
    additionalHeaders,
    payload,
    emptyValues,
  }: {
    readonly additionalHeaders: readonly string[]
    readonly payload: string
    readonly emptyValues: EmptyValues
  },
): string {
  const signed = [...headers.keys()].filter(
    (name) => isSignedByDefault(name) || additionalHeaders.includes(name),
  )
  return [
    request.method.toUpperCase(),
    percentEncodePath(request.bucket ? `/${request.bucket}/${request.key ?? ''}` : '/'),
    canonicalQuery(request.query ?? {}, emptyValues),
    signed
      .sort()
      .map((name) => `${name}:${headers.get(name)}\n`)
      .join(''),
    additionalHeaders.join(';'),
    payload,
  ].join('\n')
}

/** `date` is the request's, as in `x-oss-date`. */
export function stringToSignV4(parts: {
  readonly canonicalRequest: string
  readonly date: string
  readonly scope: Scope
}): string {
  const digest = toHex(sha256(wireToBytes(parts.canonicalRequest)))
  return [ALGORITHM_V4, parts.date, scopeText(parts.scope), digest].join('\n')
}

/** The last one made: all requests of a day want the same, and it is four of the five digests of a signature. */
let lastKey:
  | { readonly accessKeySecret: string; readonly scope: string; readonly key: Uint8Array }
  | undefined

export function signingKeyV4(accessKeySecret: string, scope: Scope): Uint8Array {
  const text = scopeText(scope)
  if (lastKey?.accessKeySecret !== accessKeySecret || lastKey.scope !== text) {
    lastKey = { accessKeySecret, scope: text, key: deriveKey(accessKeySecret, scope) }
  }
  return lastKey.key
}

function deriveKey(accessKeySecret: string, scope: Scope): Uint8Array {
  const steps = [scope.date, scope.region, scope.product, REQUEST_V4]
  return steps.reduce(
    (key, step) => hmacSha256(key, utf8Bytes(step)),
    utf8Bytes(`aliyun_v4${accessKeySecret}`),
  )
}

/** Lower-case hex. */
export function signatureV4(signingKey: Uint8Array, stringToSign: string): string {
  if (lastMac?.key !== signingKey) lastMac = { key: signingKey, mac: hmacSha256Under(signingKey) }
  return toHex(lastMac.mac(wireToBytes(stringToSign)))
}

/** Under the last key, by the very array that `signingKeyV4` gives again and again. */
let lastMac: { readonly key: Uint8Array; readonly mac: (bytes: Uint8Array) => Uint8Array } | undefined

/** The last word of every scope. */
export const REQUEST_V4 = 'aliyun_v4_request'

function scopeText(scope: Scope): string {
  return [scope.date, scope.region, scope.product, REQUEST_V4].join('/')
}

function scopeOf(request: { region: string; product?: string | undefined }, date: string): Scope {
  return { date: date.slice(0, 8), region: request.region, product: request.product ?? 'oss' }
}

function isSignedByDefault(name: string): boolean {
  return name === 'content-type' || name === 'content-md5' || name.startsWith('x-oss-')
}

function additionalHeadersOf(asked: readonly string[], given: Iterable<string>): string[] {
  if (asked.length === 0) return []
  const present = new Set([...given].map((name) => name.toLowerCase()))
  const names = new Set(asked.map((name) => name.toLowerCase()))
  return [...names].filter((name) => present.has(name) && !isSignedByDefault(name)).sort()
}

function canonicalQuery(query: Query, emptyValues: EmptyValues): string {
  return Object.entries(query)
    .filter(([name]) => name !== 'x-oss-signature')
    .map(([name, value]): [string, string] => [percentEncode(name), valueSuffix(name, value, emptyValues)])
    .sort(byName)
    .map(([name, suffix]) => name + suffix)
    .join('&')
}

function valueSuffix(name: string, value: string | undefined, emptyValues: EmptyValues): string {
  if (value) return `=${percentEncode(value)}`
  const bare = emptyValues === 'bare' || (emptyValues === 'mixed' && isSubresource(name))
  return bare ? '' : '='
}
