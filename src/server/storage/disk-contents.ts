/**
 * Contents as files: immutable, named by random ids, fanned out in 256 folders made beforehand. A file is on disk when
 * its data and its folder's entry are; so a content is written into a spare, whose entry is there already. While there is
 * none, a file is made and its folder synced while the bytes still come in.
 */
import { join } from 'node:path'
import { createBlocks } from './blocks.js'
import { type Crowd, createContentWriter } from './content-writer.js'
import type { Disk, DiskFile } from './disk-port.js'
import { type Contents, DurabilityError } from './ledger.js'
import { createSpares } from './spares.js'

const READ_SIZE = 256 * 1024
/** Left to the ledger on a full disk: without room for its records, nothing could be deleted to make room. */
const RESERVE = 16 * 1024 * 1024
/** Written between two looks at what is free. */
const LOOK_AFTER = 4 * 1024 * 1024
/** Contents that go into one folder before the next: those that come in together then share the syncs of their folder. */
const RUN = 256
const ID = /^[0-9a-f]{32}$/

export interface DiskContentsOptions {
  readonly disk: Disk
  readonly folder: string
  /** Without it nothing is synced: what was acknowledged survives the process, but not the machine. */
  readonly durable: boolean
  /** A name for a new content: 32 hexadecimal digits, never given before. */
  readonly newId: () => string
  /** Made beforehand at once, at most; see `spares.ts`. */
  readonly mostSpares: number
}

export async function openDiskContents(options: DiskContentsOptions): Promise<Contents> {
  const { disk, folder, durable, newId, mostSpares } = options
  const fans = Array.from({ length: 256 }, (_, index) => index.toString(16).padStart(2, '0'))
  const known = new Set(await disk.names(folder))
  for (const fan of fans) if (!known.has(fan)) await disk.makeFolder(join(folder, fan))
  if (durable) await disk.syncFolder(folder)

  /** The first sync that failed. The system tells of it once: whoever syncs after it is told a lie. */
  let failure: DurabilityError | undefined
  const noted = (error: unknown): never => {
    if (error instanceof DurabilityError) failure ??= error
    throw error
  }
  const crowd: Crowd = { writers: 0 }
  const blocks = createBlocks()
  const syncFan = coalesced((fan: string) => disk.syncFolder(join(folder, fan)).catch(noted))
  const keepReserve = createReserve(disk, folder)
  let created = 0
  let fanNow = ''
  /** All ids of a run begin alike, wherever the first of them fell. */
  function nextId(): string {
    const id = newId()
    if (created % RUN === 0) fanNow = id.slice(0, 2)
    created += 1
    return fanNow + id.slice(2)
  }
  const fanOf = (id: string): string => id.slice(0, 2)
  const pathOf = (id: string): string => join(folder, fanOf(id), id)

  async function remove(id: string): Promise<void> {
    await disk.remove(pathOf(id)).catch(() => undefined)
  }

  /** Nobody waits for it yet: the bytes come in meanwhile. */
  function makeOne(): NamedFile {
    const id = nextId()
    const opened = disk.create(pathOf(id))
    const entered = opened.then(() => (durable ? syncFan(fanOf(id)) : undefined))
    entered.catch(() => undefined)
    return { id, opened, entered }
  }

  const spares = createSpares({
    most: durable ? mostSpares : 0,
    async make() {
      const id = nextId()
      const file = await disk.create(pathOf(id))
      return { id, file }
    },
    async sync(made) {
      await Promise.all([...new Set(made.map(({ id }) => fanOf(id)))].map(syncFan))
    },
    async remove({ id, file }) {
      await file.close()
      await remove(id)
    },
  })

  function taken(): NamedFile | undefined {
    const spare = spares.take()
    return spare && { id: spare.id, opened: Promise.resolve(spare.file), entered: Promise.resolve() }
  }

  return {
    failure: () => failure,

    async create() {
      await keepReserve(0)
      const { id, opened, entered } = taken() ?? makeOne()

      async function sync(): Promise<void> {
        if (!durable) return
        const file = await opened
        await file.datasync().catch((cause: unknown) => {
          noted(new DurabilityError(`syncing ${pathOf(id)} failed`, { cause }))
        })
        await entered
        if (failure !== undefined) throw failure
      }

      return createContentWriter({ id, disk, path: pathOf(id), opened, sync, crowd, blocks, keepReserve })
    },

    async *read(id, start, end) {
      const file = await disk.open(pathOf(id))
      try {
        for (let offset = start; offset < end; ) {
          const block = Buffer.allocUnsafe(Math.min(READ_SIZE, end - offset))
          const bytesRead = await file.read(block, offset)
          if (bytesRead === 0) throw new Error(`content ${id} ends at ${offset}, before ${end}`)
          offset += bytesRead
          yield block.subarray(0, bytesRead)
        }
      } finally {
        await file.close()
      }
    },

    remove,

    async *ids() {
      for (const fan of fans) {
        const names = await disk.names(join(folder, fan))
        yield* names.filter((name) => ID.test(name) && name.startsWith(fan)).sort()
      }
    },

    close: spares.close,
  }
}

interface NamedFile {
  readonly id: string
  /** Rejects when there could be no file. */
  readonly opened: Promise<DiskFile>
  /** Resolves when its name is on disk, if that was asked for. */
  readonly entered: Promise<void>
}

/**
 * Rejects with `ENOSPC` when no more than the reserve is free. A file system that does not tell is taken at its word.
 * To look is a system call, so it is not done before every write: much less than the reserve may be written between looks.
 */
function createReserve(disk: Disk, folder: string): (bytes: number) => Promise<void> {
  let unseen = Number.POSITIVE_INFINITY
  return async (bytes) => {
    unseen += bytes
    if (unseen < LOOK_AFTER) return
    const free = await disk.freeBytes(folder)
    if (free === undefined || free > RESERVE) {
      unseen = 0
      return
    }
    unseen = Number.POSITIVE_INFINITY
    throw Object.assign(new Error(`ENOSPC: less than ${RESERVE} bytes are free`), { code: 'ENOSPC' })
  }
}

/**
 * Calls that come while the work for that name is running share its next run; one that already began could have missed
 * what they wait for.
 */
export function coalesced(work: (name: string) => Promise<void>): (name: string) => Promise<void> {
  const running = new Map<string, Promise<void>>()
  const next = new Map<string, Promise<void>>()

  function start(name: string): Promise<void> {
    const run = work(name).finally(() => running.delete(name))
    running.set(name, run)
    return run
  }

  return (name) => {
    const current = running.get(name)
    if (current === undefined) return start(name)
    const waiting = next.get(name)
    if (waiting !== undefined) return waiting
    const queued = current
      .catch(() => undefined)
      .then(() => {
        next.delete(name)
        return start(name)
      })
    next.set(name, queued)
    return queued
  }
}
