/** Reads what a signed request says of its signer, for a verifier. Clients differ in order and spaces; both are tolerated. */
import type { Query } from './message.js'
import { VERSION_V2 } from './v2.js'
import { ALGORITHM_V4, REQUEST_V4, type Scope } from './v4.js'

export type Authorization =
  | { readonly version: 'v1'; readonly accessKeyId: string; readonly signature: string }
  | {
      readonly version: 'v2'
      readonly accessKeyId: string
      readonly additionalHeaders: readonly string[]
      readonly signature: string
    }
  | (Scope & {
      readonly version: 'v4'
      readonly accessKeyId: string
      readonly additionalHeaders: readonly string[]
      readonly signature: string
    })

/** The Authorization header; `undefined` when it is of no version we know, or lacks a part. */
export function parseAuthorization(header: string): Authorization | undefined {
  // Cut by hand: strangers write this, and a pattern with a lazy middle is quadratic in their spaces.
  const text = header.trim()
  const scheme = text.split(/\s/, 1)[0] ?? ''
  const rest = text.slice(scheme.length).trim()
  if (rest === '') return undefined
  if (scheme === 'OSS') return parseV1(rest)
  if (scheme === VERSION_V2) return parseV2(rest)
  if (scheme === ALGORITHM_V4) return parseV4(rest)
  return undefined
}

/** `id/YYYYMMDD/region/product/aliyun_v4_request`; the id may hold slashes. */
export function parseCredential(text: string): (Scope & { readonly accessKeyId: string }) | undefined {
  const [, accessKeyId, date, region, product, last] =
    /^(.+)\/([0-9]{8})\/([^/]*)\/([^/]+)\/([^/]+)$/.exec(text) ?? []
  // A region that nobody named is a wrong one, and told so; oss2 signs URLs like that.
  if (!accessKeyId || !date || region === undefined || !product || last !== REQUEST_V4) return undefined
  return { accessKeyId, date, region, product }
}

/** Does this query belong to a presigned URL, and of which version? What it holds may still be wrong. */
export function presignedVersion(query: Query): 'v1' | 'v2' | 'v4' | undefined {
  if (query['x-oss-signature-version'] === VERSION_V2) return 'v2'
  if (query['x-oss-signature-version'] === ALGORITHM_V4 || query['x-oss-signature'] !== undefined) return 'v4'
  if (query['Signature'] !== undefined || query['OSSAccessKeyId'] !== undefined) return 'v1'
  return undefined
}

/** Lower-case names of an AdditionalHeaders list, in its order. */
export function parseAdditionalHeaders(text: string): string[] {
  return text
    .split(';')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '')
}

function parseV1(rest: string): Authorization | undefined {
  const colon = rest.lastIndexOf(':')
  const accessKeyId = rest.slice(0, Math.max(colon, 0)).trim()
  const signature = rest.slice(colon + 1).trim()
  if (accessKeyId === '' || signature === '') return undefined
  return { version: 'v1', accessKeyId, signature }
}

/** `AccessKeyId:…,AdditionalHeaders:…,Signature:…`, the second only where there are some. */
function parseV2(rest: string): Authorization | undefined {
  const fields = fieldsOf(rest, ':')
  const accessKeyId = fields.get('AccessKeyId')
  const signature = fields.get('Signature')
  if (!accessKeyId || !signature) return undefined
  const additionalHeaders = parseAdditionalHeaders(fields.get('AdditionalHeaders') ?? '')
  return { version: 'v2', accessKeyId, additionalHeaders, signature }
}

function fieldsOf(text: string, sign: '=' | ':'): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  for (const field of text.split(',')) {
    const at = field.indexOf(sign)
    if (at > 0) fields.set(field.slice(0, at).trim(), field.slice(at + 1).trim())
  }
  return fields
}

function parseV4(rest: string): Authorization | undefined {
  const fields = fieldsOf(rest, '=')
  const credential = parseCredential(fields.get('Credential') ?? '')
  const signature = fields.get('Signature')
  if (!credential || !signature) return undefined
  return {
    version: 'v4',
    ...credential,
    additionalHeaders: parseAdditionalHeaders(fields.get('AdditionalHeaders') ?? ''),
    signature,
  }
}
