/** CopyObject: an object made of another one's bytes, which do not travel. */
import { quoteEtag } from '../etag.js'
import type { WireHeaders } from '../message.js'
import { element } from '../xml.js'
import {
  crcOf,
  documentOf,
  encryptionOf,
  requiredEtag,
  requiredTime,
  timeElement,
  xmlAnswer,
} from './answers.js'
import { COPY_SOURCE_PREFIX, type Conditions, conditionHeaders, readConditions } from './conditions.js'
import { type CopySource, copySourceHeader, readCopySource } from './copy-source.js'
import type { Operation } from './operation.js'
import { bucketOf, given, invalidArgument, keyOf, operationHeadersOf, present } from './requests.js'

export type Directive = 'COPY' | 'REPLACE'

export interface CopyObjectInput {
  readonly bucket: string
  readonly key: string
  readonly source: CopySource
  /** On the source. */
  readonly conditions: Conditions
  /** Whose content headers and `x-oss-meta-*` the copy gets: the source's, or those of `headers`. Default the source's. */
  readonly metadata?: Directive
  /** The same for tags. */
  readonly tagging?: Directive
  /** The operation's headers but for those above. Wire strings. */
  readonly headers: WireHeaders
}

export interface CopyObjectOutput {
  readonly etag: string
  /** Milliseconds since the epoch, whole seconds. */
  readonly lastModified: number
  readonly crc64?: string
  readonly versionId?: string
  readonly sourceVersionId?: string
  /** The headers of server-side encryption. */
  readonly encryption?: WireHeaders
}

/** PUT of an object with a copy source. */
export const copyObject: Operation<CopyObjectInput, CopyObjectOutput> = {
  name: 'CopyObject',
  encodeRequest: ({ bucket, key, source, conditions, metadata, tagging, headers }) => ({
    method: 'PUT',
    bucket,
    key,
    query: {},
    headers: {
      ...headers,
      ...copySourceHeader(source),
      ...conditionHeaders(conditions, COPY_SOURCE_PREFIX),
      ...given({ 'x-oss-metadata-directive': metadata, 'x-oss-tagging-directive': tagging }),
    },
  }),
  decodeRequest: (request) => {
    const {
      'x-oss-metadata-directive': metadata,
      'x-oss-tagging-directive': tagging,
      ...headers
    } = operationHeadersOf(request)
    return {
      bucket: bucketOf(request),
      key: keyOf(request),
      source: readCopySource(request.headers, SOURCE_ECS),
      conditions: readConditions(request.headers, COPY_SOURCE_PREFIX),
      ...directive('metadata', 'x-oss-metadata-directive', metadata),
      ...directive('tagging', 'x-oss-tagging-directive', tagging),
      headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !isOfSource(name))),
    }
  },
  encodeAnswer: (output) =>
    xmlAnswer(
      element('CopyObjectResult', [
        element('ETag', quoteEtag(output.etag)),
        timeElement('LastModified', output.lastModified),
      ]),
      {
        etag: quoteEtag(output.etag),
        ...given({
          'x-oss-hash-crc64ecma': output.crc64,
          'x-oss-version-id': output.versionId,
          'x-oss-copy-source-version-id': output.sourceVersionId,
        }),
        ...output.encryption,
      },
    ),
  decodeAnswer: (answer) => {
    const root = documentOf(answer, 'CopyObjectResult')
    return {
      etag: requiredEtag(root),
      lastModified: requiredTime(root, 'LastModified'),
      ...crcOf(answer.headers['x-oss-hash-crc64ecma']),
      ...present({
        versionId: answer.headers['x-oss-version-id'],
        sourceVersionId: answer.headers['x-oss-copy-source-version-id'],
      }),
      ...encryptionOf(answer),
    }
  },
}

const SOURCE_ECS = { query: '0016-00000304', version: '0016-00000305' }

function isOfSource(name: string): boolean {
  return name === 'x-oss-copy-source' || name.startsWith(COPY_SOURCE_PREFIX)
}

function directive<Name extends string>(
  name: Name,
  header: string,
  value: string | undefined,
): { [name in Name]?: Directive } {
  const read: { [name in Name]?: Directive } = {}
  if (!value) return read
  const wanted = value.trim().toUpperCase()
  if (wanted !== 'COPY' && wanted !== 'REPLACE') {
    throw invalidArgument(header, value, `${header} must be COPY or REPLACE.`)
  }
  read[name] = wanted
  return read
}
