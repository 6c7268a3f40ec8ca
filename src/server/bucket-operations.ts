/** The operations on the service and on whole buckets. */
import { getBucketLocation, getBucketStat } from '../protocol/operations/bucket-facts.js'
import {
  type BucketEntry,
  deleteBucket,
  getBucketInfo,
  type ListBucketsInput,
  listBuckets,
  putBucket,
} from '../protocol/operations/buckets.js'
import type { Tag } from '../protocol/operations/tagging.js'
import { countBucket } from './bucket-stat.js'
import { type Exchange, type Operate, OWNER, Refusal } from './context.js'
import { bucketEncryptionIn } from './encryption.js'
import { checkBucketAcl } from './names.js'
import { receiveDocument } from './receive.js'
import type { BucketRecord, Page, Storage } from './storage/storage.js'

export const bucketOperations = {
  ListBuckets: async (exchange) => {
    const input = listBuckets.decodeRequest(exchange.request)
    const page = await bucketsWithTags(exchange.storage, input)
    const nextMarker = page.entries.at(-1)?.name
    return listBuckets.encodeAnswer(
      {
        owner: OWNER,
        buckets: page.entries.map((bucket) => ({
          ...bucketEntry(exchange, bucket),
          ...(input.tags === undefined ? {} : { tags: bucket.tags ?? [] }),
        })),
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
    const encryption = bucketEncryptionIn(input.encryption ?? {})
    const known = await exchange.storage.putBucket({
      name: input.bucket,
      created: exchange.clock.now(),
      acl,
      storageClass: input.storageClass ?? 'Standard',
      ...(input.dataRedundancyType === undefined ? {} : { dataRedundancyType: input.dataRedundancyType }),
      ...(encryption === undefined ? {} : { encryption }),
    })
    // Made again by its owner: of all that a bucket has, only the ACL can be said anew.
    if (input.acl !== undefined && known.acl !== acl) {
      await exchange.storage.updateBucket(input.bucket, (bucket) => withAcl(bucket, acl))
    }
    return putBucket.encodeAnswer({}, input)
  },

  GetBucketInfo: async (exchange) => {
    const input = getBucketInfo.decodeRequest(exchange.request)
    const bucket = await requireBucket(exchange, input.bucket)
    return getBucketInfo.encodeAnswer(
      {
        ...bucketEntry(exchange, bucket),
        dataRedundancyType: bucket.dataRedundancyType ?? 'LRS',
        owner: OWNER,
        acl: bucket.acl,
        resourceGroupId: RESOURCE_GROUP,
        blockPublicAccess: bucket.blockPublicAccess ?? false,
        ...(bucket.encryption === undefined ? {} : { encryption: bucket.encryption }),
        ...(bucket.transferAcceleration === true ? { transferAcceleration: true } : {}),
      },
      input,
    )
  },

  GetBucketLocation: async (exchange) => {
    const input = getBucketLocation.decodeRequest(exchange.request)
    await requireBucket(exchange, input.bucket)
    return getBucketLocation.encodeAnswer({ location: `oss-${exchange.region}` }, input)
  },

  GetBucketStat: async (exchange) => {
    const input = getBucketStat.decodeRequest(exchange.request)
    const bucket = await requireBucket(exchange, input.bucket)
    const lastModifiedTime = Math.floor(exchange.clock.now() / 1000)
    const counted = await countBucket(exchange.storage, bucket)
    return getBucketStat.encodeAnswer({ ...counted, lastModifiedTime }, input)
  },

  DeleteBucket: async (exchange) => {
    const input = deleteBucket.decodeRequest(exchange.request)
    await exchange.storage.deleteBucket(input.bucket)
    return deleteBucket.encodeAnswer({}, input)
  },
} satisfies Record<string, Operate>

/** This server knows no groups: all buckets are in one. */
const RESOURCE_GROUP = 'rg-default'
/** Buckets looked at in one go, of which those with the right tags are kept. */
const SIFTED = 1000

export async function requireBucket({ storage }: Exchange, name: string): Promise<BucketRecord> {
  const bucket = await storage.getBucket(name)
  if (bucket === undefined) throw new Refusal({ code: 'NoSuchBucket', fields: { BucketName: name } })
  return bucket
}

async function bucketsWithTags(storage: Storage, input: ListBucketsInput): Promise<Page<BucketRecord>> {
  const { prefix = '', marker = '', maxKeys, tags = [] } = input
  if (tags.length === 0) return storage.listBuckets({ prefix, after: marker, limit: maxKeys })
  const found: BucketRecord[] = []
  let after = marker
  for (;;) {
    const page = await storage.listBuckets({ prefix, after, limit: SIFTED })
    found.push(...page.entries.filter((bucket) => hasTags(bucket.tags ?? [], tags)))
    if (found.length > maxKeys) return { entries: found.slice(0, maxKeys), truncated: true }
    if (!page.truncated) return { entries: found, truncated: false }
    after = page.entries.at(-1)?.name ?? after
  }
}

function hasTags(tags: readonly Tag[], wanted: NonNullable<ListBucketsInput['tags']>): boolean {
  return wanted.every(({ key, value }) =>
    tags.some((tag) => tag.key === key && (value === undefined || tag.value === value)),
  )
}

/** @throws Refusal where the bucket may not be made public */
export function withAcl(bucket: BucketRecord, acl: string): BucketRecord {
  if (bucket.blockPublicAccess === true && acl !== 'private') {
    throw new Refusal({ code: 'AccessDenied', message: 'Put public bucket acl is not allowed' })
  }
  return { ...bucket, acl }
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
