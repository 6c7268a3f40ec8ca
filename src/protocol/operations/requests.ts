/** What the operations share in reading and writing requests. Every complaint here is one that OSS makes. */
import { errorDefaults } from '../codes.js'
import { ProtocolError } from '../errors.js'
import { isOperationHeader, pickHeaders } from '../headers.js'
import type { Query, WireHeaders } from '../message.js'
import { parseXml, text, trimStart, type XmlElement } from '../xml.js'
import type { WireRequest } from './operation.js'

export const MAX_PART_NUMBER = 10_000
/** Largest page of any listing. */
export const MAX_PAGE = 1000

export function bucketOf(request: WireRequest): string {
  return request.bucket || fail(invalidArgument('bucket', '', 'A bucket name is required.'))
}

export function keyOf(request: WireRequest): string {
  return request.key || fail(invalidArgument('object', '', 'An object name is required.'))
}

export function uploadIdOf(request: WireRequest): string {
  return request.query['uploadId'] || fail(invalidArgument('uploadId', '', 'An upload ID is required.'))
}

/** A record without what is absent or empty. */
export function present<Name extends string>(
  values: Readonly<Record<Name, string | undefined>>,
): { [name in Name]?: string } {
  const kept: { [name in Name]?: string } = {}
  for (const name in values) {
    const value = values[name]
    if (value) kept[name] = value
  }
  return kept
}

/** The same, for values of which the empty string is one. */
export function given<Name extends string>(
  values: Readonly<Record<Name, string | undefined>>,
): { [name in Name]?: string } {
  const kept: { [name in Name]?: string } = {}
  for (const name in values) {
    const value = values[name]
    if (value !== undefined) kept[name] = value
  }
  return kept
}

/** A whole number within bounds; `fallback` where the parameter is absent or empty. */
export function countOf(
  query: Query,
  name: string,
  bounds: { readonly least: number; readonly most: number; readonly fallback: number; readonly ec?: string },
): number {
  const value = query[name]
  if (!value) return bounds.fallback
  const number = wholeNumber(value)
  if (number === undefined || number < bounds.least || number > bounds.most) {
    const range = `an integer between ${bounds.least} and ${bounds.most}`
    throw invalidArgument(name, value, `Argument ${name} must be ${range}.`, bounds.ec)
  }
  return number
}

export function encodingTypeOf(query: Query): { encodingType?: 'url' } {
  const value = query['encoding-type']
  if (!value) return {}
  if (value.toLowerCase() === 'url') return { encodingType: 'url' }
  const message = 'Invalid Encoding Method specified in Request'
  throw invalidArgument('encoding-type', value, message, '0017-00000235')
}

/** Headers of the operation, and a callback that came in the query as those of a callback. */
export function operationHeadersOf(request: WireRequest): WireHeaders {
  return {
    ...present({
      'x-oss-callback': request.query['callback'],
      'x-oss-callback-var': request.query['callback-var'],
    }),
    ...pickHeaders(request.headers, isOperationHeader),
  }
}

/** @throws ProtocolError `MalformedXML` when the body is not a document with that root */
export function documentOf(request: WireRequest, rootName: string, ec?: string): XmlElement {
  try {
    // The service takes white space before a declaration, where XML has no place for it.
    const root = parseXml(trimStart(request.body ?? new Uint8Array()))
    if (root.name === rootName) return root
  } catch (cause) {
    throw malformedXml(ec, cause)
  }
  throw malformedXml(ec)
}

/**
 * A yes or no that a document has; `undefined` where it says nothing. oss2 sends Python's own `True`, which the service takes.
 *
 * @throws ProtocolError MalformedXML for any other word
 */
export function flagIn(root: XmlElement, name: string): boolean | undefined {
  const said = text(root, name)?.trim().toLowerCase()
  if (!said) return undefined
  if (said !== 'true' && said !== 'false') throw malformedXml()
  return said === 'true'
}

/** The same for one that has to be there. */
export function neededFlagIn(root: XmlElement, name: string): boolean {
  const flag = flagIn(root, name)
  if (flag === undefined) throw malformedXml()
  return flag
}

/** `detail` is what the service adds in words. */
export function malformedXml(ec?: string, cause?: unknown, detail?: string): ProtocolError {
  const { message } = errorDefaults('MalformedXML')
  const fields = detail === undefined ? {} : { ErrorDetail: detail }
  return new ProtocolError('bad-request', 'MalformedXML', message, { ec, cause, fields })
}

export function missingArgument(ec: string): ProtocolError {
  return new ProtocolError('bad-request', 'MissingArgument', 'Missing Some Required Arguments.', { ec })
}

export function invalidArgument(name: string, value: string, message: string, ec?: string): ProtocolError {
  const fields = { ArgumentName: name, ArgumentValue: value }
  return new ProtocolError('bad-request', 'InvalidArgument', message, { ec, fields })
}

export function partNumberError(value: string): ProtocolError {
  const message = `Part number must be an integer between 1 and ${MAX_PART_NUMBER}, inclusive.`
  return invalidArgument('PartNumber', value, message, '0017-00000220')
}

/** Digits alone, and not beyond 2^53. */
export function wholeNumber(text: string): number | undefined {
  const number = /^[0-9]+$/.test(text) ? Number(text) : undefined
  return Number.isSafeInteger(number) ? number : undefined
}

function fail(error: ProtocolError): never {
  throw error
}
