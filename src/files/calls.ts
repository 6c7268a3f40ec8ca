/** The calls to the file system that a small file takes, each made where its file system is answered soonest. */
import {
  access,
  accessSync,
  type BigIntStats,
  close,
  closeSync,
  fstat,
  fstatSync,
  linkSync,
  lstatSync,
  open,
  openSync,
  read,
  readdirSync,
  readSync,
  type Stats,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import * as pooled from 'node:fs/promises'
import type { Soon, Swift } from './swift.js'

/** Each throws or rejects with what the system says. */
export interface FileCalls {
  /** Returns the descriptor. */
  open(path: string, flags: number): Soon<number>
  close(fd: number): Soon<void>
  fstat(fd: number): Soon<BigIntStats>
  /** `isNew`: the path may lead to a file system that was not asked before. */
  stat(path: string, isNew?: boolean): Soon<BigIntStats>
  lstat(path: string): Soon<Stats>
  /** Fails with `ENOENT` where nothing has this name, or only a link that leads nowhere. Asks for nothing that takes making, as stats do. */
  mustExist(path: string): Soon<void>
  /** Returns how many bytes it read. */
  read(fd: number, bytes: Uint8Array, position: number): Soon<number>
  link(from: string, to: string): Soon<void>
  unlink(path: string): Soon<void>
  readdir(folder: string): Soon<string[]>
  /** Appends to what `handle` has open. Returns how many bytes it wrote. */
  write(handle: pooled.FileHandle, bytes: Uint8Array): Soon<number>
}

const bigint = { bigint: true } as const

export function createFileCalls(swift: Swift): FileCalls {
  return {
    open: (path, flags) =>
      swift.call(
        () => openSync(path, flags),
        () => answered<number>((done) => open(path, flags, done)),
      ),
    close: (fd) =>
      swift.call(
        () => closeSync(fd),
        () => answered<void>((done) => close(fd, (error) => done(error, undefined))),
      ),
    fstat: (fd) =>
      swift.call(
        () => fstatSync(fd, bigint),
        () => answered<BigIntStats>((done) => fstat(fd, bigint, done)),
      ),
    stat(path, isNew = false) {
      const byPool = (): Promise<BigIntStats> => pooled.stat(path, bigint)
      return isNew ? swift.meet(byPool) : swift.call(() => statSync(path, bigint), byPool)
    },
    lstat: (path) =>
      swift.call(
        () => lstatSync(path),
        () => pooled.lstat(path),
      ),
    mustExist: (path) =>
      swift.call(
        () => accessSync(path),
        () => answered<void>((done) => access(path, (error) => done(error, undefined))),
      ),
    read: (fd, bytes, position) =>
      swift.call(
        () => readSync(fd, bytes, 0, bytes.length, position),
        () => answered<number>((done) => read(fd, bytes, 0, bytes.length, position, done)),
        bytes.length,
      ),
    link: (from, to) =>
      swift.call(
        () => linkSync(from, to),
        () => pooled.link(from, to),
      ),
    unlink: (path) =>
      swift.call(
        () => unlinkSync(path),
        () => pooled.unlink(path),
      ),
    readdir: (folder) =>
      swift.call(
        () => readdirSync(folder),
        () => pooled.readdir(folder),
      ),
    write: (handle, bytes) =>
      swift.call(
        () => writeSync(handle.fd, bytes),
        async () => (await handle.write(bytes)).bytesWritten,
        bytes.length,
      ),
  }
}

/** A call by callback, as a promise: Node's own promises for the same cost more. */
export function answered<T>(
  ask: (done: (error: Error | null | undefined, value: T) => void) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    ask((error, value) => (error ? reject(error) : resolve(value)))
  })
}
