/** Which headers of a request belong to the operation, and which of them stay with the object. Names are lower-case. */
import type { WireHeaders } from './message.js'

/** Describe the content; stored, and given back with it. */
const CONTENT_HEADERS: ReadonlySet<string> = new Set([
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
])

/** Say how the service encrypts what it stores; told again with the object. */
const ENCRYPTION_HEADERS: ReadonlySet<string> = new Set([
  'x-oss-server-side-encryption',
  'x-oss-server-side-encryption-key-id',
  'x-oss-server-side-data-encryption',
])

/** Say who sends and when: matters of signing, not of the operation. */
const SIGNING_HEADERS: ReadonlySet<string> = new Set([
  'x-oss-content-sha256',
  'x-oss-date',
  'x-oss-security-token',
  'x-oss-user-agent',
])

/** Is this header stored with the object and given back with it as it is? Content headers and `x-oss-meta-*`. */
export function isStoredHeader(name: string): boolean {
  return CONTENT_HEADERS.has(name) || name.startsWith('x-oss-meta-')
}

/** Is this one of the headers that say how the service encrypts? Not those that carry a key of the client's. */
export function isEncryptionHeader(name: string): boolean {
  return ENCRYPTION_HEADERS.has(name)
}

/** Is this header part of what is asked: content headers, `content-md5`, and `x-oss-*` but for those of signing? */
export function isOperationHeader(name: string): boolean {
  if (SIGNING_HEADERS.has(name)) return false
  return CONTENT_HEADERS.has(name) || name === 'content-md5' || name.startsWith('x-oss-')
}

export function pickHeaders(headers: WireHeaders, wanted: (name: string) => boolean): WireHeaders {
  // Of most answers nothing is.
  const names = Object.keys(headers).filter(wanted)
  return Object.fromEntries(names.map((name) => [name, headers[name] ?? '']))
}
