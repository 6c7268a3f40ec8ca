/** The tags of a bucket: at most 20, each key once. */
import { utf8Bytes } from '../encode.js'
import { documentOf as answerDocument, emptyAnswer, nothingBeyondSuccess, xmlAnswer } from './answers.js'
import type { BucketInput, Done } from './buckets.js'
import type { Operation, WireRequest } from './operation.js'
import { bucketOf, documentOf, invalidArgument, malformedXml } from './requests.js'
import { readTagging, type Tag, taggingElement } from './tagging.js'

export interface PutBucketTagsInput extends BucketInput {
  readonly tags: readonly Tag[]
}

export interface BucketTags {
  readonly tags: readonly Tag[]
}

export interface DeleteBucketTagsInput extends BucketInput {
  /** Those to remove; absent: all. */
  readonly keys?: readonly string[]
}

const MOST_TAGS = 20
/** Bytes. */
const LONGEST_KEY = 64
const LONGEST_VALUE = 128
const RESERVED = /^(https?:\/\/|aliyun)/i

/** PUT of a bucket with `tagging`: in the place of all tags it had. */
export const putBucketTags: Operation<PutBucketTagsInput, Done> = {
  name: 'PutBucketTags',
  encodeRequest: ({ bucket, tags }) => ({
    method: 'PUT',
    bucket,
    query: { tagging: '' },
    headers: {},
    body: xmlAnswer(taggingElement(tags)).body,
  }),
  decodeRequest: (request) => {
    const tags = readTagging(documentOf(request, 'Tagging'))
    if (tags === undefined) throw malformedXml()
    checkTags(tags)
    return { bucket: bucketOf(request), tags }
  },
  encodeAnswer: () => emptyAnswer(200),
  decodeAnswer: nothingBeyondSuccess,
}

/** GET of a bucket with `tagging`. */
export const getBucketTags: Operation<BucketInput, BucketTags> = {
  name: 'GetBucketTags',
  encodeRequest: ({ bucket }) => ({ method: 'GET', bucket, query: { tagging: '' }, headers: {} }),
  decodeRequest: (request) => ({ bucket: bucketOf(request) }),
  encodeAnswer: ({ tags }) => xmlAnswer(taggingElement(tags)),
  decodeAnswer: (answer) => ({ tags: readTagging(answerDocument(answer, 'Tagging')) ?? [] }),
}

/** DELETE of a bucket with `tagging`, or with `tagging=key1,key2` of these tags alone. */
export const deleteBucketTags: Operation<DeleteBucketTagsInput, Done> = {
  name: 'DeleteBucketTags',
  encodeRequest: ({ bucket, keys }) => ({
    method: 'DELETE',
    bucket,
    query: { tagging: keys?.join(',') ?? '' },
    headers: {},
  }),
  decodeRequest: (request) => ({ bucket: bucketOf(request), ...keysOf(request) }),
  encodeAnswer: () => emptyAnswer(204),
  decodeAnswer: nothingBeyondSuccess,
}

function keysOf(request: WireRequest): { keys?: readonly string[] } {
  const said = request.query['tagging']
  return said ? { keys: said.split(',') } : {}
}

function checkTags(tags: readonly Tag[]): void {
  if (tags.length > MOST_TAGS) {
    throw invalidArgument('Tagging', String(tags.length), `A bucket has at most ${MOST_TAGS} tags.`)
  }
  const seen = new Set<string>()
  for (const { key, value } of tags) {
    if (key === '' || utf8Bytes(key).length > LONGEST_KEY) {
      throw invalidArgument('Key', key, `A tag's key has 1 to ${LONGEST_KEY} bytes.`, '0010-00000219')
    }
    if (utf8Bytes(value).length > LONGEST_VALUE) {
      throw invalidArgument(
        'Value',
        value,
        `A tag's value has at most ${LONGEST_VALUE} bytes.`,
        '0010-00000219',
      )
    }
    if (seen.has(key)) throw invalidArgument('Key', key, 'A tag stands there twice.', '0010-00000210')
    if (RESERVED.test(key)) {
      throw invalidArgument('Key', key, 'A tag begins with what is reserved.', '0010-00000207')
    }
    seen.add(key)
  }
}
