/** The operations on the service and on buckets, and the listings of what is in one. */
import {
  type BucketEntry,
  deleteBucket,
  getBucketInfo,
  listBuckets,
  putBucket,
} from '../protocol/operations/buckets.js'
import {
  type ObjectEntry as ListedObject,
  type ListObjectsOutput,
  listObjects,
  listObjectsV2,
} from '../protocol/operations/listing.js'
import { listMultipartUploads } from '../protocol/operations/multipart-lists.js'
import { type Exchange, type Operate, OWNER, Refusal } from './context.js'
import { checkBucketAcl, invalidArgument } from './names.js'
import { receiveDocument } from './receive.js'
import type { BucketRecord, ObjectEntry, ObjectRecord, Page } from './storage/storage.js'

export const bucketOperations = {
  ListBuckets: async (exchange) => {
    const input = listBuckets.decodeRequest(exchange.request)
    const page = await exchange.storage.listBuckets({
      prefix: input.prefix ?? '',
      after: input.marker ?? '',
      limit: input.maxKeys,
    })
    const nextMarker = page.entries.at(-1)?.name
    return listBuckets.encodeAnswer(
      {
        owner: OWNER,
        buckets: page.entries.map((bucket) => bucketEntry(exchange, bucket)),
        isTruncated: page.truncated,
        ...(page.truncated && nextMarker !== undefined ? { nextMarker } : {}),
      },
      input,
    )
  },

  PutBucket: async (exchange) => {
    const body = await receiveDocument(exchange)
    const input = putBucket.decodeRequest({ ...exchange.request, body })
    const acl = input.acl ?? 'private'
    checkBucketAcl(acl)
    const known = await exchange.storage.putBucket({
      name: input.bucket,
      created: exchange.clock.now(),
      acl,
      storageClass: input.storageClass ?? 'Standard',
    })
    // Made again by its owner: of all that a bucket has, only the ACL can be said anew.
    if (input.acl !== undefined && known.acl !== acl) {
      await exchange.storage.updateBucket(input.bucket, (bucket) => ({ ...bucket, acl }))
    }
    return putBucket.encodeAnswer({}, input)
  },

  GetBucketInfo: async (exchange) => {
    const input = getBucketInfo.decodeRequest(exchange.request)
    const bucket = await requireBucket(exchange, input.bucket)
    return getBucketInfo.encodeAnswer(
      { ...bucketEntry(exchange, bucket), dataRedundancyType: 'LRS', owner: OWNER, acl: bucket.acl },
      input,
    )
  },

  DeleteBucket: async (exchange) => {
    const input = deleteBucket.decodeRequest(exchange.request)
    await exchange.storage.deleteBucket(input.bucket)
    return deleteBucket.encodeAnswer({}, input)
  },

  ListObjects: async (exchange) => {
    const input = listObjects.decodeRequest(exchange.request)
    await requireBucket(exchange, input.bucket)
    const page = await exchange.storage.listObjects(input.bucket, {
      prefix: input.prefix ?? '',
      delimiter: input.delimiter ?? '',
      after: input.marker ?? '',
      limit: input.maxKeys,
    })
    const nextMarker = lastName(page)
    return listObjects.encodeAnswer(
      { ...listedOf(page, true), ...(nextMarker === undefined ? {} : { nextMarker }) },
      input,
    )
  },

  ListObjectsV2: async (exchange) => {
    const { request } = exchange
    const type = request.query['list-type']
    if (type !== '2') throw invalidArgument('list-type', type ?? '', 'The list type must be 2.')
    const input = listObjectsV2.decodeRequest(request)
    await requireBucket(exchange, input.bucket)
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
        ...listedOf(page, input.fetchOwner),
        ...(next === undefined ? {} : { nextContinuationToken: writeToken(next) }),
      },
      input,
    )
  },

  ListMultipartUploads: async (exchange) => {
    const input = listMultipartUploads.decodeRequest(exchange.request)
    await requireBucket(exchange, input.bucket)
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
            ? [{ ...entry.upload, storageClass: entry.upload.headers['x-oss-storage-class'] ?? 'Standard' }]
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
} satisfies Record<string, Operate>

export async function requireBucket({ storage }: Exchange, name: string): Promise<BucketRecord> {
  const bucket = await storage.getBucket(name)
  if (bucket === undefined) throw new Refusal({ code: 'NoSuchBucket', fields: { BucketName: name } })
  return bucket
}

/** Clients connect to the endpoint they find here, so it has to be the one they came by. */
function bucketEntry({ region, host }: Exchange, bucket: BucketRecord): BucketEntry {
  const inHost = host.startsWith(`${bucket.name}.`) ? host.slice(bucket.name.length + 1) : host
  const endpoint = inHost.replace(/^\./, '')
  return {
    name: bucket.name,
    location: `oss-${region}`,
    region,
    creationDate: bucket.created,
    extranetEndpoint: endpoint,
    intranetEndpoint: endpoint,
    storageClass: bucket.storageClass,
  }
}

function listedOf(page: Page<ObjectEntry>, withOwner: boolean): Omit<ListObjectsOutput, 'nextMarker'> {
  return {
    objects: page.entries.flatMap((entry) =>
      entry.kind === 'object' ? [listedObject(entry.object, withOwner)] : [],
    ),
    commonPrefixes: groupsOf(page.entries),
    isTruncated: page.truncated,
  }
}

function listedObject(object: ObjectRecord, withOwner: boolean): ListedObject {
  return {
    key: object.key,
    lastModified: object.modified,
    etag: object.etag,
    type: object.type,
    size: object.size,
    storageClass: object.headers['x-oss-storage-class'] ?? 'Standard',
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
