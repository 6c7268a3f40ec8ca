/**
 * One append-only checkpoint file. An append is durable when it resolves and leaves no trace when it is rejected; appends
 * made at the same time share one write and one flush. The caller must hold the target's lock.
 */
import { dirname } from 'node:path'
import { UploadError } from '../engine/errors.js'
import type { CheckpointContents, CheckpointLine, Target } from '../engine/ports.js'
import { usingStore } from './folder.js'
import type { JournalDisk, JournalHandle } from './journal-disk.js'
import { type DecodedCheckpoint, decodeCheckpoint, encodeHeader, encodeLine } from './lines.js'
import { targetInWords } from './names.js'
import { createQueue } from './queue.js'

export interface JournalFile {
  read(): Promise<CheckpointContents>
  append(line: CheckpointLine): Promise<void>
  /** Renames the file. */
  moveTo(path: string): Promise<void>
  remove(): Promise<void>
  /** Waits for what was asked before. */
  close(): Promise<void>
}

/**
 * @param options.held is asked before every change: whoever lost the lock must not touch what is somebody else's now
 */
export function createJournalFile(options: {
  readonly path: string
  readonly target: Target
  readonly disk: JournalDisk
  readonly held: () => Promise<boolean>
  /** The hold was taken by force, from somebody whose last append may still be under way. Default false. */
  readonly stolen?: boolean
  /** There was none when the hold was taken. Default: has to be looked for. */
  readonly absent?: boolean
}): JournalFile {
  const { path, target, disk, held, stolen = false } = options
  const inTurn = createQueue()
  let closed = false
  /** There was none when we looked, since when only we can have made one, and have not. */
  let absent = options.absent === true && !stolen
  /** Open for appending, and its size as of the last durable append. */
  let tail: { readonly handle: JournalHandle; size: number } | undefined
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
    absent = false
    tail ??= await openTail(disk, path)
    const isNew = tail.size === 0
    const bytes = Buffer.concat(isNew ? [encodeHeader(target), ...lines] : lines)
    try {
      await tail.handle.append(bytes)
      await tail.handle.datasync()
      if (isNew) await disk.syncFolder(dirname(path))
      // What was written to a file that somebody has removed meanwhile is not written.
      await disk.mustExist(path)
      tail.size += bytes.length
    } catch (error) {
      // Who was robbed meanwhile would cut off what the thief has written since. What is left torn then is a damaged line of
      // the thief's at worst, which is read past.
      if (await held().catch(() => false)) await cutOff(tail.handle, tail.size)
      await closeTail()
      throw error
    }
  }

  return {
    read: () =>
      inTurn(() =>
        usingStore(path, async () => {
          if (absent) return { lines: [], damaged: [] }
          const journal = await readJournal(disk, path)
          absent = journal === undefined && tail === undefined && !stolen
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
        await disk.rename(path, newPath)
        await disk.syncFolder(dirname(path))
      }),
    remove: () =>
      inTurn(async () => {
        // As for most small files: neither a removal nor a sync of the folder is needed.
        if (absent) return
        await whileHeld(async () => {
          await closeTail()
          await disk.remove(path)
          await disk.syncFolder(dirname(path)).catch(ignoreMissing)
        })
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
  disk: JournalDisk,
  path: string,
): Promise<{ decoded: DecodedCheckpoint; modified: number } | undefined> {
  const handle = await disk.openToRead(path)
  if (handle === undefined) return undefined
  try {
    const stats = await assertRegular(path, handle)
    return { decoded: decodeCheckpoint(await handle.readFile()), modified: Math.floor(stats.mtimeMs) }
  } finally {
    await handle.close()
  }
}

/** Opens for appending, and cuts off what a crash left of the last write. */
async function openTail(disk: JournalDisk, path: string): Promise<{ handle: JournalHandle; size: number }> {
  const handle = await disk.openToAppend(path)
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

async function assertRegular(path: string, handle: JournalHandle): Promise<{ readonly mtimeMs: number }> {
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
async function cutOff(handle: JournalHandle, size: number): Promise<void> {
  await handle.truncate(size).catch(() => {})
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
