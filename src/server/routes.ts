/**
 * Which operation a request asks for. A sub-resource or header that changes what is asked, and that no route here
 * knows, is refused: doing something else instead would be a wrong success.
 */
import type { ErrorToSay } from '../protocol/errors.js'
import type { Query, WireHeaders } from '../protocol/message.js'
import { isSubresource } from '../protocol/v1.js'
import type { Address } from './addressing.js'

export type OperationName =
  | 'ListBuckets'
  | 'PutBucket'
  | 'GetBucketInfo'
  | 'DeleteBucket'
  | 'ListObjects'
  | 'ListObjectsV2'
  | 'ListMultipartUploads'
  | 'PutObject'
  | 'GetObject'
  | 'HeadObject'
  | 'GetObjectMeta'
  | 'DeleteObject'
  | 'InitiateMultipartUpload'
  | 'UploadPart'
  | 'ListParts'
  | 'CompleteMultipartUpload'
  | 'AbortMultipartUpload'

interface Route {
  readonly name: OperationName
  readonly method: string
  readonly on: 'service' | 'bucket' | 'object'
  /** All of these have to be there. */
  readonly needs: readonly string[]
  /** These may be there beside them. */
  readonly allows?: readonly string[]
}

const OVERRIDES = [
  'response-content-type',
  'response-content-language',
  'response-expires',
  'response-cache-control',
  'response-content-disposition',
  'response-content-encoding',
]

/** The first that fits is meant, so those that need more stand first. */
const ROUTES: readonly Route[] = [
  { name: 'ListBuckets', method: 'GET', on: 'service', needs: [] },

  { name: 'GetBucketInfo', method: 'GET', on: 'bucket', needs: ['bucketInfo'] },
  { name: 'ListMultipartUploads', method: 'GET', on: 'bucket', needs: ['uploads'] },
  {
    name: 'ListObjectsV2',
    method: 'GET',
    on: 'bucket',
    needs: ['list-type'],
    allows: ['continuation-token'],
  },
  { name: 'ListObjects', method: 'GET', on: 'bucket', needs: [] },
  { name: 'PutBucket', method: 'PUT', on: 'bucket', needs: [] },
  { name: 'DeleteBucket', method: 'DELETE', on: 'bucket', needs: [] },

  { name: 'ListParts', method: 'GET', on: 'object', needs: ['uploadId'] },
  { name: 'GetObject', method: 'GET', on: 'object', needs: [], allows: OVERRIDES },
  { name: 'GetObjectMeta', method: 'HEAD', on: 'object', needs: ['objectMeta'] },
  { name: 'HeadObject', method: 'HEAD', on: 'object', needs: [], allows: OVERRIDES },
  { name: 'UploadPart', method: 'PUT', on: 'object', needs: ['uploadId'], allows: ['partNumber'] },
  { name: 'UploadPart', method: 'PUT', on: 'object', needs: ['partNumber'] },
  { name: 'PutObject', method: 'PUT', on: 'object', needs: [] },
  { name: 'InitiateMultipartUpload', method: 'POST', on: 'object', needs: ['uploads'] },
  { name: 'CompleteMultipartUpload', method: 'POST', on: 'object', needs: ['uploadId'] },
  { name: 'AbortMultipartUpload', method: 'DELETE', on: 'object', needs: ['uploadId'] },
  { name: 'DeleteObject', method: 'DELETE', on: 'object', needs: [] },
]

export const OPERATION_NAMES: ReadonlySet<string> = new Set(ROUTES.map((each) => each.name))

/** Say who signed, not what is asked. */
const SIGNING = new Set([
  'security-token',
  'x-oss-signature-version',
  'x-oss-credential',
  'x-oss-date',
  'x-oss-expires',
  'x-oss-signature',
  'x-oss-additional-headers',
  'x-oss-security-token',
])

/** Headers that ask an operation for something this server does not do. Elsewhere they mean nothing, and do no harm. */
const UNKNOWN_HEADERS: Partial<Record<OperationName, RegExp>> = {
  PutObject: /^x-oss-(copy-source|callback|server-side-|traffic-limit|object-worm|persistent)/,
  UploadPart: /^x-oss-(copy-source|server-side-encryption-customer|traffic-limit)/,
  InitiateMultipartUpload: /^x-oss-(server-side-|object-worm)/,
  CompleteMultipartUpload: /^x-oss-callback/,
  GetObject: /^x-oss-(server-side-encryption-customer|traffic-limit|process)/,
}

export type Routed =
  | { readonly kind: 'operation'; readonly name: OperationName }
  | { readonly kind: 'refused'; readonly error: ErrorToSay }

export function route(request: {
  readonly method: string
  readonly address: Address
  readonly query: Query
  readonly headers: WireHeaders
}): Routed {
  const { method, address, query, headers } = request
  const on = address.bucket === undefined ? 'service' : address.key === undefined ? 'bucket' : 'object'
  const asked = Object.keys(query)
  const found = ROUTES.find(
    (each) => each.method === method && each.on === on && each.needs.every((name) => asked.includes(name)),
  )
  if (found === undefined) {
    return { kind: 'refused', error: notImplemented(method, asked.find(isSubresource)) }
  }
  const known = new Set([...found.needs, ...(found.allows ?? [])])
  const unknown =
    asked.find((name) => isSubresource(name) && !known.has(name) && !SIGNING.has(name)) ??
    Object.keys(headers).find((name) => UNKNOWN_HEADERS[found.name]?.test(name))
  if (unknown !== undefined) return { kind: 'refused', error: notImplemented(method, unknown) }
  return { kind: 'operation', name: found.name }
}

function notImplemented(method: string, what: string | undefined): ErrorToSay {
  return {
    code: 'NotImplemented',
    message: 'A header or parameter you provided implies functionality that this server does not implement.',
    fields: { Method: method, ...(what === undefined ? {} : { ArgumentName: what }) },
  }
}
