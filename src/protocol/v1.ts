/**
 * OSS signature version 1: HMAC-SHA1 over a text of the request. The same text serves the Authorization header and a
 * presigned URL; they differ in its date line. All strings here are wire strings, one character per byte.
 */
import { hmacSha1, toBase64 } from '../checksum/digest.js'
import { fromWire, toWire, utf8Bytes, wireToBytes } from './encode.js'
import type { Query } from './message.js'
import { byName, type Credentials, resourcePath, type SignableRequest, signableHeaders } from './request.js'

export interface SignV1Request extends SignableRequest {
  readonly credentials: Credentials
}

export interface PresignV1Request extends Omit<SignableRequest, 'headers'> {
  /** Those the request will be sent with: Content-MD5, Content-Type and x-oss-* are signed. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly credentials: Credentials
  /** Unix seconds from which on the URL is void. */
  readonly expires: number
}

/**
 * Signs for the Authorization header. The date is `x-oss-date`, else `date`, of the headers.
 *
 * @returns `authorization`; `headers`: what else has to be sent (`x-oss-security-token` with temporary credentials)
 */
export function signV1(request: SignV1Request): {
  authorization: string
  stringToSign: string
  headers: Record<string, string>
} {
  const token = request.credentials.securityToken
  const added: Record<string, string> = token ? { 'x-oss-security-token': token } : {}
  const headers = signableHeaders({ ...request.headers, ...added })
  const stringToSign = stringToSignV1({
    ...request,
    headers: Object.fromEntries(headers),
    date: headers.get('x-oss-date') ?? headers.get('date') ?? '',
  })
  const signature = signatureV1(request.credentials.accessKeySecret, stringToSign)
  return {
    authorization: `OSS ${request.credentials.accessKeyId}:${signature}`,
    stringToSign: fromWire(stringToSign),
    headers: added,
  }
}

/**
 * Signs for a URL. Headers of `headers` that are signed have to be sent with the URL, and no others of their kind.
 *
 * @returns `query`: the parameters to add, `Signature` among them, not percent-encoded
 * @throws RangeError when `expires` is not a whole number of seconds
 */
export function presignV1(request: PresignV1Request): {
  query: Record<string, string>
  stringToSign: string
} {
  const { accessKeyId, accessKeySecret, securityToken } = request.credentials
  if (!Number.isSafeInteger(request.expires)) throw new RangeError(`Not Unix seconds: ${request.expires}`)
  const expires = String(request.expires)
  const added: Record<string, string> = securityToken ? { 'security-token': securityToken } : {}
  const stringToSign = stringToSignV1({
    ...request,
    headers: request.headers ?? {},
    query: { ...request.query, ...added },
    date: expires,
  })
  return {
    query: {
      OSSAccessKeyId: accessKeyId,
      Expires: expires,
      Signature: signatureV1(accessKeySecret, stringToSign),
      ...added,
    },
    stringToSign: fromWire(stringToSign),
  }
}

/** The text that is signed. `date` is its date line: the value of a date header, or the expiry of a URL. */
export function stringToSignV1(request: SignableRequest & { readonly date: string }): string {
  const headers = signableHeaders(request.headers)
  const ossHeaders = [...headers].filter(([name]) => name.startsWith('x-oss-')).sort(byName)
  return [
    request.method.toUpperCase(),
    headers.get('content-md5') ?? '',
    headers.get('content-type') ?? '',
    request.date,
    ...ossHeaders.map(([name, value]) => `${name}:${value}`),
    resourcePath(request) + signedQuery(request.query ?? {}),
  ].join('\n')
}

/** Base64. */
export function signatureV1(accessKeySecret: string, stringToSign: string): string {
  return toBase64(hmacSha1(utf8Bytes(accessKeySecret), wireToBytes(stringToSign)))
}

/** Is this query parameter part of what is asked, in the eyes of version 1? Listing parameters, for one, are not. */
export function isSubresource(name: string): boolean {
  return name.startsWith('x-oss-') || SUBRESOURCES.has(name)
}

function signedQuery(query: Query): string {
  const signed = Object.entries(query)
    .filter(([name]) => isSubresource(name))
    .sort(byName)
    .map(([name, value]) => toWire(value ? `${name}=${value}` : name))
  return signed.length === 0 ? '' : `?${signed.join('&')}`
}

const SUBRESOURCES: ReadonlySet<string> = new Set(
  `accessPoint accessPointPolicy acl append asyncFetch bucketArchiveDirectRead bucketInfo callback
  callback-var cleanRestoredObject cloudboxes cname comp continuation-token cors dataPipeline delete dir dirDelete
  encryption endTime group httpsConfig img inventory inventoryId legalHold lifecycle link live location
  logging metadataConfiguration metadataInventoryTable metadataJournalTable MetaQuery metaQuery objectInfo
  objectMeta objectWorm overwriteConfig partNumber policy policyStatus position processConf
  publicAccessBlock qos qosInfo qosRequester quota redundancyTransition referer regionList rename
  replication replicationLocation replicationProgress requesterQosInfo requestPayment resourceGroup
  resourcePool resourcePoolBuckets resourcePoolInfo responseHeader response-cache-control response-content-disposition
  response-content-encoding response-content-language response-content-type response-expires restore
  retention rtc seal security-token sequential startTime stat status style styleName symlink tagging
  transferAcceleration udf udfApplication udfApplicationLog udfId udfImage udfImageDesc udfLog udfName uploadId uploads
  userDefinedLogFieldsConfig versionId versioning versions vip vod vpcip website withHashContext worm wormExtend wormId`.split(
    /\s+/,
  ),
)
