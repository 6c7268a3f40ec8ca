/** Multipart uploads, one row per operation. */
import type { PartRecord, Storage, UploadRef } from '../../src/server/storage/storage.js'
import {
  aSize,
  BUCKETS,
  KEYS,
  Nothing,
  objectRecord,
  PART_NUMBERS,
  partRegistered,
  type Row,
  registerOf,
  type Scene,
  send,
  withStretch,
} from './scene.js'

export const uploadRows: readonly Row[] = [
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
