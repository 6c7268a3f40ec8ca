/**
 * Which operation a request asks for. A sub-resource or header that changes what is asked, and that the operation's row
 * does not know, is refused: doing something else instead would be a wrong success.
 */
import type { ErrorToSay } from '../protocol/errors.js'
import type { Query, WireHeaders } from '../protocol/message.js'
import { isSubresource } from '../protocol/v1.js'
import type { Address } from './addressing.js'
import { BUCKET_ROWS } from './bucket-rows.js'
import { MULTIPART_ROWS } from './multipart-rows.js'
import { OBJECT_ROWS } from './object-rows.js'
import { type OperationRow, SIGNING_PARAMETERS } from './operation-row.js'
import { SETTING_ROWS } from './setting-rows.js'

type AnyRow =
  | (typeof BUCKET_ROWS)[number]
  | (typeof OBJECT_ROWS)[number]
  | (typeof MULTIPART_ROWS)[number]
  | (typeof SETTING_ROWS)[number]

/** Those that are implemented. */
export type OperationName = Extract<AnyRow, { readonly done: true }>['name']

/** All operations that OSS documents, whether implemented or not. Some have several rows. */
export const OPERATION_ROWS: readonly OperationRow[] = [
  ...BUCKET_ROWS,
  ...OBJECT_ROWS,
  ...MULTIPART_ROWS,
  ...SETTING_ROWS,
]

export const OPERATION_NAMES: ReadonlySet<string> = new Set(
  OPERATION_ROWS.filter((row) => row.done).map((row) => row.name),
)

/** The first that fits is meant, so those that need more come first. */
const ROWS = [...OPERATION_ROWS].sort((a, b) => conditionsOf(b) - conditionsOf(a))

function conditionsOf({ needs = [], header }: OperationRow): number {
  const values = needs.filter((need) => need.includes('=')).length
  return needs.length + values + (header === undefined ? 0 : 1)
}

/** Names that rows need, apart for service, buckets and objects: on an object, say, `list-type` means nothing. */
const NEEDED = {
  service: namesNeeded('service'),
  bucket: namesNeeded('bucket'),
  object: namesNeeded('object'),
}

function namesNeeded(on: OperationRow['on']): ReadonlySet<string> {
  const rows = OPERATION_ROWS.filter((row) => row.on === on)
  return new Set(rows.flatMap(({ needs = [] }) => needs.map(nameOf)))
}

function nameOf(need: string): string {
  return need.split('=', 1)[0] ?? need
}

/** Does this parameter change what is asked? */
function changesWhatIsAsked(name: string, on: OperationRow['on']): boolean {
  return (isSubresource(name) || NEEDED[on].has(name)) && !SIGNING_PARAMETERS.has(name)
}

export type Routed =
  | { readonly kind: 'operation'; readonly name: OperationName }
  /** With a name where it is known what was asked. */
  | { readonly kind: 'refused'; readonly name?: string; readonly error: ErrorToSay }

export interface RoutableRequest {
  readonly method: string
  readonly address: Address
  readonly query: Query
  readonly headers: WireHeaders
}

export function route(request: RoutableRequest): Routed {
  const { method, address, query, headers } = request
  const on = address.bucket === undefined ? 'service' : address.key === undefined ? 'bucket' : 'object'
  const asked = Object.keys(query).filter((name) => changesWhatIsAsked(name, on))
  const found = ROWS.find((row) => row.method === method && row.on === on && fits(row, request))
  if (found === undefined) return { kind: 'refused', error: refusal(method, on, asked) }
  const { name, needs = [], allows = [], refuses, header } = found
  const unknown = asked.find((each) => !needs.map(nameOf).includes(each) && !allows.includes(each))
  // Nobody deletes a bucket by `DELETE ?bucketInfo`, nor is there anything else that this could mean.
  if (needs.length === 0 && unknown !== undefined && isOfAnotherMethod(unknown, on)) {
    return { kind: 'refused', error: methodNotAllowed(method, on) }
  }
  if (!isDone(found)) return { kind: 'refused', name, error: notImplemented(method, asked[0]) }
  const refusedHeader = Object.keys(headers).find((each) => refuses?.test(each) && each !== header)
  if (unknown !== undefined || refusedHeader !== undefined) {
    return { kind: 'refused', name, error: notImplemented(method, unknown ?? refusedHeader) }
  }
  return { kind: 'operation', name: found.name }
}

/** Whose signature stands in its body. */
export function isPostObject(request: RoutableRequest): boolean {
  return route(request).name === 'PostObject'
}

function fits({ needs = [], header }: OperationRow, { query, headers }: RoutableRequest): boolean {
  if (header !== undefined && headers[header] === undefined) return false
  return needs.every((need) => {
    const name = nameOf(need)
    return Object.hasOwn(query, name) && (name === need || query[name] === need.slice(name.length + 1))
  })
}

function isDone(row: OperationRow): row is OperationRow & { readonly name: OperationName } {
  return row.done === true
}

function refusal(method: string, on: OperationRow['on'], asked: readonly string[]): ErrorToSay {
  const unknown = asked.find((each) => !NEEDED[on].has(each))
  return unknown === undefined ? methodNotAllowed(method, on) : notImplemented(method, unknown)
}

/** `x-oss-process` and its like say how an operation is done, whichever it is. */
function isOfAnotherMethod(name: string, on: OperationRow['on']): boolean {
  return NEEDED[on].has(name) && !name.startsWith('x-oss-')
}

function methodNotAllowed(method: string, on: OperationRow['on']): ErrorToSay {
  return { code: 'MethodNotAllowed', fields: { Method: method, ResourceType: on.toUpperCase() } }
}

function notImplemented(method: string, what: string | undefined): ErrorToSay {
  return {
    code: 'NotImplemented',
    message: 'A header or parameter you provided implies functionality that this server does not implement.',
    fields: { Method: method, ...(what === undefined ? {} : { ArgumentName: what }) },
  }
}
