/** Bytes that are known by their tag. A tag is written where the storage keeps an ETag, so what is found says what it should be. */
import { concat } from './simulated-disk.js'

export interface Contents {
  /** A tag never given before, for bytes of this size. */
  make(size: number): string
  /** Another, for bytes that others are the pieces of. */
  join(tags: readonly string[]): string
  /** Another, for a stretch of these bytes. */
  cut(tag: string, start: number, end: number): string
  bytesOf(tag: string): Uint8Array
  sizeOf(tag: string): number
}

/** A stretch of what a seed gives. */
interface Seeded {
  readonly seed: number
  readonly offset: number
  readonly size: number
}

export function createContents(): Contents {
  const known = new Map<string, readonly Seeded[]>()

  function note(pieces: readonly Seeded[]): string {
    const tag = `T${known.size + 1}`
    known.set(tag, pieces)
    return tag
  }

  function piecesOf(tag: string): readonly Seeded[] {
    const pieces = known.get(tag)
    if (pieces === undefined) throw new Error(`Nobody wrote anything called ${tag}.`)
    return pieces
  }

  return {
    make: (size) => note([{ seed: known.size + 1, offset: 0, size }]),
    join: (tags) => note(tags.flatMap(piecesOf)),
    cut: (tag, start, end) => note(cut(piecesOf(tag), start, end)),
    bytesOf: (tag) => concat(piecesOf(tag).map(bytesOf)),
    sizeOf: (tag) => piecesOf(tag).reduce((total, { size }) => total + size, 0),
  }
}

function cut(pieces: readonly Seeded[], start: number, end: number): Seeded[] {
  let passed = 0
  return pieces.flatMap(({ seed, offset, size }) => {
    const from = Math.max(start - passed, 0)
    const to = Math.min(end - passed, size)
    passed += size
    return from < to ? [{ seed, offset: offset + from, size: to - from }] : []
  })
}

function bytesOf({ seed, offset, size }: Seeded): Uint8Array {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0
  const bytes = new Uint8Array(offset + size)
  for (let at = 0; at < bytes.length; at += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    bytes[at] = state >>> 24
  }
  return bytes.subarray(offset)
}
