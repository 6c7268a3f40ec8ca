/** A file that the world may change while it is read, and the Source that reads it block by block out of lent memory. */
import { UploadError } from '../../src/engine/errors.js'
import type { Slice, Source, SourceIdentity } from '../../src/engine/ports.js'
import { earlySliceOf, type Loan, sliceOf } from '../../src/sources/pump.js'
import type { SimulatedLife, World } from './world.js'

export interface SimulatedFile {
  bytes: Uint8Array
  identity: SourceIdentity
  /** Its name leads to nothing any more; who has it open can still read it. */
  gone: boolean
  /** Every content it ever had, with the time at which it began to have it. */
  readonly versions: { readonly at: number; readonly bytes: Uint8Array }[]
  /** Changes some bytes in place, anywhere or where it is told: same size, same file, and if wished the same mtime. */
  rewrite(options?: { readonly sameMtime?: boolean; readonly at?: number }): void
  resize(size: number): void
  /** Puts another file in its place. */
  replace(): void
  /** Changes nothing but the times, as `touch` does. */
  touch(): void
}

/** Bytes without pattern, from one draw of luck. */
export function noise(world: World, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let state = world.luck.below(2 ** 32) | 1
  for (let index = 0; index < length; index++) {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9
    bytes[index] = state >>> 24
  }
  return bytes
}

export function createFile(world: World, size: number): SimulatedFile {
  let clock = 1000
  let inodes = 1
  const fresh = (length: number): Uint8Array => noise(world, length)
  const stamp = (inode: string, length: number): SourceIdentity => {
    clock += 1
    return { size: length, mtimeNs: String(clock), ctimeNs: String(clock), device: '1', inode }
  }
  const become = (bytes: Uint8Array, inode: string): void => {
    file.bytes = bytes
    file.identity = stamp(inode, bytes.length)
    file.versions.push({ at: world.now(), bytes })
  }
  const file: SimulatedFile = {
    bytes: fresh(size),
    identity: stamp('1', size),
    gone: false,
    versions: [],
    rewrite({ sameMtime = false, at = world.luck.below(Math.max(1, file.bytes.length)) } = {}) {
      const { mtimeNs } = file.identity
      const bytes = file.bytes.slice()
      for (let index = at; index < Math.min(bytes.length, at + 8); index++) {
        bytes[index] = (bytes[index] ?? 0) ^ (1 + world.luck.below(255))
      }
      become(bytes, file.identity.inode)
      // Whoever sets the mtime back can't set the ctime back.
      if (sameMtime) file.identity = { ...file.identity, mtimeNs }
    },
    resize(length) {
      const bytes = fresh(length)
      bytes.set(file.bytes.subarray(0, Math.min(length, file.bytes.length)))
      become(bytes, file.identity.inode)
    },
    replace() {
      inodes += 1
      become(fresh(file.bytes.length), String(inodes))
    },
    touch() {
      file.identity = stamp(file.identity.inode, file.bytes.length)
    },
  }
  file.versions.push({ at: world.now(), bytes: file.bytes })
  return file
}

/** What one life reads, and how much at once. */
export interface Reading {
  readonly source: Source
  /** The state of what was opened, now. */
  identity(): SourceIdentity
  /** Slices being read now, and the most that ever were. */
  readonly pumps: { now: number; most: number }
  /** Blocks lent now, and the most that ever were. */
  readonly blocks: { now: number; most: number }
  /** How far ranges were read at most, by where they start. */
  readonly reached: ReadonlyMap<number, number>
}

/** In some worlds a source can: a quarter, so that the seeds of all others keep their runs. */
const readsAhead = ({ seed }: World): boolean => seed % 4 === 1

/**
 * Opened by one life. What it reads is what was opened, even after another file took its place. A block that comes home
 * is filled with poison, so that whoever still reads from it reads what is in no file.
 */
export function openFile(
  world: World,
  life: SimulatedLife,
  {
    file,
    blockSize,
    onReadAhead,
  }: {
    readonly file: SimulatedFile
    readonly blockSize: number
    /** A block at this offset has been read beforehand. */
    readonly onReadAhead: (offset: number) => void
  },
): Reading {
  if (file.gone) throw new UploadError('source-missing', 'The file does not exist.')
  const openedInode = file.identity.inode
  let kept = { bytes: file.bytes, identity: file.identity }
  const present = (): { bytes: Uint8Array; identity: SourceIdentity } => {
    if (file.identity.inode === openedInode) kept = { bytes: file.bytes, identity: file.identity }
    return kept
  }
  const pumps = { now: 0, most: 0 }
  const blocks = { now: 0, most: 0 }
  const reached = new Map<number, number>()
  const enter = (counter: { now: number; most: number }): void => {
    counter.now += 1
    counter.most = Math.max(counter.most, counter.now)
  }
  const borrow = async (offset: number, end: number): Promise<Loan> => {
    if (world.luck.chance(0.3)) await world.pause(world.luck.below(3), life)
    const bytes = present().bytes.slice(offset, Math.min(offset + blockSize, end))
    if (bytes.length < Math.min(blockSize, end - offset)) {
      throw new UploadError('source-changed', 'The file ended before the range did.')
    }
    enter(blocks)
    return {
      bytes,
      giveBack() {
        blocks.now -= 1
        bytes.fill(0xee)
      },
    }
  }
  const counted = (slice: Slice): Slice => ({
    ...slice,
    async pump(sink, signal, onLastBlock) {
      enter(pumps)
      try {
        let bytes = 0
        const { start } = slice
        const counting = (block: Uint8Array): Promise<void> => {
          bytes += block.length
          reached.set(start, Math.max(bytes, reached.get(start) ?? 0))
          return sink(block)
        }
        await slice.pump(counting, signal, onLastBlock)
      } finally {
        pumps.now -= 1
      }
    },
  })
  return {
    pumps,
    blocks,
    reached,
    identity: () => present().identity,
    source: {
      name: 'file',
      async identity() {
        return present().identity
      },
      async identityByName() {
        return file.gone ? undefined : file.identity
      },
      slice: (start, end) => counted(sliceOf({ start, end }, (offset, rangeEnd) => borrow(offset, rangeEnd))),
      ...(readsAhead(world) && {
        earlySlice(start: number, end: number) {
          if (start === end) return undefined
          const first = borrow(start, end).then((loan) => {
            onReadAhead(start)
            return loan
          })
          const slice = earlySliceOf({ start, end }, borrow, first)
          return { ...counted(slice), drop: slice.drop }
        },
      }),
      async close() {},
    },
  }
}
