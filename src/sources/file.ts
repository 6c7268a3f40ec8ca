/**
 * A file as a source. It is opened once; every read goes to what was opened then, at its own position, so that any
 * number of parts can read at once and a file renamed over the path is noticed rather than mixed in.
 */
import { constants } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { UploadError } from '../engine/errors.js'
import type { Source, SourceIdentity } from '../engine/ports.js'
import { createFileReader } from './file-reader.js'
import type { BlockPool } from './pool.js'
import { type Loan, sliceOf } from './pump.js'

/**
 * Opens a regular file for upload; symbolic links are followed. Close it when all is done.
 *
 * @throws UploadError `source-missing` when there is no such file, it can't be read, or it is no regular file
 */
export async function openFileSource(path: string, { pool }: { readonly pool: BlockPool }): Promise<Source> {
  // The working directory may change while the upload runs; what the caller named may not.
  const absolutePath = resolve(path)
  const handle = await openRegularFile(path, absolutePath)
  const reader = createFileReader(handle)
  return {
    name: path,
    identity: () => reading(path, async () => toIdentity(await handle.stat({ bigint: true }))),
    identityByName: () =>
      reading(path, async () => {
        const stats = await stat(absolutePath, { bigint: true }).catch(undefinedWhenGone)
        return stats === undefined ? undefined : toIdentity(stats)
      }),
    slice: (start, end) =>
      sliceOf({ start, end }, async (offset, endOfSlice, signal): Promise<Loan> => {
        const block = await pool.lease(signal)
        const size = Math.min(block.length, endOfSlice - offset)
        const bytes = size === block.length ? block : block.subarray(0, size)
        try {
          const filled = await reader.fill(bytes, offset)
          if (filled < size) throw endedAt(path, offset + filled)
          return { bytes, giveBack: () => pool.give(block) }
        } catch (error) {
          pool.give(block)
          throw translated(path, error)
        }
      }),
    close: () => reader.close(),
  }
}

async function openRegularFile(path: string, absolutePath: string): Promise<FileHandle> {
  if (path === '') throw new UploadError('source-missing', 'The file name is empty. Name the file to upload.')
  // Without O_NONBLOCK, opening a FIFO that nobody writes to would never return.
  const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0)
  const handle = await reading(path, () => open(absolutePath, flags))
  try {
    assertRegular(path, await reading(path, () => handle.stat()))
    return handle
  } catch (error) {
    await handle.close()
    throw error
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
export async function fileIdentity(path: string): Promise<SourceIdentity> {
  if (path === '') throw new UploadError('source-missing', 'The file name is empty. Name the file to upload.')
  const stats = await reading(path, () => stat(path, { bigint: true }))
  assertRegular(path, stats)
  return toIdentity(stats)
}

function assertRegular(path: string, stats: { isDirectory(): boolean; isFile(): boolean }): void {
  if (stats.isDirectory()) {
    throw new UploadError('source-missing', `${path} is a folder. Name a file in it.`)
  }
  if (!stats.isFile()) {
    throw new UploadError('source-missing', `${path} is no regular file. Copy its content to a file first.`)
  }
}

function toIdentity(stats: {
  readonly size: bigint
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
  readonly dev: bigint
  readonly ino: bigint
}): SourceIdentity {
  return {
    size: Number(stats.size),
    mtimeNs: stats.mtimeNs.toString(),
    ctimeNs: stats.ctimeNs.toString(),
    device: stats.dev.toString(),
    inode: stats.ino.toString(),
  }
}

function undefinedWhenGone(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
  throw error
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

async function reading<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw translated(path, error)
  }
}

/** What the system refuses, in words; anything else as it is. */
function translated(path: string, cause: unknown): unknown {
  const { code = '', message } = cause as NodeJS.ErrnoException
  if (code === '' || cause instanceof UploadError) return cause
  const advice = ADVICE[code] ?? `can't be read (${message}). Check its disk and try again.`
  return new UploadError('source-missing', `${path} ${advice}`, { cause })
}
