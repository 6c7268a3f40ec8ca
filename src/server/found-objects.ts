/** Finding the object that a request is about, what stands behind a symbolic link, and what is told of it. */
import type { ObjectHead } from '../protocol/operations/object-reads.js'
import { checkAnonymousObject } from './access.js'
import { requireBucket } from './bucket-operations.js'
import { type Exchange, Refusal } from './context.js'
import { checkReadable } from './frozen.js'
import { taggingOf } from './object-tags.js'
import {
  type BucketRecord,
  type ObjectRecord,
  type OpenObject,
  StorageError,
  type StoredHeaders,
} from './storage/storage.js'

export interface ObjectAsked {
  readonly bucket: string
  readonly key: string
  readonly versionId?: string
}

/** The object itself, be it a link. */
export async function requireObject(exchange: Exchange, asked: ObjectAsked): Promise<ObjectRecord> {
  await requireBucket(exchange, asked.bucket)
  checkVersion(asked)
  return (await exchange.storage.getObject(asked.bucket, asked.key)) ?? noSuchKey(asked.key)
}

export async function openObject(exchange: Exchange, asked: ObjectAsked): Promise<OpenObject> {
  const bucket = await requireBucket(exchange, asked.bucket)
  checkVersion(asked)
  const opened = (await exchange.storage.openObject(asked.bucket, asked.key)) ?? noSuchKey(asked.key)
  return readable(exchange, bucket, opened)
}

/** @throws Refusal InvalidObjectState when it is frozen; it is closed then */
function readable({ clock }: Exchange, bucket: BucketRecord, opened: OpenObject): OpenObject {
  try {
    checkReadable(opened.record, bucket, clock.now())
    return opened
  } catch (error) {
    opened.close()
    throw error
  }
}

/** An object that the request reads beside its own, such as what a link leads to; not everybody may read it. */
export async function openSource(exchange: Exchange, asked: ObjectAsked): Promise<OpenObject> {
  await checkReader(exchange, asked)
  return openObject(exchange, asked)
}

async function checkReader(exchange: Exchange, { bucket, key }: ObjectAsked): Promise<void> {
  const record = await requireBucket(exchange, bucket)
  if (exchange.principal === 'owner') return
  await checkAnonymousObject(exchange.storage, record, { key, right: 'read', headers: {} })
}

/** The object as a reader sees it: a link has the content of what it leads to. */
export async function requireContent(exchange: Exchange, asked: ObjectAsked): Promise<ObjectRecord> {
  const object = await requireObject(exchange, asked)
  if (object.type !== 'Symlink') return object
  const key = targetOf(object)
  await checkReader(exchange, { ...asked, key })
  const target = await exchange.storage.getObject(asked.bucket, key)
  return throughLink(object, target)
}

export async function openContent(exchange: Exchange, asked: ObjectAsked): Promise<OpenObject> {
  const opened = await openObject(exchange, asked)
  if (opened.record.type !== 'Symlink') return opened
  opened.close()
  const key = targetOf(opened.record)
  await checkReader(exchange, { ...asked, key })
  const target = await exchange.storage.openObject(asked.bucket, key)
  try {
    if (target !== undefined) {
      checkReadable(target.record, await requireBucket(exchange, asked.bucket), exchange.clock.now())
    }
    const record = throughLink(opened.record, target?.record)
    return target === undefined ? opened : { ...target, record }
  } catch (error) {
    target?.close()
    throw error
  }
}

function targetOf(link: ObjectRecord): string {
  return link.symlinkTarget ?? ''
}

/** Size, checksums and ETag are the target's, the later of the two times counts, and all else is the link's own. */
function throughLink(link: ObjectRecord, target: ObjectRecord | undefined): ObjectRecord {
  if (target === undefined) throw new Refusal({ code: 'SymlinkTargetNotExist' })
  if (target.type === 'Symlink') throw new Refusal({ code: 'InvalidTargetType' })
  const { md5: _, ...own } = link
  const { size, etag, crc64, md5 } = target
  const modified = Math.max(link.modified, target.modified)
  return { ...own, size, etag, crc64, ...(md5 === undefined ? {} : { md5 }), modified }
}

/** Without versioning everything is the version `null`. */
export function checkVersion({ key, versionId }: { key: string; versionId?: string }): void {
  if (versionId === undefined || versionId === 'null') return
  throw new Refusal({ code: 'NoSuchVersion', fields: { Key: key, VersionId: versionId } })
}

export function noSuchKey(key: string): never {
  throw new Refusal({ code: 'NoSuchKey', fields: { Key: key } })
}

/** Changes what is known of an object, not its bytes. */
export async function changeObject(
  { storage }: Exchange,
  { bucket, key }: ObjectAsked,
  change: (object: ObjectRecord) => ObjectRecord,
): Promise<ObjectRecord> {
  try {
    return await storage.updateObject(bucket, key, change)
  } catch (error) {
    if (error instanceof StorageError && error.code === 'no-such-object') noSuchKey(key)
    throw error
  }
}

export function headOf(object: ObjectRecord): ObjectHead {
  const {
    'x-oss-storage-class': storageClass = 'Standard',
    'x-oss-object-acl': _acl,
    'x-oss-tagging': _tagging,
    ...headers
  } = object.headers
  return {
    size: object.size,
    etag: object.etag,
    lastModified: object.modified,
    crc64: object.crc64,
    type: object.type,
    storageClass,
    headers: { ...headers, ...countedHeaders(object) },
    ...(object.md5 === undefined ? {} : { contentMd5: object.md5 }),
  }
}

function countedHeaders({ type, size, headers }: ObjectRecord): StoredHeaders {
  const tags = taggingOf(headers).length
  return {
    ...(tags === 0 ? {} : { 'x-oss-tagging-count': String(tags) }),
    ...(type === 'Appendable' ? { 'x-oss-next-append-position': String(size) } : {}),
  }
}
