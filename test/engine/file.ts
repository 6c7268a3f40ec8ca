/** A file that a test changes while it is read, and the source that reads it in small blocks. */
import { UploadError } from '../../src/engine/errors.js'
import type { Source, SourceIdentity } from '../../src/engine/ports.js'
import { earlySliceOf, type Loan } from '../../src/sources/pump.js'

const blockSize = 16

export interface TestFile {
  readonly bytes: Uint8Array
  readonly identity: SourceIdentity
  /** Same file, other bytes; of any size. */
  rewrite(bytes: Uint8Array): void
  /** As a write through memory: the file system reports nothing. */
  rewriteUnseen(bytes: Uint8Array): void
  touch(): void
  /** Another file in its place. */
  replace(bytes: Uint8Array): void
  remove(): void
  open(hooks?: FileHooks): Source
}

export interface FileHooks {
  readonly onCall?: (call: 'identity' | 'identityByName') => void | Promise<void>
  /** Before a block is read. */
  readonly onRead?: (offset: number) => void | Promise<void>
  /** It can read a part's first block beforehand. */
  readonly readsAhead?: boolean
}

interface Inode {
  bytes: Uint8Array
  identity: SourceIdentity
}

export function createFile(initial: Uint8Array): TestFile {
  let ticks = 1000
  let inodes = 0
  const stamp = (inode: string, size: number): SourceIdentity => {
    ticks += 1
    return { size, mtimeNs: `${ticks}000`, ctimeNs: `${ticks}000`, device: '9', inode }
  }
  const create = (bytes: Uint8Array): Inode => {
    inodes += 1
    return { bytes, identity: stamp(String(inodes), bytes.length) }
  }
  let named: Inode | undefined = create(initial)
  const present = (): Inode => {
    if (named === undefined) throw new Error('the file was removed')
    return named
  }
  return {
    get bytes() {
      return present().bytes
    },
    get identity() {
      return present().identity
    },
    rewrite(bytes) {
      const inode = present()
      inode.bytes = bytes
      inode.identity = stamp(inode.identity.inode, bytes.length)
    },
    rewriteUnseen(bytes) {
      present().bytes = bytes
    },
    touch() {
      const inode = present()
      inode.identity = stamp(inode.identity.inode, inode.bytes.length)
    },
    replace(bytes) {
      named = create(bytes)
    },
    remove() {
      named = undefined
    },
    open(hooks = {}) {
      const opened = present()
      const borrow = async (offset: number, end: number): Promise<Loan> => {
        await hooks.onRead?.(offset)
        const bytes = opened.bytes.slice(offset, Math.min(offset + blockSize, end))
        return { bytes, giveBack: () => bytes.fill(0xee) }
      }
      const early = {
        earlySlice: (start: number, end: number) => earlySliceOf({ start, end }, borrow, borrow(start, end)),
      }
      return {
        ...(hooks.readsAhead && early),
        name: 'file.dat',
        async identity() {
          await hooks.onCall?.('identity')
          return opened.identity
        },
        async identityByName() {
          await hooks.onCall?.('identityByName')
          return named?.identity
        },
        slice: (start, end) => ({
          start,
          size: end - start,
          async pump(sink, signal, onLastBlock) {
            for (let at = start; at < end; at += blockSize) {
              await hooks.onRead?.(at)
              if (signal?.aborted) throw signal.reason
              const wanted = Math.min(blockSize, end - at)
              const block = opened.bytes.slice(at, at + wanted)
              if (block.length < wanted) {
                throw new UploadError('source-changed', 'The file ended before the range did.')
              }
              const sunk = sink(block)
              if (at + blockSize >= end) onLastBlock?.()
              await sunk
            }
          },
        }),
        async close() {},
      }
    },
  }
}

/** Bytes that differ from place to place and from seed to seed. */
export function someBytes(size: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length: size }, (_, index) => (index * 31 + seed * 101 + (index >> 5) * 7) & 255)
}

/** The same bytes, but for the one at `offset`. */
export function changedAt(bytes: Uint8Array, offset: number): Uint8Array {
  return bytes.map((byte, index) => (index === offset ? byte ^ 0xff : byte))
}
