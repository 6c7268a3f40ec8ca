/**
 * CopyObject. The copy has the source's bytes without copying them. An object copied onto itself is the service's way of
 * changing what is known of it: its headers become those of the request, if that has any, whatever the directive, and its
 * bytes stay.
 */
import { isEncryptionHeader, isStoredHeader, pickHeaders } from '../protocol/headers.js'
import type { WireHeaders } from '../protocol/message.js'
import { type CopyObjectInput, copyObject } from '../protocol/operations/copy-object.js'
import { requireBucket } from './bucket-operations.js'
import { checkConditions } from './conditions.js'
import { type Operate, Refusal } from './context.js'
import { encryptionIn, withEncryptionOf } from './encryption.js'
import { changeObject, openSource } from './found-objects.js'
import { refrozen } from './frozen.js'
import { checkBucketName, checkKey, storedHeadersOf } from './names.js'
import { alreadyExists, forbidsOverwrite, translated } from './object-operations.js'
import { MAX_BODY_SIZE } from './receive.js'
import type { BucketRecord, ObjectRecord, StoredHeaders } from './storage/storage.js'

/** Bytes. The service copies more than this only within a bucket, and less where it has to write the bytes anew. */
const MAX_BETWEEN_BUCKETS = MAX_BODY_SIZE
const MAX_CHANGED = 1024 * 1024 * 1024

export const copyOperations = {
  CopyObject: async (exchange) => {
    const { storage, clock } = exchange
    const input = copyObject.decodeRequest(exchange.request)
    const { source } = input
    const asked = storedHeadersOf(input.headers, '0013-00000101')
    const bucket = await requireBucket(exchange, input.bucket)
    checkBucketName(source.bucket)
    checkKey(source.key)
    const ifAbsent = forbidsOverwrite(input.headers)

    function copyOf(object: ObjectRecord, isSelf: boolean): ObjectRecord {
      checkConditions(object, input.conditions)
      const headers = headersOfCopy({ input, asked, object, bucket, isSelf })
      checkSize(object, headers, source.bucket === input.bucket)
      return { ...refrozen(object), key: input.key, modified: clock.now(), headers }
    }

    const opened = await openSource(exchange, source)
    let copy: ObjectRecord
    try {
      if (source.bucket === input.bucket && source.key === input.key) {
        copy = await changeObject(exchange, input, (object) => {
          if (ifAbsent) throw alreadyExists()
          return copyOf(object, true)
        })
      } else {
        const { record } = opened
        copy = { ...copyOf(record, false), type: record.type === 'Symlink' ? 'Symlink' : 'Normal' }
        await storage
          .putObject(input.bucket, copy, opened.bytes(0, record.size), { ifAbsent })
          .catch(translated('object-exists', alreadyExists))
      }
    } finally {
      opened.close()
    }
    return copyObject.encodeAnswer(
      {
        etag: copy.etag,
        lastModified: copy.modified,
        crc64: copy.crc64,
        ...(source.versionId === undefined ? {} : { sourceVersionId: source.versionId }),
        ...encryptionIn(copy.headers),
      },
      input,
    )
  },
} satisfies Record<string, Operate>

/** Class, ACL and encryption are asked for anew with every copy; only an object that stays where it is keeps them. */
function headersOfCopy(from: {
  readonly input: CopyObjectInput
  /** The request's headers, with a content type if none was given. */
  readonly asked: StoredHeaders
  readonly object: ObjectRecord
  readonly bucket: BucketRecord
  readonly isSelf: boolean
}): StoredHeaders {
  const { input, asked, object, bucket, isSelf } = from
  const replaces = input.metadata === 'REPLACE' || (isSelf && Object.keys(input.headers).some(isStoredHeader))
  const tags = input.tagging === 'REPLACE' ? asked : object.headers
  const ofBucket = withEncryptionOf(bucket, {})
  return {
    ...(isSelf ? pickHeaders(object.headers, (name) => SETTINGS.has(name)) : {}),
    ...(bucket.storageClass === 'Standard' || isSelf ? {} : { 'x-oss-storage-class': bucket.storageClass }),
    ...pickHeaders(asked, (name) => SETTINGS.has(name)),
    ...(encryptionIn(asked).encryption ?? encryptionIn(isSelf ? object.headers : ofBucket).encryption),
    ...pickHeaders(replaces ? asked : object.headers, isStoredHeader),
    ...pickHeaders(tags, (name) => name === 'x-oss-tagging'),
  }
}

const SETTINGS: ReadonlySet<string> = new Set(['x-oss-storage-class', 'x-oss-object-acl'])

function checkSize(object: ObjectRecord, headers: StoredHeaders, isWithin: boolean): void {
  const classOf = (of: WireHeaders): string => of['x-oss-storage-class'] ?? 'Standard'
  const encryptionOf = (of: WireHeaders): string =>
    JSON.stringify(Object.entries(pickHeaders(of, isEncryptionHeader)))
  const isChanged =
    classOf(headers) !== classOf(object.headers) || encryptionOf(headers) !== encryptionOf(object.headers)
  const most = isChanged ? MAX_CHANGED : isWithin ? Number.POSITIVE_INFINITY : MAX_BETWEEN_BUCKETS
  if (object.size > most) {
    throw new Refusal({
      code: 'EntityTooLarge',
      message: 'The object is too large for one copy. Copy it in parts.',
      fields: { MaxSizeAllowed: String(most), ProposedSize: String(object.size) },
    })
  }
}
