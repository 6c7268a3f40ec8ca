/** What the operations share in reading and writing answers. A client that reads an answer trusts nothing it lacks. */
import { crc64FromDecimal } from '../../checksum/crc64.js'
import { formatIso, parseHttpDate, parseIso } from '../dates.js'
import { percentDecode, percentEncode } from '../encode.js'
import { badAnswer, decodeErrorDocument, ProtocolError } from '../errors.js'
import { unquoteEtag } from '../etag.js'
import { isEncryptionHeader, pickHeaders } from '../headers.js'
import type { WireHeaders } from '../message.js'
import { element, parseXml, printXml, text, trimStart, type XmlElement, XmlError } from '../xml.js'
import type { WireAnswer } from './operation.js'
import { wholeNumber } from './requests.js'

export function emptyAnswer(status: number, headers: WireHeaders = {}): WireAnswer {
  return { status, headers, body: new Uint8Array() }
}

export function xmlAnswer(root: XmlElement, headers: WireHeaders = {}): WireAnswer {
  return { status: 200, headers: { 'content-type': 'application/xml', ...headers }, body: printXml(root) }
}

/**
 * The answer's document.
 *
 * @throws ProtocolError `error-in-success` when it is an error document, `bad-answer` when it is neither
 */
export function documentOf(answer: WireAnswer, rootName: string): XmlElement {
  const root = parseAnswer(answer)
  if (root.name === 'Error') throw errorInSuccess(answer)
  if (root.name !== rootName) throw badAnswer(`The answer is a ${root.name}, not a ${rootName}`)
  return root
}

/** For answers that have no document: one that has can only be an error's. */
export function refuseDocument(answer: WireAnswer): void {
  if (!hasDocument(answer)) return
  const root = parseAnswer(answer)
  throw root.name === 'Error' ? errorInSuccess(answer) : badAnswer(`The answer is a ${root.name}`)
}

/** An answer that has nothing to tell but that it was done. */
export function nothingBeyondSuccess(answer: WireAnswer): Readonly<Record<never, never>> {
  refuseDocument(answer)
  return {}
}

/** A callback's answer, as text: anything that is no document. */
export function callbackOf(answer: WireAnswer): { callback?: string } {
  const body = trimStart(answer.body)
  if (body.length === 0 || startsDocument(body)) return {}
  return { callback: new TextDecoder('utf-8', { ignoreBOM: true }).decode(answer.body) }
}

/** Is the body, after white space sent to keep the connection alive, one of markup? */
export function hasDocument(answer: WireAnswer): boolean {
  return startsDocument(trimStart(answer.body))
}

export function requiredText(parent: XmlElement, name: string): string {
  const value = text(parent, name)
  if (!value) throw badAnswer(`The answer's ${parent.name} lacks ${name}`)
  return value
}

export function requiredCount(parent: XmlElement, name: string): number {
  const value = requiredText(parent, name)
  return wholeNumber(value) ?? fail(`${name} is not a number: ${value}`)
}

export function requiredFlag(parent: XmlElement, name: string): boolean {
  const value = requiredText(parent, name)
  if (value === 'true') return true
  return value === 'false' ? false : fail(`${name} is neither true nor false: ${value}`)
}

export function requiredTime(parent: XmlElement, name: string): number {
  const value = requiredText(parent, name)
  return parseIso(value) ?? fail(`${name} is not a time: ${value}`)
}

export function requiredEtag(parent: XmlElement): string {
  return unquoteEtag(requiredText(parent, 'ETag')) || fail('The ETag is empty')
}

/** Times in documents are whole seconds. */
export function timeElement(name: string, ms: number): XmlElement {
  return element(name, formatIso(Math.floor(ms / 1000) * 1000))
}

export function requiredHeader(answer: WireAnswer, name: string): string {
  return answer.headers[name] || fail(`The answer lacks ${name}`)
}

export function etagOfHeaders(answer: WireAnswer): string {
  return unquoteEtag(requiredHeader(answer, 'etag')) || fail('The ETag is empty')
}

export function countOfHeaders(answer: WireAnswer, name: string): number {
  const value = requiredHeader(answer, name)
  return wholeNumber(value) ?? fail(`${name} is not a number: ${value}`)
}

export function lastModifiedOf(answer: WireAnswer): number {
  const value = requiredHeader(answer, 'last-modified')
  return parseHttpDate(value) ?? fail(`last-modified is not a time: ${value}`)
}

/** A CRC that is there is one. */
export function crcOf(value: string | undefined): { crc64?: string } {
  if (!value) return {}
  try {
    return { crc64: crc64FromDecimal(value).toString() }
  } catch (cause) {
    throw badAnswer(`Not a CRC-64: ${value}`, cause)
  }
}

/** What an answer says of server-side encryption. */
export function encryptionOf(answer: WireAnswer): { encryption?: WireHeaders } {
  const encryption = pickHeaders(answer.headers, isEncryptionHeader)
  return Object.keys(encryption).length === 0 ? {} : { encryption }
}

/** Writes names as the request wants them. */
export function nameElement(name: string, value: string, encodingType: 'url' | undefined): XmlElement {
  return element(name, encodingType === 'url' ? percentEncode(value) : value)
}

export function encodingElement(encodingType: 'url' | undefined): XmlElement | undefined {
  return encodingType && element('EncodingType', encodingType)
}

/** Reads names as the document says it writes them. */
export function nameReader(root: XmlElement): (name: string) => string {
  if (text(root, 'EncodingType') !== 'url') return (name) => name
  return (name) => {
    try {
      return percentDecode(name)
    } catch (cause) {
      throw badAnswer(`A name is not percent-encoded: ${name}`, cause)
    }
  }
}

function errorInSuccess(answer: WireAnswer): ProtocolError {
  const document = decodeErrorDocument(answer.status, answer.headers, trimStart(answer.body))
  const { code = 'BadAnswer', message, ec, fields } = document
  return new ProtocolError('error-in-success', code, message, { ec, fields, document })
}

function parseAnswer(answer: WireAnswer): XmlElement {
  try {
    return parseXml(trimStart(answer.body))
  } catch (cause) {
    if (cause instanceof XmlError) throw badAnswer(`The answer is no XML: ${cause.message}`, cause)
    throw cause
  }
}

/** `<`, perhaps after a byte order mark. */
function startsDocument(body: Uint8Array): boolean {
  const hasMark = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf
  return body[hasMark ? 3 : 0] === 0x3c
}

function fail(message: string): never {
  throw badAnswer(message)
}
