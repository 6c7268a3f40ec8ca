/**
 * Which of the caller's headers goes on which request. Metadata is fixed where the object begins (PutObject, Initiate), a
 * callback belongs to where it ends (PutObject, Complete), and an encryption key of the customer's to every request with data.
 */
import { UploadError } from '../../engine/errors.js'
import type { HeaderKind, Headers } from '../../engine/ports.js'
import { toWire } from '../../protocol/encode.js'
import { isOperationHeader } from '../../protocol/headers.js'
import type { WireHeaders } from '../../protocol/message.js'

/** The requests that differ in what they carry. `other`: listings, aborting. */
export type RequestKind = 'put' | 'initiate' | 'part' | 'complete' | 'head' | 'other'

const customerKey = [
  'x-oss-server-side-encryption-customer-algorithm',
  'x-oss-server-side-encryption-customer-key',
  'x-oss-server-side-encryption-customer-key-md5',
]

/** Headers that do not simply belong to the object, by the requests they go on. */
const routes: Readonly<Record<string, readonly RequestKind[]>> = {
  ...Object.fromEntries(customerKey.map((name) => [name, ['put', 'initiate', 'part', 'head']])),
  'x-oss-callback': ['put', 'complete'],
  'x-oss-callback-var': ['put', 'complete'],
  'x-oss-forbid-overwrite': ['put', 'initiate', 'complete'],
  // Documented for Complete; beside it on Initiate, lest a service that reads it only there make the object public.
  'x-oss-object-acl': ['put', 'initiate', 'complete'],
  'x-oss-request-payer': ['put', 'initiate', 'part', 'complete', 'head', 'other'],
  'x-oss-traffic-limit': ['put', 'part'],
}

const objectRoute: readonly RequestKind[] = ['put', 'initiate']

/** Of an operation, but not the caller's to set. */
const ours: ReadonlySet<string> = new Set([
  'content-md5',
  'x-oss-complete-all',
  'x-oss-copy-source',
  'x-oss-copy-source-range',
  'x-oss-hash-crc64ecma',
])

export function headerKind(name: string): HeaderKind {
  if (customerKey.includes(name)) return name.endsWith('algorithm') ? 'object' : 'secret'
  return routes[name] === undefined || name === 'x-oss-object-acl' ? 'object' : 'request'
}

/** Do these headers ask that an existing object stays as it is? */
export function forbidsOverwrite(headers: Headers): boolean {
  return headers['x-oss-forbid-overwrite']?.toLowerCase() === 'true'
}

/** The headers of one request, as they go on the wire: text as UTF-8. */
export function headersFor(kind: RequestKind, headers: Headers): WireHeaders {
  const chosen = Object.entries(headers).filter(([name]) => (routes[name] ?? objectRoute).includes(kind))
  return Object.fromEntries(chosen.map(([name, value]) => [name, toWire(value)]))
}

/**
 * The headers of a request that reads an object, as they go on the wire.
 *
 * @throws UploadError `invalid-argument` for one that no such request carries, beside what `checkHeaders` refuses
 */
export function readingHeaders(given: Readonly<Record<string, string>>): WireHeaders {
  const headers = checkHeaders(given)
  const chosen = headersFor('head', headers)
  const stray = Object.keys(headers).find((name) => chosen[name] === undefined)
  if (stray !== undefined) throw refuse(`The header ${stray} is none of a request that reads an object.`)
  return chosen
}

/**
 * The caller's headers in the form the engine wants: lower-case names, trimmed values.
 *
 * @throws UploadError `invalid-argument` for a header that OSS would ignore or that is ours to set, for one given twice,
 *   and for a value that no header can hold
 */
export function checkHeaders(given: Readonly<Record<string, string>>): Headers {
  if (typeof given !== 'object' || given === null || Symbol.iterator in given) {
    throw refuse('The headers have to be an object of names and values.')
  }
  const headers: Record<string, string> = {}
  for (const [givenName, givenValue] of Object.entries(given)) {
    const name = givenName.trim().toLowerCase()
    if (Object.hasOwn(headers, name)) throw refuse(`The header ${name} is given twice.`)
    headers[name] = checkedValue(name, givenValue)
  }
  return headers
}

function checkedValue(name: string, value: string): string {
  if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name))
    throw refuse(`${JSON.stringify(name)} is no name for a header.`)
  if (ours.has(name) || !isOperationHeader(name)) {
    throw refuse(
      `The header ${name} cannot be given. What belongs to an object is Content-Type and its like, x-oss-meta-* and other x-oss-* headers.`,
    )
  }
  if (typeof value !== 'string') throw refuse(`The header ${name} has a value that is no text.`)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  if (/[\u0000-\u001f\u007f]|\p{Surrogate}/u.test(value)) {
    throw refuse(`The header ${name} has a value with a line break or another control character.`)
  }
  // Only what HTTP itself would drop: other spaces, such as the ideographic one, are text.
  return value.replace(/^ +| +$/g, '')
}

function refuse(message: string): UploadError {
  return new UploadError('invalid-argument', message)
}
