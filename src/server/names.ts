/** The rules for names and for headers that are stored, and what OSS says when they are broken. */
import { fromWire, utf8Bytes } from '../protocol/encode.js'
import { isStoredHeader } from '../protocol/headers.js'
import type { WireHeaders } from '../protocol/message.js'
import { Refusal } from './context.js'
import type { StoredHeaders } from './storage/storage.js'

const MAX_KEY_BYTES = 1023
const MAX_METADATA_BYTES = 8 * 1024
const BUCKET_NAME = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/
const OBJECT_ACLS = new Set(['default', 'private', 'public-read', 'public-read-write'])
const BUCKET_ACLS = new Set(['private', 'public-read', 'public-read-write'])

export function checkBucketName(name: string): void {
  if (!BUCKET_NAME.test(name)) throw new Refusal({ code: 'InvalidBucketName', fields: { BucketName: name } })
}

export function checkKey(key: string): void {
  if (utf8Bytes(key).length > MAX_KEY_BYTES || /^[/\\]/.test(key)) {
    throw new Refusal({ code: 'InvalidObjectName', fields: { ObjectName: key } })
  }
}

export function checkBucketAcl(acl: string): void {
  if (!BUCKET_ACLS.has(acl)) {
    throw invalidArgument('x-oss-acl', acl, 'no such bucket access control exists')
  }
}

/** Of an operation's headers, those to be stored with the object. */
export function storedHeadersOf(headers: WireHeaders): StoredHeaders {
  const stored: Record<string, string> = {}
  let metadataBytes = 0
  for (const [name, value] of Object.entries(headers)) {
    if (!isStoredHeader(name) && !STORED_SETTINGS.has(name)) continue
    if (name.startsWith('x-oss-meta-')) metadataBytes += name.length + value.length
    stored[name] = value
  }
  if (metadataBytes > MAX_METADATA_BYTES) {
    throw invalidArgument('x-oss-meta-*', String(metadataBytes), 'User metadata exceeds 8 KB.')
  }
  const acl = stored['x-oss-object-acl']
  if (acl !== undefined && !OBJECT_ACLS.has(acl)) {
    throw invalidArgument('x-oss-object-acl', acl, 'no such object access control exists')
  }
  const tagging = stored['x-oss-tagging']
  if (tagging !== undefined) parseTagging(tagging)
  stored['content-type'] ??= 'application/octet-stream'
  return stored
}

const STORED_SETTINGS = new Set(['x-oss-storage-class', 'x-oss-object-acl', 'x-oss-tagging'])

/** Tags as the header writes them, `k=v&k2=v2` percent-encoded: at most 10, no key twice. */
export function parseTagging(header: string): readonly (readonly [key: string, value: string])[] {
  const pairs = fromWire(header)
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair): [string, string] => {
      const equals = pair.indexOf('=')
      return equals < 0
        ? [decodeTag(pair), '']
        : [decodeTag(pair.slice(0, equals)), decodeTag(pair.slice(equals + 1))]
    })
  const isRight =
    pairs.length <= 10 &&
    new Set(pairs.map(([key]) => key)).size === pairs.length &&
    pairs.every(([key, value]) => key.length >= 1 && key.length <= 128 && value.length <= 256)
  if (!isRight) throw invalidArgument('x-oss-tagging', header, 'The tags are not valid.')
  return pairs
}

function decodeTag(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw invalidArgument('x-oss-tagging', text, 'The tags are not valid.')
  }
}

export function invalidArgument(name: string, value: string, message: string): Refusal {
  return new Refusal({
    code: 'InvalidArgument',
    message,
    fields: { ArgumentName: name, ArgumentValue: value },
  })
}
