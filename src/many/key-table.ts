/**
 * What is known of a million keys in a few bytes each: per key a digest of the state in which its file was last uploaded,
 * and how it ended. Open addressing in typed arrays, so that no key is held and nothing is left to collect.
 */
import type { TextDigest } from './ports.js'

export type KeyState = 'done' | 'failed'

export interface KeyTable {
  /** Keys in it. */
  readonly size: number
  /** Bytes that it takes. */
  readonly bytes: number
  stateOf(key: string): KeyState | undefined
  /** Did the key's file, in this very state, become its object? */
  isDone(key: string, fingerprint: string): boolean
  done(key: string, fingerprint: string): void
  failed(key: string): void
  /** False when the present run took it before: two sources have one key. */
  take(key: string): boolean
  /** Has the present run met this key? */
  isSeen(key: string): boolean
  count(state: KeyState): number
}

/** 64 bits of the key's digest, as many of the fingerprint's, and a byte of marks. */
const bytesPerSlot = 17
const firstCapacity = 1024
/** Beyond this share of taken slots the table doubles. */
const fullest = 0.75

const marks: Readonly<Record<KeyState, number>> = { done: 1, failed: 2 }
const stateMask = 3
const seenMark = 4
const takenMark = 8

interface Slots {
  /** Two words per slot each. */
  readonly keys: Uint32Array
  readonly fingerprints: Uint32Array
  readonly flags: Uint8Array
}

/**
 * A digest of 64 bits stands for a key, another for its file's state. A file is passed over only when both agree: of a
 * million files that never happens by chance, and for two keys to share one digest costs no more than sending again.
 */
export function createKeyTable(digest: TextDigest): KeyTable {
  let slots = slotsFor(firstCapacity)
  let size = 0
  const counts = { done: 0, failed: 0 }

  const flagsAt = (slot: number): number => slots.flags[slot] ?? 0
  const stateAt = (slot: number): KeyState | undefined => {
    const mark = flagsAt(slot) & stateMask
    if (mark === marks.done) return 'done'
    return mark === marks.failed ? 'failed' : undefined
  }
  const grow = (): void => {
    const old = slots
    slots = slotsFor(old.flags.length * 2)
    for (const [from, flags] of old.flags.entries()) {
      if (flags === 0) continue
      const slot = find(slots, pairAt(old.keys, from))
      setPair(slots.keys, slot, pairAt(old.keys, from))
      setPair(slots.fingerprints, slot, pairAt(old.fingerprints, from))
      slots.flags[slot] = flags
    }
  }
  /** The slot that is the key's from now on. */
  const claim = (key: string): number => {
    const words = digest(key)
    const slot = find(slots, words)
    if (flagsAt(slot) !== 0) return slot
    if (size + 1 > slots.flags.length * fullest) {
      grow()
      return claim(key)
    }
    setPair(slots.keys, slot, words)
    slots.flags[slot] = takenMark
    size += 1
    return slot
  }
  const mark = (slot: number, state: KeyState): void => {
    const before = stateAt(slot)
    if (before !== undefined) counts[before] -= 1
    counts[state] += 1
    slots.flags[slot] = (flagsAt(slot) & ~stateMask) | marks[state]
  }

  return {
    get size() {
      return size
    },
    get bytes() {
      return slots.flags.length * bytesPerSlot
    },
    stateOf: (key) => stateAt(find(slots, digest(key))),
    isDone(key, fingerprint) {
      const slot = find(slots, digest(key))
      return stateAt(slot) === 'done' && isPairAt(slots.fingerprints, slot, digest(fingerprint))
    },
    done(key, fingerprint) {
      const slot = claim(key)
      setPair(slots.fingerprints, slot, digest(fingerprint))
      mark(slot, 'done')
    },
    failed(key) {
      mark(claim(key), 'failed')
    },
    take(key) {
      const slot = claim(key)
      if ((flagsAt(slot) & seenMark) !== 0) return false
      slots.flags[slot] = flagsAt(slot) | seenMark
      return true
    },
    isSeen: (key) => (flagsAt(find(slots, digest(key))) & seenMark) !== 0,
    count: (state) => counts[state],
  }
}

function slotsFor(capacity: number): Slots {
  return {
    keys: new Uint32Array(2 * capacity),
    fingerprints: new Uint32Array(2 * capacity),
    flags: new Uint8Array(capacity),
  }
}

/** The slot that has these words, or the free one where they belong. */
function find({ keys, flags }: Slots, words: Pair): number {
  const mask = flags.length - 1
  let slot = words[0] & mask
  while (flags[slot] !== 0 && !isPairAt(keys, slot, words)) slot = (slot + 1) & mask
  return slot
}

type Pair = ReturnType<TextDigest>

function pairAt(words: Uint32Array, slot: number): Pair {
  return [words[2 * slot] ?? 0, words[2 * slot + 1] ?? 0]
}

function isPairAt(words: Uint32Array, slot: number, [low, high]: Pair): boolean {
  return words[2 * slot] === low && words[2 * slot + 1] === high
}

function setPair(words: Uint32Array, slot: number, [low, high]: Pair): void {
  words[2 * slot] = low
  words[2 * slot + 1] = high
}
