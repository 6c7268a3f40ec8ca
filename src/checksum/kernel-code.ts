/**
 * The three loops that CRC-64 spends its time in, as WebAssembly, and where in the memory they find their data. All else
 * is in kernel.ts. The loops know no bounds: whoever calls them does.
 */
import { DISTANCES, SHORT_DISTANCES } from './multiples.js'
import { STRIDE } from './tables.js'
import {
  type Code,
  get,
  i32,
  i64,
  repeatWhile,
  set,
  v128,
  WASM_PAGE_SIZE,
  type WasmFunction,
  type Words,
  wasmModule,
} from './webassembly.js'

/** Bytes that `fold` and `divide` take at a time. */
export const GROUP = 64

/** How far behind a byte the other bytes are that it takes part in, at most. */
export const SPAN = Math.max(...DISTANCES)
export const SHORT_SPAN = Math.max(...SHORT_DISTANCES)

/** The 64-bit register that `slice` leaves. */
export const REGISTER = 0
/** 16 tables of 256 entries of 8 bytes. */
export const TABLES = 64
/**
 * PERIOD bytes, and a group of slack; before them room for the zeros of a division. Half a page off the start of a block:
 * some processors take a load for dependent on a store just before it when the two addresses are equal in their last 12
 * bits.
 */
export const FOLDED = TABLES + STRIDE * 256 * 8 + 1984
/** Room for SHORT_SPAN bytes, and then the ring. */
export const RING = FOLDED + 32_896 + 896
export const RING_SIZE = 32_768
/** What a division leaves, whole groups of it. */
export const REST = RING + RING_SIZE
export const REST_SIZE = Math.ceil(SPAN / GROUP) * GROUP
/** A message on which a division works in place; it ends where the room ends. Zeros have to go before it. At a page. */
export const WORK = REST + 2 * REST_SIZE + 2048
export const WORK_SIZE = 131_072
export const WORK_END = WORK + WORK_SIZE

/** Free from here on. */
export const RESERVED_PAGES = 4
export const RESERVED_SIZE = RESERVED_PAGES * WASM_PAGE_SIZE

/** What the module exports. Every argument is an address. */
export interface KernelLoops {
  /** Takes the bytes from `at` to `end`, whole strides, through the tables; the register begins at 0. */
  slice(at: number, end: number): void
  /**
   * To each byte from `at` to `end`, whole groups, adds the bytes of a quotient that are DISTANCES before its place in
   * it; `past` is SPAN bytes before the first one's place. With `past` = `at` - SPAN the bytes become that quotient.
   */
  divide(at: number, end: number, past: number): void
  /**
   * Adds the bytes from `at` to `end`, whole groups, to those from `folded` on, and writes the quotient by
   * SHORT_DISTANCES into a ring; `past` is SHORT_SPAN bytes before its place there.
   */
  fold(at: number, end: number, folded: number, past: number): void
}

/** The module's bytes, with 128-bit words or without. */
export function kernelCode({ vector }: { readonly vector: boolean }): Uint8Array {
  const words = vector ? v128 : i64
  return wasmModule([slice(), divide(words), fold(words)])
}

function slice(): WasmFunction {
  const [at, end, first, second] = [0, 1, 2, 3]
  const register = i32.const(REGISTER)
  /** The entry for one byte of a word, which has `zeros` more bytes of the stride behind it. */
  const entry = (word: number, byte: number, zeros: number): Code => {
    const value = i32.and(i32.wrap(i64.shiftRight(get(word), i64.const(8 * byte))), i32.const(0xff))
    return i64.load(i32.shl(value, i32.const(3)), TABLES + zeros * 256 * 8)
  }
  const entries = [first, second].flatMap((word, half) =>
    Array.from({ length: 8 }, (_, byte) => entry(word, byte, STRIDE - 1 - 8 * half - byte)),
  )
  return {
    name: 'slice',
    parameters: 2,
    locals: 2,
    body: [
      ...i64.store(register, 0, i64.const(0)),
      ...repeatWhile(
        i32.lessUnsigned(get(at), get(end)),
        set(first, i64.xor(i64.load(get(at), 0), i64.load(register, 0))),
        set(second, i64.load(get(at), 8)),
        i64.store(register, 0, entries.reduce(i64.xor)),
        set(at, i32.add(get(at), i32.const(STRIDE))),
      ),
    ],
  }
}

function divide(words: Words): WasmFunction {
  const [at, end, past] = [0, 1, 2]
  return {
    name: 'divide',
    parameters: 3,
    locals: 0,
    body: repeatWhile(
      i32.lessUnsigned(get(at), get(end)),
      ...offsetsIn(words).map((offset) => {
        const added = DISTANCES.map((distance) => words.load(get(past), offset + SPAN - distance))
        return words.store(get(at), offset, [words.load(get(at), offset), ...added].reduce(words.xor))
      }),
      ...[at, past].map(toNextGroup),
    ),
  }
}

function fold(words: Words): WasmFunction {
  const [at, end, folded, past] = [0, 1, 2, 3]
  return {
    name: 'fold',
    parameters: 4,
    locals: 0,
    body: repeatWhile(
      i32.lessUnsigned(get(at), get(end)),
      // In this order the loop was measured 15 to 20 % faster than with all loads first.
      ...offsetsIn(words).map((offset) =>
        words.store(
          get(folded),
          offset,
          words.xor(words.load(get(at), offset), words.load(get(folded), offset)),
        ),
      ),
      ...offsetsIn(words).map((offset) => {
        const added = SHORT_DISTANCES.map((distance) => words.load(get(past), offset + SHORT_SPAN - distance))
        return words.store(
          get(past),
          offset + SHORT_SPAN,
          [words.load(get(at), offset), ...added].reduce(words.xor),
        )
      }),
      ...[at, folded, past].map(toNextGroup),
    ),
  }
}

function offsetsIn(words: Words): readonly number[] {
  return Array.from({ length: GROUP / words.size }, (_, index) => index * words.size)
}

function toNextGroup(pointer: number): Code {
  return set(pointer, i32.add(get(pointer), i32.const(GROUP)))
}
