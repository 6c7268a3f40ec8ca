/**
 * CRC-64 by tables, sixteen bytes a step: for inputs too short for anything else, and wherever WebAssembly is not to be
 * had. A register is the CRC under way, without the inversions at its start and end.
 */
import { POLYNOMIAL, type Polynomial } from './polynomial.js'

/** Bytes a step, and tables. */
export const STRIDE = 16

/** The register after the next bytes. */
export function byTables({ high: startHigh, low: startLow }: Polynomial, bytes: Uint8Array): Polynomial {
  let high = startHigh
  let low = startLow
  const wholeSteps = bytes.length - (bytes.length % STRIDE)
  let at = 0
  for (; at < wholeSteps; at += STRIDE) {
    low ^= word(bytes, at)
    high ^= word(bytes, at + 4)
    const third = word(bytes, at + 8)
    const fourth = word(bytes, at + 12)
    const nextHigh =
      entry(HIGH, 15, low) ^
      entry(HIGH, 14, low >>> 8) ^
      entry(HIGH, 13, low >>> 16) ^
      entry(HIGH, 12, low >>> 24) ^
      entry(HIGH, 11, high) ^
      entry(HIGH, 10, high >>> 8) ^
      entry(HIGH, 9, high >>> 16) ^
      entry(HIGH, 8, high >>> 24) ^
      entry(HIGH, 7, third) ^
      entry(HIGH, 6, third >>> 8) ^
      entry(HIGH, 5, third >>> 16) ^
      entry(HIGH, 4, third >>> 24) ^
      entry(HIGH, 3, fourth) ^
      entry(HIGH, 2, fourth >>> 8) ^
      entry(HIGH, 1, fourth >>> 16) ^
      entry(HIGH, 0, fourth >>> 24)
    const nextLow =
      entry(LOW, 15, low) ^
      entry(LOW, 14, low >>> 8) ^
      entry(LOW, 13, low >>> 16) ^
      entry(LOW, 12, low >>> 24) ^
      entry(LOW, 11, high) ^
      entry(LOW, 10, high >>> 8) ^
      entry(LOW, 9, high >>> 16) ^
      entry(LOW, 8, high >>> 24) ^
      entry(LOW, 7, third) ^
      entry(LOW, 6, third >>> 8) ^
      entry(LOW, 5, third >>> 16) ^
      entry(LOW, 4, third >>> 24) ^
      entry(LOW, 3, fourth) ^
      entry(LOW, 2, fourth >>> 8) ^
      entry(LOW, 1, fourth >>> 16) ^
      entry(LOW, 0, fourth >>> 24)
    high = nextHigh
    low = nextLow
  }
  for (; at < bytes.length; at += 1) {
    const byte = low ^ (bytes[at] as number)
    low = ((low >>> 8) | (high << 24)) ^ entry(LOW, 0, byte)
    high = (high >>> 8) ^ entry(HIGH, 0, byte)
  }
  return { high, low }
}

/** The tables as WebAssembly reads them: 64-bit little-endian entries, in the order of `entry`. */
export function tableBytes(): Uint8Array {
  const bytes = new Uint8Array(HIGH.length * 8)
  const view = new DataView(bytes.buffer)
  for (let index = 0; index < HIGH.length; index += 1) {
    view.setInt32(index * 8, LOW[index] as number, true)
    view.setInt32(index * 8 + 4, HIGH[index] as number, true)
  }
  return bytes
}

function word(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  )
}

/** What the low byte of `value` becomes after `zeros` more bytes of zero. */
function entry(table: Int32Array, zeros: number, value: number): number {
  return table[(zeros << 8) | (value & 0xff)] as number
}

const { HIGH, LOW } = buildTables()

function buildTables(): { HIGH: Int32Array; LOW: Int32Array } {
  const high = new Int32Array(256 * STRIDE)
  const low = new Int32Array(256 * STRIDE)
  for (let byte = 0; byte < 256; byte += 1) {
    let h = 0
    let l = byte
    for (let bit = 0; bit < 8; bit += 1) {
      const odd = -(l & 1)
      l = ((l >>> 1) | (h << 31)) ^ (POLYNOMIAL.low & odd)
      h = (h >>> 1) ^ (POLYNOMIAL.high & odd)
    }
    high[byte] = h
    low[byte] = l
  }
  for (let index = 256; index < 256 * STRIDE; index += 1) {
    const h = high[index - 256] as number
    const l = low[index - 256] as number
    low[index] = ((l >>> 8) | (h << 24)) ^ entry(low, 0, l)
    high[index] = (h >>> 8) ^ entry(high, 0, l)
  }
  return { HIGH: high, LOW: low }
}
