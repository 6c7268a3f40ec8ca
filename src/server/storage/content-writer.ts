/** A content on its way into its file: collected, written in large pieces, synced. */
import { BLOCK_SIZE, type Blocks, drop } from './blocks.js'
import type { Disk, DiskFile } from './disk-port.js'
import type { ContentWriter } from './ledger.js'

/** Collected before a write goes to the disk: fewer, larger writes, and smaller ones when many bodies come in at once. */
const MOST_WRITE_SIZE = 512 * 1024
const LEAST_WRITE_SIZE = BLOCK_SIZE
/** Collected by all writers together; as much again may be on its way to the disk. */
const PENDING_BYTES = 64 * 1024 * 1024

/** How many contents are being written; they share the memory for what is not written yet. */
export interface Crowd {
  writers: number
}

function writeSizeIn({ writers }: Crowd): number {
  return Math.min(MOST_WRITE_SIZE, Math.max(LEAST_WRITE_SIZE, Math.floor(PENDING_BYTES / writers)))
}

interface ContentWriterOptions {
  readonly id: string
  readonly disk: Disk
  readonly path: string
  /** Rejects when there could be no file. */
  readonly opened: Promise<DiskFile>
  /** Resolves when the bytes and the folder's entry are as lasting as was asked for. */
  sync(): Promise<void>
  readonly crowd: Crowd
  readonly blocks: Blocks
  /** To be asked before so many bytes are written. */
  keepReserve(bytes: number): Promise<void>
}

export function createContentWriter({
  id,
  disk,
  path,
  opened,
  sync,
  crowd,
  blocks,
  keepReserve,
}: ContentWriterOptions): ContentWriter {
  crowd.writers += 1
  let isCounted = true
  /** Full, but for the last one. */
  let pending: Uint8Array[] = []
  let pendingBytes = 0
  let writing: Promise<void> = Promise.resolve()

  /** One write at a time; while it runs, the next is collected. */
  async function flush(): Promise<void> {
    const full = pending
    const bytes = pendingBytes
    pending = []
    pendingBytes = 0
    await writing
    if (bytes === 0) return
    writing = opened.then(async (file) => {
      await keepReserve(bytes)
      await writeAll(file, firstBytes(full, bytes))
      for (const block of full) blocks.give(block)
    })
    writing.catch(() => undefined)
  }

  /** Copied together: so the memory that it came in is free at once, and what waits for the disk lies in few pieces. */
  function collect(chunk: Uint8Array): void {
    for (let from = 0; from < chunk.length; ) {
      const at = pendingBytes % BLOCK_SIZE
      if (at === 0) pending.push(blocks.take())
      const piece = chunk.subarray(from, from + BLOCK_SIZE - at)
      pending.at(-1)?.set(piece, at)
      from += piece.length
      pendingBytes += piece.length
    }
  }

  function leave(): void {
    if (isCounted) crowd.writers -= 1
    isCounted = false
  }

  /** A second close does no harm. */
  async function letGo(): Promise<void> {
    leave()
    for (const block of pending.splice(0)) blocks.give(block)
    pendingBytes = 0
    await writing.catch(() => undefined)
    await opened.then((file) => file.close()).catch(() => undefined)
  }

  return {
    id,
    async write(chunk) {
      collect(chunk)
      drop(chunk)
      if (pendingBytes >= writeSizeIn(crowd)) await flush()
    },
    async seal() {
      try {
        await flush()
        await writing
        await sync()
      } catch (error) {
        await letGo()
        throw error
      }
      leave()
      await (await opened).close()
    },
    async discard() {
      await letGo()
      // What could not be made is not ours to remove.
      await opened.then(() => disk.remove(path)).catch(() => undefined)
    },
    abandon: letGo,
  }
}

async function writeAll(file: DiskFile, chunks: readonly Uint8Array[]): Promise<void> {
  let rest = chunks
  while (rest.length > 0) {
    rest = without(rest, await file.write(rest))
  }
}

function firstBytes(blocks: readonly Uint8Array[], count: number): readonly Uint8Array[] {
  const last = count - (blocks.length - 1) * BLOCK_SIZE
  return blocks.map((block, index) => (index === blocks.length - 1 ? block.subarray(0, last) : block))
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
