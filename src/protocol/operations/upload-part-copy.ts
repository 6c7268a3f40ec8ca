/** UploadPartCopy: a part made of another object's bytes, or of a stretch of them. */
import { quoteEtag } from '../etag.js'
import type { WireHeaders } from '../message.js'
import { element } from '../xml.js'
import { crcOf, documentOf, requiredEtag, requiredTime, timeElement, xmlAnswer } from './answers.js'
import { COPY_SOURCE_PREFIX, type Conditions, conditionHeaders, readConditions } from './conditions.js'
import { type CopySource, copySourceHeader, readCopySource } from './copy-source.js'
import { readPartNumber, readUpload, type UploadInput } from './multipart.js'
import type { Operation } from './operation.js'
import { given, invalidArgument, operationHeadersOf, present, wholeNumber } from './requests.js'

export interface UploadPartCopyInput extends UploadInput {
  /** 1 to 10000. */
  readonly partNumber: number
  readonly source: CopySource
  /** Absent: the whole source. */
  readonly range?: CopyRange
  /** On the source. */
  readonly conditions: Conditions
  readonly headers: WireHeaders
}

export interface CopyRange {
  readonly first: number
  /** Included; absent: to the end. */
  readonly last?: number
}

export interface UploadPartCopyOutput {
  readonly etag: string
  /** Milliseconds since the epoch, whole seconds. */
  readonly lastModified: number
  readonly crc64?: string
  readonly sourceVersionId?: string
}

const RANGE = `${COPY_SOURCE_PREFIX}range`

/** PUT of a part with a copy source. */
export const uploadPartCopy: Operation<UploadPartCopyInput, UploadPartCopyOutput> = {
  name: 'UploadPartCopy',
  encodeRequest: ({ bucket, key, uploadId, partNumber, source, range, conditions, headers }) => ({
    method: 'PUT',
    bucket,
    key,
    query: { partNumber: String(partNumber), uploadId },
    headers: {
      ...headers,
      ...copySourceHeader(source),
      ...conditionHeaders(conditions, COPY_SOURCE_PREFIX),
      ...given({ [RANGE]: range && `bytes=${range.first}-${range.last ?? ''}` }),
    },
  }),
  decodeRequest: (request) => {
    const range = readRange(request.headers[RANGE])
    const headers = operationHeadersOf(request)
    return {
      ...readUpload(request),
      partNumber: readPartNumber(request.query['partNumber']),
      source: readCopySource(request.headers, {
        source: request.headers['x-oss-copy-source'] ? NO_SOURCE : EMPTY_SOURCE,
      }),
      ...(range === undefined ? {} : { range }),
      conditions: readConditions(request.headers, COPY_SOURCE_PREFIX),
      headers: Object.fromEntries(
        Object.entries(headers).filter(([name]) => !name.startsWith('x-oss-copy-source')),
      ),
    }
  },
  encodeAnswer: (output) =>
    xmlAnswer(
      element('CopyPartResult', [
        timeElement('LastModified', output.lastModified),
        element('ETag', quoteEtag(output.etag)),
      ]),
      {
        // oss2 and ali-oss read it here and not in the document.
        etag: quoteEtag(output.etag),
        ...given({
          'x-oss-hash-crc64ecma': output.crc64,
          'x-oss-copy-source-version-id': output.sourceVersionId,
        }),
      },
    ),
  decodeAnswer: (answer) => {
    const root = documentOf(answer, 'CopyPartResult')
    return {
      etag: requiredEtag(root),
      lastModified: requiredTime(root, 'LastModified'),
      ...crcOf(answer.headers['x-oss-hash-crc64ecma']),
      ...present({ sourceVersionId: answer.headers['x-oss-copy-source-version-id'] }),
    }
  },
}

const NO_SOURCE = '0042-00000301'
const EMPTY_SOURCE = '0042-00000302'

function readRange(value: string | undefined): CopyRange | undefined {
  if (value === undefined) return undefined
  const [, from = '', to = ''] = /^bytes=([0-9]+)-([0-9]*)$/.exec(value.trim()) ?? []
  const first = wholeNumber(from)
  const last = to === '' ? undefined : wholeNumber(to)
  const isWrong = first === undefined || (to !== '' && (last === undefined || last < first))
  if (isWrong) {
    const message = `The ${RANGE} value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy.`
    throw invalidArgument(RANGE, value, message)
  }
  return { first, ...(last === undefined ? {} : { last }) }
}
