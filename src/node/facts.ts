/** What a service tells about one object or one bucket, and the making of a bucket. */
import { ServiceError, UploadError } from '../engine/errors.js'
import { fromWire } from '../protocol/encode.js'
import type { BucketInfo } from '../protocol/operations/buckets.js'
import { readingHeaders } from '../services/oss/headers.js'
import { checkKey } from '../services/oss/names.js'
import type { Bucket } from './bucket.js'
import { type Desk, type DeskOptions, withDesk } from './desk.js'
import type { ReadOptions } from './objects.js'
import { bucketOf } from './upload.js'

export interface ObjectFacts {
  readonly size: number
  /** Without quotes. */
  readonly etag: string
  /** Milliseconds since the epoch, whole seconds. */
  readonly lastModified: number
  /** Unsigned decimal. */
  readonly crc64?: string
  /** Base64. */
  readonly contentMd5?: string
  /** `Normal`, `Multipart`, `Appendable` or `Symlink`. */
  readonly objectType?: string
  readonly storageClass?: string
  readonly versionId?: string
  /** User metadata: what follows `x-oss-meta-`, and its value as text. */
  readonly metadata: Readonly<Record<string, string>>
  /** Everything else that was told of the object, such as `content-type`; lower-case names, values as text. */
  readonly headers: Readonly<Record<string, string>>
}

const metaPrefix = 'x-oss-meta-'

/** Everything HeadObject tells. Rejects with an `UploadError`: `not-found` when there is no such object. */
export async function statObject(
  bucket: Bucket | string,
  key: string,
  options: DeskOptions & Pick<ReadOptions, 'headers'> = {},
): Promise<ObjectFacts> {
  checkKey(key)
  const headers = readingHeaders(options.headers ?? {})
  return withDesk(bucket, options, async ({ client, signal, ask }) => {
    const head = await ask('HeadObject', () => client.headObject(key, { signal, headers }))
    const { size, etag, lastModified, crc64, contentMd5, type, storageClass, versionId } = head
    const texts = Object.entries(head.headers).map(([name, value]) => [name, fromWire(value)] as const)
    const isMeta = (name: string): boolean => name.startsWith(metaPrefix)
    return {
      size,
      etag,
      lastModified,
      ...(crc64 === undefined ? {} : { crc64 }),
      ...(contentMd5 === undefined ? {} : { contentMd5 }),
      ...(type === undefined ? {} : { objectType: type }),
      ...(storageClass === undefined ? {} : { storageClass }),
      ...(versionId === undefined ? {} : { versionId }),
      metadata: Object.fromEntries(
        texts.filter(([name]) => isMeta(name)).map(([name, value]) => [name.slice(metaPrefix.length), value]),
      ),
      headers: Object.fromEntries(texts.filter(([name]) => !isMeta(name))),
    }
  })
}

/** How much is in a bucket, as the service counted it last: OSS counts once in a while. */
export interface BucketUsage {
  readonly objects: number
  /** Of all objects, in bytes. */
  readonly bytes: number
  /** Unfinished ones. */
  readonly uploads: number
  /** Milliseconds since the epoch. */
  readonly counted: number
}

export interface BucketFacts extends BucketInfo {
  /** Absent where the service does not tell, or not to this key. */
  readonly usage?: BucketUsage
}

/**
 * What GetBucketInfo and GetBucketStat tell. Rejects with an `UploadError`: `not-found` when there is no such bucket.
 */
export async function statBucket(bucket: Bucket | string, options: DeskOptions = {}): Promise<BucketFacts> {
  return withDesk(bucket, options, async (desk) => {
    const { client, signal, ask } = desk
    const info = await ask('GetBucketInfo', () => client.bucketInfo({ signal }))
    const usage = await usageOf(desk)
    return { ...info, ...(usage === undefined ? {} : { usage }) }
  })
}

async function usageOf({ client, signal, ask }: Desk): Promise<BucketUsage | undefined> {
  try {
    const stat = await ask('GetBucketStat', () => client.bucketStat({ signal }), [
      'denied',
      'refused',
      'unsupported',
    ])
    const { objects, storage: bytes, uploads, lastModifiedTime } = stat
    return { objects, bytes, uploads, counted: lastModifiedTime * 1000 }
  } catch (error) {
    if (error instanceof ServiceError) return undefined
    throw error
  }
}

export interface CreateBucketOptions extends DeskOptions {
  /** `private`, `public-read` or `public-read-write`. Default: the service's, `private`. */
  readonly acl?: string | undefined
  /** Such as `Standard` or `IA`. Default: the service's, `Standard`. */
  readonly storageClass?: string | undefined
}

/**
 * Makes a bucket. One that is there already, and ours, is left as it is: `existed` is then true. Rejects with an
 * `UploadError`: `conflict` when the name is somebody else's, or ours is not what was asked for.
 */
export async function createBucket(
  bucket: Bucket | string,
  options: CreateBucketOptions = {},
): Promise<{ readonly existed: boolean }> {
  const { acl, storageClass } = options
  const opened = bucketOf(bucket)
  return withDesk(opened, options, async ({ client, signal, ask }) => {
    // To create it again would succeed, and change the ACL of what is there.
    const there = await ask('GetBucketInfo', () => client.bucketInfo({ signal }), [
      'bucket-missing',
      'denied',
      'refused',
      'unsupported',
    ]).catch((error: unknown) => {
      if (error instanceof ServiceError) return undefined
      throw error
    })
    if (there !== undefined) {
      const different = [
        ...(acl === undefined || acl === there.acl ? [] : [`its ACL is ${there.acl}`]),
        ...(storageClass === undefined || storageClass === there.storageClass
          ? []
          : [`its storage class is ${there.storageClass}`]),
      ]
      if (different.length === 0) return { existed: true }
      throw new UploadError(
        'conflict',
        `The bucket ${opened.name} exists already, and ${different.join(' and ')}. It was left as it is.`,
      )
    }
    const wanted = { ...(acl ? { acl } : {}), ...(storageClass ? { storageClass } : {}) }
    await ask('PutBucket', () => client.createBucket({ signal, ...wanted }), ['refused']).catch(
      (error: unknown) => {
        throw isTaken(error) ? taken(opened.name, error) : error
      },
    )
    return { existed: false }
  })
}

function isTaken(error: unknown): error is ServiceError {
  return error instanceof ServiceError && error.serviceCode === 'BucketAlreadyExists'
}

/** Bucket names are one space for all accounts. */
function taken(name: string, cause: ServiceError): UploadError {
  const { status, requestId, ec } = cause
  return new UploadError(
    'conflict',
    `The bucket name ${name} is taken, by another account or in another region. Choose another.`,
    { cause, status, requestId, ec },
  )
}
