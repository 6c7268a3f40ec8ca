/** Laws of all operations: what one side writes, the other reads. Awkward names are the rule here, not the exception. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { toWire } from '../encode.js'
import { deleteBucketEncryption, getBucketEncryption, putBucketEncryption } from './bucket-encryption.js'
import { getBucketAcl, getBucketLocation, getBucketStat, putBucketAcl } from './bucket-facts.js'
import { getBucketLogging } from './bucket-logging.js'
import {
  deleteBucketTransferAcceleration,
  getBucketRequestPayment,
  getBucketTransferAcceleration,
  putBucketRequestPayment,
  putBucketTransferAcceleration,
} from './bucket-payment.js'
import {
  deleteBucketPolicy,
  getBucketPolicy,
  getBucketPolicyStatus,
  putBucketPolicy,
} from './bucket-policy.js'
import { getBucketReferer, putBucketReferer } from './bucket-referer.js'
import { deleteBucketTags, getBucketTags, putBucketTags } from './bucket-tags.js'
import { deleteBucket, getBucketInfo, listBuckets, type Owner, putBucket } from './buckets.js'
import { deleteBucketCors, getBucketCors, putBucketCors } from './cors.js'
import { deleteBucketLifecycle, getBucketLifecycle, putBucketLifecycle } from './lifecycle.js'
import { listObjects, listObjectsV2 } from './listing.js'
import {
  abortMultipartUpload,
  completeMultipartUpload,
  initiateMultipartUpload,
  uploadPart,
} from './multipart.js'
import { listMultipartUploads, listParts } from './multipart-lists.js'
import { getObject, getObjectMeta, headObject } from './object-reads.js'
import { deleteObject, putObject } from './objects.js'
import type { Operation } from './operation.js'
import {
  deleteBucketPublicAccessBlock,
  getBucketPublicAccessBlock,
  putBucketPublicAccessBlock,
} from './public-access-block.js'
import { getBucketArchiveDirectRead, putBucketArchiveDirectRead, restoreObject } from './restore-object.js'
import { getBucketVersioning, listLiveChannels, listObjectVersions } from './versions.js'

const bucket = fc.constantFrom('b-1', 'examplebucket')
const key = fc.oneof(
  fc.constantFrom(
    ' ',
    'a b',
    '+',
    '%2F',
    '../x',
    'a//b',
    '?&=#',
    '😀',
    '中/文',
    '\u0001\u000b\f\n\r',
    '&lt;',
    ']]>',
  ),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }),
)
/** Without `encoding-type=url` a document holds only what XML can. */
const plainKey = fc.constantFrom(' ', 'a b', '+', '%2F', '../x', '😀', 'a\r\n\tb', '<&>"', '%zz', 'k')
const word = fc.stringMatching(/^[A-Za-z0-9._-]{1,20}$/)
const etag = fc.stringMatching(/^[0-9A-F]{32}(-[1-9])?$/)
const crc64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String)
const count = fc.nat(Number.MAX_SAFE_INTEGER)
const time = fc.integer({ min: 0, max: 253_402_300_799 }).map((seconds) => seconds * 1000)
const page = fc.integer({ min: 1, max: 1000 })
const partNumber = fc.integer({ min: 1, max: 10_000 })
const owner: fc.Arbitrary<Owner> = record({ id: word, displayName: fc.constantFrom('', 'me & you') })
const flag = fc.boolean()
const url = fc.constant('url' as const)
const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
const headers = fc.dictionary(
  fc.constantFrom(
    'content-type',
    'cache-control',
    'content-md5',
    'x-oss-meta-a',
    'x-oss-callback',
    'x-oss-tagging',
  ),
  text.map(toWire),
  { noNullPrototype: true },
)
const storedHeaders = fc.dictionary(
  fc.constantFrom('content-type', 'expires', 'x-oss-meta-a', 'x-oss-expiration'),
  word,
  {
    noNullPrototype: true,
  },
)

function record<T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T>
function record<T extends object, O extends object>(
  model: { [K in keyof T]: fc.Arbitrary<T[K]> },
  optional: { [K in keyof O]: fc.Arbitrary<O[K]> },
): fc.Arbitrary<T & Partial<O>>
function record(required: object, optional: object = {}): fc.Arbitrary<unknown> {
  return fc.record({ ...required, ...optional } as Record<string, fc.Arbitrary<unknown>>, {
    requiredKeys: Object.keys(required),
    noNullPrototype: true,
  })
}

/** `outputs` may depend on the input, as the answer to a request does. */
function laws<Input extends object, Output>(
  operation: Operation<Input, Output>,
  inputs: fc.Arbitrary<Input>,
  outputs: (input: Input) => fc.Arbitrary<Output>,
): void {
  test(`${operation.name}: a server reads what a client asks`, () => {
    fc.assert(
      fc.property(inputs, (input) => {
        assert.deepEqual(operation.decodeRequest(operation.encodeRequest(input)), input)
      }),
    )
  })
  test(`${operation.name}: a client reads what a server answers`, () => {
    const exchanges = inputs.chain((input) => outputs(input).map((output) => ({ input, output })))
    fc.assert(
      fc.property(exchanges, ({ input, output }) => {
        const answer = operation.encodeAnswer(output, input)
        const served = { ...answer, headers: { ...answer.headers, 'x-oss-request-id': 'R', server: 'S' } }
        assert.deepEqual(operation.decodeAnswer(served), output)
      }),
    )
  })
}

const done = () => fc.constant({})
const bucketInput = record({ bucket })
const objectInput = record({ bucket, key }, { versionId: word })
const upload = { bucket, key, uploadId: word }

const tag = record({ key: fc.constantFrom('k', 'a b:c', '中'), value: fc.constantFrom('', 'v+1') })
const bucketEntry = {
  name: word,
  location: word,
  creationDate: time,
  extranetEndpoint: word,
  intranetEndpoint: word,
  storageClass: word,
}
const wantedTags = fc.array(record({ key: fc.string({ minLength: 1 }) }, { value: fc.string() }), {
  minLength: 1,
  maxLength: 3,
})
laws(listBuckets, record({ maxKeys: page }, { prefix: plainKey, marker: plainKey, tags: wantedTags }), () =>
  fc.oneof(
    record({
      owner,
      buckets: fc.array(record(bucketEntry, { region: word, tags: fc.array(tag, { maxLength: 2 }) })),
      isTruncated: fc.constant(false),
    }),
    record({
      owner,
      buckets: fc.array(record(bucketEntry)),
      isTruncated: fc.constant(true),
      nextMarker: plainKey,
    }),
  ),
)
laws(
  putBucket,
  record(
    { bucket },
    {
      acl: fc.constantFrom('private', 'public-read'),
      storageClass: fc.constantFrom('Standard', 'IA', 'DeepColdArchive'),
      dataRedundancyType: fc.constantFrom('LRS', 'ZRS'),
    },
  ),
  done,
)
laws(getBucketInfo, bucketInput, () =>
  record(
    { ...bucketEntry, dataRedundancyType: word, owner, acl: word, blockPublicAccess: flag },
    {
      region: word,
      versioning: word,
      resourceGroupId: word,
      transferAcceleration: fc.constant(true),
      encryption: record({ algorithm: word.filter((name) => name !== 'None') }, { keyId: word }),
    },
  ),
)
laws(deleteBucket, bucketInput, done)
laws(putBucketAcl, record({ bucket, acl: fc.constantFrom('private', 'public-read-write') }), done)
laws(getBucketAcl, bucketInput, () => record({ owner, acl: word }))
laws(getBucketLocation, bucketInput, () => record({ location: word }))
const classStat = record({ objects: fc.integer({ min: 1 }), bytes: count, billed: count })
const standardStat = classStat.map((stat) => ({ ...stat, billed: stat.bytes }))
const classes = record({}, { Standard: standardStat, IA: classStat, DeepColdArchive: classStat })
const stat = {
  storage: count,
  objects: count,
  uploads: count,
  parts: count,
  lastModifiedTime: count,
  classes,
}
laws(getBucketStat, bucketInput, () => record(stat))

const tags = fc.uniqueArray(record({ key: plainKey, value: plainKey }), { selector: (tag) => tag.key })
laws(putBucketTags, record({ bucket, tags }), done)
laws(getBucketTags, bucketInput, () => record({ tags }))
laws(deleteBucketTags, record({ bucket }, { keys: fc.array(word, { minLength: 1 }) }), done)

const pattern = fc.constantFrom('*', 'http://*.example.com', 'x-oss-*', 'a')
const corsRule = record(
  {
    allowedOrigins: fc.array(pattern, { minLength: 1, maxLength: 3 }),
    allowedMethods: fc.subarray(['GET', 'PUT', 'POST', 'DELETE', 'HEAD'], { minLength: 1 }),
    allowedHeaders: fc.array(pattern, { maxLength: 3 }),
    exposeHeaders: fc.array(word, { maxLength: 3 }),
  },
  { maxAgeSeconds: fc.nat(999_999_999) },
)
const cors = record(
  { rules: fc.array(corsRule, { minLength: 1, maxLength: 4 }) },
  { responseVary: fc.constant(true) },
)
laws(putBucketCors, record({ bucket, cors }), done)
laws(getBucketCors, bucketInput, () => cors)
laws(deleteBucketCors, bucketInput, done)

const age = fc.oneof(
  fc.integer({ min: 1, max: 2 ** 31 - 1 }).map((days) => ({ days })),
  fc.nat(30_000).map((day) => ({ createdBefore: day * 86_400_000 })),
  fc.nat(30_000).map((day) => ({ date: day * 86_400_000 })),
)
const daysAndClass = (days: number, storageClass: string) => ({ days, storageClass })
const lifecycleRule = record(
  {
    enabled: flag,
    tags: fc.array(tag, { maxLength: 2 }),
    noncurrentTransitions: fc.subarray([daysAndClass(1, 'IA'), daysAndClass(2, 'Archive')]),
  },
  { expiration: age, noncurrentExpirationDays: fc.integer({ min: 1, max: 1000 }) },
).map((rule) => ({ ...rule, transitions: [{ age: { days: 3 }, storageClass: 'IA' }] }))
const filterNot = record({ prefix: plainKey }, { tag: tag })
const lifecycleFilter = record(
  { nots: fc.array(filterNot, { maxLength: 2 }) },
  { sizeGreaterThan: count, sizeLessThan: count },
)
/** Rules for prefixes apart from one another, each with its own id, some moving and expiring in the right order. */
const lifecycle = fc
  .array(fc.tuple(lifecycleRule, fc.option(lifecycleFilter, { nil: undefined }), age, flag), {
    minLength: 1,
    maxLength: 4,
  })
  .map((rules) => ({
    rules: rules.map(([rule, filter, abortAfter, aborts], index) => ({
      ...rule,
      id: `rule ${index}`,
      prefix: `${index}/+%`,
      ...(filter === undefined ? {} : { filter }),
      ...(aborts ? { tags: [], abortMultipartUpload: abortAfter } : {}),
      ...(aborts && filter !== undefined ? { filter: { ...filter, nots: [] } } : {}),
      ...(rule.expiration === undefined ? {} : { transitions: [] }),
    })),
  }))
laws(putBucketLifecycle, record({ bucket, lifecycle, allowSameActionOverlap: flag }), done)
laws(getBucketLifecycle, bucketInput, () => lifecycle)
laws(deleteBucketLifecycle, bucketInput, done)

laws(putBucketPublicAccessBlock, record({ bucket, blockPublicAccess: flag }), done)
laws(getBucketPublicAccessBlock, bucketInput, () => record({ blockPublicAccess: flag }))
laws(deleteBucketPublicAccessBlock, bucketInput, done)

const policy = fc.json().map((json) => ` ${json}\n`)
laws(putBucketPolicy, record({ bucket, policy }), done)
laws(getBucketPolicy, bucketInput, () => record({ policy }))
laws(deleteBucketPolicy, bucketInput, done)
laws(getBucketPolicyStatus, bucketInput, () => record({ isPublic: flag }))
laws(putBucketArchiveDirectRead, record({ bucket, enabled: flag }), done)
laws(getBucketArchiveDirectRead, bucketInput, () => record({ enabled: flag }))
laws(restoreObject, record({ bucket, key }, { versionId: word, days: word, tier: word }), () =>
  record({ accepted: flag }, { tier: word }),
)

laws(getBucketVersioning, bucketInput, () => record({}, { status: word }))
laws(getBucketLogging, bucketInput, () => record({}, { targetBucket: word }))
const refererRules = {
  allowEmpty: flag,
  truncateQuery: flag,
  truncatePath: flag,
  referers: fc.array(plainKey, { maxLength: 3 }),
  blacklist: fc.array(plainKey, { maxLength: 3 }),
}
laws(putBucketReferer, record({ bucket, ...refererRules }), done)
laws(getBucketReferer, bucketInput, () => record(refererRules))
const payer = fc.constantFrom('BucketOwner', 'Requester')
laws(putBucketRequestPayment, record({ bucket, payer }), done)
laws(getBucketRequestPayment, bucketInput, () => record({ payer }))
laws(putBucketTransferAcceleration, record({ bucket, enabled: flag }), done)
laws(getBucketTransferAcceleration, bucketInput, () => record({ enabled: flag }))
laws(deleteBucketTransferAcceleration, bucketInput, done)
const encryption = { keyId: word, dataAlgorithm: word }
laws(putBucketEncryption, record({ bucket, algorithm: word }, encryption), done)
laws(getBucketEncryption, bucketInput, () => record({ algorithm: word }, encryption))
laws(deleteBucketEncryption, bucketInput, done)
laws(listLiveChannels, record({ bucket, maxKeys: page }, { prefix: plainKey, marker: plainKey }), done)

const stored = {
  crc64,
  contentMd5: word,
  versionId: word,
  callback: fc.json().filter((json) => json.trim() !== ''),
}
laws(putObject, record({ bucket, key, headers }), () => record({ etag }, stored))
const conditions = {
  versionId: word,
  ifMatch: etag,
  ifNoneMatch: fc.constant('*'),
  ifModifiedSince: time,
  ifUnmodifiedSince: time,
}
const meta = { size: count, etag, lastModified: time }
const head = { ...meta, headers: storedHeaders }
const headOptions = { crc64, contentMd5: word, versionId: word, type: word, storageClass: word }
const part = fc
  .tuple(fc.nat(1000), fc.integer({ min: 1, max: 1000 }), fc.nat(1000))
  .map(([start, length, rest]) => ({ start, end: start + length, size: start + length + rest }))
laws(
  getObject,
  record({ bucket, key, standardRange: flag, overrides: fc.constant({}) }, { ...conditions, range: word }),
  () =>
    fc.oneof(
      record(head, headOptions),
      fc
        .tuple(record(head, headOptions), part)
        .map(([whole, { start, end, size }]) => ({ ...whole, size, part: { start, end } })),
    ),
)
laws(headObject, record({ bucket, key }, conditions), () => record(head, headOptions))
laws(getObjectMeta, objectInput, () => record(meta, { crc64, versionId: word }))
laws(deleteObject, objectInput, done)

/** With names that the input's encoding type can tell. */
function listed<Output>(
  input: { readonly encodingType?: 'url' },
  outputs: (names: { anyKey: fc.Arbitrary<string>; anyKeys: fc.Arbitrary<string[]> }) => fc.Arbitrary<Output>,
): fc.Arbitrary<Output> {
  const anyKey = input.encodingType === 'url' ? key : plainKey
  return outputs({ anyKey, anyKeys: fc.array(anyKey, { maxLength: 3 }) })
}

const listing = { bucket, maxKeys: page }
const listingOptions = {
  prefix: key,
  delimiter: fc.constantFrom('/', ' ', '%', '\u0000', '中', '😀'),
  encodingType: url,
}
const object = (anyKey: fc.Arbitrary<string>) =>
  record({ key: anyKey, lastModified: time, etag, type: word, size: count, storageClass: word }, { owner })
laws(listObjects, record(listing, { ...listingOptions, marker: key }), (input) =>
  listed(input, ({ anyKey, anyKeys }) => {
    const results = { objects: fc.array(object(anyKey), { maxLength: 3 }), commonPrefixes: anyKeys }
    return fc.oneof(
      record({ ...results, isTruncated: fc.constant(false) }),
      record({ ...results, isTruncated: fc.constant(true), nextMarker: anyKey }),
    )
  }),
)
laws(
  listObjectsV2,
  record({ ...listing, fetchOwner: flag }, { ...listingOptions, continuationToken: key, startAfter: key }),
  (input) =>
    listed(input, ({ anyKey, anyKeys }) => {
      const results = { objects: fc.array(object(anyKey), { maxLength: 3 }), commonPrefixes: anyKeys }
      return fc.oneof(
        record({ ...results, isTruncated: fc.constant(false) }),
        record({ ...results, isTruncated: fc.constant(true), nextContinuationToken: anyKey }),
      )
    }),
)

laws(
  listObjectVersions,
  record(listing, { ...listingOptions, keyMarker: key, versionIdMarker: word }),
  (input) =>
    listed(input, ({ anyKey, anyKeys }) => {
      const results = { objects: fc.array(object(anyKey), { maxLength: 3 }), commonPrefixes: anyKeys }
      return fc.oneof(
        record({ ...results, isTruncated: fc.constant(false) }),
        record(
          { ...results, isTruncated: fc.constant(true), nextKeyMarker: anyKey },
          { nextVersionIdMarker: word },
        ),
      )
    }),
)

laws(initiateMultipartUpload, record({ bucket, key, sequential: flag, headers }, { encodingType: url }), () =>
  record({ uploadId: word }),
)
laws(uploadPart, record({ ...upload, partNumber, headers }), () =>
  record({ etag }, { crc64, contentMd5: word }),
)
const partEntry = record({ partNumber, lastModified: time, etag, size: count }, { crc64 })
laws(
  listParts,
  record({ ...upload, maxParts: page, partNumberMarker: fc.nat(10_000) }, { encodingType: url }),
  () =>
    record({
      parts: fc.array(partEntry, { maxLength: 3 }),
      nextPartNumberMarker: fc.nat(10_000),
      isTruncated: flag,
      storageClass: word,
    }),
)
const completion = fc.oneof(
  fc.constant({ kind: 'all' as const }),
  fc
    .uniqueArray(record({ partNumber, etag }), {
      minLength: 1,
      maxLength: 5,
      selector: (one) => one.partNumber,
    })
    .map((parts) => ({
      kind: 'parts' as const,
      parts: parts.sort((a, b) => a.partNumber - b.partNumber),
    })),
)
const { callback, contentMd5: _contentMd5, ...completed } = stored
laws(completeMultipartUpload, record({ ...upload, completion, headers }, { encodingType: url }), () =>
  fc.oneof(record({ etag }, { ...completed, location: text }), record({ etag, callback }, completed)),
)
laws(abortMultipartUpload, record(upload), done)
laws(
  listMultipartUploads,
  record(
    { bucket, maxUploads: page },
    { prefix: key, delimiter: key, keyMarker: key, uploadIdMarker: word, encodingType: url },
  ),
  (input) =>
    listed(input, ({ anyKey, anyKeys }) => {
      const uploads = fc.array(record({ key: anyKey, uploadId: word, storageClass: word, initiated: time }), {
        maxLength: 3,
      })
      const results = { uploads, commonPrefixes: anyKeys }
      const none = fc.constant('')
      return fc.oneof(
        record({
          ...results,
          isTruncated: fc.constant(false),
          nextKeyMarker: none,
          nextUploadIdMarker: none,
        }),
        record({
          ...results,
          isTruncated: fc.constant(true),
          nextKeyMarker: anyKey,
          nextUploadIdMarker: word,
        }),
      )
    }),
)

test('a success with an error document in its body is no success, also where nothing was to be told', () => {
  const body = new TextEncoder().encode('<Error><Code>InternalError</Code><Message>No.</Message></Error>')
  for (const operation of [
    abortMultipartUpload,
    deleteObject,
    deleteBucket,
    putBucket,
    putObject,
    uploadPart,
  ]) {
    const answer = { status: 200, headers: { etag: '"E"' }, body }
    assert.throws(() => operation.decodeAnswer(answer), { kind: 'error-in-success' }, operation.name)
  }
})
