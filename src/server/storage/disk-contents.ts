/**
 * Contents as files: immutable, named by random ids, fanned out in 256 folders made beforehand. A file is on disk when
 * its data and its folder's entry are; the folder is synced while the bytes still come in, so that this costs no time.
 */
import { randomBytes } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, statfs, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { type Contents, type ContentWriter, DurabilityError } from './ledger.js'

/** Collected before a write goes to the disk: fewer, larger writes. */
const WRITE_SIZE = 512 * 1024
/** A client may send single bytes; each chunk costs memory beyond its bytes. */
const MOST_PENDING_CHUNKS = 1024
const READ_SIZE = 256 * 1024
/** Left to the ledger on a full disk: without room for its records, nothing could be deleted to make room. */
const RESERVE = 16 * 1024 * 1024
const ID = /^[0-9a-f]{32}$/

export interface DiskContentsOptions {
  readonly folder: string
  /** Without it nothing is synced: what was acknowledged survives the process, but not the machine. */
  readonly durable: boolean
}

export async function openDiskContents({ folder, durable }: DiskContentsOptions): Promise<Contents> {
  const fans = Array.from({ length: 256 }, (_, index) => index.toString(16).padStart(2, '0'))
  const known = new Set(await readdir(folder))
  for (const fan of fans) if (!known.has(fan)) await mkdir(join(folder, fan), { mode: 0o700 })
  if (durable) await syncFolder(folder)

  const syncFan = coalesced((fan: string) => syncFolder(join(folder, fan)))
  const folderOf = (id: string): string => join(folder, id.slice(0, 2))
  const pathOf = (id: string): string => join(folderOf(id), id)

  return {
    async create() {
      await keepReserve(folder)
      const id = randomBytes(16).toString('hex')
      const file = await open(pathOf(id), 'wx', 0o600)
      const entered = durable ? syncFan(id.slice(0, 2)) : Promise.resolve()
      entered.catch(() => undefined)
      return createWriter({ id, folder, path: pathOf(id), file, entered, durable })
    },

    async *read(id, start, end) {
      const file = await open(pathOf(id), 'r')
      try {
        for (let offset = start; offset < end; ) {
          const block = Buffer.allocUnsafe(Math.min(READ_SIZE, end - offset))
          const { bytesRead } = await file.read(block, 0, block.length, offset)
          if (bytesRead === 0) throw new Error(`content ${id} ends at ${offset}, before ${end}`)
          offset += bytesRead
          yield block.subarray(0, bytesRead)
        }
      } finally {
        await file.close()
      }
    },

    async remove(id) {
      await unlink(pathOf(id)).catch(() => undefined)
    },

    async *ids() {
      for (const fan of fans) {
        const names = await readdir(join(folder, fan))
        yield* names.filter((name) => ID.test(name) && name.startsWith(fan)).sort()
      }
    },
  }
}

interface WriterOptions {
  readonly id: string
  /** Of all contents. */
  readonly folder: string
  readonly path: string
  readonly file: FileHandle
  /** Settles when the folder's entry is on disk. */
  readonly entered: Promise<void>
  readonly durable: boolean
}

function createWriter({ id, folder, path, file, entered, durable }: WriterOptions): ContentWriter {
  let pending: Uint8Array[] = []
  let pendingBytes = 0
  let writing: Promise<void> = Promise.resolve()

  /** One write at a time; while it runs, the next is collected. */
  async function flush(): Promise<void> {
    const chunks = pending
    pending = []
    pendingBytes = 0
    await writing
    if (chunks.length === 0) return
    writing = keepReserve(folder).then(() => writeAll(file, chunks))
    writing.catch(() => undefined)
  }

  /** A second close does no harm. */
  async function letGo(): Promise<void> {
    await writing.catch(() => undefined)
    await file.close().catch(() => undefined)
  }

  return {
    id,
    async write(chunk) {
      pending.push(chunk)
      pendingBytes += chunk.length
      if (pendingBytes >= WRITE_SIZE || pending.length >= MOST_PENDING_CHUNKS) await flush()
    },
    async seal() {
      try {
        await flush()
        await writing
        if (!durable) return
        await file.datasync().catch((cause: unknown) => {
          throw new DurabilityError(`syncing ${path} failed`, { cause })
        })
        await entered
      } finally {
        await file.close()
      }
    },
    async discard() {
      await letGo()
      await unlink(path).catch(() => undefined)
    },
    abandon: letGo,
  }
}

/** Rejects with `ENOSPC` when no more than the reserve is free. A file system that does not tell is taken at its word. */
async function keepReserve(folder: string): Promise<void> {
  const { blocks, bavail, bsize } = await statfs(folder)
  if (blocks === 0 || bavail * bsize > RESERVE) return
  throw Object.assign(new Error(`ENOSPC: less than ${RESERVE} bytes are free`), { code: 'ENOSPC' })
}

async function writeAll(file: FileHandle, chunks: readonly Uint8Array[]): Promise<void> {
  let rest = chunks
  while (rest.length > 0) {
    const { bytesWritten } = await file.writev(rest)
    rest = without(rest, bytesWritten)
  }
}

/** What is left of the chunks when their first `count` bytes are done with. */
function without(chunks: readonly Uint8Array[], count: number): readonly Uint8Array[] {
  let done = count
  for (const [index, chunk] of chunks.entries()) {
    if (done < chunk.length) return [chunk.subarray(done), ...chunks.slice(index + 1)]
    done -= chunk.length
  }
  return []
}

/**
 * Windows can't sync a folder, and its file systems log entries themselves. Rejects with `DurabilityError` when the sync
 * itself failed; to find no folder, or no file handle free, is an ordinary failure.
 */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync().catch((cause: unknown) => {
      throw new DurabilityError(`syncing the folder ${path} failed`, { cause })
    })
  } finally {
    await folder.close()
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
