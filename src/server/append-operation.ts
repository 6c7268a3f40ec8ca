/**
 * AppendObject. Position and type are looked at twice: before the body, so that nobody sends much for nothing, and again
 * when the bytes become part of the object, so that of several appends to one position exactly one wins.
 */
import { combineCrc64Decimal } from '../checksum/combine.js'
import { md5, toHex } from '../checksum/digest.js'
import { utf8Bytes } from '../protocol/encode.js'
import { pickHeaders } from '../protocol/headers.js'
import { type AppendObjectInput, appendObject, NEXT_POSITION } from '../protocol/operations/append-object.js'
import { requireBucket } from './bucket-operations.js'
import { type Operate, Refusal } from './context.js'
import { encryptionIn } from './encryption.js'
import { invalidArgument, storedHeadersOf, withDefaultsOf } from './names.js'
import { announcedSize, MAX_BODY_SIZE, receiveBody } from './receive.js'
import type { ObjectRecord, StoredHeaders } from './storage/storage.js'

const NOT_APPENDABLE_CLASSES = new Set(['ColdArchive', 'DeepColdArchive'])

export const appendOperations = {
  AppendObject: async (exchange) => {
    const { request, storage, clock } = exchange
    const input = appendObject.decodeRequest(request)
    const headers = storedHeadersOf(headersThatCount(input))
    checkClass(headers)
    const bucket = await requireBucket(exchange, input.bucket)
    const known = await storage.getObject(input.bucket, input.key)
    checkAppend(known, input, announcedSize(request.headers) ?? 0)

    const { incoming, size, etag, crc64 } = await receiveBody(exchange)
    const object = await storage.appendObject(input.bucket, input.key, incoming, (current) => {
      checkAppend(current, input, size)
      const before = current ?? beginning(input.key, withDefaultsOf(bucket, headers))
      return {
        ...before,
        headers: { ...before.headers, ...pickHeaders(headers, (name) => name === 'x-oss-object-acl') },
        size: before.size + size,
        etag: nextEtag(before.etag, etag),
        crc64: combineCrc64Decimal(before.crc64, crc64, size),
        modified: clock.now(),
      }
    })
    return appendObject.encodeAnswer(
      {
        etag: object.etag,
        crc64: object.crc64,
        nextPosition: object.size,
        ...encryptionIn(object.headers),
      },
      input,
    )
  },
} satisfies Record<string, Operate>

/** What the first append puts its bytes behind. Later ones change nothing but the bytes and, where they name one, the ACL. */
function beginning(key: string, headers: StoredHeaders): ObjectRecord {
  return { key, size: 0, etag: '', crc64: '0', type: 'Appendable', modified: 0, headers }
}

/** Tags are read only with the first append: the service takes a later one whatever its tags are. */
function headersThatCount({ position, headers }: AppendObjectInput): AppendObjectInput['headers'] {
  const { 'x-oss-tagging': _, ...others } = headers
  return position === 0 ? headers : others
}

function checkAppend(object: ObjectRecord | undefined, { position }: AppendObjectInput, size: number): void {
  if (object !== undefined && object.type !== 'Appendable') throw new Refusal({ code: 'ObjectNotAppendable' })
  const end = object?.size ?? 0
  if (position !== end) {
    // Clients read where to go on, and some fail without it.
    throw new Refusal({ code: 'PositionNotEqualToLength' }, { [NEXT_POSITION]: String(end) })
  }
  if (end + size > MAX_BODY_SIZE) {
    throw new Refusal({ code: 'EntityTooLarge', fields: { MaxSizeAllowed: String(MAX_BODY_SIZE) } })
  }
}

function checkClass(headers: StoredHeaders): void {
  const storageClass = headers['x-oss-storage-class'] ?? ''
  if (!NOT_APPENDABLE_CLASSES.has(storageClass)) return
  const message = 'Appendable objects can not be of this storage class.'
  throw invalidArgument('x-oss-storage-class', storageClass, message, '0016-00000503')
}

/** In the service's form, 24 digits and eight zeros: no MD5 of the object, but another one after each append. */
function nextEtag(before: string, ofAppended: string): string {
  return `${toHex(md5(utf8Bytes(`${before}${ofAppended}`)))
    .toUpperCase()
    .slice(0, 24)}00000000`
}
