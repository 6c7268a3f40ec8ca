/**
 * One append-only manifest file. What is appended is written at once, so that the death of the process costs nothing, and
 * flushed within a second: a power failure costs that second's files another sending, and no more.
 */
import { dirname } from 'node:path'
import { UploadError } from '../engine/errors.js'
import type { CheckpointLine } from '../engine/ports.js'
import type { ManifestLog, ManifestTarget } from '../many/ports.js'
import { usingStore } from './folder.js'
import type { JournalDisk, JournalHandle } from './journal-disk.js'
import { encodeLine } from './lines.js'
import { type DecodedManifest, decodeManifestLines, encodeManifestHeader } from './manifest-lines.js'
import { createQueue } from './queue.js'

const FLUSH_AFTER_MS = 1000
/** Bytes of kept lines that are gathered before they are written, when a manifest is written anew. */
const GATHERED_BYTES = 256 * 1024

export type ManifestFile = Omit<ManifestLog, 'release'> & { close(): Promise<void> }

/** @param options.held is asked before every change: whoever lost the lock must not touch what is somebody else's now */
export function createManifestFile(options: {
  readonly path: string
  readonly target: ManifestTarget
  readonly disk: JournalDisk
  readonly held: () => Promise<boolean>
  /** The hold was taken by force, from somebody whose last append may still be under way. Default false. */
  readonly stolen?: boolean
}): ManifestFile {
  const { path, target, disk, held, stolen = false } = options
  const inTurn = createQueue()
  let closed = false
  let tail: { readonly handle: JournalHandle; size: number } | undefined
  let batch: { readonly lines: Uint8Array[]; readonly done: Promise<void> } | undefined
  /** Bytes that were whole when it was replayed; since then only we can have written, and have not. */
  let replayed: number | undefined
  let flushing: ReturnType<typeof setTimeout> | undefined
  let flushFailure: { readonly error: unknown } | undefined

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
  /** A flush that failed meanwhile is told once, to the first who asks for more. */
  const assertFlushed = (): void => {
    if (flushFailure === undefined) return
    const { error } = flushFailure
    flushFailure = undefined
    throw error
  }
  const flush = async (): Promise<void> => {
    clearTimeout(flushing)
    flushing = undefined
    await tail?.handle.datasync()
  }
  const flushSoon = (): void => {
    flushing ??= setTimeout(() => {
      inTurn(() => usingStore(path, flush)).catch((error: unknown) => {
        flushFailure = { error }
      })
    }, FLUSH_AFTER_MS).unref()
  }
  const writeBatch = async (lines: readonly Uint8Array[]): Promise<void> => {
    assertFlushed()
    tail ??= await openTail(disk, path, replayed)
    replayed = undefined
    const isNew = tail.size === 0
    const bytes = Buffer.concat(isNew ? [encodeManifestHeader(target), ...lines] : lines)
    try {
      await tail.handle.append(bytes)
      if (isNew) await disk.syncFolder(dirname(path))
      // What was written to a file that somebody has removed meanwhile is not written.
      await disk.mustExist(path)
      tail.size += bytes.length
      flushSoon()
    } catch (error) {
      await tail.handle.truncate(tail.size).catch(() => {})
      await closeTail()
      throw error
    }
  }
  const rewrite = async (keep: (line: CheckpointLine) => boolean): Promise<void> => {
    const fresh = `${path}.new`
    replayed = undefined
    await closeTail()
    await disk.remove(fresh)
    const from = await disk.openToRead(path)
    if (from === undefined) return
    const to = await disk.openToAppend(fresh)
    try {
      await copyLines({ from, to, header: encodeManifestHeader(target), keep })
      await to.datasync()
    } finally {
      await to.close()
      await from.close()
    }
    await disk.rename(fresh, path)
    await disk.syncFolder(dirname(path))
  }
  return {
    replay: (each) =>
      inTurn(() =>
        usingStore(path, async () => {
          const handle = await disk.openToRead(path)
          if (handle === undefined) return { damaged: 0 }
          try {
            const decoded = readable(path, await decodeManifestLines(await assertRegular(path, handle), each))
            if (tail === undefined && !stolen) replayed = decoded.wholeBytes
            return decoded
          } finally {
            await handle.close()
          }
        }),
      ),
    async append(line) {
      const bytes = encodeLine(line)
      if (batch === undefined) {
        const lines: Uint8Array[] = []
        const done = inTurn(async () => {
          await untilAllCame()
          batch = undefined
          return whileHeld(() => writeBatch(lines))
        })
        batch = { lines, done }
      }
      batch.lines.push(bytes)
      return batch.done
    },
    sync: () =>
      change(async () => {
        assertFlushed()
        await flush()
      }),
    compact: (keep) => change(() => rewrite(keep)),
    remove: () =>
      change(async () => {
        clearTimeout(flushing)
        flushing = undefined
        replayed = undefined
        await closeTail()
        await disk.remove(path)
        await disk.syncFolder(dirname(path))
      }),
    close: () =>
      inTurn(async () => {
        closed = true
        try {
          // Nobody asks any more: what could not be flushed costs its files another sending, and must not hide the run's end.
          if (flushing !== undefined) await flush().catch(ignoreRefusal)
        } finally {
          await closeTail()
        }
      }),
  }
}

/** The files that end in one turn of the event loop have one write. */
function untilAllCame(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

async function copyLines(options: {
  readonly from: JournalHandle
  readonly to: JournalHandle
  readonly header: Uint8Array
  readonly keep: (line: CheckpointLine) => boolean
}): Promise<void> {
  const { from, to, header, keep } = options
  let gathered: Uint8Array[] = [header]
  let size = 0
  let last = Promise.resolve()
  const write = (): void => {
    const bytes = Buffer.concat(gathered)
    gathered = []
    size = 0
    last = last.then(() => to.append(bytes))
    // Waited for at the end; until then, while there is more to read, its failure has to have somebody.
    last.catch(() => {})
  }
  await decodeManifestLines(from, (line) => {
    if (!keep(line)) return
    const bytes = encodeLine(line)
    gathered.push(bytes)
    size += bytes.length
    if (size >= GATHERED_BYTES) write()
  })
  write()
  await last
}

/** Opens for appending, and cuts off what a crash left of the last write. `known`: how many bytes are whole. */
async function openTail(
  disk: JournalDisk,
  path: string,
  known: number | undefined,
): Promise<{ handle: JournalHandle; size: number }> {
  const handle = await disk.openToAppend(path)
  try {
    await assertRegular(path, handle)
    const wholeBytes = known ?? readable(path, await decodeManifestLines(handle, () => {})).wholeBytes
    await handle.truncate(wholeBytes)
    return { handle, size: wholeBytes }
  } catch (error) {
    await handle.close()
    throw error
  }
}

async function assertRegular(path: string, handle: JournalHandle): Promise<JournalHandle> {
  if ((await handle.stat()).isFile()) return handle
  throw new UploadError('store-unusable', `${path} is no regular file. Move it out of the way.`)
}

function readable(path: string, decoded: DecodedManifest): Extract<DecodedManifest, { kind: 'readable' }> {
  if (decoded.kind === 'readable') return decoded
  throw new UploadError(
    'store-unusable',
    `${path} was written in a format this version does not know (${decoded.format}, version ${decoded.version}). ` +
      'Use the newer version that wrote it, or move the file away to begin anew.',
  )
}

/** What the system says no to; anything else is a bug of ours. */
function ignoreRefusal(error: NodeJS.ErrnoException): void {
  if (error.code === undefined) throw error
}

function holdLost({ bucket }: ManifestTarget): UploadError {
  return new UploadError(
    'locked',
    `The hold on this run's manifest for ${bucket} is lost: another process took it over, or its files were removed from the store. This run does nothing more.`,
  )
}
