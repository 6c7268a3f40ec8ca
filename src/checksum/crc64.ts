/**
 * CRC-64/XZ, the checksum OSS calls crc64ecma: reflected polynomial 0xC96C5795D7870F42, start and final XOR all ones.
 * Sixteen bytes a step through tables; 64-bit values are kept as two 32-bit halves, since bigint is far too slow here.
 */

/** The reflected polynomial, in halves. */
export const POLYNOMIAL = { high: 0xc96c5795 | 0, low: 0xd7870f42 | 0 } as const

const STRIDE = 16
const MAX = 0xffff_ffff_ffff_ffffn

/**
 * A CRC-64 over bytes that come in pieces. `new Crc64(previous)` goes on from the value of the bytes before.
 *
 * @throws RangeError when `previous` is not an unsigned 64-bit integer
 */
export class Crc64 {
  private high: number
  private low: number

  constructor(previous = 0n) {
    const register = ~checked(previous)
    this.high = Number(BigInt.asIntN(32, register >> 32n))
    this.low = Number(BigInt.asIntN(32, register))
  }

  /** Takes in the next bytes; they are not kept. Returns itself. */
  update(bytes: Uint8Array): this {
    let high = this.high
    let low = this.low
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
    this.high = high
    this.low = low
    return this
  }

  /** The CRC of all bytes so far, 0 to 2^64 - 1. More bytes may follow. */
  value(): bigint {
    return (BigInt(~this.high >>> 0) << 32n) | BigInt(~this.low >>> 0)
  }
}

/**
 * The CRC-64 of `bytes`, or of `bytes` after those whose CRC-64 is `previous`. 0 for no bytes.
 *
 * @throws RangeError when `previous` is not an unsigned 64-bit integer
 */
export function crc64(bytes: Uint8Array, previous = 0n): bigint {
  return new Crc64(previous).update(bytes).value()
}

/** A CRC as OSS writes it: unsigned decimal. */
export function crc64ToDecimal(crc: bigint): string {
  return checked(crc).toString()
}

/**
 * Reads what OSS writes.
 *
 * @throws RangeError when the text is not the plain decimal of an unsigned 64-bit integer
 */
export function crc64FromDecimal(text: string): bigint {
  if (!/^(0|[1-9][0-9]{0,19})$/.test(text)) throw new RangeError(`Not a CRC-64 in decimal: ${text}`)
  return checked(BigInt(text))
}

function checked(crc: bigint): bigint {
  if (crc < 0n || crc > MAX) throw new RangeError(`Not an unsigned 64-bit integer: ${crc}`)
  return crc
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
