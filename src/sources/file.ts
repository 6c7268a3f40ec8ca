/**
 * A file as a source. It is opened once; every read goes to what was opened then, at its own position, so that any
 * number of parts can read at once and a file renamed over the path is noticed rather than mixed in.
 */
import { type BigIntStats, constants } from 'node:fs'
import { dirname, isAbsolute, resolve, sep } from 'node:path'
import { UploadError } from '../engine/errors.js'
import type { CancelSignal, Source, SourceIdentity } from '../engine/ports.js'
import { createFileCalls, type FileCalls } from '../files/calls.js'
import { Swift } from '../files/swift.js'
import { createFileReader, type OpenFile } from './file-reader.js'
import type { BlockPool } from './pool.js'
import { earlySliceOf, type Loan, sliceOf } from './pump.js'

/** Up to so many bytes are copied on this thread; what takes longer than to hand it over is copied by the pool, meanwhile. */
const mostReadSoon = 256 * 1024

/**
 * Opens a regular file for upload; symbolic links are followed. Close it when all is done.
 *
 * @param options.calls shared with other files of the same run; a small slice is then read by it, too
 * @throws UploadError `source-missing` when there is no such file, it can't be read, or it is no regular file
 */
export async function openFileSource(
  path: string,
  { pool, calls: shared }: { readonly pool: BlockPool; readonly calls?: FileCalls | undefined },
): Promise<Source> {
  // The working directory may change while the upload runs; what the caller named may not.
  const absolutePath = sep === '/' && isAbsolute(path) ? path : resolve(path)
  const calls = shared ?? createFileCalls(new Swift())
  const { file, stats } = await openRegularFile(path, absolutePath, calls)
  const reader = createFileReader(file)
  /** Whoever asks first is told the state in which it was opened; an earlier state can only be found to have changed. */
  let first = shared === undefined ? undefined : stats
  const borrowed = async (
    block: Uint8Array,
    { offset, end, soon }: { readonly offset: number; readonly end: number; readonly soon: boolean },
  ): Promise<Loan> => {
    const size = Math.min(block.length, end - offset)
    const bytes = size === block.length ? block : block.subarray(0, size)
    try {
      const filled = await (soon ? reader.fillSoon(bytes, offset, calls) : reader.fill(bytes, offset))
      if (filled < size) throw endedAt(path, offset + filled)
      return { bytes, giveBack: () => pool.give(block) }
    } catch (error) {
      pool.give(block)
      throw translated(path, error)
    }
  }
  const borrow = async (offset: number, end: number, signal?: CancelSignal): Promise<Loan> =>
    borrowed(await pool.lease(signal), { offset, end, soon: false })
  /** One for all parts that were read in the same state: each proof keeps it. */
  let last: { readonly stats: BigIntStats; readonly identity: SourceIdentity } | undefined
  const identityOf = (now: BigIntStats): SourceIdentity => {
    if (last === undefined || !sameState(last.stats, now)) last = { stats: now, identity: toIdentity(now) }
    return last.identity
  }
  return {
    name: path,
    async identity() {
      const opened = first
      if (opened !== undefined) {
        first = undefined
        return identityOf(opened)
      }
      try {
        return identityOf(await calls.fstat(file.fd))
      } catch (error) {
        throw translated(path, error)
      }
    },
    async identityByName() {
      try {
        return toIdentity(await calls.stat(absolutePath))
      } catch (error) {
        if (isGone(error)) return undefined
        throw translated(path, error)
      }
    },
    slice(start, end) {
      const soon = shared !== undefined && end - start <= Math.min(pool.blockSize, mostReadSoon)
      if (!soon) return sliceOf({ start, end }, borrow)
      return sliceOf({ start, end }, async (offset, endOfSlice, signal) =>
        borrowed(await pool.lease(signal), { offset, end: endOfSlice, soon }),
      )
    },
    earlySlice(start, end) {
      const block = start < end ? pool.leaseFree() : undefined
      if (block === undefined) return undefined
      const first = borrowed(block, { offset: start, end, soon: false })
      return earlySliceOf({ start, end }, borrow, first)
    },
    close: () => reader.close(),
  }
}

/** The files of one run, which share what is learned of their file system. */
export function createFiles(pool: BlockPool): {
  identity(path: string): Promise<SourceIdentity>
  open(path: string): Promise<Source>
} {
  const calls = createFileCalls(new Swift())
  /** Each folder may be another file system's. */
  let folder: string | undefined
  return {
    async identity(path) {
      const parent = dirname(path)
      const isNew = parent !== folder
      const identity = await fileIdentity(path, { calls, isNew })
      folder = parent
      return identity
    },
    open: (path) => openFileSource(path, { pool, calls }),
  }
}

async function openRegularFile(
  path: string,
  absolutePath: string,
  calls: FileCalls,
): Promise<{ readonly file: OpenFile; readonly stats: BigIntStats }> {
  if (path === '') throw new UploadError('source-missing', 'The file name is empty. Name the file to upload.')
  // Without O_NONBLOCK, opening a FIFO that nobody writes to would never return.
  const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0)
  try {
    const file = openFile(await calls.open(absolutePath, flags), calls)
    try {
      const stats = await calls.fstat(file.fd)
      assertRegular(path, stats)
      return { file, stats }
    } catch (error) {
      await file.close()
      throw error
    }
  } catch (error) {
    throw translated(path, error)
  }
}

/** Once it is closed its descriptor may be another file's, and must not be asked for. */
function openFile(descriptor: number, calls: FileCalls): OpenFile {
  let fd = descriptor
  return {
    get fd() {
      return fd
    },
    async close() {
      fd = -1
      await calls.close(descriptor)
    },
  }
}

function endedAt(path: string, offset: number): UploadError {
  return new UploadError(
    'source-changed',
    `${path} ends at byte ${offset} now; it was longer when this upload began. Start it again once the file is complete.`,
  )
}

/**
 * The state of what the path means now, without opening it; symbolic links are followed.
 *
 * @throws UploadError `source-missing` when there is no such file, or it is no regular file
 */
async function fileIdentity(
  path: string,
  { calls, isNew }: { readonly calls: FileCalls; readonly isNew: boolean },
): Promise<SourceIdentity> {
  if (path === '') throw new UploadError('source-missing', 'The file name is empty. Name the file to upload.')
  try {
    const stats = await calls.stat(path, isNew)
    assertRegular(path, stats)
    return toIdentity(stats)
  } catch (error) {
    throw translated(path, error)
  }
}

function assertRegular(path: string, stats: { isDirectory(): boolean; isFile(): boolean }): void {
  if (stats.isDirectory()) {
    throw new UploadError('source-missing', `${path} is a folder. Name a file in it.`)
  }
  if (!stats.isFile()) {
    throw new UploadError('source-missing', `${path} is no regular file. Copy its content to a file first.`)
  }
}

function toIdentity(stats: BigIntStats): SourceIdentity {
  return {
    size: Number(stats.size),
    mtimeNs: stats.mtimeNs.toString(),
    ctimeNs: stats.ctimeNs.toString(),
    device: stats.dev.toString(),
    inode: stats.ino.toString(),
  }
}

function sameState(a: BigIntStats, b: BigIntStats): boolean {
  return (
    a.size === b.size &&
    a.mtimeNs === b.mtimeNs &&
    a.ctimeNs === b.ctimeNs &&
    a.dev === b.dev &&
    a.ino === b.ino
  )
}

function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ENOTDIR'
}

const ADVICE: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist. Check the name.',
  ENOTDIR: 'does not exist: a part of the path is no folder. Check the name.',
  EACCES: 'may not be read by this user. Change its permissions or run as another user.',
  EPERM: 'may not be read by this user. Change its permissions or run as another user.',
  EISDIR: 'is a folder. Name a file in it.',
  ENXIO: 'is no regular file. Copy its content to a file first.',
  ELOOP: 'is a circle of symbolic links. Name the file itself.',
  EMFILE:
    'could not be opened: this process has too many files open. Upload fewer at once or raise the limit.',
  ENFILE: 'could not be opened: this machine has too many files open. Try again later.',
  ERR_INVALID_ARG_VALUE: 'is no file name. Check it for characters that no name can have.',
}

/** What the system refuses, in words; anything else as it is. */
function translated(path: string, cause: unknown): unknown {
  const { code = '', message } = cause as NodeJS.ErrnoException
  if (code === '' || cause instanceof UploadError) return cause
  const advice = ADVICE[code] ?? `can't be read (${message}). Check its disk and try again.`
  return new UploadError('source-missing', `${path} ${advice}`, { cause })
}
