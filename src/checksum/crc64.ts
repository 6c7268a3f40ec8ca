/**
 * CRC-64/XZ, the checksum OSS calls crc64ecma: reflected polynomial 0xC96C5795D7870F42, start and final XOR all ones.
 * Short pieces go through tables here, longer ones through WebAssembly where there is any.
 */
import { kernelFor } from './kernels.js'
import { fromPolynomial, type Polynomial, toPolynomial } from './polynomial.js'
import { byTables } from './tables.js'

/** From this length on the way into WebAssembly and back pays; measured. */
const KERNEL_FROM = 512

const ALL_ONES: Polynomial = { high: -1, low: -1 }

/**
 * A CRC-64 over bytes that come in pieces. `new Crc64(previous)` goes on from the value of the bytes before. Pieces of
 * any size do; few large ones are fastest.
 *
 * @throws RangeError when `previous` is not an unsigned 64-bit integer
 */
export class Crc64 {
  #register: Polynomial

  constructor(previous = 0n) {
    this.#register = previous === 0n ? ALL_ONES : inverted(toPolynomial(previous))
  }

  /** Takes in the next bytes; they are not kept. Returns itself. */
  update(bytes: Uint8Array): this {
    const kernel = bytes.length < KERNEL_FROM ? undefined : kernelFor(bytes)
    this.#register =
      kernel === undefined ? byTables(this.#register, bytes) : kernel.update(this.#register, bytes)
    return this
  }

  /** The CRC of all bytes so far, 0 to 2^64 - 1. More bytes may follow. */
  value(): bigint {
    return fromPolynomial(inverted(this.#register))
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
  return fromPolynomial(toPolynomial(crc))
}

function inverted({ high, low }: Polynomial): Polynomial {
  return { high: ~high, low: ~low }
}
