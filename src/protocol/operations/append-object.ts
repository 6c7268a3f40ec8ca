/** AppendObject: bytes put behind those that are there. They travel beside these values. */
import { quoteEtag } from '../etag.js'
import type { WireHeaders } from '../message.js'
import { countOfHeaders, crcOf, emptyAnswer, encryptionOf, etagOfHeaders } from './answers.js'
import type { Operation } from './operation.js'
import {
  bucketOf,
  given,
  invalidArgument,
  keyOf,
  missingArgument,
  operationHeadersOf,
  wholeNumber,
} from './requests.js'

export interface AppendObjectInput {
  readonly bucket: string
  readonly key: string
  /** Where these bytes begin: the object's size as the client knows it. */
  readonly position: number
  /** As with PutObject; what describes the object counts only when this makes it. */
  readonly headers: WireHeaders
}

export interface AppendObjectOutput {
  readonly etag: string
  /** Of the whole object so far. */
  readonly crc64?: string
  /** Where the next append begins: the size of the object. */
  readonly nextPosition: number
  /** The headers of server-side encryption. */
  readonly encryption?: WireHeaders
}

export const NEXT_POSITION = 'x-oss-next-append-position'

/** POST of an object with `append`. */
export const appendObject: Operation<AppendObjectInput, AppendObjectOutput> = {
  name: 'AppendObject',
  encodeRequest: ({ bucket, key, position, headers }) => ({
    method: 'POST',
    bucket,
    key,
    query: { append: '', position: String(position) },
    headers,
  }),
  decodeRequest: (request) => {
    const said = request.query['position']
    if (!said) throw missingArgument('0016-00000501')
    const position = wholeNumber(said)
    if (position === undefined) {
      throw invalidArgument('position', said, 'The position must be a whole number.', '0016-00000502')
    }
    return { bucket: bucketOf(request), key: keyOf(request), position, headers: operationHeadersOf(request) }
  },
  encodeAnswer: ({ etag, crc64, nextPosition, encryption }) =>
    emptyAnswer(200, {
      etag: quoteEtag(etag),
      ...given({ 'x-oss-hash-crc64ecma': crc64 }),
      [NEXT_POSITION]: String(nextPosition),
      ...encryption,
    }),
  decodeAnswer: (answer) => ({
    etag: etagOfHeaders(answer),
    ...crcOf(answer.headers['x-oss-hash-crc64ecma']),
    nextPosition: countOfHeaders(answer, NEXT_POSITION),
    ...encryptionOf(answer),
  }),
}
