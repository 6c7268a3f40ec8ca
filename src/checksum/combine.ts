/**
 * The CRC-64 of A followed by B from those of A and B. Appending n bytes multiplies by x^(8n) modulo the polynomial;
 * start and final XOR are equal, so they cancel and finished values combine directly.
 */
import { crc64FromDecimal, crc64ToDecimal, POLYNOMIAL } from './crc64.js'

/** A polynomial of degree below 64, reflected: the highest bit is the coefficient of x^0. */
interface Polynomial {
  readonly high: number
  readonly low: number
}

/** x^0 and x^8. */
const ONE: Polynomial = { high: 1 << 31, low: 0 }
const BYTE: Polynomial = { high: 1 << 23, low: 0 }

/** A length in bytes has at most this many bits. */
const LENGTH_BITS = 53

/** Entry k is x^(8 * 2^k). */
const POWERS = buildPowers()

/**
 * The CRC-64 of A followed by B.
 *
 * @param lengthOfB bytes in B, 0 to 2^53 - 1
 * @throws RangeError when a CRC is not an unsigned 64-bit integer or the length is not one
 */
export function combineCrc64(a: bigint, b: bigint, lengthOfB: number): bigint {
  if (!Number.isSafeInteger(lengthOfB) || lengthOfB < 0) {
    throw new RangeError(`Not a length in bytes: ${lengthOfB}`)
  }
  const shifted = multiply(split(a), powerOfByte(lengthOfB))
  const second = split(b)
  return join({ high: shifted.high ^ second.high, low: shifted.low ^ second.low })
}

/** The same for decimal strings, as OSS writes CRCs. */
export function combineCrc64Decimal(a: string, b: string, lengthOfB: number): string {
  return crc64ToDecimal(combineCrc64(crc64FromDecimal(a), crc64FromDecimal(b), lengthOfB))
}

function powerOfByte(exponent: number): Polynomial {
  let power = ONE
  let rest = exponent
  // Not with >>: it would cut the length to 32 bits.
  for (let bit = 0; rest > 0; bit += 1) {
    if (rest % 2 === 1) power = multiply(power, POWERS[bit] ?? ONE)
    rest = Math.floor(rest / 2)
  }
  return power
}

function multiply(a: Polynomial, b: Polynomial): Polynomial {
  let { high: aHigh, low: aLow } = a
  let { high: bHigh, low: bLow } = b
  let high = 0
  let low = 0
  for (let degree = 0; degree < 64; degree += 1) {
    const taken = aHigh >> 31
    high ^= bHigh & taken
    low ^= bLow & taken
    aHigh = (aHigh << 1) | (aLow >>> 31)
    aLow <<= 1
    const reduced = -(bLow & 1)
    bLow = ((bLow >>> 1) | (bHigh << 31)) ^ (POLYNOMIAL.low & reduced)
    bHigh = (bHigh >>> 1) ^ (POLYNOMIAL.high & reduced)
  }
  return { high, low }
}

function buildPowers(): readonly Polynomial[] {
  const powers = [BYTE]
  let last = BYTE
  while (powers.length < LENGTH_BITS) {
    last = multiply(last, last)
    powers.push(last)
  }
  return powers
}

function split(crc: bigint): Polynomial {
  if (BigInt.asUintN(64, crc) !== crc) throw new RangeError(`Not an unsigned 64-bit integer: ${crc}`)
  return {
    high: Number(BigInt.asIntN(32, crc >> 32n)),
    low: Number(BigInt.asIntN(32, crc)),
  }
}

function join(value: Polynomial): bigint {
  return (BigInt(value.high >>> 0) << 32n) | BigInt(value.low >>> 0)
}
