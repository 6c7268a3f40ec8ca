/**
 * OSS signature version 2: HMAC-SHA256 over a text of the request with all of its parameters, percent-encoded, slashes too.
 * Only oss2 and some of the first SDKs sign so, when told to; ours never does, so there is only what a verifier needs.
 */
import { hmacSha256, toBase64 } from '../checksum/digest.js'
import { percentEncode, utf8Bytes, wireToBytes } from './encode.js'
import { byName, type SignableRequest, signableHeaders } from './request.js'

/** The name of the Authorization header's scheme, and the value of `x-oss-signature-version`. */
export const VERSION_V2 = 'OSS2'

/**
 * The text that is signed, a wire string. `date` is its date line: the value of a date header, or the expiry of a URL.
 * Neither of them signs the parameter `x-oss-signature`.
 */
export function stringToSignV2(
  request: SignableRequest & { readonly date: string; readonly additionalHeaders: readonly string[] },
): string {
  const headers = signableHeaders(request.headers)
  const additional = [...new Set(request.additionalHeaders)].sort()
  const signed = [...headers].filter(([name]) => name.startsWith('x-oss-') || additional.includes(name))
  return [
    request.method.toUpperCase(),
    headers.get('content-md5') ?? '',
    headers.get('content-type') ?? '',
    request.date,
    ...signed.sort(byName).map(([name, value]) => `${name}:${value}`),
    additional.join(';'),
    resource(request),
  ].join('\n')
}

/** Base64. */
export function signatureV2(accessKeySecret: string, stringToSign: string): string {
  return toBase64(hmacSha256(utf8Bytes(accessKeySecret), wireToBytes(stringToSign)))
}

function resource({ bucket, key, query = {} }: SignableRequest): string {
  const path = percentEncode(bucket ? `/${bucket}/${key ?? ''}` : '/')
  const parameters = Object.entries(query)
    .filter(([name]) => name !== 'x-oss-signature')
    .map(([name, value = '']): [string, string] => [percentEncode(name), percentEncode(value)])
    .sort(byName)
    .map(([name, value]) => (value === '' ? name : `${name}=${value}`))
  return parameters.length === 0 ? path : `${path}?${parameters.join('&')}`
}
