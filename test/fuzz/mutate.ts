/**
 * Real documents, made wrong: bits turned over, pieces cut out, doubled or put in, elements renamed, emptied or taken away.
 * What is done is plain numbers, so that a failure shrinks and replays.
 */
import fc from 'fast-check'

/** What is done, where, and with what: each number is taken modulo what there is. */
export type Mutation = readonly [kind: number, at: number, value: number]

export const mutations: fc.Arbitrary<readonly Mutation[]> = fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat()), {
  minLength: 1,
  maxLength: 4,
})

/** Names that every object has, or that turn an object into another. */
export const objectNames = ['__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'hasOwnProperty']

/** Values that have broken some reader somewhere. */
export const oddTexts: readonly string[] = [
  '',
  ' ',
  '\n',
  'a\nb',
  '0',
  '-0',
  '-1',
  '00',
  '1.5',
  '1e3',
  '0x10',
  'NaN',
  'Infinity',
  '10001',
  '4294967296',
  '9007199254740992',
  '9007199254740993',
  '18446744073709551615',
  '18446744073709551616',
  '99999999999999999999',
  '000000000000000000001',
  '9'.repeat(400),
  'true',
  'TRUE',
  'null',
  'undefined',
  '""',
  '"',
  '" "',
  "'",
  '%',
  '%zz',
  '%00',
  '%ff',
  '+',
  '\u00a0',
  '\u2028',
  '\u001b[31m',
  '\u009b',
  '\u0007',
  '\u0000',
  '\ufeff',
  '\ufffd',
  '\ud83d\ude00',
  'Thu, 01 Jan 1970 00:00:00 GMT',
  'Wed, 31 Dec 1969 23:59:59 GMT',
  'Fri, 31 Feb 2026 00:00:00 GMT',
  'Fri, 31 Dec 9999 23:59:59 GMT',
  '0000-01-01T00:00:00.000Z',
  '1960-01-01T00:00:00.000Z',
  '9999-12-31T23:59:59.999Z',
  '2026-02-30T00:00:00.000Z',
  'bytes 0-0/0',
  'bytes 0-9/*',
  'bytes 5-1/10',
  'bytes 0-9007199254740992/9007199254740993',
  ...objectNames,
]

/** Pieces that mean something to a parser of XML. */
const oddPieces: readonly string[] = [
  '<',
  '>',
  '&',
  '</',
  '/>',
  '<?',
  '?>',
  '<!--',
  '-->',
  '<!-- <Code>NoSuchUpload</Code> -->',
  '<![CDATA[',
  ']]>',
  '<![CDATA[<Error>]]>',
  '<!DOCTYPE a>',
  '<!DOCTYPE a [<!ENTITY b "c">]>',
  '<?xml version="1.0" encoding="UTF-16"?>',
  '<?php ?>',
  '&amp;',
  '&lol;',
  '&#0;',
  '&#x0;',
  '&#xD800;',
  '&#x110000;',
  '&#99999999999999999999;',
  '&#x1F600;',
  '&__proto__;',
  '&constructor;',
  '<Error><Code>InternalError</Code></Error>',
  '<Code>NoSuchUpload</Code>',
  '<a:b xmlns:a="c"/>',
  '<a b="c" b="d"/>',
  '<__proto__>x</__proto__>',
  '<constructor>x</constructor>',
  '<a>'.repeat(40),
  '</a>'.repeat(40),
  '<a>'.repeat(5000),
  'x'.repeat(70_000),
  ...oddTexts,
]

const oddNames = [
  ...objectNames,
  'Error',
  'Code',
  'html',
  'Part',
  'Upload',
  'EncodingType',
  'xml',
  'a:b',
  '\u00e9',
]

/** Bytes that are no UTF-8, or another encoding's beginning. */
const oddBytes: readonly Uint8Array[] = [
  [0xff],
  [0xfe, 0xff],
  [0xff, 0xfe, 0x3c, 0x00],
  [0xef, 0xbb, 0xbf],
  [0xc0, 0xaf],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xe4, 0xb8],
  [0x00],
  [0x1b],
].map((bytes) => Uint8Array.from(bytes))

/** The document with all of that done to it. */
export function mutated(document: Uint8Array, changes: readonly Mutation[]): Uint8Array {
  return changes.reduce((bytes: Uint8Array, change) => mutatedOnce(bytes, change).slice(0, LONGEST), document)
}

/** Bytes. Doubling a doubled piece again must not fill the memory. */
const LONGEST = 1024 * 1024

function mutatedOnce(bytes: Uint8Array, [kind, at, value]: Mutation): Uint8Array {
  const place = bytes.length === 0 ? 0 : at % bytes.length
  const length = 1 + (value % 40)
  switch (kind % 12) {
    case 0:
      return bytes.map((byte, index) => (index === place ? byte ^ (1 << (value % 8)) : byte))
    case 1:
      return bytes.map((byte, index) => (index === place ? value & 0xff : byte))
    case 2:
      return bytes.subarray(0, place)
    case 3:
      return spliced(bytes, { start: place, end: place + length }, new Uint8Array())
    case 4:
      return spliced(bytes, { start: place, end: place }, bytes.subarray(place, place + length))
    case 5:
      return spliced(bytes, { start: place, end: place }, pick(oddBytes, value))
    case 6:
      return spliced(bytes, { start: place, end: place }, utf8(pick(oddPieces, value)))
    default:
      return mutatedElement(bytes, kind % 12, [at, value])
  }
}

/** An element as a whole: its content replaced, itself taken away, doubled, renamed, or wrapped in another. */
function mutatedElement(bytes: Uint8Array, kind: number, [at, value]: readonly [number, number]): Uint8Array {
  const text = Buffer.from(bytes).toString('latin1')
  const pattern =
    kind === 7 ? /<([A-Za-z0-9]+)>([^<]{0,5000})<\/\1>/g : /<([A-Za-z0-9]+)>([\s\S]{0,3000}?)<\/\1>/g
  // A pattern that finds whole elements finds the root first: look inside it half of the time.
  const inner = kind !== 7 && value % 2 === 1 ? text.indexOf('>', text.lastIndexOf('?>') + 2) + 1 : 0
  const found = [...text.slice(inner).matchAll(pattern)]
  if (found.length === 0) return spliced(bytes, { start: 0, end: 0 }, utf8(pick(oddPieces, value)))
  const match = pick(found, at)
  const [whole, name = '', content = ''] = match
  const start = inner + match.index
  const replaceBy = (piece: Uint8Array) => spliced(bytes, { start, end: start + whole.length }, piece)
  const odd = pick(oddNames, value >> 1)
  switch (kind) {
    case 7:
      return replaceBy(utf8(`<${name}>${escaped(pick(oddTexts, value))}</${name}>`))
    case 8:
      return replaceBy(new Uint8Array())
    case 9:
      return replaceBy(Buffer.from(whole + whole, 'latin1'))
    case 10:
      return replaceBy(Buffer.concat([utf8(`<${odd}>`), Buffer.from(content, 'latin1'), utf8(`</${odd}>`)]))
    default:
      return replaceBy(Buffer.concat([utf8(`<${odd}>`), Buffer.from(whole, 'latin1'), utf8(`</${odd}>`)]))
  }
}

/** Headers with some of them changed, doubled in one, left out, or named as they should not be. */
export function mutatedHeaders(
  headers: Readonly<Record<string, string>>,
  changes: readonly Mutation[],
): Record<string, string> {
  const entries = new Map(Object.entries(headers))
  for (const [kind, at, value] of changes) {
    const name = pick([...entries.keys(), ...extraHeaders], at)
    const text = entries.get(name) ?? ''
    switch (kind % 7) {
      case 0:
        entries.delete(name)
        break
      case 1:
        entries.set(name, `${text}, ${text}`)
        break
      case 2:
        entries.set(name, Buffer.from(mutatedOnce(utf8(text), [value, at, value >> 3])).toString('latin1'))
        break
      case 3:
        entries.set(pick(objectNames, value), text)
        break
      default:
        entries.set(name, Buffer.from(pick(oddTexts, value), 'utf8').toString('latin1'))
    }
  }
  // A transport that kept to the letter of HTTP could give no more than this, line breaks aside.
  return Object.fromEntries([...entries].map(([name, text]) => [name, text.slice(0, 20_000)]))
}

const extraHeaders = [
  'content-length',
  'content-range',
  'date',
  'etag',
  'last-modified',
  'location',
  'retry-after',
  'x-oss-ec',
  'x-oss-err',
  'x-oss-hash-crc64ecma',
  'x-oss-qos-delay-time',
  'x-oss-request-id',
  'x-oss-version-id',
]

export function pick<T>(items: readonly T[], index: number): T {
  const item = items[index % items.length]
  if (item === undefined) throw new Error('nothing to pick from')
  return item
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function spliced(
  bytes: Uint8Array,
  { start, end }: { readonly start: number; readonly end: number },
  piece: Uint8Array,
): Uint8Array {
  return Buffer.concat([bytes.subarray(0, start), piece, bytes.subarray(end)])
}

function escaped(text: string): string {
  return text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`)
}
