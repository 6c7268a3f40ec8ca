/**
 * What the storage asks of a file system, and Node's answer. A port, so that tests see in which order things reach the
 * disk, and a simulated disk can lose, tear and refuse what a real one may.
 */
import fs from 'node:fs'
import { lstat, mkdir, unlink } from 'node:fs/promises'
import { DurabilityError } from './ledger.js'

export interface DiskFile {
  /** Writes at the end. Resolves with how many bytes were taken, which may be fewer than were given. */
  write(chunks: readonly Uint8Array[]): Promise<number>
  /** Resolves with how many bytes were read: 0 at the end of the file. */
  read(into: Uint8Array, offset: number): Promise<number>
  /** The bytes are on disk when it resolves; the file's name need not be. */
  datasync(): Promise<void>
  close(): Promise<void>
}

export interface Disk {
  /** Made for this user alone. Rejects with `EEXIST`, or with `ENOENT` when there is no folder above it. */
  makeFolder(path: string): Promise<void>
  exists(path: string): Promise<boolean>
  /** Names in the folder, in any order. */
  names(folder: string): Promise<readonly string[]>
  /** A new file, for this user alone. Rejects with `EEXIST`. */
  create(path: string): Promise<DiskFile>
  open(path: string): Promise<DiskFile>
  remove(path: string): Promise<void>
  /** `undefined` from a file system that does not tell. */
  freeBytes(folder: string): Promise<number | undefined>
  /**
   * The names in the folder are on disk when it resolves. Rejects with `DurabilityError` when the sync itself failed; to
   * find no folder, or no file handle free, is an ordinary failure.
   */
  syncFolder(path: string): Promise<void>
}

/**
 * What may have to wait for the disk goes to a thread; what only asks the system for what it has in memory does not: each
 * turn to a thread and back costs more than that by far, the more so where all threads wait for syncs.
 */
export function nodeDisk(): Disk {
  return {
    async makeFolder(path) {
      await mkdir(path, { mode: 0o700 })
    },
    exists: async (path) => (await lstat(path).catch(() => undefined)) !== undefined,
    names: async (folder) => fs.readdirSync(folder),
    create: async (path) => fileOf(await opened(path, 'wx')),
    open: async (path) => fileOf(await opened(path, 'r')),
    remove: unlink,
    async freeBytes(folder) {
      const { blocks, bavail, bsize } = fs.statfsSync(folder)
      return blocks === 0 ? undefined : bavail * bsize
    },
    syncFolder,
  }
}

function opened(path: string, flags: 'r' | 'wx'): Promise<number> {
  return told((tell) => fs.open(path, flags, 0o600, tell))
}

function fileOf(descriptor: number): DiskFile {
  let underWay = 0
  let isWanted = true
  let isOpen = true

  /** A descriptor that is closed is soon another file's, so no work may be left with it. */
  function closeIfLeft(): void {
    if (isWanted || underWay > 0 || !isOpen) return
    isOpen = false
    fs.closeSync(descriptor)
  }

  async function during<T>(work: (tell: Tell<T>) => void): Promise<T> {
    if (!isWanted) throw Object.assign(new Error('EBADF: the file is closed'), { code: 'EBADF' })
    underWay += 1
    try {
      return await told(work)
    } finally {
      underWay -= 1
      closeIfLeft()
    }
  }

  return {
    write: (chunks) => during((tell) => fs.writev(descriptor, chunks, tell)),
    read: (into, offset) => during((tell) => fs.read(descriptor, into, 0, into.length, offset, tell)),
    datasync: () => during((tell) => fs.fdatasync(descriptor, tell)),
    async close() {
      isWanted = false
      closeIfLeft()
    },
  }
}

type Tell<T> = (error: Error | null, value?: T) => void

function told<T>(work: (tell: Tell<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    work((error, value) => (error === null ? resolve(value as T) : reject(error)))
  })
}

/** Windows can't sync a folder, and its file systems log entries themselves. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = fs.openSync(path, 'r')
  try {
    await told<void>((tell) => fs.fsync(folder, tell)).catch((cause: unknown) => {
      throw new DurabilityError(`syncing the folder ${path} failed`, { cause })
    })
  } finally {
    fs.closeSync(folder)
  }
}
