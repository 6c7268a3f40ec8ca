/** What a row of the workload plans over: who may be touched, what is known of it, and how bytes are sent and told. */
import type {
  ObjectRecord,
  PartRecord,
  Storage,
  StoredBytes,
  UploadRef,
} from '../../src/server/storage/storage.js'
import type { Luck } from '../simulation/world.js'
import type { Contents } from './contents.js'
import type { Registers, Touch } from './registers.js'

export const BUCKETS = ['one', 'two'] as const
export const KEYS = ['a', 'b', 'c/d'] as const
export const PART_NUMBERS = [1, 2, 3] as const

export const registerOf = {
  bucket: (name: string) => `bucket ${name}`,
  object: (bucket: string, key: string) => `object ${bucket}/${key}`,
  upload: ({ bucket, key, uploadId }: UploadRef) => `upload ${bucket}/${key}/${uploadId}`,
  part: ({ uploadId }: UploadRef, partNumber: number) => `part ${uploadId}/${partNumber}`,
}

export interface Scene {
  readonly luck: Luck
  readonly contents: Contents
  readonly registers: Registers
  /** Uploads that may be there. */
  readonly uploads: UploadRef[]
  /** A number never given before. */
  next(): number
}

export interface Attempt {
  readonly touches: readonly Touch[]
  run(storage: Storage): Promise<void>
}

export interface Row {
  readonly name: string
  readonly weight: number
  /** `undefined` when there is nothing to do it to. */
  plan(scene: Scene): Attempt | undefined
}

export function objectRecord(key: string, tag: string, contents: Contents): ObjectRecord {
  const size = contents.sizeOf(tag)
  return { key, size, etag: tag, crc64: '1', type: 'Normal', modified: 1, headers: {} }
}

export async function send(
  storage: Storage,
  bytes: Uint8Array,
  luck: Luck,
): Promise<ReturnType<Storage['receive']>> {
  const incoming = storage.receive()
  // Single bytes fill a writer's list: so a small content takes several writes, too.
  const chunk = bytes.length > 1100 && luck.chance(0.3) ? 1 : bytes.length
  for (let start = 0; start < bytes.length; start += chunk) {
    await incoming.write(bytes.slice(start, start + chunk))
  }
  if (luck.chance(0.5)) incoming.end()
  return incoming
}

export const aSize = (luck: Luck): number =>
  luck.chance(0.1) ? 0 : luck.chance(0.1) ? 1500 : 1 + luck.below(900)

/** It was answered well, and changed nothing. */
export class Nothing extends Error {}

/** Lends some stretch of an object's bytes, under a tag of its own. */
export async function withStretch(
  storage: Storage,
  { bucket, key }: { readonly bucket: string; readonly key: string },
  { contents, luck }: Scene,
  use: (bytes: StoredBytes, tag: string) => Promise<void>,
): Promise<void> {
  const opened = await storage.openObject(bucket, key)
  if (opened === undefined) throw new Nothing()
  try {
    const { etag, size } = opened.record
    const whole = luck.chance(0.5)
    const start = whole ? 0 : luck.below(size + 1)
    const end = whole ? size : start + luck.below(size - start + 1)
    await use(opened.bytes(start, end), contents.cut(etag, start, end))
  } finally {
    opened.close()
  }
}

/** What a register says of a part that was found: a number of its own stands in the place of its time. */
export function partRegistered({ modified }: PartRecord): string {
  return String(modified)
}

/** What a register says of an object that was found. */
export function registered({ etag, headers }: ObjectRecord): string {
  return headers['name'] ?? etag
}
