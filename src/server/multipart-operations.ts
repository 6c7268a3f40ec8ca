/** The operations of a multipart upload. Sizes of parts are judged at Complete, not before: until then none is the last. */
import {
  abortMultipartUpload,
  completeMultipartUpload,
  initiateMultipartUpload,
  uploadPart,
} from '../protocol/operations/multipart.js'
import { listParts } from '../protocol/operations/multipart-lists.js'
import { assemble } from './assembly.js'
import { requireBucket } from './bucket-operations.js'
import { callBack, callbackOf } from './callbacks.js'
import { type Exchange, type Operate, Refusal } from './context.js'
import { encryptionIn, refuseEncryption } from './encryption.js'
import { randomHex } from './hex.js'
import { locationOf } from './location.js'
import { storedHeadersOf, withDefaultsOf } from './names.js'
import { forbidsOverwrite, translated } from './object-operations.js'
import { receiveBody, receiveDocument } from './receive.js'
import { checkNext, outOfOrder, settled } from './sequential.js'
import type { Assembly, PartRecord, UploadRecord, UploadRef } from './storage/storage.js'

/** What OSS has: bytes that every part but the last has at least. */
export const MIN_PART_SIZE = 102_400
/** What lists parts or aborts is told so of an upload that is gone; what stores parts is told otherwise. */
const GONE = '0042-00000002'
/** As UploadPart says it; Complete has a number of its own, which is not known. */
const NO_UPLOAD = '0042-00000104'

export const multipartOperations = {
  InitiateMultipartUpload: async (exchange) => {
    const { storage, clock, random } = exchange
    const input = initiateMultipartUpload.decodeRequest(exchange.request)
    const asked = storedHeadersOf(input.headers)
    const headers = withDefaultsOf(await requireBucket(exchange, input.bucket), asked)
    if (forbidsOverwrite(input.headers) && (await storage.getObject(input.bucket, input.key)) !== undefined) {
      throw new Refusal({ code: 'FileAlreadyExists' })
    }
    const uploadId = randomHex(random, 32)
    const sequential = input.sequential ? { sequential: true as const } : {}
    const upload = { key: input.key, uploadId, initiated: clock.now(), headers, ...sequential }
    await storage.createUpload(input.bucket, upload)
    return initiateMultipartUpload.encodeAnswer({ uploadId, ...encryptionIn(headers) }, input)
  },

  UploadPart: async (exchange) => {
    const { storage, clock } = exchange
    const input = uploadPart.decodeRequest(exchange.request)
    refuseEncryption(exchange.request.headers, 'UploadPart')
    const upload = await requireUpload(exchange, input, NO_UPLOAD)
    await checkNext(exchange, upload, input)
    const received = await receiveBody(exchange)
    const { etag, crc64, contentMd5, size } = received
    const part: PartRecord = { partNumber: input.partNumber, size, etag, crc64, modified: clock.now() }
    await storage
      .putPart(input, part, received.incoming)
      .catch(translated('no-such-upload', () => noSuchUpload(input, NO_UPLOAD)))
      .catch(outOfOrder(input.partNumber))
    return uploadPart.encodeAnswer({ etag, crc64, contentMd5, ...encryptionIn(upload.headers) }, input)
  },

  ListParts: async (exchange) => {
    const input = listParts.decodeRequest(exchange.request)
    const upload = await requireUpload(exchange, input, GONE)
    const page = await exchange.storage
      .listParts(input, { after: input.partNumberMarker, limit: input.maxParts })
      .catch(translated('no-such-upload', () => noSuchUpload(input, GONE)))
    return listParts.encodeAnswer(
      {
        parts: page.entries.map(({ modified, ...part }) => ({ ...part, lastModified: modified })),
        nextPartNumberMarker: page.entries.at(-1)?.partNumber ?? 0,
        isTruncated: page.truncated,
        storageClass: upload.headers['x-oss-storage-class'] ?? 'Standard',
      },
      input,
    )
  },

  CompleteMultipartUpload: async (exchange) => {
    const { storage, clock, request, minPartSize } = exchange
    const body = await receiveDocument(exchange)
    const input = completeMultipartUpload.decodeRequest({ ...request, body })
    const ifAbsent = forbidsOverwrite(input.headers)
    refuseEncryption(input.headers, 'CompleteMultipartUpload')
    const acl = input.headers['x-oss-object-acl']
    const wanted = callbackOf(exchange, input.headers)
    const begun = await requireUpload(exchange, input)
    const { completion, md5 } = await settled(exchange, begun, input).catch(
      translated('no-such-upload', () => noSuchUpload(input)),
    )
    const assembleNow = (upload: UploadRecord, parts: readonly PartRecord[]): Assembly =>
      assemble({ upload, parts, completion, acl, md5, minPartSize, now: clock.now() })
    const object = await storage
      .completeUpload(input, assembleNow, { ifAbsent })
      .catch(translated('no-such-upload', () => noSuchUpload(input)))
      .catch(translated('object-exists', alreadyExists))
    const { etag, crc64, size } = object
    const location = locationOf(exchange.host, input)
    const told = await callBack(exchange, wanted, {
      operation: 'CompleteMultipartUpload',
      ...{ bucket: input.bucket, key: input.key, etag, crc64, size },
      contentType: object.headers['content-type'],
    })
    const encryption = encryptionIn(object.headers)
    return completeMultipartUpload.encodeAnswer({ etag, crc64, location, ...encryption, ...told }, input)
  },

  AbortMultipartUpload: async (exchange) => {
    const input = abortMultipartUpload.decodeRequest(exchange.request)
    await requireBucket(exchange, input.bucket)
    await exchange.storage
      .abortUpload(input)
      .catch(translated('no-such-upload', () => noSuchUpload(input, GONE)))
    return abortMultipartUpload.encodeAnswer({}, input)
  },
} satisfies Record<string, Operate>

/** `ec` is the operation's own, where it has one. */
export async function requireUpload(exchange: Exchange, ref: UploadRef, ec?: string): Promise<UploadRecord> {
  await requireBucket(exchange, ref.bucket)
  const upload = await exchange.storage.getUpload(ref)
  if (upload === undefined) throw noSuchUpload(ref, ec)
  return upload
}

export function noSuchUpload(ref: UploadRef, ec?: string): Refusal {
  return new Refusal({
    code: 'NoSuchUpload',
    fields: { UploadId: ref.uploadId },
    ...(ec === undefined ? {} : { ec }),
  })
}

function alreadyExists(): Refusal {
  return new Refusal({ code: 'FileAlreadyExists', ec: '0042-00000214' })
}
