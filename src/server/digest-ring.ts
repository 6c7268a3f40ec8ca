/**
 * Memory through which one thread hands bytes to another, one record after the other: the writer never waits, the reader
 * sleeps while there is nothing. Sharing memory costs a copy that stays in the cache; a message per chunk cost more.
 */

export type RecordKind = 'data' | 'end' | 'discard'

export interface RingRecord {
  readonly kind: RecordKind
  /** Whose it is. */
  readonly body: number
  /** Valid until the next record is asked for. */
  readonly bytes: Uint8Array
}

const KINDS: readonly RecordKind[] = ['data', 'end', 'discard']
/** A record's head: kind, body, length. Records begin at multiples of it, so a head is never cut by the ring's end. */
const HEAD_SIZE = 16
/** Numbers beside the ring: how many bytes were ever written and read, modulo 2^32, and whether the writer wants room. */
const [WRITTEN, READ, WANTS_ROOM] = [0, 1, 2] as const
const NUMBERS_SIZE = 64

export interface Ring {
  readonly numbers: Int32Array
  readonly bytes: Uint8Array
  readonly heads: Int32Array
}

/** @param size a power of two */
export function ringMemory(size: number): SharedArrayBuffer {
  return new SharedArrayBuffer(NUMBERS_SIZE + size)
}

export function ringIn(memory: SharedArrayBuffer): Ring {
  return {
    numbers: new Int32Array(memory, 0, NUMBERS_SIZE / 4),
    bytes: new Uint8Array(memory, NUMBERS_SIZE),
    heads: new Int32Array(memory, NUMBERS_SIZE),
  }
}

/** Puts in as many of the bytes as there is room for, and says how many; `undefined` when there was none, for an empty record too. */
export function tryWrite(ring: Ring, record: RingRecord): number | undefined {
  const { numbers, bytes, heads } = ring
  const written = Atomics.load(numbers, WRITTEN)
  const free = bytes.length - ((written - Atomics.load(numbers, READ)) | 0)
  if (free < HEAD_SIZE || (free === HEAD_SIZE && record.bytes.length > 0)) return undefined
  const at = (written & (bytes.length - 1)) + HEAD_SIZE
  const length = Math.min(record.bytes.length, free - HEAD_SIZE, bytes.length - at)
  const head = (at - HEAD_SIZE) / 4
  heads[head] = KINDS.indexOf(record.kind)
  heads[head + 1] = record.body
  heads[head + 2] = length
  bytes.set(record.bytes.subarray(0, length), at)
  Atomics.store(numbers, WRITTEN, (written + sizeOf(length)) | 0)
  Atomics.notify(numbers, WRITTEN)
  return length
}

/** Has the reader say so when there is room again. Look once more after this: it may have been there just before. */
export function askForRoom({ numbers }: Ring): void {
  Atomics.store(numbers, WANTS_ROOM, 1)
}

/** Takes one record after the other, for ever, sleeping while there is none. */
export function readForEver(ring: Ring, take: (record: RingRecord) => void, tellRoom: () => void): never {
  for (;;) {
    const written = Atomics.load(ring.numbers, WRITTEN)
    if (!readNext(ring, take, tellRoom)) Atomics.wait(ring.numbers, WRITTEN, written)
  }
}

/** Takes a record if there is one. `tellRoom` is called when the writer has asked and half of the ring is free. */
export function readNext(ring: Ring, take: (record: RingRecord) => void, tellRoom: () => void): boolean {
  const { numbers, bytes, heads } = ring
  const read = Atomics.load(numbers, READ)
  if (Atomics.load(numbers, WRITTEN) === read) return false
  const at = (read & (bytes.length - 1)) + HEAD_SIZE
  const head = (at - HEAD_SIZE) / 4
  const length = heads[head + 2] as number
  const kind = KINDS[heads[head] as number] as RecordKind
  take({ kind, body: heads[head + 1] as number, bytes: bytes.subarray(at, at + length) })
  const now = (read + sizeOf(length)) | 0
  Atomics.store(numbers, READ, now)
  const used = (Atomics.load(numbers, WRITTEN) - now) | 0
  if (used <= bytes.length / 2 && Atomics.exchange(numbers, WANTS_ROOM, 0) === 1) tellRoom()
  return true
}

function sizeOf(length: number): number {
  return HEAD_SIZE + Math.ceil(length / HEAD_SIZE) * HEAD_SIZE
}
