/**
 * What the storage asks of a file system, and Node's answer. A port, so that tests see in which order things reach the
 * disk, and a simulated disk can lose, tear and refuse what a real one may.
 */
import { type FileHandle, lstat, mkdir, open, readdir, statfs, unlink } from 'node:fs/promises'
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

export function nodeDisk(): Disk {
  return {
    async makeFolder(path) {
      await mkdir(path, { mode: 0o700 })
    },
    exists: async (path) => (await lstat(path).catch(() => undefined)) !== undefined,
    names: (folder) => readdir(folder),
    create: async (path) => wrap(await open(path, 'wx', 0o600)),
    open: async (path) => wrap(await open(path, 'r')),
    remove: unlink,
    async freeBytes(folder) {
      const { blocks, bavail, bsize } = await statfs(folder)
      return blocks === 0 ? undefined : bavail * bsize
    },
    syncFolder,
  }
}

function wrap(file: FileHandle): DiskFile {
  return {
    write: async (chunks) => (await file.writev(chunks)).bytesWritten,
    read: async (into, offset) => (await file.read(into, 0, into.length, offset)).bytesRead,
    datasync: () => file.datasync(),
    close: () => file.close(),
  }
}

/** Windows can't sync a folder, and its file systems log entries themselves. */
async function syncFolder(path: string): Promise<void> {
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
