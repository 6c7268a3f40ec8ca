/**
 * An object service in memory: the reference that tests and simulation believe in. It does what OSS does and waits for
 * nothing, so every await of it resolves in the order in which the calls were made.
 */
import { Crc64, crc64, crc64ToDecimal } from '../checksum/crc64.js'
import { md5, toHex } from '../checksum/digest.js'
import { ServiceError } from '../engine/errors.js'
import type {
  CancelSignal,
  Headers,
  ListedPart,
  ListedUpload,
  ObjectInfo,
  ObjectReceipt,
  ObjectService,
  PartReceipt,
  ServiceLimits,
  Slice,
  UploadRef,
} from '../engine/ports.js'
import { multipartEtag } from '../protocol/etag.js'
import { countTags, differingHeaders } from './oss/differing-headers.js'
import { ossLimits } from './oss/limits.js'

export interface StoredObject {
  readonly bytes: Uint8Array
  readonly etag: string
  readonly crc64: string
  /** Milliseconds, in whole seconds as Last-Modified is. */
  readonly lastModified: number
  readonly headers: Headers
  /** The multipart upload it came from. */
  readonly uploadId?: string
}

interface StoredPart extends ListedPart {
  readonly bytes: Uint8Array
}

interface StoredUpload {
  readonly key: string
  readonly uploadId: string
  readonly initiated: number
  readonly headers: Headers
  readonly parts: Map<number, StoredPart>
}

export interface MemoryServiceOptions {
  /** Default `memory`. */
  readonly bucket?: string
  /** Default: those of OSS. */
  readonly limits?: ServiceLimits
  /** The service's clock, milliseconds since the epoch. */
  readonly clock: () => number
  /** Parts a page of ListParts has at most. Default 1000. */
  readonly pageSize?: number
}

/** What is inside, for tests to look at and to meddle with. */
export interface MemoryService {
  readonly service: ObjectService
  readonly objects: Map<string, StoredObject>
  readonly uploads: Map<string, StoredUpload>
  /** Every object ever stored, oldest first. */
  readonly history: { readonly key: string; readonly object: StoredObject }[]
  /** How often each part arrived whole, as `uploadId/partNumber`. */
  readonly received: Map<string, number>
  /** Stores what a body brought; `uploadPart` without the reading. */
  storePart(upload: UploadRef, partNumber: number, bytes: Uint8Array): PartReceipt
  storeObject(key: string, bytes: Uint8Array, headers: Headers): ObjectReceipt
  initiate(key: string, headers: Headers): StoredUpload
}

export function createMemoryService(options: MemoryServiceOptions): MemoryService {
  const { clock, bucket = 'memory', limits = ossLimits, pageSize = 1000 } = options
  const objects = new Map<string, StoredObject>()
  const uploads = new Map<string, StoredUpload>()
  const history: { key: string; object: StoredObject }[] = []
  const received = new Map<string, number>()
  let ids = 0

  const uploadOf = ({ key, uploadId }: UploadRef): StoredUpload => {
    const upload = uploads.get(uploadId)
    if (upload === undefined || upload.key !== key) {
      throw new ServiceError('upload-gone', 'The specified multipart upload does not exist.', {
        status: 404,
        serviceCode: 'NoSuchUpload',
      })
    }
    return upload
  }
  const put = (key: string, object: StoredObject): ObjectReceipt => {
    objects.set(key, object)
    history.push({ key, object })
    return { etag: object.etag, crc64: object.crc64, requestId: `M${history.length}` }
  }
  const assertMayOverwrite = (key: string, headers: Headers): void => {
    if (headers['x-oss-forbid-overwrite'] !== 'true' || !objects.has(key)) return
    throw new ServiceError(
      'object-exists',
      'The object you specified already exists and can not be overwritten.',
      {
        status: 409,
        serviceCode: 'FileAlreadyExists',
      },
    )
  }
  const wholeSeconds = (): number => Math.floor(clock() / 1000) * 1000

  const initiate = (key: string, headers: Headers): StoredUpload => {
    assertMayOverwrite(key, headers)
    ids += 1
    const uploadId = `UPLOAD${ids.toString().padStart(6, '0')}`
    const upload: StoredUpload = { key, uploadId, initiated: clock(), headers, parts: new Map() }
    uploads.set(uploadId, upload)
    return upload
  }
  const storePart = (ref: UploadRef, partNumber: number, bytes: Uint8Array): PartReceipt => {
    const upload = uploadOf(ref)
    const etag = toHex(md5(bytes)).toUpperCase()
    const crc = crc64ToDecimal(crc64(bytes))
    upload.parts.set(partNumber, { partNumber, size: bytes.length, etag, crc64: crc, bytes })
    const id = `${ref.uploadId}/${partNumber}`
    received.set(id, (received.get(id) ?? 0) + 1)
    return { partNumber, etag, crc64: crc }
  }
  const storeObject = (key: string, bytes: Uint8Array, headers: Headers): ObjectReceipt => {
    assertMayOverwrite(key, headers)
    const etag = toHex(md5(bytes)).toUpperCase()
    const crc = crc64ToDecimal(crc64(bytes))
    return put(key, { bytes, etag, crc64: crc, lastModified: wholeSeconds(), headers })
  }
  const complete = (ref: UploadRef, parts: readonly PartReceipt[], headers: Headers): ObjectReceipt => {
    const upload = uploadOf(ref)
    assertMayOverwrite(ref.key, { ...upload.headers, ...headers })
    const stored = parts.map((part, index) => {
      const held = upload.parts.get(part.partNumber)
      const after = index === 0 || part.partNumber > (parts[index - 1]?.partNumber ?? 0)
      if (held === undefined || held.etag !== part.etag || !after) {
        throw new ServiceError('invalid-part', `Part ${part.partNumber} is missing or has another ETag.`, {
          status: 400,
          serviceCode: 'InvalidPart',
        })
      }
      if (held.size < limits.minPartSize && index < parts.length - 1) {
        throw new ServiceError('refused', 'Your proposed upload is smaller than the minimum allowed size.', {
          status: 400,
          serviceCode: 'EntityTooSmall',
        })
      }
      return held
    })
    const bytes = concat(stored.map((part) => part.bytes))
    uploads.delete(ref.uploadId)
    return put(ref.key, {
      bytes,
      etag: multipartEtag(stored.map((part) => part.etag)),
      crc64: crc64ToDecimal(crc64(bytes)),
      lastModified: wholeSeconds(),
      headers: upload.headers,
      uploadId: ref.uploadId,
    })
  }

  const service: ObjectService = {
    name: 'memory',
    bucket,
    limits,
    integrity: 'crc64',
    headerKind: (name) => (name === 'x-oss-traffic-limit' ? 'request' : 'object'),
    forbidsOverwrite: (headers) => headers['x-oss-forbid-overwrite'] === 'true',
    differingHeaders,
    now: clock,
    async putObject(key, slice, { headers, signal, onSent }) {
      const { bytes, computed } = await readAll(slice, signal, onSent)
      return { receipt: storeObject(key, bytes, headers), computed }
    },
    async createMultipartUpload(key, { headers, signal }) {
      throwIfAborted(signal)
      const { uploadId, initiated } = initiate(key, headers)
      return { uploadId, initiated }
    },
    async uploadPart(upload, partNumber, slice, { signal, onSent }) {
      const { bytes, computed } = await readAll(slice, signal, onSent)
      return { receipt: storePart(upload, partNumber, bytes), computed }
    },
    async listParts(ref, marker, { signal }) {
      throwIfAborted(signal)
      const numbers = [...uploadOf(ref).parts.keys()]
        .sort((a, b) => a - b)
        .filter((number) => number > marker)
      const page = numbers.slice(0, pageSize)
      const held = uploadOf(ref).parts
      const parts = page.map((number) => held.get(number)).filter((part) => part !== undefined)
      const last = page.at(-1)
      const more = numbers.length > page.length && last !== undefined
      return {
        parts: parts.map(({ partNumber, size, etag, crc64: crc }) => ({
          partNumber,
          size,
          etag,
          ...(crc === undefined ? {} : { crc64: crc }),
        })),
        ...(more ? { nextMarker: last } : {}),
      }
    },
    async completeMultipartUpload(ref, parts, { headers, signal }) {
      throwIfAborted(signal)
      return complete(ref, parts, headers)
    },
    async abortMultipartUpload(ref, { signal }) {
      throwIfAborted(signal)
      uploadOf(ref)
      uploads.delete(ref.uploadId)
    },
    async headObject(key, { signal }): Promise<ObjectInfo> {
      throwIfAborted(signal)
      const object = objects.get(key)
      if (object === undefined) {
        throw new ServiceError('object-missing', 'The specified key does not exist.', { status: 404 })
      }
      const { bytes, etag, crc64: crc, lastModified } = object
      return { size: bytes.length, etag, crc64: crc, lastModified, headers: shownHeaders(object.headers) }
    },
    async listMultipartUploads(key, { signal }): Promise<ListedUpload[]> {
      throwIfAborted(signal)
      return [...uploads.values()]
        .filter((upload) => upload.key === key)
        .map(({ uploadId, initiated }) => ({ key, uploadId, initiated: Math.floor(initiated / 1000) * 1000 }))
    },
  }
  return { service, objects, uploads, history, received, storePart, storeObject, initiate }
}

/** As HEAD shows them: of the tags only the number. */
function shownHeaders({ 'x-oss-tagging': tagging, ...headers }: Headers): Headers {
  return {
    'content-type': 'application/octet-stream',
    ...headers,
    ...(tagging === undefined ? {} : { 'x-oss-tagging-count': String(countTags(tagging)) }),
  }
}

function throwIfAborted(signal: CancelSignal): void {
  if (signal.aborted) throw signal.reason
}

async function readAll(
  slice: Slice,
  signal: Parameters<Slice['pump']>[1],
  onSent: (bytes: number) => void,
): Promise<{ bytes: Uint8Array; computed: { size: number; crc64: string } }> {
  const blocks: Uint8Array[] = []
  const crc = new Crc64()
  let size = 0
  await slice.pump(async (block) => {
    blocks.push(block.slice())
    crc.update(block)
    size += block.length
    onSent(size)
  }, signal)
  return { bytes: concat(blocks), computed: { size, crc64: crc64ToDecimal(crc.value()) } }
}

export function concat(blocks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(blocks.reduce((sum, block) => sum + block.length, 0))
  let offset = 0
  for (const block of blocks) {
    bytes.set(block, offset)
    offset += block.length
  }
  return bytes
}
