/** One good answer per operation, with the law that holds of whatever its decoder makes of a bad one. */
import { deleteBucket, getBucketInfo, listBuckets, putBucket } from '../../src/protocol/operations/buckets.js'
import { listObjects, listObjectsV2 } from '../../src/protocol/operations/listing.js'
import {
  abortMultipartUpload,
  completeMultipartUpload,
  initiateMultipartUpload,
  uploadPart,
} from '../../src/protocol/operations/multipart.js'
import { listMultipartUploads, listParts } from '../../src/protocol/operations/multipart-lists.js'
import { getObject, getObjectMeta, headObject } from '../../src/protocol/operations/object-reads.js'
import { deleteObject, putObject } from '../../src/protocol/operations/objects.js'
import type { Operation, WireAnswer } from '../../src/protocol/operations/operation.js'
import {
  assertCount,
  assertCrc64,
  assertPartNumber,
  assertText,
  assertTexts,
  assertTime,
  assertWord,
  maybe,
} from './laws.js'

export interface Sample {
  readonly name: string
  readonly answer: WireAnswer
  /** Decodes, and throws what is wrong with the result. */
  readonly check: (answer: WireAnswer) => void
}

const time = Date.UTC(2026, 0, 2, 3, 4, 5)
const etag = 'D41D8CD98F00B204E9800998ECF8427E'
const crc64 = '18446744073709551615'
const bucket = 'examplebucket'
const key = 'dir/a b\u4e2d&.dat'
const upload = { bucket, key, uploadId: '0004B9895DBBB6EC98E36' }
const owner = { id: '1234', displayName: 'me & you' }
const url = 'url' as const
const entry = {
  name: bucket,
  location: 'oss-cn-hangzhou',
  creationDate: time,
  extranetEndpoint: 'oss-cn-hangzhou.aliyuncs.com',
  intranetEndpoint: 'oss-cn-hangzhou-internal.aliyuncs.com',
  storageClass: 'Standard',
}
const head = {
  size: 123,
  etag,
  lastModified: time,
  crc64,
  type: 'Multipart',
  storageClass: 'Standard',
  headers: { 'content-type': 'text/plain', 'x-oss-meta-a': 'b' },
}

function sample<Input, Output>(
  operation: Operation<Input, Output>,
  given: { readonly input: Input; readonly output: Output },
  law: (output: Output) => void,
): Sample {
  const { status, headers, body } = operation.encodeAnswer(given.output, given.input)
  return {
    name: operation.name,
    answer: {
      status,
      headers: {
        date: new Date(time).toUTCString(),
        'x-oss-request-id': '5C3D9175B6FC201293AD4890',
        ...headers,
      },
      body,
    },
    check: (answer) => law(operation.decodeAnswer(answer)),
  }
}

function assertStoredAnswer(stored: {
  readonly etag: string
  readonly crc64?: string
  readonly contentMd5?: string
  readonly versionId?: string
  readonly callback?: string
}): void {
  assertWord(stored.etag)
  maybe(stored.crc64, assertCrc64)
  for (const text of [stored.contentMd5, stored.versionId, stored.callback]) maybe(text, assertText)
}

function assertHead(object: {
  readonly size: number
  readonly etag: string
  readonly lastModified: number
  readonly crc64?: string
  readonly headers?: object
}): void {
  assertCount(object.size)
  assertWord(object.etag)
  assertTime(object.lastModified)
  maybe(object.crc64, assertCrc64)
  maybe(object.headers, assertTexts)
}

const object = { key, lastModified: time, etag, type: 'Normal', size: 9, storageClass: 'IA', owner }
const listing = { objects: [object, object], commonPrefixes: ['dir/'], isTruncated: true }

/** Answers with a document. */
export const documents: readonly Sample[] = [
  sample(
    initiateMultipartUpload,
    {
      input: { bucket, key, encodingType: url, sequential: false, headers: {} },
      output: { uploadId: upload.uploadId },
    },
    ({ uploadId }) => assertWord(uploadId),
  ),
  sample(
    completeMultipartUpload,
    {
      input: { ...upload, completion: { kind: 'all' }, encodingType: url, headers: {} },
      output: { etag: `${etag}-3`, crc64, location: 'http://127.0.0.1/b/k' },
    },
    assertStoredAnswer,
  ),
  sample(
    completeMultipartUpload,
    {
      input: { ...upload, completion: { kind: 'all' }, headers: {} },
      output: { etag: `${etag}-3`, crc64, callback: '{"Status":"OK"}' },
    },
    assertStoredAnswer,
  ),
  sample(
    listParts,
    {
      input: { ...upload, maxParts: 1000, partNumberMarker: 0, encodingType: url },
      output: {
        parts: [1, 2, 10_000].map((partNumber) => ({
          partNumber,
          lastModified: time,
          etag,
          crc64,
          size: 102_400,
        })),
        nextPartNumberMarker: 10_000,
        isTruncated: true,
        storageClass: 'Standard',
      },
    },
    ({ parts, nextPartNumberMarker }) => {
      assertCount(nextPartNumberMarker)
      for (const part of parts) {
        assertPartNumber(part.partNumber)
        assertCount(part.size)
        assertTime(part.lastModified)
        assertWord(part.etag)
        maybe(part.crc64, assertCrc64)
      }
    },
  ),
  sample(
    listMultipartUploads,
    {
      input: { bucket, prefix: key, maxUploads: 1000, encodingType: url },
      output: {
        uploads: [{ key, uploadId: upload.uploadId, storageClass: 'IA', initiated: time }],
        commonPrefixes: ['dir/'],
        isTruncated: true,
        nextKeyMarker: key,
        nextUploadIdMarker: upload.uploadId,
      },
    },
    ({ uploads, commonPrefixes, nextKeyMarker, nextUploadIdMarker }) => {
      for (const each of uploads) {
        assertWord(each.key)
        assertWord(each.uploadId)
        assertTime(each.initiated)
      }
      for (const text of [...commonPrefixes, nextKeyMarker, nextUploadIdMarker]) assertText(text)
    },
  ),
  sample(
    listObjects,
    { input: { bucket, maxKeys: 100, encodingType: url }, output: { ...listing, nextMarker: key } },
    ({ objects, nextMarker }) => {
      objects.forEach(assertEntry)
      maybe(nextMarker, assertWord)
    },
  ),
  sample(
    listObjectsV2,
    {
      input: { bucket, maxKeys: 100, encodingType: url, fetchOwner: true },
      output: { ...listing, nextContinuationToken: 'bmV4dA==' },
    },
    ({ objects, nextContinuationToken }) => {
      objects.forEach(assertEntry)
      maybe(nextContinuationToken, assertWord)
    },
  ),
  sample(
    listBuckets,
    { input: { maxKeys: 100 }, output: { owner, buckets: [entry], isTruncated: true, nextMarker: 'b' } },
    ({ buckets }) => {
      for (const each of buckets) {
        assertWord(each.name)
        assertTime(each.creationDate)
      }
    },
  ),
  sample(
    getBucketInfo,
    {
      input: { bucket },
      output: { ...entry, dataRedundancyType: 'LRS', owner, acl: 'private', blockPublicAccess: false },
    },
    (info) => {
      assertWord(info.name)
      assertWord(info.acl)
      assertTime(info.creationDate)
    },
  ),
]

function assertEntry(each: { readonly key: string; readonly size: number; readonly etag: string }): void {
  assertWord(each.key)
  assertCount(each.size)
  assertWord(each.etag)
}

/** Answers that are all head. */
export const heads: readonly Sample[] = [
  sample(
    putObject,
    { input: { bucket, key, headers: {} }, output: { etag, crc64, contentMd5: '1B2M2Y8AsgTpgAmY7PhCfg==' } },
    assertStoredAnswer,
  ),
  sample(
    uploadPart,
    { input: { ...upload, partNumber: 1, headers: {} }, output: { etag, crc64 } },
    assertStoredAnswer,
  ),
  sample(headObject, { input: { bucket, key }, output: head }, assertHead),
  sample(getObjectMeta, { input: { bucket, key }, output: head }, assertHead),
  sample(
    getObject,
    { input: { bucket, key, standardRange: false, overrides: {} }, output: head },
    assertHead,
  ),
  sample(
    getObject,
    {
      input: { bucket, key, range: 'bytes=0-9', standardRange: false, overrides: {} },
      output: { ...head, part: { start: 0, end: 10 } },
    },
    (got) => {
      assertHead(got)
      if (got.part === undefined) return
      assertCount(got.part.start)
      assertCount(got.part.end)
      if (got.part.start >= got.part.end || got.part.end > got.size) throw new Error('no range of the object')
    },
  ),
  sample(deleteObject, { input: { bucket, key }, output: {} }, assertTexts),
  sample(abortMultipartUpload, { input: upload, output: {} }, assertTexts),
  sample(putBucket, { input: { bucket }, output: {} }, assertTexts),
  sample(deleteBucket, { input: { bucket }, output: {} }, assertTexts),
]
