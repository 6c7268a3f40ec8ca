/** Symbolic links: objects that lead to another key of their bucket. */
import { formatHttpDate } from '../dates.js'
import { formDecode, fromWire, percentEncode } from '../encode.js'
import { quoteEtag } from '../etag.js'
import { pickHeaders } from '../headers.js'
import type { WireHeaders } from '../message.js'
import {
  emptyAnswer,
  etagOfHeaders,
  lastModifiedOf,
  nothingBeyondSuccess,
  requiredHeader,
} from './answers.js'
import type { Done } from './buckets.js'
import { type ObjectInput, readObjectInput } from './objects.js'
import type { Operation } from './operation.js'
import { bucketOf, given, invalidArgument, keyOf, operationHeadersOf } from './requests.js'

export interface PutSymlinkInput {
  readonly bucket: string
  readonly key: string
  readonly target: string
  /** The operation's other headers, as with PutObject. */
  readonly headers: WireHeaders
}

export interface GetSymlinkOutput {
  readonly target: string
  readonly etag: string
  /** Milliseconds since the epoch, whole seconds. */
  readonly lastModified: number
}

const TARGET = 'x-oss-symlink-target'

/** PUT of an object with `symlink`. Whether the target is there does not matter yet. */
export const putSymlink: Operation<PutSymlinkInput, Done> = {
  name: 'PutSymlink',
  encodeRequest: ({ bucket, key, target, headers }) => ({
    method: 'PUT',
    bucket,
    key,
    query: { symlink: '' },
    headers: { ...headers, [TARGET]: percentEncode(target) },
  }),
  decodeRequest: (request) => ({
    bucket: bucketOf(request),
    key: keyOf(request),
    target: readTarget(request.headers[TARGET] ?? ''),
    headers: pickHeaders(operationHeadersOf(request), (name) => name !== TARGET),
  }),
  encodeAnswer: () => emptyAnswer(200),
  decodeAnswer: nothingBeyondSuccess,
}

/** GET of an object with `symlink`: where the link leads. */
export const getSymlink: Operation<ObjectInput, GetSymlinkOutput> = {
  name: 'GetSymlink',
  encodeRequest: ({ bucket, key, versionId }) => ({
    method: 'GET',
    bucket,
    key,
    query: { symlink: '', ...given({ versionId }) },
    headers: {},
  }),
  decodeRequest: readObjectInput,
  encodeAnswer: ({ target, etag, lastModified }) =>
    emptyAnswer(200, {
      [TARGET]: percentEncode(target),
      etag: quoteEtag(etag),
      'last-modified': formatHttpDate(lastModified),
    }),
  decodeAnswer: (answer) => ({
    target: readTarget(requiredHeader(answer, TARGET)),
    etag: etagOfHeaders(answer),
    lastModified: lastModifiedOf(answer),
  }),
}

function readTarget(value: string): string {
  try {
    const target = formDecode(fromWire(value))
    if (target !== '') return target
  } catch {
    // Said below, as of an absent one.
  }
  const message = 'The target of a symbolic link must be a percent-encoded object name.'
  throw invalidArgument(TARGET, value, message, value === '' ? '0043-00000001' : undefined)
}
