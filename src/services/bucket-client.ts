/** What one needs beside an upload: reading, looking, listing, removing. One request each; nothing is tried twice. */
import type { CancelSignal, UploadRef } from '../engine/ports.js'
import type { WireHeaders } from '../protocol/message.js'
import { type BucketStat, getBucketStat } from '../protocol/operations/bucket-facts.js'
import { type BucketInfo, getBucketInfo, putBucket } from '../protocol/operations/buckets.js'
import { deleteMultipleObjects } from '../protocol/operations/delete-multiple-objects.js'
import { listObjectsV2, type ObjectEntry } from '../protocol/operations/listing.js'
import { abortMultipartUpload } from '../protocol/operations/multipart.js'
import {
  listMultipartUploads,
  listParts,
  type PartEntry,
  type UploadEntry,
} from '../protocol/operations/multipart-lists.js'
import {
  type GetObjectOutput,
  getObject,
  headObject,
  type ObjectHead,
} from '../protocol/operations/object-reads.js'
import { deleteObject } from '../protocol/operations/objects.js'
import { type OssOptions, Requests } from './oss/requests.js'

/** Bytes `start` to `end`, `end` excluded; without `end`, to the object's end. */
export interface ByteRange {
  readonly start: number
  readonly end?: number
}

export interface ObjectPage {
  readonly objects: readonly ObjectEntry[]
  readonly commonPrefixes: readonly string[]
  /** Give it to get the next page; absent on the last. */
  readonly nextPage?: string
}

export interface UploadPage {
  readonly uploads: readonly UploadEntry[]
  readonly nextPage?: { readonly key: string; readonly uploadId: string }
}

export interface PartPage {
  readonly parts: readonly PartEntry[]
  /** Give it to get the next page; absent on the last. */
  readonly nextPage?: number
}

export interface ReadingOptions {
  readonly signal: CancelSignal
  /** Beside those of the operation, as they go on the wire (see `readingHeaders`). */
  readonly headers?: WireHeaders
}

/** Failures are `ServiceError`s, or the signal's reason. */
export interface BucketClient {
  readonly name: string
  readonly bucket: string
  /** `info.part` tells the range that came, when one did: OSS gives the whole object for a range it cannot satisfy. */
  getObject(
    key: string,
    options: ReadingOptions & { readonly range?: ByteRange },
  ): Promise<{ info: GetObjectOutput; chunks: AsyncIterable<Uint8Array> }>
  headObject(key: string, options: ReadingOptions): Promise<ObjectHead>
  /** Success also when there is no such object. */
  deleteObject(key: string, options: { readonly signal: CancelSignal }): Promise<void>
  /**
   * Up to a thousand at once, whose keys XML can hold (see `canBeInXml`). Resolves with those that are gone, whether or not
   * they had been there; what is missing of them was refused.
   */
  deleteObjects(
    keys: readonly string[],
    options: { readonly signal: CancelSignal },
  ): Promise<readonly string[]>
  /** Success also when the bucket is there and ours; an ACL given then becomes its ACL. */
  createBucket(options: {
    readonly signal: CancelSignal
    /** `private`, `public-read` or `public-read-write`. */
    readonly acl?: string
    readonly storageClass?: string
  }): Promise<void>
  bucketInfo(options: { readonly signal: CancelSignal }): Promise<BucketInfo>
  bucketStat(options: { readonly signal: CancelSignal }): Promise<BucketStat>
  /** At most `limit` objects and common prefixes, or a thousand, in the byte order of their keys. */
  listObjects(options: {
    readonly signal: CancelSignal
    readonly limit?: number
    readonly prefix?: string
    readonly delimiter?: string
    readonly page?: string
  }): Promise<ObjectPage>
  /** At most a thousand unfinished uploads. */
  listMultipartUploads(options: {
    readonly signal: CancelSignal
    readonly prefix?: string
    readonly page?: { readonly key: string; readonly uploadId: string }
  }): Promise<UploadPage>
  /** At most a thousand parts, in the order of their numbers. */
  listParts(
    upload: UploadRef,
    options: { readonly signal: CancelSignal; readonly page?: number },
  ): Promise<PartPage>
  abortMultipartUpload(upload: UploadRef, options: { readonly signal: CancelSignal }): Promise<void>
  /** The service's clock, milliseconds since the epoch: `undefined` before the first answer. */
  now(): number | undefined
}

/** @throws UploadError `invalid-argument` for a wrong endpoint, region or bucket name */
export function createBucketClient(options: OssOptions): BucketClient {
  const { bucket } = options
  const requests = new Requests(options)
  return {
    name: requests.endpoint.service,
    bucket,
    getObject: async (key, { signal, headers = {}, range }) => {
      const wanted = range === undefined ? {} : { range: rangeText(range) }
      const input = { bucket, key, ...wanted, standardRange: false, overrides: {} }
      const { output, chunks } = await requests.open(getObject, input, { signal, headers })
      return { info: output, chunks }
    },
    headObject: async (key, { signal, headers = {} }) =>
      (await requests.call(headObject, { bucket, key }, { signal, headers })).output,
    deleteObject: async (key, { signal }) => {
      await requests.call(deleteObject, { bucket, key }, { signal })
    },
    deleteObjects: async (keys, { signal }) => {
      const objects = keys.map((key) => ({ key }))
      const input = { bucket, objects, quiet: false, encodingType: 'url' } as const
      const { output } = await requests.call(deleteMultipleObjects, input, { signal })
      return output.deleted.map(({ key }) => key)
    },
    createBucket: async ({ signal, acl, storageClass }) => {
      const wanted = { ...(acl ? { acl } : {}), ...(storageClass ? { storageClass } : {}) }
      await requests.call(putBucket, { bucket, ...wanted }, { signal })
    },
    bucketInfo: async ({ signal }) => (await requests.call(getBucketInfo, { bucket }, { signal })).output,
    bucketStat: async ({ signal }) => (await requests.call(getBucketStat, { bucket }, { signal })).output,
    listObjects: async ({ signal, limit = 1000, prefix, delimiter, page }) => {
      const { output } = await requests.call(
        listObjectsV2,
        {
          bucket,
          maxKeys: Math.min(limit, 1000),
          encodingType: 'url',
          fetchOwner: false,
          ...(prefix ? { prefix } : {}),
          ...(delimiter ? { delimiter } : {}),
          ...(page ? { continuationToken: page } : {}),
        },
        { signal },
      )
      const { objects, commonPrefixes, nextContinuationToken: nextPage } = output
      return { objects, commonPrefixes, ...(output.isTruncated && nextPage ? { nextPage } : {}) }
    },
    listMultipartUploads: async ({ signal, prefix, page }) => {
      const { output } = await requests.call(
        listMultipartUploads,
        {
          bucket,
          maxUploads: 1000,
          encodingType: 'url',
          ...(prefix ? { prefix } : {}),
          ...(page ? { keyMarker: page.key, uploadIdMarker: page.uploadId } : {}),
        },
        { signal },
      )
      const nextPage = { key: output.nextKeyMarker, uploadId: output.nextUploadIdMarker }
      return { uploads: output.uploads, ...(output.isTruncated ? { nextPage } : {}) }
    },
    listParts: async ({ key, uploadId }, { signal, page = 0 }) => {
      const { output } = await requests.call(
        listParts,
        { bucket, key, uploadId, maxParts: 1000, partNumberMarker: page, encodingType: 'url' },
        { signal },
      )
      const { parts, isTruncated, nextPartNumberMarker: nextPage } = output
      return { parts, ...(isTruncated ? { nextPage } : {}) }
    },
    now: () => requests.clock.now(),
    abortMultipartUpload: async ({ key, uploadId }, { signal }) => {
      await requests.call(abortMultipartUpload, { bucket, key, uploadId }, { signal })
    },
  }
}

/**
 * Control characters can't stand in a document, or not as they are, and others would come to stand in their place: another
 * object's name. Blanks at an end are what a reader may cut off.
 */
export function canBeInXml(key: string): boolean {
  return !/\p{Cc}|\p{Surrogate}|[\ufffe\uffff]/u.test(key) && key.trim() === key
}

function rangeText({ start, end }: ByteRange): string {
  return `bytes=${start}-${end === undefined ? '' : end - 1}`
}
