/**
 * One append-only checkpoint file. An append is durable when it resolves and leaves no trace when it is rejected; appends
 * made at the same time share one write and one flush. The caller must hold the target's lock.
 */
import { constants } from 'node:fs'
import { type FileHandle, lstat, open, rename, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { UploadError } from '../engine/errors.js'
import type { CheckpointContents, CheckpointLine, Target } from '../engine/ports.js'
import { syncFolder, usingStore } from './folder.js'
import { type DecodedCheckpoint, decodeCheckpoint, encodeHeader, encodeLine } from './lines.js'
import { targetInWords } from './names.js'

/** Writes all the bytes at the end of the file. A port, so that tests can run out of disk at any byte. */
export type WriteBytes = (handle: FileHandle, bytes: Uint8Array) => Promise<void>

export const writeBytes: WriteBytes = (handle, bytes) => handle.appendFile(bytes)

export interface JournalFile {
  read(): Promise<CheckpointContents>
  append(line: CheckpointLine): Promise<void>
  /** Renames the file. */
  moveTo(path: string): Promise<void>
  remove(): Promise<void>
  /** Waits for what was asked before. */
  close(): Promise<void>
}

// O_NONBLOCK: a FIFO in the file's place must not hang us.
const SAFELY = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/**
 * @param options.held is asked before every change: whoever lost the lock must not touch what is somebody else's now
 */
export function createJournalFile(options: {
  readonly path: string
  readonly target: Target
  readonly write: WriteBytes
  readonly held: () => Promise<boolean>
}): JournalFile {
  const { path, target, write, held } = options
  const inTurn = createQueue()
  let closed = false
  /** Open for appending, and its size as of the last durable append. */
  let tail: { readonly handle: FileHandle; size: number } | undefined
  let batch: { readonly lines: Uint8Array[]; readonly done: Promise<void> } | undefined

  const whileHeld = (work: () => Promise<void>): Promise<void> =>
    usingStore(path, async () => {
      if (closed || !(await held())) throw holdLost(target)
      await work()
    })
  const change = (work: () => Promise<void>): Promise<void> => inTurn(() => whileHeld(work))

  const closeTail = async (): Promise<void> => {
    const open = tail
    tail = undefined
    await open?.handle.close()
  }

  const writeBatch = async (lines: readonly Uint8Array[]): Promise<void> => {
    tail ??= await openTail(path)
    const isNew = tail.size === 0
    const bytes = Buffer.concat(isNew ? [encodeHeader(target), ...lines] : lines)
    try {
      await write(tail.handle, bytes)
      await tail.handle.datasync()
      if (isNew) await syncFolder(dirname(path))
      // What was written to a file that somebody has removed meanwhile is not written.
      await lstat(path)
      tail.size += bytes.length
    } catch (error) {
      await cutOff(tail.handle, tail.size)
      await closeTail()
      throw error
    }
  }

  return {
    read: () =>
      inTurn(() =>
        usingStore(path, async () => {
          const journal = await readJournal(path)
          if (journal === undefined) return { lines: [], damaged: [] }
          const { lines, damaged } = readable(path, journal.decoded)
          return { lines, damaged }
        }),
      ),
    async append(line) {
      const bytes = encodeLine(line)
      if (batch === undefined) {
        const lines: Uint8Array[] = []
        const done = inTurn(() => {
          batch = undefined
          return whileHeld(() => writeBatch(lines))
        })
        batch = { lines, done }
      }
      batch.lines.push(bytes)
      return batch.done
    },
    moveTo: (newPath) =>
      change(async () => {
        await closeTail()
        await rename(path, newPath)
        await syncFolder(dirname(path))
      }),
    remove: () =>
      change(async () => {
        await closeTail()
        await unlink(path).catch(ignoreMissing)
        await syncFolder(dirname(path)).catch(ignoreMissing)
      }),
    close: () =>
      inTurn(() => {
        closed = true
        return closeTail()
      }),
  }
}

/** `undefined` when there is no such file. Needs no lock: an append that is under way looks like a torn one. */
export async function readJournal(
  path: string,
): Promise<{ decoded: DecodedCheckpoint; modified: number } | undefined> {
  const handle = await open(path, constants.O_RDONLY | SAFELY).catch(ignoreMissing)
  if (handle === undefined) return undefined
  try {
    const stats = await assertRegular(path, handle)
    return { decoded: decodeCheckpoint(await handle.readFile()), modified: Math.floor(stats.mtimeMs) }
  } finally {
    await handle.close()
  }
}

/** Opens for appending, and cuts off what a crash left of the last write. */
async function openTail(path: string): Promise<{ handle: FileHandle; size: number }> {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_APPEND | SAFELY
  const handle = await open(path, flags, 0o600)
  try {
    await assertRegular(path, handle)
    const bytes = await handle.readFile()
    const { wholeBytes } = readable(path, decodeCheckpoint(bytes))
    if (wholeBytes < bytes.length) await handle.truncate(wholeBytes)
    return { handle, size: wholeBytes }
  } catch (error) {
    await handle.close()
    throw error
  }
}

async function assertRegular(path: string, handle: FileHandle): Promise<{ readonly mtimeMs: number }> {
  const stats = await handle.stat()
  if (stats.isFile()) return stats
  throw new UploadError('store-unusable', `${path} is no regular file. Move it out of the way.`)
}

function readable(
  path: string,
  decoded: DecodedCheckpoint,
): Extract<DecodedCheckpoint, { kind: 'readable' }> {
  if (decoded.kind === 'readable') return decoded
  throw new UploadError(
    'store-unusable',
    `${path} was written in a format this version does not know (${decoded.format}, version ${decoded.version}). ` +
      'Use the newer version that wrote it, or move the file away to begin anew.',
  )
}

function holdLost(target: Target): UploadError {
  return new UploadError(
    'locked',
    `The hold on the checkpoint of ${targetInWords(target)} is lost: it was released, or another process took it over. Nothing was written.`,
  )
}

/** Whether it works or not, the next append looks at the file afresh. */
async function cutOff(handle: FileHandle, size: number): Promise<void> {
  await handle.truncate(size).catch(() => {})
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}

/** Runs tasks one after the other, each whatever became of the one before. */
function createQueue(): <T>(task: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (task) => {
    const result = last.then(task, task)
    last = result
    return result
  }
}
