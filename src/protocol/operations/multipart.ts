/** The operations of a multipart upload. Its listings are here too, since they are what a resume stands on. */
import { errorDefaults } from '../codes.js'
import { ProtocolError } from '../errors.js'
import { quoteEtag, unquoteEtag } from '../etag.js'
import type { WireHeaders } from '../message.js'
import { children, element, optionalElement, printXml, text, type XmlElement } from '../xml.js'
import {
  documentOf as answerDocument,
  crcOf,
  emptyAnswer,
  encodingElement,
  hasDocument,
  nameElement,
  nameReader,
  refuseDocument,
  requiredCount,
  requiredEtag,
  requiredFlag,
  requiredText,
  requiredTime,
  timeElement,
  xmlAnswer,
} from './answers.js'
import type { Done } from './buckets.js'
import { prefixElements, readPrefixes } from './listing.js'
import { decodeStored, encodeStored, type StoredAnswer } from './objects.js'
import type { Operation, WireRequest } from './operation.js'
import {
  bucketOf,
  countOf,
  documentOf,
  encodingTypeOf,
  given,
  invalidArgument,
  keyOf,
  MAX_PAGE,
  MAX_PART_NUMBER,
  malformedXml,
  operationHeadersOf,
  partNumberError,
  present,
  uploadIdOf,
  wholeNumber,
} from './requests.js'

export interface InitiateMultipartUploadInput {
  readonly bucket: string
  readonly key: string
  readonly encodingType?: 'url'
  /** Parts must arrive in order. */
  readonly sequential: boolean
  /** As for PutObject. */
  readonly headers: WireHeaders
}

export interface InitiateMultipartUploadOutput {
  readonly uploadId: string
}

export interface UploadPartInput {
  readonly bucket: string
  readonly key: string
  readonly uploadId: string
  /** 1 to 10000. */
  readonly partNumber: number
  readonly headers: WireHeaders
}

export interface UploadPartOutput {
  readonly etag: string
  readonly crc64?: string
  readonly contentMd5?: string
}

export interface UploadInput {
  readonly bucket: string
  readonly key: string
  readonly uploadId: string
}

export interface ListPartsInput extends UploadInput {
  /** 1 to 1000; 1000 where the request does not say. */
  readonly maxParts: number
  /** Parts after this number; 0 is the beginning. */
  readonly partNumberMarker: number
  readonly encodingType?: 'url'
}

export interface PartEntry {
  readonly partNumber: number
  /** Milliseconds since the epoch. */
  readonly lastModified: number
  readonly etag: string
  readonly crc64?: string
  readonly size: number
}

export interface ListPartsOutput {
  readonly parts: readonly PartEntry[]
  /** The last part's number in this page, also on the last page; 0 when there is none. */
  readonly nextPartNumberMarker: number
  readonly isTruncated: boolean
  readonly storageClass: string
}

export interface CompletedPart {
  readonly partNumber: number
  /** Without quotes, any case. */
  readonly etag: string
}

/** What is to become the object: all parts the service has, or these, in ascending order. */
export type Completion =
  | { readonly kind: 'all' }
  | { readonly kind: 'parts'; readonly parts: readonly CompletedPart[] }

export interface CompleteMultipartUploadInput extends UploadInput {
  readonly completion: Completion
  readonly encodingType?: 'url'
  /** x-oss-forbid-overwrite, x-oss-object-acl, x-oss-callback(-var) and other x-oss-* of the request. */
  readonly headers: WireHeaders
}

export interface CompleteMultipartUploadOutput extends Omit<StoredAnswer, 'contentMd5'> {
  /** The object's URL. Absent when a callback's answer took the place of the document. */
  readonly location?: string
}

export interface ListMultipartUploadsInput {
  readonly bucket: string
  readonly prefix?: string
  readonly delimiter?: string
  readonly keyMarker?: string
  /** Without `keyMarker` it means nothing. */
  readonly uploadIdMarker?: string
  /** 1 to 1000; 1000 where the request does not say. */
  readonly maxUploads: number
  readonly encodingType?: 'url'
}

export interface UploadEntry {
  readonly key: string
  readonly uploadId: string
  readonly storageClass: string
  /** Milliseconds since the epoch. */
  readonly initiated: number
}

export interface ListMultipartUploadsOutput {
  readonly uploads: readonly UploadEntry[]
  readonly commonPrefixes: readonly string[]
  readonly isTruncated: boolean
  /** Empty where there is nothing more. */
  readonly nextKeyMarker: string
  readonly nextUploadIdMarker: string
}

/** POST of a key with `uploads`. */
export const initiateMultipartUpload: Operation<InitiateMultipartUploadInput, InitiateMultipartUploadOutput> =
  {
    name: 'InitiateMultipartUpload',
    encodeRequest: ({ bucket, key, encodingType, sequential, headers }) => ({
      method: 'POST',
      bucket,
      key,
      query: {
        uploads: '',
        ...given({ 'encoding-type': encodingType }),
        ...(sequential ? { sequential: '' } : {}),
      },
      headers,
    }),
    decodeRequest: (request) => ({
      bucket: bucketOf(request),
      key: keyOf(request),
      ...encodingTypeOf(request.query),
      sequential: 'sequential' in request.query,
      headers: operationHeadersOf(request),
    }),
    encodeAnswer: ({ uploadId }, { bucket, key, encodingType }) =>
      xmlAnswer(
        element('InitiateMultipartUploadResult', [
          encodingElement(encodingType),
          element('Bucket', bucket),
          nameElement('Key', key, encodingType),
          element('UploadId', uploadId),
        ]),
      ),
    decodeAnswer: (answer) => ({
      uploadId: requiredText(answerDocument(answer, 'InitiateMultipartUploadResult'), 'UploadId'),
    }),
  }

/** PUT of a part. The same number again replaces it. */
export const uploadPart: Operation<UploadPartInput, UploadPartOutput> = {
  name: 'UploadPart',
  encodeRequest: ({ bucket, key, uploadId, partNumber, headers }) => ({
    method: 'PUT',
    bucket,
    key,
    query: { partNumber: String(partNumber), uploadId },
    headers,
  }),
  decodeRequest: (request) => ({
    ...readUpload(request),
    partNumber: readPartNumber(request.query['partNumber']),
    headers: operationHeadersOf(request),
  }),
  encodeAnswer: (output) => encodeStored(output),
  decodeAnswer: (answer) => {
    refuseDocument(answer)
    const { etag, crc64, contentMd5 } = decodeStored(answer)
    return { etag, ...given({ crc64, contentMd5 }) }
  },
}

/** GET of a key with `uploadId`. */
export const listParts: Operation<ListPartsInput, ListPartsOutput> = {
  name: 'ListParts',
  encodeRequest: ({ bucket, key, uploadId, maxParts, partNumberMarker, encodingType }) => ({
    method: 'GET',
    bucket,
    key,
    query: {
      uploadId,
      'max-parts': String(maxParts),
      ...(partNumberMarker === 0 ? {} : { 'part-number-marker': String(partNumberMarker) }),
      ...given({ 'encoding-type': encodingType }),
    },
    headers: {},
  }),
  decodeRequest: (request) => ({
    ...readUpload(request),
    maxParts: countOf(request.query, 'max-parts', { least: 1, most: MAX_PAGE, fallback: MAX_PAGE }),
    partNumberMarker: countOf(request.query, 'part-number-marker', {
      least: 0,
      most: MAX_PART_NUMBER,
      fallback: 0,
    }),
    ...encodingTypeOf(request.query),
  }),
  encodeAnswer: (output, input) =>
    xmlAnswer(
      element('ListPartsResult', [
        encodingElement(input.encodingType),
        element('Bucket', input.bucket),
        nameElement('Key', input.key, input.encodingType),
        element('UploadId', input.uploadId),
        element('StorageClass', output.storageClass),
        element('PartNumberMarker', input.partNumberMarker),
        element('NextPartNumberMarker', output.nextPartNumberMarker),
        element('MaxParts', input.maxParts),
        element('IsTruncated', output.isTruncated),
        ...output.parts.map((part) =>
          element('Part', [
            element('PartNumber', part.partNumber),
            timeElement('LastModified', part.lastModified),
            element('ETag', quoteEtag(part.etag)),
            optionalElement('HashCrc64ecma', part.crc64),
            element('Size', part.size),
          ]),
        ),
      ]),
    ),
  decodeAnswer: (answer) => {
    const root = answerDocument(answer, 'ListPartsResult')
    const parts = children(root, 'Part').map(readPart)
    const isTruncated = requiredFlag(root, 'IsTruncated')
    const needsMarker = isTruncated || text(root, 'NextPartNumberMarker')
    return {
      parts,
      nextPartNumberMarker: needsMarker
        ? requiredCount(root, 'NextPartNumberMarker')
        : (parts.at(-1)?.partNumber ?? 0),
      isTruncated,
      storageClass: text(root, 'StorageClass') || 'Standard',
    }
  },
}

/** POST of a key with `uploadId`. A success may still carry an error, or a callback's answer instead of the document. */
export const completeMultipartUpload: Operation<CompleteMultipartUploadInput, CompleteMultipartUploadOutput> =
  {
    name: 'CompleteMultipartUpload',
    encodeRequest: ({ bucket, key, uploadId, completion, encodingType, headers }) => {
      const query = { uploadId, ...given({ 'encoding-type': encodingType }) }
      const request = { method: 'POST', bucket, key, query }
      return completion.kind === 'all'
        ? { ...request, headers: { ...headers, [COMPLETE_ALL]: 'yes' } }
        : { ...request, headers, body: printXml(partListElement(completion.parts)) }
    },
    decodeRequest: (request) => {
      const { [COMPLETE_ALL]: _completeAll, ...headers } = operationHeadersOf(request)
      return {
        ...readUpload(request),
        completion: readCompletion(request),
        ...encodingTypeOf(request.query),
        headers,
      }
    },
    encodeAnswer: (output, { bucket, key, encodingType }) => {
      const stored = encodeStored(output)
      if (output.callback !== undefined) return stored
      const document = element('CompleteMultipartUploadResult', [
        encodingElement(encodingType),
        optionalElement('Location', output.location),
        element('Bucket', bucket),
        nameElement('Key', key, encodingType),
        element('ETag', quoteEtag(output.etag)),
      ])
      return xmlAnswer(document, stored.headers)
    },
    decodeAnswer: (answer) => {
      if (!hasDocument(answer)) return decodeStored(answer)
      const root = answerDocument(answer, 'CompleteMultipartUploadResult')
      return {
        etag: requiredEtag(root),
        ...crcOf(answer.headers['x-oss-hash-crc64ecma']),
        ...present({ versionId: answer.headers['x-oss-version-id'], location: text(root, 'Location') }),
      }
    },
  }

/** DELETE of a key with `uploadId`. */
export const abortMultipartUpload: Operation<UploadInput, Done> = {
  name: 'AbortMultipartUpload',
  encodeRequest: ({ bucket, key, uploadId }) => ({
    method: 'DELETE',
    bucket,
    key,
    query: { uploadId },
    headers: {},
  }),
  decodeRequest: readUpload,
  encodeAnswer: () => emptyAnswer(204),
  decodeAnswer: () => ({}),
}

/** GET of a bucket with `uploads`. */
export const listMultipartUploads: Operation<ListMultipartUploadsInput, ListMultipartUploadsOutput> = {
  name: 'ListMultipartUploads',
  encodeRequest: (input) => ({
    method: 'GET',
    bucket: input.bucket,
    query: {
      uploads: '',
      ...given({
        prefix: input.prefix,
        delimiter: input.delimiter,
        'key-marker': input.keyMarker,
        'upload-id-marker': input.uploadIdMarker,
        'encoding-type': input.encodingType,
      }),
      'max-uploads': String(input.maxUploads),
    },
    headers: {},
  }),
  decodeRequest: (request) => {
    const { query } = request
    return {
      bucket: bucketOf(request),
      ...present({
        prefix: query['prefix'],
        delimiter: query['delimiter'],
        keyMarker: query['key-marker'],
        uploadIdMarker: query['upload-id-marker'],
      }),
      maxUploads: countOf(query, 'max-uploads', { least: 1, most: MAX_PAGE, fallback: MAX_PAGE }),
      ...encodingTypeOf(query),
    }
  },
  encodeAnswer: (output, input) => {
    const named = (name: string, value = '') => nameElement(name, value, input.encodingType)
    return xmlAnswer(
      element('ListMultipartUploadsResult', [
        encodingElement(input.encodingType),
        element('Bucket', input.bucket),
        named('KeyMarker', input.keyMarker),
        element('UploadIdMarker', input.uploadIdMarker ?? ''),
        named('NextKeyMarker', output.nextKeyMarker),
        element('NextUploadIdMarker', output.nextUploadIdMarker),
        named('Delimiter', input.delimiter),
        named('Prefix', input.prefix),
        element('MaxUploads', input.maxUploads),
        element('IsTruncated', output.isTruncated),
        ...output.uploads.map((upload) =>
          element('Upload', [
            named('Key', upload.key),
            element('UploadId', upload.uploadId),
            element('StorageClass', upload.storageClass),
            timeElement('Initiated', upload.initiated),
          ]),
        ),
        ...prefixElements(output.commonPrefixes, input.encodingType),
      ]),
    )
  },
  decodeAnswer: (answer) => {
    const root = answerDocument(answer, 'ListMultipartUploadsResult')
    const name = nameReader(root)
    const isTruncated = requiredFlag(root, 'IsTruncated')
    const nextKeyMarker = isTruncated ? requiredText(root, 'NextKeyMarker') : text(root, 'NextKeyMarker')
    return {
      uploads: children(root, 'Upload').map((upload) => ({
        key: name(requiredText(upload, 'Key')),
        uploadId: requiredText(upload, 'UploadId'),
        storageClass: text(upload, 'StorageClass') || 'Standard',
        initiated: requiredTime(upload, 'Initiated'),
      })),
      commonPrefixes: readPrefixes(root),
      isTruncated,
      nextKeyMarker: name(nextKeyMarker ?? ''),
      nextUploadIdMarker: text(root, 'NextUploadIdMarker') ?? '',
    }
  },
}

const COMPLETE_ALL = 'x-oss-complete-all'
const MALFORMED_LIST = '0042-00000205'

function readUpload(request: WireRequest): UploadInput {
  return { bucket: bucketOf(request), key: keyOf(request), uploadId: uploadIdOf(request) }
}

function readPartNumber(value: string | undefined): number {
  if (value === undefined) {
    const message = 'Unexpected query string parameter'
    throw invalidArgument('ResourceType', 'partNumber', message, '0017-00000219')
  }
  const number = wholeNumber(value)
  if (number === undefined || number < 1 || number > MAX_PART_NUMBER) throw partNumberError(value)
  return number
}

function readPart(part: XmlElement): PartEntry {
  return {
    partNumber: requiredCount(part, 'PartNumber'),
    lastModified: requiredTime(part, 'LastModified'),
    etag: requiredEtag(part),
    ...crcOf(text(part, 'HashCrc64ecma')),
    size: requiredCount(part, 'Size'),
  }
}

function partListElement(parts: readonly CompletedPart[]): XmlElement {
  return element(
    'CompleteMultipartUpload',
    parts.map(({ partNumber, etag }) =>
      element('Part', [element('PartNumber', partNumber), element('ETag', quoteEtag(etag))]),
    ),
  )
}

function readCompletion(request: WireRequest): Completion {
  const hasBody = request.body !== undefined && request.body.length > 0
  if (request.headers[COMPLETE_ALL]?.toLowerCase() === 'yes') {
    // The misspelling is OSS's own.
    const message = 'Should not speficy both complete all header and http body.'
    if (hasBody) throw invalidArgument(COMPLETE_ALL, 'yes', message, '0042-00000216')
    return { kind: 'all' }
  }
  const list = documentOf(request, 'CompleteMultipartUpload', MALFORMED_LIST)
  const parts = children(list, 'Part').map(readCompletedPart)
  if (parts.length === 0) throw malformedXml(MALFORMED_LIST)
  if (!isAscending(parts)) {
    const { message } = errorDefaults('InvalidPartOrder')
    throw new ProtocolError('bad-request', 'InvalidPartOrder', message)
  }
  return { kind: 'parts', parts }
}

function readCompletedPart(part: XmlElement): CompletedPart {
  const partNumber = wholeNumber(text(part, 'PartNumber')?.trim() ?? '')
  const etag = unquoteEtag(text(part, 'ETag') ?? '')
  if (partNumber === undefined || etag === '') throw malformedXml(MALFORMED_LIST)
  if (partNumber < 1 || partNumber > MAX_PART_NUMBER) throw partNumberError(String(partNumber))
  return { partNumber, etag }
}

function isAscending(parts: readonly CompletedPart[]): boolean {
  return parts.every((part, index) => index === 0 || part.partNumber > (parts[index - 1]?.partNumber ?? 0))
}
