/**
 * Memory for bytes on their way to the disk, used again and again. In memory that is new for every body, V8 would collect
 * its whole heap for every 13 MiB that come: that cost 1.5 ms of processor time by the MiB, as much as MD5.
 */

import { MessageChannel, type MessagePort } from 'node:worker_threads'

export const BLOCK_SIZE = 64 * 1024
/** Kept while nobody uses them. */
const MOST_KEPT = (32 * 1024 * 1024) / BLOCK_SIZE

export interface Blocks {
  /** Holds anything. */
  take(): Uint8Array
  /** Of whoever reads from it no more: the next who takes one may write into it at once. */
  give(block: Uint8Array): void
}

export function createBlocks(): Blocks {
  const free: Uint8Array[] = []
  return {
    take: () => free.pop() ?? new Uint8Array(new ArrayBuffer(BLOCK_SIZE)),
    give(block) {
      if (free.length < MOST_KEPT) free.push(block)
    },
  }
}

/** Chunks whose memory nobody else knows. */
const sole = new WeakSet<Uint8Array>()

/** Says so of a chunk that its maker hands on for good. Of what is a piece of larger memory nothing is said. */
export function isSole<T extends Uint8Array>(chunk: T): T {
  if (chunk.length > 0 && chunk.length === chunk.buffer.byteLength) sole.add(chunk)
  return chunk
}

let nowhere: MessagePort | undefined

/** Nobody wants the chunk any more: if its memory was its own, that goes at once, and is there for the next. */
export function drop(chunk: Uint8Array): void {
  if (!sole.delete(chunk)) return
  // What is sent into a closed port is given away, and nobody gets it. A clone of it would live until it is collected.
  nowhere ??= closedPort()
  nowhere.postMessage(null, [chunk.buffer as ArrayBuffer])
}

function closedPort(): MessagePort {
  const { port1 } = new MessageChannel()
  port1.close()
  return port1
}
