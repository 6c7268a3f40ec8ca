/**
 * A request body that lends two blocks and overwrites each with poison the moment it comes home. A transport that sends
 * a block after giving it back therefore sends poison, which no position of the body ever holds.
 */
import type { RequestBody } from '../../src/protocol/message.js'

export const poison = 0xff

/** The byte that belongs at this offset of every body. */
export function byteAt(offset: number): number {
  return (offset % 199) + (offset % 7)
}

export interface LentBody extends RequestBody {
  /** Blocks that were lent and have come home. */
  readonly lent: number
  readonly home: number
}

export function lentBody(size: number, blockSize: number): LentBody {
  let lent = 0
  let home = 0
  const pump: RequestBody['pump'] = async (sink, signal) => {
    const blocks = [new Uint8Array(blockSize), new Uint8Array(blockSize)]
    const loans: Promise<void>[] = [Promise.resolve(), Promise.resolve()]
    const lend = async (block: Uint8Array) => {
      lent += 1
      try {
        await sink(block)
      } finally {
        home += 1
        block.fill(poison)
      }
    }
    try {
      for (let start = 0, turn = 0; start < size; start += blockSize, turn = 1 - turn) {
        await loans[turn]
        if (signal?.aborted) throw signal.reason
        const block = (blocks[turn] ?? new Uint8Array()).subarray(0, Math.min(blockSize, size - start))
        for (let index = 0; index < block.length; index += 1) block[index] = byteAt(start + index)
        const loan = lend(block)
        loan.catch(() => {})
        loans[turn] = loan
      }
      await Promise.all(loans)
    } finally {
      await Promise.allSettled(loans)
    }
  }
  return {
    size,
    pump,
    get lent() {
      return lent
    },
    get home() {
      return home
    },
  }
}

/** Checks the bytes that arrived so far; keeps only the count and the first offset that is wrong. */
export class Arrival {
  size = 0
  wrongAt: number | undefined

  add(bytes: Uint8Array): void {
    for (let index = 0; index < bytes.length && this.wrongAt === undefined; index += 1) {
      if (bytes[index] !== byteAt(this.size + index)) this.wrongAt = this.size + index
    }
    this.size += bytes.length
  }
}
