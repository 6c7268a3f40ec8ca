/** The operations on single objects. */
import { formatHttpDate } from '../protocol/dates.js'
import { toWire } from '../protocol/encode.js'
import { getObject, getObjectMeta, headObject, type ObjectHead } from '../protocol/operations/object-reads.js'
import { deleteObject, putObject } from '../protocol/operations/objects.js'
import { resolveRange } from '../protocol/range.js'
import { requireBucket } from './bucket-operations.js'
import { callBack, callbackOf } from './callbacks.js'
import { compressed } from './compression.js'
import { checkConditions } from './conditions.js'
import { type Answer, type Exchange, type Operate, Refusal } from './context.js'
import { encryptionIn } from './encryption.js'
import { headOf, type ObjectAsked, openContent, requireContent } from './found-objects.js'
import { restoreInfo } from './frozen.js'
import { objectExpiry } from './lifecycle.js'
import { invalidArgument, storedHeadersOf, withDefaultsOf } from './names.js'
import { receiveBody } from './receive.js'
import { type ObjectRecord, type OpenObject, StorageError } from './storage/storage.js'

export const objectOperations = {
  PutObject: async (exchange) => {
    const { storage, clock } = exchange
    const input = putObject.decodeRequest(exchange.request)
    const asked = storedHeadersOf(input.headers)
    const ifAbsent = forbidsOverwrite(input.headers)
    const wanted = callbackOf(exchange, input.headers)
    const headers = withDefaultsOf(await requireBucket(exchange, input.bucket), asked)
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
      .catch(translated('object-exists', alreadyExists))
    const operation = 'PutObject'
    const contentType = headers['content-type']
    const told = await callBack(exchange, wanted, { operation, ...input, ...received, contentType })
    return putObject.encodeAnswer({ etag, crc64, contentMd5, ...encryptionIn(headers), ...told }, input)
  },

  GetObject: async (exchange) => {
    const input = getObject.decodeRequest(exchange.request)
    const opened = await openContent(exchange, input)
    try {
      checkConditions(opened.record, input)
      const { size } = opened.record
      const range = resolveRange(input.range, { size, standard: input.standardRange })
      if (range.kind === 'unsatisfiable') {
        throw new Refusal({ code: 'InvalidRange', fields: { ActualObjectSize: String(size) } })
      }
      const part = range.kind === 'part' ? { start: range.start, end: range.end } : undefined
      const head = {
        ...(await headFor(exchange, input, opened.record)),
        ...(part === undefined ? {} : { part }),
      }
      const { start, end } = part ?? { start: 0, end: size }
      const whole = withBody(getObject.encodeAnswer(head, input), opened, start, end)
      return compressed(whole, exchange.request.headers)
    } catch (error) {
      opened.close()
      throw error
    }
  },

  HeadObject: async (exchange) => {
    const input = headObject.decodeRequest(exchange.request)
    const object = await requireContent(exchange, input)
    checkConditions(object, input)
    return headObject.encodeAnswer(await headFor(exchange, input, object), input)
  },

  GetObjectMeta: async (exchange) => {
    const input = getObjectMeta.decodeRequest(exchange.request)
    const { size, etag, modified, crc64 } = await requireContent(exchange, input)
    return getObjectMeta.encodeAnswer({ size, etag, lastModified: modified, crc64 }, input)
  },

  DeleteObject: async (exchange) => {
    const input = deleteObject.decodeRequest(exchange.request)
    await deleteVersion(exchange, input)
    return deleteObject.encodeAnswer({}, input)
  },
} satisfies Record<string, Operate>

/** Without versioning there is one version, `null`, and deleting another is done when it begins. */
export async function deleteVersion(
  exchange: Exchange,
  { bucket, key, versionId = 'null' }: ObjectAsked,
): Promise<void> {
  if (versionId === 'null') await exchange.storage.deleteObject(bucket, key)
  else await requireBucket(exchange, bucket)
}

/** With how long it can be read, and the day on which it will go, if there are such. */
async function headFor(
  { storage, clock }: Exchange,
  { bucket }: ObjectAsked,
  object: ObjectRecord,
): Promise<ObjectHead> {
  const told = headOf(object)
  const restore = restoreInfo(object, clock.now())
  const head =
    restore === undefined ? told : { ...told, headers: { ...told.headers, 'x-oss-restore': restore } }
  const record = await storage.getBucket(bucket)
  const expiry = record?.lifecycle === undefined ? undefined : objectExpiry(record, object)
  if (expiry === undefined) return head
  const said = `expiry-date="${formatHttpDate(expiry.at)}", rule-id="${toWire(expiry.ruleId)}"`
  return { ...head, headers: { ...head.headers, 'x-oss-expiration': said } }
}

/**
 * Gives one storage error the words of the operation; any other stays as it is. The refusal is made only when it is needed,
 * since an error's stack takes longer to write down than a record to find.
 */
export function translated(code: StorageError['code'], refusal: () => Refusal): (error: unknown) => never {
  return (error) => {
    throw error instanceof StorageError && error.code === code ? refusal() : error
  }
}

export function forbidsOverwrite(headers: Readonly<Record<string, string>>): boolean {
  const said = headers['x-oss-forbid-overwrite']
  const wanted = said?.trim().toLowerCase() ?? 'false'
  if (wanted === 'true' || wanted === 'false') return wanted === 'true'
  const message = 'x-oss-forbid-overwrite must be true or false.'
  throw invalidArgument('x-oss-forbid-overwrite', said ?? '', message, '0017-00000279')
}

export function alreadyExists(): Refusal {
  return new Refusal({ code: 'FileAlreadyExists', ec: '0026-00000002' })
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
