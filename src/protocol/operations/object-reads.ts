/** Reading single objects, and their heads alone. Object bytes travel beside these values. */

import { formatHttpDate } from '../dates.js'
import { toWire } from '../encode.js'
import { badAnswer } from '../errors.js'
import { quoteEtag } from '../etag.js'
import { isOperationHeader, pickHeaders } from '../headers.js'
import type { Query, WireHeaders } from '../message.js'
import {
  countOfHeaders,
  crcOf,
  emptyAnswer,
  etagOfHeaders,
  lastModifiedOf,
  requiredHeader,
} from './answers.js'
import { type Conditions, conditionHeaders, readConditions } from './conditions.js'
import { type ObjectInput, readObjectInput } from './objects.js'
import type { Operation, WireAnswer, WireRequest } from './operation.js'
import { given, invalidArgument, present, wholeNumber } from './requests.js'

export interface HeadObjectInput extends Conditions {
  readonly bucket: string
  readonly key: string
  readonly versionId?: string
}

export interface GetObjectInput extends HeadObjectInput {
  /** The Range header as it stands; `resolveRange` (range.ts) gives it a meaning. */
  readonly range?: string
  /** `x-oss-range-behavior: standard`. */
  readonly standardRange: boolean
  /** Headers the answer is to have instead of the object's own (the response-* parameters), such as `content-type`. Text. */
  readonly overrides: WireHeaders
}

export interface ObjectHead {
  /** Bytes of the whole object. */
  readonly size: number
  readonly etag: string
  /** Milliseconds since the epoch, whole seconds. */
  readonly lastModified: number
  readonly crc64?: string
  readonly contentMd5?: string
  readonly versionId?: string
  /** `Normal`, `Multipart`, `Appendable`, `Symlink`. */
  readonly type?: string
  readonly storageClass?: string
  /** What belongs to the object beside the above: content-type and its like, x-oss-meta-*, other x-oss-*. Wire strings. */
  readonly headers: WireHeaders
}

export interface GetObjectOutput extends ObjectHead {
  /** Present in a partial answer (206): the bytes it carries, `end` excluded. */
  readonly part?: { readonly start: number; readonly end: number }
}

export interface ObjectMeta {
  readonly size: number
  readonly etag: string
  readonly lastModified: number
  readonly crc64?: string
  readonly versionId?: string
}

/** GET of an object, or of one range. */
export const getObject: Operation<GetObjectInput, GetObjectOutput> = {
  name: 'GetObject',
  encodeRequest: (input) => {
    const overrides = Object.entries(input.overrides).map(([name, value]) => [`response-${name}`, value])
    return {
      method: 'GET',
      bucket: input.bucket,
      key: input.key,
      query: { ...given({ versionId: input.versionId }), ...Object.fromEntries(overrides) },
      headers: {
        ...conditionHeaders(input),
        ...given({ range: input.range }),
        ...(input.standardRange ? { 'x-oss-range-behavior': 'standard' } : {}),
      },
    }
  },
  decodeRequest: (request) => ({
    ...readHeadInput(request),
    ...present({ range: request.headers['range'] }),
    standardRange: request.headers['x-oss-range-behavior'] === 'standard',
    overrides: readOverrides(request.query),
  }),
  encodeAnswer: (output, { overrides }) => {
    const { part } = output
    const headers = { ...headHeaders(output), ...overridesToWire(overrides) }
    if (!part) return emptyAnswer(200, headers)
    return emptyAnswer(206, {
      ...headers,
      'content-length': String(part.end - part.start),
      'content-range': `bytes ${part.start}-${part.end - 1}/${output.size}`,
    })
  },
  decodeAnswer: (answer) => {
    if (answer.status !== 206) return readHead(answer, countOfHeaders(answer, 'content-length'))
    const { size, part } = readContentRange(requiredHeader(answer, 'content-range'))
    return { ...readHead(answer, size), part }
  },
}

/** HEAD of an object. */
export const headObject: Operation<HeadObjectInput, ObjectHead> = {
  name: 'HeadObject',
  encodeRequest: (input) => ({
    method: 'HEAD',
    bucket: input.bucket,
    key: input.key,
    query: given({ versionId: input.versionId }),
    headers: conditionHeaders(input),
  }),
  decodeRequest: readHeadInput,
  encodeAnswer: (output) => emptyAnswer(200, headHeaders(output)),
  decodeAnswer: (answer) => readHead(answer, countOfHeaders(answer, 'content-length')),
}

/** HEAD of an object with `objectMeta`: what the service always knows of it, and nothing the user gave. */
export const getObjectMeta: Operation<ObjectInput, ObjectMeta> = {
  name: 'GetObjectMeta',
  encodeRequest: ({ bucket, key, versionId }) => ({
    method: 'HEAD',
    bucket,
    key,
    query: { objectMeta: '', ...given({ versionId }) },
    headers: {},
  }),
  decodeRequest: readObjectInput,
  encodeAnswer: (output) => emptyAnswer(200, metaHeaders(output)),
  decodeAnswer: (answer) => readMeta(answer, countOfHeaders(answer, 'content-length')),
}

function readHeadInput(request: WireRequest): HeadObjectInput {
  return { ...readObjectInput(request), ...readConditions(request.headers) }
}

const OVERRIDABLE = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
] as const

function readOverrides(query: Query): WireHeaders {
  const overrides: Record<string, string> = {}
  for (const name of OVERRIDABLE) {
    const value = query[`response-${name}`]
    if (!value) continue
    // A line break would begin a header of its own.
    if (/\p{Cc}/u.test(value)) throw invalidArgument(`response-${name}`, value, 'Invalid header value.')
    overrides[name] = value
  }
  return overrides
}

function overridesToWire(overrides: WireHeaders): WireHeaders {
  return Object.fromEntries(Object.entries(overrides).map(([name, value]) => [name, toWire(value)]))
}

function metaHeaders(meta: ObjectMeta): WireHeaders {
  return {
    'content-length': String(meta.size),
    etag: quoteEtag(meta.etag),
    'last-modified': formatHttpDate(meta.lastModified),
    ...given({ 'x-oss-hash-crc64ecma': meta.crc64, 'x-oss-version-id': meta.versionId }),
  }
}

function headHeaders(head: ObjectHead): WireHeaders {
  return {
    ...head.headers,
    ...metaHeaders(head),
    'accept-ranges': 'bytes',
    ...given({
      'content-md5': head.contentMd5,
      'x-oss-object-type': head.type,
      'x-oss-storage-class': head.storageClass,
    }),
  }
}

function readMeta(answer: WireAnswer, size: number): ObjectMeta {
  return {
    size,
    etag: etagOfHeaders(answer),
    lastModified: lastModifiedOf(answer),
    ...crcOf(answer.headers['x-oss-hash-crc64ecma']),
    ...present({ versionId: answer.headers['x-oss-version-id'] }),
  }
}

function readHead(answer: WireAnswer, size: number): ObjectHead {
  const { headers } = answer
  return {
    ...readMeta(answer, size),
    ...present({
      contentMd5: headers['content-md5'],
      type: headers['x-oss-object-type'],
      storageClass: headers['x-oss-storage-class'],
    }),
    headers: pickHeaders(headers, (name) => isOperationHeader(name) && !TOLD_APART.has(name)),
  }
}

/** Headers of an answer that have a place of their own in the values here, or belong to the answer alone. */
const TOLD_APART: ReadonlySet<string> = new Set([
  'content-md5',
  'x-oss-ec',
  'x-oss-hash-crc64ecma',
  'x-oss-object-type',
  'x-oss-request-id',
  'x-oss-server-time',
  'x-oss-storage-class',
  'x-oss-version-id',
])

function readContentRange(value: string): { size: number; part: { start: number; end: number } } {
  const [, first, last, total] = /^bytes ([0-9]+)-([0-9]+)\/([0-9]+)$/.exec(value.trim()) ?? []
  const start = wholeNumber(first ?? '')
  const lastIndex = wholeNumber(last ?? '')
  const size = wholeNumber(total ?? '')
  if (start === undefined || lastIndex === undefined || size === undefined) {
    throw badAnswer(`Not a content range: ${value}`)
  }
  if (start > lastIndex || lastIndex >= size) throw badAnswer(`Not a content range: ${value}`)
  return { size, part: { start, end: lastIndex + 1 } }
}
