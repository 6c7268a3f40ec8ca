/** A file that the world may change while it is read, and the Source that reads it block by block. */
import { UploadError } from '../../src/engine/errors.js'
import type { Slice, Source, SourceIdentity } from '../../src/engine/ports.js'
import type { SimulatedLife, World } from './world.js'

const blockSize = 16

export interface SimulatedFile {
  bytes: Uint8Array
  identity: SourceIdentity
  /** Every content it ever had, with the time at which it began to have it. */
  readonly versions: { readonly at: number; readonly bytes: Uint8Array }[]
  /** Rewrites some bytes in place: same size, same file. */
  rewrite(): void
  /** Grows or shrinks. */
  resize(size: number): void
  /** Puts another file in its place. */
  replace(): void
  /** Changes nothing but the times, as `touch` does. */
  touch(): void
}

export function createFile(world: World, size: number): SimulatedFile {
  let clock = 1000
  let inodes = 1
  const fresh = (length: number): Uint8Array => Uint8Array.from({ length }, () => world.luck.below(256))
  const stamp = (inode: string, length: number): SourceIdentity => {
    clock += 1
    return { size: length, mtimeNs: String(clock), ctimeNs: String(clock), device: '1', inode }
  }
  const file: SimulatedFile = {
    bytes: fresh(size),
    identity: stamp('1', size),
    versions: [],
    rewrite() {
      if (file.bytes.length === 0) return
      const bytes = file.bytes.slice()
      const at = world.luck.below(bytes.length)
      for (let index = at; index < Math.min(bytes.length, at + 8); index++) {
        bytes[index] = (bytes[index] ?? 0) ^ (1 + world.luck.below(255))
      }
      become(bytes, file.identity.inode)
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
  const become = (bytes: Uint8Array, inode: string): void => {
    file.bytes = bytes
    file.identity = stamp(inode, bytes.length)
    file.versions.push({ at: world.now(), bytes })
  }
  file.versions.push({ at: world.now(), bytes: file.bytes })
  return file
}

/** Opened by one life. What it reads is what was opened, even after another file took its place. */
export function openFile(world: World, life: SimulatedLife, file: SimulatedFile): Source {
  const openedInode = file.identity.inode
  let kept = { bytes: file.bytes, identity: file.identity }
  const present = (): { bytes: Uint8Array; identity: SourceIdentity } => {
    if (file.identity.inode === openedInode) kept = { bytes: file.bytes, identity: file.identity }
    return kept
  }
  const slice = (start: number, end: number): Slice => ({
    start,
    size: end - start,
    async pump(sink, signal) {
      for (let at = start; at < end; at += blockSize) {
        if (signal?.aborted) throw signal.reason
        if (world.luck.chance(0.3)) await world.pause(world.luck.below(3), life)
        const block = present().bytes.slice(at, Math.min(at + blockSize, end))
        if (block.length < Math.min(blockSize, end - at)) {
          throw new UploadError('source-changed', 'The file ended before the range did.')
        }
        await sink(block)
      }
    },
  })
  return {
    name: 'file',
    async identity() {
      return present().identity
    },
    async identityByName() {
      return file.identity
    },
    slice,
    async close() {},
  }
}
