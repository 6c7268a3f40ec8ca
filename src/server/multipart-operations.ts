/** The operations of a multipart upload. Sizes of parts are judged at Complete, not before: until then none is the last. */
import { combineCrc64Decimal } from '../checksum/combine.js'
import { multipartEtag } from '../protocol/etag.js'
import {
  abortMultipartUpload,
  type Completion,
  completeMultipartUpload,
  initiateMultipartUpload,
  uploadPart,
} from '../protocol/operations/multipart.js'
import { listParts } from '../protocol/operations/multipart-lists.js'
import { requireBucket } from './bucket-operations.js'
import { type Exchange, type Operate, Refusal } from './context.js'
import { randomHex } from './hex.js'
import { locationOf } from './location.js'
import { storedHeadersOf } from './names.js'
import { forbidsOverwrite, translated } from './object-operations.js'
import { receiveBody, receiveDocument } from './receive.js'
import type { Assembly, PartRecord, UploadRecord, UploadRef } from './storage/storage.js'

/** What OSS has: bytes that every part but the last has at least. */
export const MIN_PART_SIZE = 102_400

export const multipartOperations = {
  InitiateMultipartUpload: async (exchange) => {
    const { storage, clock, random } = exchange
    const input = initiateMultipartUpload.decodeRequest(exchange.request)
    const headers = storedHeadersOf(input.headers)
    await requireBucket(exchange, input.bucket)
    if (forbidsOverwrite(input.headers) && (await storage.getObject(input.bucket, input.key)) !== undefined) {
      throw alreadyExists()
    }
    const uploadId = randomHex(random, 32)
    await storage.createUpload(input.bucket, { key: input.key, uploadId, initiated: clock.now(), headers })
    return initiateMultipartUpload.encodeAnswer({ uploadId }, input)
  },

  UploadPart: async (exchange) => {
    const { storage, clock } = exchange
    const input = uploadPart.decodeRequest(exchange.request)
    await requireUpload(exchange, input)
    const received = await receiveBody(exchange)
    const { etag, crc64, contentMd5, size } = received
    const part: PartRecord = { partNumber: input.partNumber, size, etag, crc64, modified: clock.now() }
    await storage
      .putPart(input, part, received.incoming)
      .catch(translated('no-such-upload', noSuchUpload(input)))
    return uploadPart.encodeAnswer({ etag, crc64, contentMd5 }, input)
  },

  ListParts: async (exchange) => {
    const input = listParts.decodeRequest(exchange.request)
    const upload = await requireUpload(exchange, input)
    const page = await exchange.storage
      .listParts(input, { after: input.partNumberMarker, limit: input.maxParts })
      .catch(translated('no-such-upload', noSuchUpload(input)))
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
    const acl = input.headers['x-oss-object-acl']
    await requireUpload(exchange, input)
    const assembleNow = (upload: UploadRecord, parts: readonly PartRecord[]): Assembly =>
      assemble({ upload, parts, completion: input.completion, acl, minPartSize, now: clock.now() })
    const object = await storage
      .completeUpload(input, assembleNow, { ifAbsent })
      .catch(translated('no-such-upload', noSuchUpload(input)))
      .catch(translated('object-exists', alreadyExists()))
    const { etag, crc64 } = object
    return completeMultipartUpload.encodeAnswer(
      { etag, crc64, location: locationOf(exchange.host, input) },
      input,
    )
  },

  AbortMultipartUpload: async (exchange) => {
    const input = abortMultipartUpload.decodeRequest(exchange.request)
    await requireBucket(exchange, input.bucket)
    await exchange.storage
      .abortUpload(input)
      .catch(translated('no-such-upload', noSuchUpload(input, '0042-00000002')))
    return abortMultipartUpload.encodeAnswer({}, input)
  },
} satisfies Record<string, Operate>

interface AssemblyRequest {
  readonly upload: UploadRecord
  /** All there are, ascending. */
  readonly parts: readonly PartRecord[]
  readonly completion: Completion
  /** Takes the place of the one given at Initiate. */
  readonly acl: string | undefined
  readonly minPartSize: number
  readonly now: number
}

/**
 * The object that these parts make.
 *
 * @throws Refusal `InvalidPartOrder`, `InvalidPart`, `EntityTooSmall`
 */
function assemble({ upload, parts, completion, acl, minPartSize, now }: AssemblyRequest): Assembly {
  const chosen = completion.kind === 'all' ? parts : choose(completion.parts, parts)
  if (chosen.length === 0) throw new Refusal({ code: 'InvalidPart' })
  const small = chosen.slice(0, -1).find((part) => part.size < minPartSize)
  if (small !== undefined) {
    throw new Refusal({
      code: 'EntityTooSmall',
      fields: {
        ProposedSize: String(small.size),
        MinSizeAllowed: String(minPartSize),
        PartNumber: String(small.partNumber),
        ETag: small.etag,
      },
    })
  }
  return {
    partNumbers: chosen.map((part) => part.partNumber),
    object: {
      size: chosen.reduce((total, part) => total + part.size, 0),
      etag: multipartEtag(chosen.map((part) => part.etag)),
      crc64: chosen.reduce((whole, part) => combineCrc64Decimal(whole, part.crc64, part.size), '0'),
      type: 'Multipart',
      modified: now,
      headers:
        acl === undefined ? upload.headers : storedHeadersOf({ ...upload.headers, 'x-oss-object-acl': acl }),
    },
  }
}

function choose(
  asked: readonly { readonly partNumber: number; readonly etag: string }[],
  parts: readonly PartRecord[],
): readonly PartRecord[] {
  const byNumber = new Map(parts.map((part) => [part.partNumber, part]))
  let previous = 0
  return asked.map(({ partNumber, etag }) => {
    if (partNumber <= previous) throw new Refusal({ code: 'InvalidPartOrder' })
    previous = partNumber
    const part = byNumber.get(partNumber)
    if (part === undefined || part.etag !== etag.toUpperCase()) {
      throw new Refusal({ code: 'InvalidPart', fields: { PartNumber: String(partNumber), ETag: etag } })
    }
    return part
  })
}

async function requireUpload(exchange: Exchange, ref: UploadRef): Promise<UploadRecord> {
  await requireBucket(exchange, ref.bucket)
  const upload = await exchange.storage.getUpload(ref)
  if (upload === undefined) throw noSuchUpload(ref)
  return upload
}

function noSuchUpload(ref: UploadRef, ec?: string): Refusal {
  return new Refusal({
    code: 'NoSuchUpload',
    fields: { UploadId: ref.uploadId },
    ...(ec === undefined ? {} : { ec }),
  })
}

function alreadyExists(): Refusal {
  return new Refusal({ code: 'FileAlreadyExists', ec: '0042-00000214' })
}
