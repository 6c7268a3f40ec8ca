/** What a journal asks of a file system, and Node's answer. A port, so that a simulated disk can tear and lose what was written. */
import { constants, fdatasync } from 'node:fs'
import { type FileHandle, open, rename, unlink } from 'node:fs/promises'
import { answered, type FileCalls } from '../files/calls.js'
import { syncFolder } from './folder.js'

export interface JournalHandle {
  stat(): Promise<{ isFile(): boolean; readonly mtimeMs: number }>
  readFile(): Promise<Uint8Array>
  /** At most so many bytes from there on; fewer only at the end of the file. */
  readRange(position: number, size: number): Promise<Uint8Array>
  truncate(size: number): Promise<void>
  /** Writes all the bytes at the end of the file. */
  append(bytes: Uint8Array): Promise<void>
  /** Durable when it resolves. */
  datasync(): Promise<void>
  close(): Promise<void>
}

export interface JournalDisk {
  /** `undefined` when there is no such file. */
  openToRead(path: string): Promise<JournalHandle | undefined>
  /** Creates the file when it is missing, for this user alone. */
  openToAppend(path: string): Promise<JournalHandle>
  /** Rejects with `ENOENT` when nothing has this name any more. */
  mustExist(path: string): Promise<void>
  rename(from: string, to: string): Promise<void>
  /** Does nothing when there is no such file. */
  remove(path: string): Promise<void>
  /** Makes names created, renamed or removed in the folder durable. */
  syncFolder(folder: string): Promise<void>
}

/** Writes all the bytes at the end of the file. Only tests have a reason to give another. */
export type WriteBytes = (handle: FileHandle, bytes: Uint8Array) => Promise<void>

// O_NONBLOCK: a FIFO in the file's place must not hang us.
const SAFELY = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/**
 * `calls`: lines are small, and what takes them before they are synced is memory. So they are written where that is sooner,
 * and looked for there: a line with its sync took 250 µs of processor time with three trips to the thread pool, 120 with one.
 */
export function nodeDisk({
  calls,
  write = writingBy(calls),
}: {
  readonly calls: FileCalls
  readonly write?: WriteBytes | undefined
}): JournalDisk {
  const wrap = (handle: FileHandle): JournalHandle => ({
    stat: () => handle.stat(),
    readFile: () => handle.readFile(),
    async readRange(position, size) {
      const bytes = new Uint8Array(size)
      let filled = 0
      while (filled < size) {
        const { bytesRead } = await handle.read(bytes, filled, size - filled, position + filled)
        if (bytesRead === 0) break
        filled += bytesRead
      }
      return bytes.subarray(0, filled)
    },
    truncate: (size) => handle.truncate(size),
    append: (bytes) => write(handle, bytes),
    datasync: () => answered<void>((done) => fdatasync(handle.fd, (error) => done(error, undefined))),
    close: () => handle.close(),
  })
  return {
    async openToRead(path) {
      const handle = await open(path, constants.O_RDONLY | SAFELY).catch(ignoreMissing)
      return handle === undefined ? undefined : wrap(handle)
    },
    async openToAppend(path) {
      const flags = constants.O_RDWR | constants.O_CREAT | constants.O_APPEND | SAFELY
      return wrap(await open(path, flags, 0o600))
    },
    async mustExist(path) {
      await calls.mustExist(path)
    },
    rename,
    remove: (path) => unlink(path).catch(ignoreMissing),
    syncFolder,
  }
}

function writingBy(calls: FileCalls): WriteBytes {
  return async (handle, bytes) => {
    for (let rest = bytes; rest.length > 0; ) rest = rest.subarray(await calls.write(handle, rest))
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
