/** The operations on single objects. */
import { formatHttpDate } from '../protocol/dates.js'
import { quoteEtag } from '../protocol/etag.js'
import {
  type Conditions,
  getObject,
  getObjectMeta,
  headObject,
  type ObjectHead,
} from '../protocol/operations/object-reads.js'
import { deleteObject, putObject } from '../protocol/operations/objects.js'
import { resolveRange } from '../protocol/range.js'
import { requireBucket } from './bucket-operations.js'
import { type Answer, type Exchange, type Operate, Refusal } from './context.js'
import { parseTagging, storedHeadersOf } from './names.js'
import { receiveBody } from './receive.js'
import { type ObjectRecord, type OpenObject, StorageError } from './storage/storage.js'

export const objectOperations = {
  PutObject: async (exchange) => {
    const { storage, clock } = exchange
    const input = putObject.decodeRequest(exchange.request)
    const headers = storedHeadersOf(input.headers)
    const ifAbsent = forbidsOverwrite(input.headers)
    await requireBucket(exchange, input.bucket)
    if (ifAbsent && (await storage.getObject(input.bucket, input.key)) !== undefined) throw alreadyExists()

    const received = await receiveBody(exchange)
    const { etag, crc64, contentMd5, size } = received
    const object: ObjectRecord = {
      key: input.key,
      size,
      etag,
      crc64,
      md5: contentMd5,
      type: 'Normal',
      modified: clock.now(),
      headers,
    }
    await storage
      .putObject(input.bucket, object, received.incoming, { ifAbsent })
      .catch(translated('object-exists', alreadyExists()))
    return putObject.encodeAnswer({ etag, crc64, contentMd5 }, input)
  },

  GetObject: async (exchange) => {
    const input = getObject.decodeRequest(exchange.request)
    const opened = await open(exchange, input.bucket, input.key)
    try {
      checkConditions(opened.record, input)
      const { size } = opened.record
      const range = resolveRange(input.range, { size, standard: input.standardRange })
      if (range.kind === 'unsatisfiable') {
        throw new Refusal({ code: 'InvalidRange', fields: { ActualObjectSize: String(size) } })
      }
      const part = range.kind === 'part' ? { start: range.start, end: range.end } : undefined
      const head = { ...headOf(opened.record), ...(part === undefined ? {} : { part }) }
      const { start, end } = part ?? { start: 0, end: size }
      return withBody(getObject.encodeAnswer(head, input), opened, start, end)
    } catch (error) {
      opened.close()
      throw error
    }
  },

  HeadObject: async (exchange) => {
    const input = headObject.decodeRequest(exchange.request)
    const object = await requireObject(exchange, input.bucket, input.key)
    checkConditions(object, input)
    return headObject.encodeAnswer(headOf(object), input)
  },

  GetObjectMeta: async (exchange) => {
    const input = getObjectMeta.decodeRequest(exchange.request)
    const { size, etag, modified, crc64 } = await requireObject(exchange, input.bucket, input.key)
    return getObjectMeta.encodeAnswer({ size, etag, lastModified: modified, crc64 }, input)
  },

  DeleteObject: async (exchange) => {
    const input = deleteObject.decodeRequest(exchange.request)
    await exchange.storage.deleteObject(input.bucket, input.key)
    return deleteObject.encodeAnswer({}, input)
  },
} satisfies Record<string, Operate>

/** Gives one storage error the words of the operation; any other stays as it is. */
export function translated(code: StorageError['code'], refusal: Refusal): (error: unknown) => never {
  return (error) => {
    throw error instanceof StorageError && error.code === code ? refusal : error
  }
}

export function forbidsOverwrite(headers: Readonly<Record<string, string>>): boolean {
  return headers['x-oss-forbid-overwrite']?.trim().toLowerCase() === 'true'
}

export function alreadyExists(): Refusal {
  return new Refusal({ code: 'FileAlreadyExists' })
}

async function requireObject(exchange: Exchange, bucket: string, key: string): Promise<ObjectRecord> {
  await requireBucket(exchange, bucket)
  return (await exchange.storage.getObject(bucket, key)) ?? noSuchKey(key)
}

async function open(exchange: Exchange, bucket: string, key: string): Promise<OpenObject> {
  await requireBucket(exchange, bucket)
  return (await exchange.storage.openObject(bucket, key)) ?? noSuchKey(key)
}

function noSuchKey(key: string): never {
  throw new Refusal({ code: 'NoSuchKey', fields: { Key: key } })
}

function headOf(object: ObjectRecord): ObjectHead {
  const {
    'x-oss-storage-class': storageClass = 'Standard',
    'x-oss-object-acl': _,
    'x-oss-tagging': tagging,
    ...headers
  } = object.headers
  const tags = tagging === undefined ? 0 : parseTagging(tagging).length
  return {
    size: object.size,
    etag: object.etag,
    lastModified: object.modified,
    crc64: object.crc64,
    type: object.type,
    storageClass,
    headers: tags === 0 ? headers : { ...headers, 'x-oss-tagging-count': String(tags) },
    ...(object.md5 === undefined ? {} : { contentMd5: object.md5 }),
  }
}

/** Times on the wire are whole seconds, so the object's is cut to one before they are compared. */
function checkConditions(object: ObjectRecord, conditions: Conditions): void {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions
  const modified = Math.floor(object.modified / 1000) * 1000
  if (ifMatch !== undefined && !matches(ifMatch, object.etag)) throw preconditionFailed('If-Match')
  if (ifUnmodifiedSince !== undefined && modified > ifUnmodifiedSince) {
    throw preconditionFailed('If-Unmodified-Since')
  }
  const isSame = ifNoneMatch !== undefined && matches(ifNoneMatch, object.etag)
  const isOld = ifModifiedSince !== undefined && ifNoneMatch === undefined && modified <= ifModifiedSince
  if (isSame || isOld) {
    // What a cache needs to go on with its copy.
    const headers = { etag: quoteEtag(object.etag), 'last-modified': formatHttpDate(object.modified) }
    throw new Refusal({ code: 'NotModified' }, headers)
  }
}

function matches(wanted: string, etag: string): boolean {
  return wanted === '*' || wanted.toUpperCase() === etag
}

function preconditionFailed(condition: string): Refusal {
  return new Refusal({ code: 'PreconditionFailed', fields: { Condition: condition } })
}

/** The object stays open until its bytes have been read, or the reader has left. */
function withBody(head: Answer, opened: OpenObject, start: number, end: number): Answer {
  if (start === end) {
    opened.close()
    return head
  }
  const body: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]() {
      const bytes = opened.read(start, end)[Symbol.asyncIterator]()
      return {
        async next() {
          try {
            const result = await bytes.next()
            if (result.done) opened.close()
            return result
          } catch (error) {
            opened.close()
            throw error
          }
        },
        async return() {
          await bytes.return?.()
          opened.close()
          return { done: true, value: undefined }
        },
      }
    },
  }
  return { ...head, body }
}
