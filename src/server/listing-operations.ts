/** The listings of what is in a bucket. */
import {
  type ObjectEntry as ListedObject,
  type ListObjectsOutput,
  listObjects,
  listObjectsV2,
} from '../protocol/operations/listing.js'
import { listMultipartUploads } from '../protocol/operations/multipart-lists.js'
import { listLiveChannels, listObjectVersions, NULL_VERSION } from '../protocol/operations/versions.js'
import { requireBucket } from './bucket-operations.js'
import { type Operate, OWNER } from './context.js'
import { restoreInfo } from './frozen.js'
import { invalidArgument } from './names.js'
import type { BucketRecord, ObjectEntry, ObjectRecord, Page } from './storage/storage.js'
import { storageClassOf } from './storage-class.js'

export const listingOperations = {
  ListObjects: async (exchange) => {
    const input = listObjects.decodeRequest(exchange.request)
    const bucket = await requireBucket(exchange, input.bucket)
    const page = await exchange.storage.listObjects(input.bucket, {
      prefix: input.prefix ?? '',
      delimiter: input.delimiter ?? '',
      after: input.marker ?? '',
      limit: input.maxKeys,
    })
    const nextMarker = lastName(page)
    return listObjects.encodeAnswer(
      {
        ...listedOf(page, { bucket, now: exchange.clock.now(), withOwner: true }),
        ...(nextMarker === undefined ? {} : { nextMarker }),
      },
      input,
    )
  },

  ListObjectsV2: async (exchange) => {
    const { request } = exchange
    const type = request.query['list-type']
    if (type !== '2') throw invalidArgument('list-type', type ?? '', 'The list type must be 2.')
    const input = listObjectsV2.decodeRequest(request)
    const bucket = await requireBucket(exchange, input.bucket)
    const token = input.continuationToken
    const page = await exchange.storage.listObjects(input.bucket, {
      prefix: input.prefix ?? '',
      delimiter: input.delimiter ?? '',
      after: token === undefined ? (input.startAfter ?? '') : readToken(token),
      limit: input.maxKeys,
    })
    const next = lastName(page)
    return listObjectsV2.encodeAnswer(
      {
        ...listedOf(page, { bucket, now: exchange.clock.now(), withOwner: input.fetchOwner }),
        ...(next === undefined ? {} : { nextContinuationToken: writeToken(next) }),
      },
      input,
    )
  },

  ListObjectVersions: async (exchange) => {
    const input = listObjectVersions.decodeRequest(exchange.request)
    const bucket = await requireBucket(exchange, input.bucket)
    const page = await exchange.storage.listObjects(input.bucket, {
      prefix: input.prefix ?? '',
      delimiter: input.delimiter ?? '',
      after: input.keyMarker ?? '',
      limit: input.maxKeys,
    })
    const nextKeyMarker = lastName(page)
    const isGroup = page.entries.at(-1)?.kind === 'group'
    return listObjectVersions.encodeAnswer(
      {
        ...listedOf(page, { bucket, now: exchange.clock.now(), withOwner: true }),
        ...(nextKeyMarker === undefined
          ? {}
          : { nextKeyMarker, nextVersionIdMarker: isGroup ? '' : NULL_VERSION }),
      },
      input,
    )
  },

  ListMultipartUploads: async (exchange) => {
    const input = listMultipartUploads.decodeRequest(exchange.request)
    const bucket = await requireBucket(exchange, input.bucket)
    const { keyMarker, uploadIdMarker } = input
    const page = await exchange.storage.listUploads(input.bucket, {
      prefix: input.prefix ?? '',
      delimiter: input.delimiter ?? '',
      limit: input.maxUploads,
      after:
        keyMarker === undefined
          ? undefined
          : { key: keyMarker, ...(uploadIdMarker === undefined ? {} : { uploadId: uploadIdMarker }) },
    })
    const last = page.truncated ? page.entries.at(-1) : undefined
    return listMultipartUploads.encodeAnswer(
      {
        uploads: page.entries.flatMap((entry) =>
          entry.kind === 'upload'
            ? [{ ...entry.upload, storageClass: storageClassOf(entry.upload.headers, bucket) }]
            : [],
        ),
        commonPrefixes: groupsOf(page.entries),
        isTruncated: page.truncated,
        nextKeyMarker: last === undefined ? '' : last.kind === 'upload' ? last.upload.key : last.prefix,
        nextUploadIdMarker: last?.kind === 'upload' ? last.upload.uploadId : '',
      },
      input,
    )
  },

  ListLiveChannel: async (exchange) => {
    const input = listLiveChannels.decodeRequest(exchange.request)
    await requireBucket(exchange, input.bucket)
    return listLiveChannels.encodeAnswer({}, input)
  },
} satisfies Record<string, Operate>

interface Told {
  readonly bucket: BucketRecord
  readonly now: number
  readonly withOwner: boolean
}

function listedOf(page: Page<ObjectEntry>, told: Told): Omit<ListObjectsOutput, 'nextMarker'> {
  return {
    objects: page.entries.flatMap((entry) =>
      entry.kind === 'object' ? [listedObject(entry.object, told)] : [],
    ),
    commonPrefixes: groupsOf(page.entries),
    isTruncated: page.truncated,
  }
}

function listedObject(object: ObjectRecord, { bucket, now, withOwner }: Told): ListedObject {
  const restore = restoreInfo(object, now)
  return {
    key: object.key,
    lastModified: object.modified,
    etag: object.etag,
    type: object.type,
    size: object.size,
    storageClass: storageClassOf(object.headers, bucket),
    ...(restore === undefined ? {} : { restoreInfo: restore }),
    ...(withOwner ? { owner: OWNER } : {}),
  }
}

function groupsOf(entries: readonly ({ kind: 'group'; prefix: string } | { kind: string })[]): string[] {
  return entries.flatMap((entry) => ('prefix' in entry ? [entry.prefix] : []))
}

/** Where the next page begins; `undefined` on the last. */
function lastName(page: Page<ObjectEntry>): string | undefined {
  const last = page.truncated ? page.entries.at(-1) : undefined
  if (last === undefined) return undefined
  return last.kind === 'group' ? last.prefix : last.object.key
}

/** No character of a token needs an escape: clients differ in whether they undo one. */
function writeToken(name: string): string {
  return Buffer.from(name, 'utf8').toString('base64url')
}

function readToken(token: string): string {
  const name = Buffer.from(token, 'base64url').toString('utf8')
  if (writeToken(name) === token) return name
  throw invalidArgument('continuation-token', token, 'The continuation token provided is incorrect.')
}
