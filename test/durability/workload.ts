/**
 * What clients do to a storage, one row per operation. A row that changes something says which registers it writes, and
 * with what; that is all there is to do for a new operation to be played through every crash.
 */
import type {
  BucketRecord,
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
  return incoming
}

const aSize = (luck: Luck): number => (luck.chance(0.1) ? 0 : luck.chance(0.1) ? 1500 : 1 + luck.below(900))

function bucketRecord(name: string, next: number): BucketRecord {
  return { name, created: next, acl: 'private', storageClass: `v${next}` }
}

export const createBucket: Row = {
  name: 'create bucket',
  weight: 1,
  plan({ luck, next }) {
    const name = luck.pick(BUCKETS)
    const bucket = bucketRecord(name, next())
    // One that is there stays: then the answer says so, and nothing was written.
    return {
      touches: [{ register: registerOf.bucket(name), value: bucket.storageClass }],
      async run(storage) {
        const now = await storage.putBucket(bucket)
        if (now.storageClass !== bucket.storageClass) throw new Nothing()
      },
    }
  },
}

export const ROWS: readonly Row[] = [
  createBucket,
  {
    name: 'change bucket settings',
    weight: 1,
    plan({ luck, next }) {
      const name = luck.pick(BUCKETS)
      const storageClass = `v${next()}`
      return {
        touches: [{ register: registerOf.bucket(name), value: storageClass }],
        async run(storage) {
          await storage.updateBucket(name, (bucket) => ({ ...bucket, storageClass }))
        },
      }
    },
  },
  {
    name: 'delete bucket',
    weight: 1,
    plan({ luck }) {
      const name = luck.pick(BUCKETS)
      return {
        touches: [{ register: registerOf.bucket(name), value: undefined }],
        run: (storage) => storage.deleteBucket(name),
      }
    },
  },
  {
    name: 'put object',
    weight: 6,
    plan({ luck, contents }) {
      const bucket = luck.pick(BUCKETS)
      const key = luck.pick(KEYS)
      const tag = contents.make(aSize(luck))
      const ifAbsent = luck.chance(0.2)
      return {
        touches: [{ register: registerOf.object(bucket, key), value: tag }],
        async run(storage) {
          const incoming = await send(storage, contents.bytesOf(tag), luck)
          await storage.putObject(bucket, objectRecord(key, tag, contents), incoming, { ifAbsent })
        },
      }
    },
  },
  {
    name: 'send an object and give up',
    weight: 1,
    plan({ luck, contents }) {
      const bytes = contents.bytesOf(contents.make(aSize(luck)))
      return {
        touches: [],
        async run(storage) {
          await (await send(storage, bytes, luck)).discard()
        },
      }
    },
  },
  {
    name: 'copy object',
    weight: 4,
    plan(scene) {
      const from = { bucket: scene.luck.pick(BUCKETS), key: scene.luck.pick(KEYS) }
      const to = { bucket: scene.luck.pick(BUCKETS), key: scene.luck.pick(KEYS) }
      const name = `copy ${scene.next()}`
      return {
        touches: [{ register: registerOf.object(to.bucket, to.key), value: name }],
        run: (storage) =>
          withStretch(storage, from, scene, async (bytes, tag) => {
            const object = { ...objectRecord(to.key, tag, scene.contents), headers: { name } }
            await storage.putObject(to.bucket, object, bytes, { ifAbsent: scene.luck.chance(0.2) })
          }),
      }
    },
  },
  {
    name: 'delete object',
    weight: 2,
    plan({ luck }) {
      const bucket = luck.pick(BUCKETS)
      const key = luck.pick(KEYS)
      return {
        touches: [{ register: registerOf.object(bucket, key), value: undefined }],
        run: (storage) => storage.deleteObject(bucket, key),
      }
    },
  },
  {
    name: 'initiate upload',
    weight: 2,
    plan({ luck, next, uploads }) {
      const ref = { bucket: luck.pick(BUCKETS), key: luck.pick(KEYS), uploadId: `U${next()}` }
      return {
        touches: [{ register: registerOf.upload(ref), value: 'there' }],
        async run(storage) {
          const { key, uploadId } = ref
          uploads.push(ref)
          await storage.createUpload(ref.bucket, { key, uploadId, initiated: 1, headers: {} })
        },
      }
    },
  },
  {
    name: 'upload part',
    weight: 6,
    plan({ luck, contents, uploads, next }) {
      if (uploads.length === 0) return undefined
      const ref = luck.pick(uploads)
      const partNumber = luck.pick(PART_NUMBERS)
      const tag = contents.make(aSize(luck))
      const part: PartRecord = {
        partNumber,
        size: contents.sizeOf(tag),
        etag: tag,
        crc64: '1',
        modified: next(),
      }
      return {
        touches: [{ register: registerOf.part(ref, partNumber), value: String(part.modified) }],
        async run(storage) {
          await storage.putPart(ref, part, await send(storage, contents.bytesOf(tag), luck))
        },
      }
    },
  },
  {
    name: 'upload part by copy',
    weight: 4,
    plan(scene) {
      const { luck, uploads } = scene
      if (uploads.length === 0) return undefined
      const ref = luck.pick(uploads)
      const partNumber = luck.pick(PART_NUMBERS)
      const from = { bucket: luck.pick(BUCKETS), key: luck.pick(KEYS) }
      const number = scene.next()
      return {
        touches: [{ register: registerOf.part(ref, partNumber), value: String(number) }],
        run: (storage) =>
          withStretch(storage, from, scene, async (bytes, etag) => {
            const part = { partNumber, size: bytes.size, etag, crc64: '1', modified: number }
            await storage.putPart(ref, part, bytes)
          }),
      }
    },
  },
  {
    name: 'complete upload',
    weight: 2,
    plan(scene) {
      if (scene.uploads.length === 0) return undefined
      const ref = scene.luck.pick(scene.uploads)
      const all = scene.luck.chance(0.7)
      const ifAbsent = scene.luck.chance(0.2)
      // Which bytes it makes is known only once the storage shows the parts; the tag stands for them from then on.
      const name = `whole ${ref.uploadId}`
      return {
        touches: [
          { register: registerOf.object(ref.bucket, ref.key), value: name },
          { register: registerOf.upload(ref), value: undefined },
        ],
        run: (storage) => complete(storage, ref, { scene, all, ifAbsent }),
      }
    },
  },
  {
    name: 'abort upload',
    weight: 1,
    plan({ luck, uploads }) {
      if (uploads.length === 0) return undefined
      const ref = luck.pick(uploads)
      return {
        touches: [{ register: registerOf.upload(ref), value: undefined }],
        run: (storage) => storage.abortUpload(ref),
      }
    },
  },
]

/** It was answered well, and changed nothing. */
export class Nothing extends Error {}

/** Every part that was acknowledged has to be among those that the storage shows. */
export async function complete(
  storage: Storage,
  ref: UploadRef,
  { scene, all, ifAbsent }: { readonly scene: Scene; readonly all: boolean; readonly ifAbsent: boolean },
): Promise<void> {
  const { contents, registers } = scene
  await storage.completeUpload(
    ref,
    (_, parts) => {
      for (const partNumber of PART_NUMBERS) {
        const found = parts.find((part) => part.partNumber === partNumber)
        const value = found === undefined ? undefined : partRegistered(found)
        const possible = registers.candidates(registerOf.part(ref, partNumber))
        if (!possible.includes(value)) throw new Error(`part ${partNumber} of ${ref.uploadId} is ${value}`)
      }
      const chosen = all ? parts : parts.slice(0, 1)
      if (chosen.length === 0) throw new Nothing()
      const tag = contents.join(chosen.map((part) => part.etag))
      const { key: _key, ...object } = objectRecord(ref.key, tag, contents)
      const partNumbers = chosen.map((part) => part.partNumber)
      return { partNumbers, object: { ...object, headers: { name: `whole ${ref.uploadId}` } } }
    },
    { ifAbsent },
  )
}

/** Lends some stretch of an object's bytes, under a tag of its own. */
async function withStretch(
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
