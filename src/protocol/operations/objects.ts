/** Storing and removing single objects. Object bytes travel beside these values: a request or an answer here is its head. */

import { quoteEtag } from '../etag.js'
import type { WireHeaders } from '../message.js'
import {
  callbackOf,
  crcOf,
  emptyAnswer,
  encryptionOf,
  etagOfHeaders,
  nothingBeyondSuccess,
  refuseDocument,
} from './answers.js'
import type { Done } from './buckets.js'
import type { Operation, WireAnswer, WireRequest } from './operation.js'
import { bucketOf, given, invalidArgument, keyOf, operationHeadersOf, present } from './requests.js'

export interface PutObjectInput {
  readonly bucket: string
  readonly key: string
  /**
   * What `isOperationHeader` (headers.ts) knows: content headers, content-md5, and x-oss-* but for those of signing.
   * Wire strings. A callback given in the query arrives here as x-oss-callback(-var).
   */
  readonly headers: WireHeaders
}

export interface StoredAnswer {
  /** Without quotes. */
  readonly etag: string
  /** Unsigned decimal. */
  readonly crc64?: string
  /** Base64 of what was received. */
  readonly contentMd5?: string
  readonly versionId?: string
  /** The headers of server-side encryption. */
  readonly encryption?: WireHeaders
  /** What a callback answered. */
  readonly callback?: string
}

export interface ObjectInput {
  readonly bucket: string
  readonly key: string
  readonly versionId?: string
}

/** PUT of an object in one request. */
export const putObject: Operation<PutObjectInput, StoredAnswer> = {
  name: 'PutObject',
  encodeRequest: ({ bucket, key, headers }) => ({ method: 'PUT', bucket, key, query: {}, headers }),
  decodeRequest: (request) => ({
    bucket: bucketOf(request),
    key: keyOf(request),
    headers: operationHeadersOf(request),
  }),
  encodeAnswer: (output) => encodeStored(output),
  decodeAnswer: (answer) => {
    refuseDocument(answer)
    return decodeStored(answer)
  },
}

/** DELETE of an object; success also when there was none. */
export const deleteObject: Operation<ObjectInput, Done> = {
  name: 'DeleteObject',
  encodeRequest: ({ bucket, key, versionId }) => ({
    method: 'DELETE',
    bucket,
    key,
    query: given({ versionId }),
    headers: {},
  }),
  decodeRequest: readObjectInput,
  encodeAnswer: () => emptyAnswer(204),
  decodeAnswer: nothingBeyondSuccess,
}

/** The answer to a request that stored something. */
export function encodeStored(output: StoredAnswer): WireAnswer {
  const headers = {
    etag: quoteEtag(output.etag),
    ...given({
      'x-oss-hash-crc64ecma': output.crc64,
      'content-md5': output.contentMd5,
      'x-oss-version-id': output.versionId,
    }),
    ...output.encryption,
  }
  if (output.callback === undefined) return emptyAnswer(200, headers)
  return {
    status: 200,
    headers: { ...headers, 'content-type': 'application/json' },
    body: new TextEncoder().encode(output.callback),
  }
}

export function decodeStored(answer: WireAnswer): StoredAnswer {
  return {
    etag: etagOfHeaders(answer),
    ...crcOf(answer.headers['x-oss-hash-crc64ecma']),
    ...present({
      contentMd5: answer.headers['content-md5'],
      versionId: answer.headers['x-oss-version-id'],
    }),
    ...encryptionOf(answer),
    ...callbackOf(answer),
  }
}

/** Which object a request is about. */
export function readObjectInput(request: WireRequest): ObjectInput {
  if (request.query['versionId'] === '') {
    throw invalidArgument('versionId', '', 'The version id must not be empty.', '0012-00000201')
  }
  return {
    bucket: bucketOf(request),
    key: keyOf(request),
    ...present({ versionId: request.query['versionId'] }),
  }
}
