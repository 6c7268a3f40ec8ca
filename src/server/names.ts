/** The rules for names and for headers that are stored, and what OSS says when they are broken. */
import { utf8Bytes } from '../protocol/encode.js'
import { isStoredHeader } from '../protocol/headers.js'
import type { WireHeaders } from '../protocol/message.js'
import { Refusal } from './context.js'
import { encryptionAskedIn, withEncryptionOf } from './encryption.js'
import { invalidArgument } from './invalid-argument.js'
import { tagsFromHeader } from './object-tags.js'
import type { BucketRecord, StoredHeaders } from './storage/storage.js'

export { invalidArgument }

const MAX_KEY_BYTES = 1023
const MAX_METADATA_BYTES = 8 * 1024
const BUCKET_NAME = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/
const OBJECT_ACLS = new Set(['default', 'private', 'public-read', 'public-read-write'])
const BUCKET_ACLS = new Set(['private', 'public-read', 'public-read-write'])

export function checkBucketName(name: string): void {
  if (!BUCKET_NAME.test(name)) throw new Refusal({ code: 'InvalidBucketName', fields: { BucketName: name } })
}

export function checkKey(key: string): void {
  if (utf8Bytes(key).length > MAX_KEY_BYTES) {
    const message = `The Length of Object name must be less than ${MAX_KEY_BYTES + 1}.`
    const ec = '0016-00000003'
    throw new Refusal({ code: 'InvalidObjectName', message, ec, fields: { ObjectName: key } })
  }
  if (/^[/\\]/.test(key)) {
    throw new Refusal({ code: 'InvalidObjectName', ec: '0016-00000005', fields: { ObjectName: key } })
  }
}

export function checkBucketAcl(acl: string): void {
  if (!BUCKET_ACLS.has(acl)) {
    throw invalidArgument('x-oss-acl', acl, 'no such bucket access control exists', '0015-00000204')
  }
}

/** Of an operation's headers, those to be stored with the object, each of them checked. `wrongClassEc`: the operation's own. */
export function storedHeadersOf(headers: WireHeaders, wrongClassEc = '0017-00000132'): StoredHeaders {
  const stored: Record<string, string> = {}
  let metadataBytes = 0
  for (const [name, value] of Object.entries(headers)) {
    if (!isStoredHeader(name) && !STORED_SETTINGS.has(name)) continue
    if (name.startsWith('x-oss-meta-')) metadataBytes += name.length + value.length
    stored[name] = value
  }
  if (metadataBytes > MAX_METADATA_BYTES) {
    const message = 'User metadata exceeds 8 KB.'
    throw invalidArgument('x-oss-meta-*', String(metadataBytes), message, '0011-00000002')
  }
  const acl = stored['x-oss-object-acl']
  if (acl !== undefined) checkObjectAcl(acl)
  const storageClass = stored['x-oss-storage-class']
  if (storageClass !== undefined && !STORAGE_CLASSES.has(storageClass)) {
    const message = 'The storage class you specified is not valid.'
    const ec = storageClass === '' ? '0017-00000131' : wrongClassEc
    throw invalidArgument('x-oss-storage-class', storageClass, message, ec)
  }
  const tagging = stored['x-oss-tagging']
  if (tagging !== undefined) tagsFromHeader(tagging)
  stored['content-type'] ??= 'application/octet-stream'
  return { ...stored, ...encryptionAskedIn(headers) }
}

const STORED_SETTINGS = new Set(['x-oss-storage-class', 'x-oss-object-acl', 'x-oss-tagging'])
const STORAGE_CLASSES = new Set(['Standard', 'IA', 'Archive', 'ColdArchive', 'DeepColdArchive'])

export function checkObjectAcl(acl: string): void {
  if (!OBJECT_ACLS.has(acl)) {
    throw invalidArgument('x-oss-object-acl', acl, 'no such object access control exists', '0017-00000104')
  }
}

/** The headers of an object that names no class or encryption, in a bucket that has one. */
export function withDefaultsOf(bucket: BucketRecord, headers: StoredHeaders): StoredHeaders {
  return withEncryptionOf(bucket, withClassOf(bucket, headers))
}

/** The same for what has no bytes of its own. */
export function withClassOf(bucket: BucketRecord, headers: StoredHeaders): StoredHeaders {
  if (bucket.storageClass === 'Standard') return headers
  return { 'x-oss-storage-class': bucket.storageClass, ...headers }
}
