/**
 * The smallest real world for the documented call: an OSS server in this process behind a real socket, a folder for
 * files, a folder for checkpoints. Everything is gone when the test ends.
 */
import assert from 'node:assert/strict'
import { createCipheriv } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  Bucket,
  type BucketOptions,
  readObject,
  resumableUpload,
  UploadError,
  type UploadErrorCode,
  type UploadEvent,
  type UploadOptions,
  type UploadResult,
  useBucket,
} from '../../src/index.js'
import {
  type Clock,
  createServer,
  type RequestLogEntry,
  type Server,
  type ServerOptions,
} from '../../src/server/index.js'

export const KiB = 1024
export const MiB = 1024 * 1024
/** The smallest part that OSS allows: tests get many parts out of few bytes. */
export const PART = 100 * KiB

export interface World {
  readonly server: Server
  readonly bucket: Bucket
  /** For the test's files. */
  readonly folder: string
  /** For checkpoints; made by whoever needs it first. */
  readonly store: string
  bucketWith(options: Partial<BucketOptions>): Bucket
  /** Writes a file and gives its path. */
  file(bytes: Uint8Array, name?: string): Promise<string>
  /** Uploads with this world's store, in parts of `PART`, and notes the events. */
  upload(key: string, filename: string, options?: UploadOptions & { bucket?: Bucket | string }): Uploading
  /** The object's bytes, proved by the library's own download. */
  objectBytes(key: string): Promise<Buffer>
  /** Makes the service refuse a part, which ends an upload that sends one part at a time right there. */
  stopAtPart(partNumber: number): void
  /** What was asked of the service, of one operation. */
  asked(operation: string): readonly RequestLogEntry[]
  /** Ids of multipart uploads that are unfinished at the service. */
  unfinished(): Promise<readonly string[]>
  /** Names of what is in the checkpoint folder. */
  stored(): readonly string[]
}

export type Uploading = Promise<UploadResult> & { readonly events: readonly UploadEvent[] }

/** Undoes things when it is over, in a test or elsewhere. A test's context is one. */
export interface Scope {
  after(undo: () => unknown): void
}

export async function createWorld(t: Scope, options: ServerOptions = {}): Promise<World> {
  const server = await createServer({ buckets: ['examplebucket'], ...options })
  t.after(() => server.close())
  const folder = await temporaryFolder(t)
  const store = join(folder, 'store')
  const bucketWith = (given: Partial<BucketOptions>): Bucket =>
    new Bucket({
      endpoint: server.endpoint,
      name: 'examplebucket',
      credentials: { accessKeyId: server.accessKeyId, accessKeySecret: server.accessKeySecret },
      ...given,
    })
  const bucket = bucketWith({})
  const signal = new AbortController().signal
  return {
    server,
    bucket,
    folder,
    store,
    bucketWith,
    async file(bytes, name = 'local.dat') {
      const path = join(folder, name)
      await writeFile(path, bytes)
      return path
    },
    upload(key, filename, { bucket: given = bucket, ...options } = {}) {
      const events: UploadEvent[] = []
      const onEvent = (event: UploadEvent): void => {
        events.push(event)
        options.onEvent?.(event)
      }
      const all = { store, multipartThreshold: 0, partSize: PART, ...options, onEvent }
      return Object.assign(resumableUpload(given, key, filename, all), { events })
    },
    objectBytes: (key) => bytesOf(bucket, key),
    stopAtPart: (partNumber) =>
      server.faults.add({
        operation: 'UploadPart',
        partNumber,
        effect: 'error',
        code: 'AccessDenied',
        status: 403,
      }),
    asked: (operation) => server.requests.entries().filter((entry) => entry.operation === operation),
    unfinished: () =>
      useBucket(bucket, async (client) => {
        const { uploads } = await client.listMultipartUploads({ signal })
        return uploads.map(({ uploadId }) => uploadId)
      }),
    stored: () => (existsSync(store) ? readdirSync(store) : []),
  }
}

export async function bytesOf(bucket: Bucket, key: string): Promise<Buffer> {
  const chunks: Buffer[] = []
  await readObject(bucket, key, {
    async write(bytes) {
      chunks.push(Buffer.from(bytes))
    },
  })
  return Buffer.concat(chunks)
}

export async function temporaryFolder(t: Scope): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-library-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/**
 * A clock for the server on which a delay lasts until it is released: so a test acts while a request is delayed, and
 * depends on no time.
 */
export function heldClock(): { clock: Clock; reached: Promise<void>; release: () => void } {
  let reach = (): void => {}
  let release = (): void => {}
  const reached = new Promise<void>((resolve) => {
    reach = resolve
  })
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const sleep = (): Promise<void> => {
    reach()
    return released
  }
  return { clock: { now: () => Date.now(), sleep }, reached, release: () => release() }
}

/** Bytes without pattern; the same for the same seed. */
export function bytesFrom(seed: number, size: number): Buffer {
  const key = Buffer.alloc(16)
  key.writeUInt32BE(seed)
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size))
}

/** Waits for the failure, which has to have this code and a message that tells what to do. */
export async function failure(
  work: Promise<unknown>,
  code: UploadErrorCode,
  message?: RegExp,
): Promise<UploadError> {
  const error = await work.then(
    () => assert.fail(`it succeeded, and should have failed with ${code}`),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof UploadError, String(error))
  assert.equal(error.code, code, error.message)
  if (message !== undefined) assert.match(error.message, message)
  assert.doesNotMatch(error.message, /\n/)
  return error
}

/** The part numbers of these requests, in the order of their answers. */
export function partNumbers(entries: readonly RequestLogEntry[]): readonly number[] {
  return entries.map(({ partNumber = 0 }) => partNumber)
}

/** How often each kind of event came. */
export function countOf(uploading: Uploading, type: UploadEvent['type']): number {
  return uploading.events.filter((event) => event.type === type).length
}
