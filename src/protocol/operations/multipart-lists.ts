/** The listings of multipart uploads and of their parts: what a resume stands on. */

import { badAnswer } from '../errors.js'
import { quoteEtag } from '../etag.js'
import { children, element, optionalElement, text, type XmlElement } from '../xml.js'
import {
  documentOf as answerDocument,
  crcOf,
  encodingElement,
  nameElement,
  nameReader,
  requiredCount,
  requiredEtag,
  requiredFlag,
  requiredText,
  requiredTime,
  timeElement,
  xmlAnswer,
} from './answers.js'
import { prefixElements, readPrefixes } from './listing.js'
import { readUpload, type UploadInput } from './multipart.js'
import type { Operation } from './operation.js'
import { bucketOf, countOf, encodingTypeOf, given, MAX_PAGE, MAX_PART_NUMBER, present } from './requests.js'

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

function readPart(part: XmlElement): PartEntry {
  return {
    partNumber: requiredPartNumber(part),
    lastModified: requiredTime(part, 'LastModified'),
    etag: requiredEtag(part),
    ...crcOf(text(part, 'HashCrc64ecma')),
    size: requiredCount(part, 'Size'),
  }
}

function requiredPartNumber(part: XmlElement): number {
  const partNumber = requiredCount(part, 'PartNumber')
  if (partNumber >= 1 && partNumber <= MAX_PART_NUMBER) return partNumber
  throw badAnswer(`PartNumber is not between 1 and ${MAX_PART_NUMBER}: ${partNumber}`)
}
