/**
 * Polynomials over GF(2) modulo the CRC's, as two 32-bit halves, since bigint is far too slow here. They are reflected:
 * the highest bit of `high` is the coefficient of x^0, the lowest bit of `low` that of x^63.
 */

export interface Polynomial {
  readonly high: number
  readonly low: number
}

/** The modulus without its x^64: 0xC96C5795D7870F42. */
export const POLYNOMIAL: Polynomial = { high: 0xc96c5795 | 0, low: 0xd7870f42 | 0 }

/** x^0 and x^8. */
const ONE: Polynomial = { high: 1 << 31, low: 0 }
const BYTE: Polynomial = { high: 1 << 23, low: 0 }

/** A length in bytes has at most this many bits. */
const LENGTH_BITS = 53

/** Entry k is x^(8 * 2^k). */
const POWERS = buildPowers()

/** x^(8 * exponent): what appending that many bytes multiplies by. */
export function powerOfByte(exponent: number): Polynomial {
  let power = ONE
  let rest = exponent
  // Not with >>: it would cut the length to 32 bits.
  for (let bit = 0; rest > 0; bit += 1) {
    if (rest % 2 === 1) power = multiply(power, POWERS[bit] ?? ONE)
    rest = Math.floor(rest / 2)
  }
  return power
}

export function multiply(a: Polynomial, b: Polynomial): Polynomial {
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

export function add(a: Polynomial, b: Polynomial): Polynomial {
  return { high: a.high ^ b.high, low: a.low ^ b.low }
}

/** @throws RangeError when the value is not an unsigned 64-bit integer */
export function toPolynomial(value: bigint): Polynomial {
  if (BigInt.asUintN(64, value) !== value) throw new RangeError(`Not an unsigned 64-bit integer: ${value}`)
  return {
    high: Number(BigInt.asIntN(32, value >> 32n)),
    low: Number(BigInt.asIntN(32, value)),
  }
}

export function fromPolynomial({ high, low }: Polynomial): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
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
