/**
 * A fixed set of blocks that file bytes pass through, so that memory never grows with the file. The blocks lie
 * page-aligned where their CRC-64 can be taken in place; reads copy fastest to such addresses, too.
 */
import assert from 'node:assert/strict'
import { allocateInPlace } from '../checksum/kernels.js'
import type { CancelSignal } from '../engine/ports.js'

export interface BlockPool {
  /** Bytes per block. */
  readonly blockSize: number
  /** Blocks that nobody has leased now. */
  readonly free: number
  /**
   * A block of unspecified content, the caller's until it is given back. Waits while all are out; first come, first
   * served. Rejects with the signal's reason on abort, and then has leased nothing.
   */
  lease(signal?: CancelSignal): Promise<Uint8Array>
  /** A block if one is free now, for what can do without. */
  leaseFree(): Uint8Array | undefined
  /** Gives back exactly what `lease` handed out, once; anything else is an `AssertionError`. */
  give(block: Uint8Array): void
}

export const DEFAULT_BLOCK_SIZE = 512 * 1024

/** Beyond so many blocks, bodies share. */
const MOST_BLOCKS = 64

/** So many bodies at once can have larger blocks, which cost half as much each on the way, in no more memory. */
const FEW_BODIES = 4

/** The pool for so many bodies at once: two blocks each let reading and sending overlap. */
export function createPoolFor(bodies: number): BlockPool {
  return createBlockPool({
    blockSize: bodies <= FEW_BODIES ? 2 * DEFAULT_BLOCK_SIZE : DEFAULT_BLOCK_SIZE,
    blocks: Math.min(2 * bodies + 2, MOST_BLOCKS),
  })
}

const PAGE_SIZE = 4096

/**
 * @param options.blockSize bytes per block; 512 KiB by default
 * @param options.blocks how many; two per part in flight let reading and sending overlap, one in all is enough to work
 */
export function createBlockPool(options: {
  readonly blockSize?: number
  readonly blocks: number
}): BlockPool {
  const { blockSize = DEFAULT_BLOCK_SIZE, blocks } = options
  assert(Number.isSafeInteger(blockSize) && blockSize >= 1, `Not a block size: ${blockSize}`)
  assert(Number.isSafeInteger(blocks) && blocks >= 1, `Not a number of blocks: ${blocks}`)
  const home = carve(blockSize, blocks)
  const out = new Set<Uint8Array>()
  const waiting = new Set<(block: Uint8Array) => void>()

  const handOver = (block: Uint8Array): Uint8Array => {
    out.add(block)
    return block
  }
  const leaseFree = (): Uint8Array | undefined => {
    const block = home.pop()
    return block === undefined ? undefined : handOver(block)
  }
  return {
    blockSize,
    leaseFree,
    get free() {
      return home.length
    },
    async lease(signal) {
      if (signal?.aborted) throw signal.reason
      const block = leaseFree()
      if (block !== undefined) return block
      return new Promise((resolve, reject) => {
        const serve = (given: Uint8Array): void => {
          signal?.removeEventListener('abort', leave)
          resolve(handOver(given))
        }
        const leave = (): void => {
          signal?.removeEventListener('abort', leave)
          waiting.delete(serve)
          reject(signal?.reason)
        }
        waiting.add(serve)
        signal?.addEventListener('abort', leave)
      })
    },
    give(block) {
      assert(out.delete(block), 'A block was given back that was not out')
      const [next] = waiting
      if (next === undefined) {
        home.push(block)
      } else {
        waiting.delete(next)
        next(block)
      }
    },
  }
}

function carve(blockSize: number, blocks: number): Uint8Array[] {
  const stride = Math.ceil(blockSize / PAGE_SIZE) * PAGE_SIZE
  const whole = allocate(stride * blocks)
  return Array.from({ length: blocks }, (_, index) =>
    whole.subarray(index * stride, index * stride + blockSize),
  )
}

function allocate(bytes: number): Uint8Array {
  // Without WebAssembly: such memory begins 16 bytes into a page, the one offset at which reads copied 20 to 30 %
  // slower; 64 did not.
  return allocateInPlace(bytes) ?? Buffer.allocUnsafeSlow(bytes + 64).subarray(48, 48 + bytes)
}
