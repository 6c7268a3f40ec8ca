/**
 * The server's storage, watched: what is at the service is told by what its storage did, not by what the server says. Two
 * views on one storage, since what lives of ours asked for and what others did has to be told apart.
 */
import { createMemoryStorage } from '../../src/server/storage/memory.js'
import type { Incoming, Storage, StoredBytes } from '../../src/server/storage/storage.js'
import { concat } from '../../src/services/memory.js'
import { crc64, crc64ToDecimal } from './checksums.js'
import type { Arrival, CloudObject, CloudUpload } from './cloud.js'
import type { World } from './world.js'

export interface WatchedStorage {
  /** As lives of ours reach it. */
  readonly forUs: Storage
  readonly forOthers: Storage
  readonly history: readonly CloudObject[]
  uploads(): readonly CloudUpload[]
  readonly initiated: ReadonlySet<string>
  readonly aborted: readonly string[]
  readonly arrivals: readonly Arrival[]
}

export interface StorageOptions {
  /** Entries that a page of any listing has at most. */
  readonly pageSize: number
  /** Do lives of ours meet no bucket? */
  readonly bucketGone: () => boolean
}

export function watchStorage(world: World, { pageSize, bucketGone }: StorageOptions): WatchedStorage {
  const storage = createMemoryStorage()
  const history: CloudObject[] = []
  const uploads = new Map<string, { readonly at: number; readonly brought: Map<number, Uint8Array> }>()
  const initiated = new Set<string>()
  const aborted: string[] = []
  const arrivals: Arrival[] = []
  const arriving = new WeakMap<Incoming | StoredBytes, Uint8Array[]>()

  /** Nobody in this world copies, so all bytes were seen on their way in. */
  const broughtBy = (incoming: Incoming | StoredBytes): Uint8Array => concat(arriving.get(incoming) ?? [])
  /** The checksum is ours, over what came: nothing that the server reckoned is believed. */
  const stored = (bytes: Uint8Array, from: Pick<CloudObject, 'ours' | 'uploadId'>): void => {
    history.push({ size: bytes.length, crc64: crc64ToDecimal(crc64(bytes)), at: world.now(), ...from })
  }
  const page = <Query extends { readonly limit: number }>(query: Query): Query => ({
    ...query,
    limit: Math.min(query.limit, pageSize),
  })
  const view = (ours: boolean): Storage => ({
    ...storage,
    async getBucket(name) {
      return ours && bucketGone() ? undefined : storage.getBucket(name)
    },
    receive() {
      const incoming = storage.receive()
      const blocks: Uint8Array[] = []
      arriving.set(incoming, blocks)
      const { write } = incoming
      return Object.assign(incoming, {
        write(chunk: Uint8Array) {
          blocks.push(chunk.slice())
          return write(chunk)
        },
      })
    },
    async putObject(bucket, object, incoming, options) {
      await storage.putObject(bucket, object, incoming, options)
      stored(broughtBy(incoming), { ours })
    },
    async createUpload(bucket, upload) {
      await storage.createUpload(bucket, upload)
      uploads.set(upload.uploadId, { at: world.now(), brought: new Map() })
      if (ours) initiated.add(upload.uploadId)
    },
    async putPart(ref, part, incoming) {
      await storage.putPart(ref, part, incoming)
      uploads.get(ref.uploadId)?.brought.set(part.partNumber, broughtBy(incoming))
      if (ours) arrivals.push({ part: `${ref.uploadId}/${part.partNumber}`, at: world.now() })
    },
    listParts: (ref, query) => storage.listParts(ref, page(query)),
    listUploads: (bucket, query) => storage.listUploads(bucket, page(query)),
    async completeUpload(ref, assemble, options) {
      let chosen: readonly number[] = []
      const object = await storage.completeUpload(
        ref,
        (upload, parts) => {
          const assembly = assemble(upload, parts)
          chosen = assembly.partNumbers
          return assembly
        },
        options,
      )
      const brought = uploads.get(ref.uploadId)?.brought
      uploads.delete(ref.uploadId)
      stored(concat(chosen.map((partNumber) => brought?.get(partNumber) ?? new Uint8Array())), {
        ours: initiated.has(ref.uploadId),
        uploadId: ref.uploadId,
      })
      return object
    },
    async abortUpload(ref) {
      if (ours) aborted.push(ref.uploadId)
      await storage.abortUpload(ref)
      uploads.delete(ref.uploadId)
    },
  })
  return {
    forUs: view(true),
    forOthers: view(false),
    history,
    uploads: () =>
      [...uploads].map(
        ([uploadId, { at, brought }]): CloudUpload => ({ uploadId, at, parts: new Set(brought.keys()) }),
      ),
    initiated,
    aborted,
    arrivals,
  }
}
