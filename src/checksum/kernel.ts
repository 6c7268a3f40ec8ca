/**
 * CRC-64 at the speed of memory: bytes go through XORs of whole words until a few are left, and only those through the
 * tables. docs/checksums.md explains why that gives the CRC. One kernel works in one WebAssembly memory, keeps nothing
 * between two calls, and can take bytes that lie in its own memory without copying them.
 */
import {
  FOLDED,
  GROUP,
  type KernelLoops,
  kernelCode,
  REGISTER,
  RESERVED_PAGES,
  RESERVED_SIZE,
  REST,
  REST_SIZE,
  RING,
  RING_SIZE,
  SHORT_SPAN,
  SPAN,
  TABLES,
  WORK,
  WORK_END,
  WORK_SIZE,
} from './kernel-code.js'
import { JOINT, PERIOD, SHORT_DISTANCES } from './multiples.js'
import { add, multiply, type Polynomial } from './polynomial.js'
import { byTables, STRIDE, tableBytes } from './tables.js'
import { WASM_PAGE_SIZE, type WasmMemory, type WasmPlatform } from './webassembly.js'

/** From this length on to divide costs less than to go through the tables; measured. */
const DIVIDE_FROM = 4096
/** From this length on to fold costs less than to divide, though it has more to do at its end; measured. */
const FOLD_FROM = 131_072

export type Variant = 'vector' | 'scalar'

export interface KernelModule {
  readonly variant: Variant
  readonly platform: WasmPlatform
  readonly module: object
}

/** The fastest that the platform takes. It throws, in its own words, where compiling is forbidden. */
export function compileKernel(platform: WasmPlatform): KernelModule {
  const vector = kernelCode({ vector: true })
  return platform.validate(vector)
    ? { variant: 'vector', platform, module: new platform.Module(vector) }
    : { variant: 'scalar', platform, module: new platform.Module(kernelCode({ vector: false })) }
}

export class Kernel {
  /** Memory beyond the kernel's own, for bytes that are to be taken in place. It begins at a page. */
  readonly room: Uint8Array
  readonly #loops: KernelLoops
  readonly #bytes: Uint8Array
  readonly #view: DataView

  /** @throws RangeError when the platform has no such memory to give */
  constructor({ platform, module }: KernelModule, roomSize = 0) {
    const pages = RESERVED_PAGES + Math.ceil(roomSize / WASM_PAGE_SIZE)
    // Fixed in size: growing a memory would detach every view of it.
    const memory: WasmMemory = new platform.Memory({ initial: pages, maximum: pages })
    const { exports } = new platform.Instance(module, { host: { memory } })
    this.#loops = exports as unknown as KernelLoops
    this.#bytes = new Uint8Array(memory.buffer)
    this.#view = new DataView(memory.buffer)
    this.#bytes.set(tableBytes(), TABLES)
    this.room = new Uint8Array(memory.buffer, RESERVED_SIZE, roomSize)
  }

  /** The register after the next bytes. */
  update(register: Polynomial, bytes: Uint8Array): Polynomial {
    if (bytes.length < STRIDE) return byTables(register, bytes)
    if (bytes.length < DIVIDE_FROM) return this.#sliced(this.#place(register, bytes, STRIDE))
    if (bytes.length < FOLD_FROM) return this.#divided(this.#place(register, bytes, GROUP))
    return this.#folded(register, bytes)
  }

  /**
   * Copies a message to the end of the work room, with the register added to its first bytes, and zeros before it to
   * make its length a multiple of the step: they do not change its value. Returns its address.
   */
  #place({ high, low }: Polynomial, bytes: Uint8Array, step: number): number {
    const start = WORK_END - bytes.length
    const at = WORK_END - Math.ceil(bytes.length / step) * step
    this.#bytes.fill(0, at, start)
    this.#bytes.set(bytes, start)
    this.#view.setInt32(start, this.#view.getInt32(start, true) ^ low, true)
    this.#view.setInt32(start + 4, this.#view.getInt32(start + 4, true) ^ high, true)
    return at
  }

  /** The CRC register of what stands from `at` to the end given, by tables alone. */
  #sliced(at: number, end = WORK_END): Polynomial {
    this.#loops.slice(at, end)
    return { high: this.#view.getInt32(REGISTER + 4, true), low: this.#view.getInt32(REGISTER, true) }
  }

  /** The same for far more than REST_SIZE bytes, which are used up, as are REST_SIZE bytes before them. */
  #divided(at: number, end = WORK_END): Polynomial {
    const restAt = end - REST_SIZE
    this.#bytes.fill(0, at - REST_SIZE, at)
    this.#loops.divide(at, restAt, at - SPAN)
    // The last bytes are no part of the quotient: what it adds to them is the rest.
    this.#bytes.copyWithin(REST, restAt, end)
    this.#bytes.fill(0, restAt, end)
    this.#loops.divide(REST, REST + REST_SIZE, restAt - SPAN)
    return this.#sliced(REST, REST + REST_SIZE)
  }

  #folded(register: Polynomial, bytes: Uint8Array): Polynomial {
    // Of the first bytes a copy, since the register is added to them; so many that what follows is whole groups.
    const headSize = GROUP + (bytes.length % GROUP)
    const headAt = this.#place(register, bytes.subarray(0, headSize), GROUP)
    this.#bytes.fill(0, FOLDED, RING)
    // So far into the period that the message ends where a period does.
    const groups = Math.ceil(bytes.length / GROUP)
    const place: Place = { folded: (PERIOD - ((groups * GROUP) % PERIOD)) % PERIOD, ring: 0 }
    this.#fold(headAt, WORK_END, place)
    if (bytes.buffer === this.#bytes.buffer) {
      this.#fold(bytes.byteOffset + headSize, bytes.byteOffset + bytes.length, place)
    } else {
      for (let from = headSize; from < bytes.length; from += WORK_SIZE) {
        const piece = bytes.subarray(from, from + WORK_SIZE)
        this.#bytes.set(piece, WORK)
        this.#fold(WORK, WORK + piece.length, place)
      }
    }
    const byShortDistances = this.#restOfQuotient(place)
    const byPeriod = this.#restOfPeriods()
    return add(byShortDistances, multiply(JOINT, add(byPeriod, byShortDistances)))
  }

  /** Whole groups from `start` to `end`. */
  #fold(start: number, end: number, place: Place): void {
    for (let at = start; at < end; ) {
      const groups = Math.min(
        Math.ceil((PERIOD - place.folded) / GROUP),
        (RING_SIZE - place.ring) / GROUP,
        (end - at) / GROUP,
      )
      const size = groups * GROUP
      this.#loops.fold(at, at + size, FOLDED + place.folded, RING + place.ring - SHORT_SPAN)
      at += size
      place.folded += size
      // The last group may have run on beyond the period: what is there stands for the period's first bytes.
      if (place.folded >= PERIOD) place.folded -= PERIOD
      place.ring += size
      if (place.ring === RING_SIZE) {
        this.#bytes.copyWithin(RING - SHORT_SPAN, RING + RING_SIZE - SHORT_SPAN, RING + RING_SIZE)
        place.ring = 0
      }
    }
  }

  /** What is right modulo the factor of degree 47: the sum of all periods. It is used up. */
  #restOfPeriods(): Polynomial {
    const bytes = this.#bytes
    for (let index = 0; index < GROUP; index += 1) {
      bytes[FOLDED + index] = (bytes[FOLDED + index] as number) ^ (bytes[FOLDED + PERIOD + index] as number)
    }
    const end = FOLDED + PERIOD
    const at = end - Math.ceil(PERIOD / GROUP) * GROUP
    bytes.fill(0, at, FOLDED)
    return this.#divided(at, end)
  }

  /**
   * What is right modulo the factor of degree 17. The last bytes of the ring are no part of the quotient, so what they
   * have added to one another is taken out again.
   */
  #restOfQuotient({ ring }: Place): Polynomial {
    const bytes = this.#bytes
    const from = RING + ring - SHORT_SPAN
    const start = WORK_END - SHORT_SPAN
    const at = WORK_END - Math.ceil(SHORT_SPAN / STRIDE) * STRIDE
    bytes.fill(0, at, start)
    bytes.copyWithin(start, from, from + SHORT_SPAN)
    for (const distance of SHORT_DISTANCES) {
      for (let index = distance; index < SHORT_SPAN; index += 1) {
        bytes[start + index] = (bytes[start + index] as number) ^ (bytes[from + index - distance] as number)
      }
    }
    return this.#sliced(at)
  }
}

/** Where the next byte goes. */
interface Place {
  /** In the sum of all periods. */
  folded: number
  /** In the ring. */
  ring: number
}
