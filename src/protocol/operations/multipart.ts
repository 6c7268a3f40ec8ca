/** The operations of a multipart upload. */

import { errorDefaults } from '../codes.js'
import { ProtocolError } from '../errors.js'
import { quoteEtag, unquoteEtag } from '../etag.js'
import type { WireHeaders } from '../message.js'
import { children, element, optionalElement, printXmlList, text, type XmlElement } from '../xml.js'
import {
  documentOf as answerDocument,
  crcOf,
  emptyAnswer,
  encodingElement,
  encryptionOf,
  hasDocument,
  nameElement,
  nothingBeyondSuccess,
  refuseDocument,
  requiredEtag,
  requiredText,
  xmlAnswer,
} from './answers.js'
import type { Done } from './buckets.js'
import { decodeStored, encodeStored, type StoredAnswer } from './objects.js'
import type { Operation, WireRequest } from './operation.js'
import { type CompletedPart, plainPartList } from './part-list.js'
import {
  bucketOf,
  documentOf,
  encodingTypeOf,
  given,
  invalidArgument,
  keyOf,
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
  /** The headers of server-side encryption. */
  readonly encryption?: WireHeaders
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
  readonly encryption?: WireHeaders
}

export interface UploadInput {
  readonly bucket: string
  readonly key: string
  readonly uploadId: string
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
    encodeAnswer: ({ uploadId, encryption }, { bucket, key, encodingType }) =>
      xmlAnswer(
        element('InitiateMultipartUploadResult', [
          encodingElement(encodingType),
          element('Bucket', bucket),
          nameElement('Key', key, encodingType),
          element('UploadId', uploadId),
        ]),
        encryption,
      ),
    decodeAnswer: (answer) => ({
      uploadId: requiredText(answerDocument(answer, 'InitiateMultipartUploadResult'), 'UploadId'),
      ...encryptionOf(answer),
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
    return { etag, ...given({ crc64, contentMd5 }), ...encryptionOf(answer) }
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
        : { ...request, headers, body: printPartList(completion.parts) }
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
  decodeAnswer: nothingBeyondSuccess,
}

const COMPLETE_ALL = 'x-oss-complete-all'

const MALFORMED_LIST = '0042-00000205'

/** Which upload a request is about. */
export function readUpload(request: WireRequest): UploadInput {
  return { bucket: bucketOf(request), key: keyOf(request), uploadId: uploadIdOf(request) }
}

export function readPartNumber(value: string | undefined): number {
  if (value === undefined) {
    const message = 'Unexpected query string parameter'
    throw invalidArgument('ResourceType', 'partNumber', message, '0017-00000219')
  }
  const number = wholeNumber(value)
  if (number === undefined || number < 1 || number > MAX_PART_NUMBER) throw partNumberError(value)
  return number
}

/** Of 10,000 parts the elements of all at once would take 13 MB. */
function printPartList(parts: readonly CompletedPart[]): Uint8Array {
  return printXmlList('CompleteMultipartUpload', parts, ({ partNumber, etag }) =>
    element('Part', [element('PartNumber', partNumber), element('ETag', quoteEtag(etag))]),
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
  const plain = request.body === undefined ? undefined : plainPartList(request.body)
  if (plain !== undefined) return { kind: 'parts', parts: plain }
  const list = documentOf(request, 'CompleteMultipartUpload', MALFORMED_LIST)
  // A list without parts is good, and makes an empty object: so OSS's own SDKs upload a stream that had nothing.
  const parts = children(list, 'Part').map(readCompletedPart)
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
