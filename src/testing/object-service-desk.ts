/** What the object service suites work with: keys of their own, slices of bytes, and a list of what is to be cleared away. */
import assert from 'node:assert/strict'
import { crc64, crc64ToDecimal } from '../checksum/crc64.js'
import { type FailureMeaning, ServiceError } from '../engine/errors.js'
import type {
  Headers,
  ListedPart,
  ObjectService,
  PartReceipt,
  RequestOptions,
  SendOptions,
  Slice,
  UploadRef,
} from '../engine/ports.js'

/** One bucket to try things in. All keys of the suite begin with `prefix`; it clears away what it stored. */
export interface ServiceWorld {
  readonly service: ObjectService
  /** Ends in a slash, so that no key of the suite can begin with one. */
  readonly prefix: string
  /** Deletes an object; does nothing where there is none. */
  removeObject(key: string): Promise<void>
  /** Headers that ask for an existing object to stay as it is; absent where the service has no such wish. */
  readonly forbidOverwrite?: Headers
  close(): Promise<void>
}

export interface Desk extends ServiceWorld {
  /** A key of this suite's own; cleared away at the end. */
  key(name: string): string
  /** A new upload; aborted at the end if it is still there. */
  begin(key: string, headers?: Headers): Promise<UploadRef>
  put(key: string, bytes: Uint8Array, more?: Partial<SendOptions>): ReturnType<ObjectService['putObject']>
  send(upload: UploadRef, partNumber: number, bytes: Uint8Array): Promise<PartReceipt>
  complete(
    upload: UploadRef,
    parts: readonly PartReceipt[],
  ): ReturnType<ObjectService['completeMultipartUpload']>
  /** All pages. */
  list(upload: UploadRef): Promise<readonly ListedPart[]>
  head(key: string): ReturnType<ObjectService['headObject']>
  abort(upload: UploadRef): Promise<void>
  /** The least that a part before the last may have. */
  part(seed: number): Uint8Array
}

/** Registers one check of the contract. */
export type Check = (title: string, body: (desk: Desk) => Promise<void>) => void

/** As many pages of parts as no suite fills. */
const maxPages = 20

export function never(): AbortSignal {
  return new AbortController().signal
}

export function asking(more: Partial<RequestOptions> = {}): RequestOptions {
  return { headers: {}, signal: never(), ...more }
}

export function sending(more: Partial<SendOptions> = {}): SendOptions {
  return { ...asking(), onSent: () => {}, patience: 1, ...more }
}

export async function openDesk(world: ServiceWorld): Promise<Desk> {
  const { service } = world
  const keys = new Set<string>()
  const uploads: UploadRef[] = []
  const abort = (upload: UploadRef): Promise<void> => service.abortMultipartUpload(upload, asking())
  return {
    ...world,
    key(name) {
      const key = world.prefix + name
      keys.add(key)
      return key
    },
    async begin(key, headers = {}) {
      const { uploadId } = await service.createMultipartUpload(key, asking({ headers }))
      uploads.push({ key, uploadId })
      return { key, uploadId }
    },
    put: (key, bytes, more) => service.putObject(key, sliceOf(bytes), sending(more)),
    async send(upload, partNumber, bytes) {
      const { receipt, computed } = await service.uploadPart(upload, partNumber, sliceOf(bytes), sending())
      assert.equal(computed.size, bytes.length)
      assert.equal(computed.crc64, crcOf(bytes))
      assert.equal(receipt.partNumber, partNumber)
      return receipt
    },
    complete: (upload, parts) => service.completeMultipartUpload(upload, parts, asking()),
    async list(upload) {
      const all: ListedPart[] = []
      let marker: number | undefined = 0
      for (let pages = 0; marker !== undefined; pages++) {
        assert.ok(pages < maxPages, 'the pages of ListParts never end')
        const page: Awaited<ReturnType<ObjectService['listParts']>> = await service.listParts(
          upload,
          marker,
          asking(),
        )
        all.push(...page.parts)
        marker = page.nextMarker
      }
      return all
    },
    head: (key) => service.headObject(key, asking()),
    abort,
    part: (seed) => bytesOf(service.limits.minPartSize, seed),
    async close() {
      try {
        for (const upload of uploads) await ifThere(() => abort(upload))
        for (const key of keys) await world.removeObject(key)
      } finally {
        await world.close()
      }
    },
  }
}

async function ifThere(act: () => Promise<void>): Promise<void> {
  try {
    await act()
  } catch (error) {
    if (!(error instanceof ServiceError) || error.meaning !== 'upload-gone') throw error
  }
}

const blockSize = 64 * 1024

/** Bytes as a slice that can be read any number of times. */
export function sliceOf(bytes: Uint8Array): Slice {
  return {
    start: 0,
    size: bytes.length,
    async pump(sink, signal) {
      for (let at = 0; at < bytes.length; at += blockSize) {
        if (signal?.aborted) throw signal.reason
        await sink(bytes.subarray(at, at + blockSize))
      }
      if (signal?.aborted) throw signal.reason
    },
  }
}

/** Bytes that no other seed gives. */
export function bytesOf(size: number, seed: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, index) => (index * 31 + seed * 97 + (index >> 8)) & 255)
}

export function joined(...pieces: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(pieces.flatMap((piece) => [...piece]))
}

export function crcOf(bytes: Uint8Array): string {
  return crc64ToDecimal(crc64(bytes))
}

/** The failure of a call: it has to be a ServiceError, and of this meaning. */
export async function refused(meaning: FailureMeaning, call: Promise<unknown>): Promise<ServiceError> {
  const error = await call.then(
    () => assert.fail('it was allowed'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof ServiceError, `not a ServiceError: ${String(error)}`)
  assert.equal(error.meaning, meaning, error.message)
  assert.ok(!error.message.includes('\n'), 'a message is one line')
  return error
}
