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

/**
 * Multiplies by `factor`, again and again: sixteen looks into a table that costs as much as three multiplications, where
 * one multiplication takes sixty-four steps.
 */
export function multiplierBy(factor: Polynomial): (value: Polynomial) => Polynomial {
  // What each four bits of a value, in each of their sixteen places, contribute to the product.
  const highs = new Int32Array(16 * 16)
  const lows = new Int32Array(16 * 16)
  let { high, low } = factor
  for (let degree = 0; degree < 64; degree += 1) {
    const single = ((degree >> 2) << 4) | (8 >> (degree & 3))
    highs[single] = high
    lows[single] = low
    const reduced = -(low & 1)
    low = ((low >>> 1) | (high << 31)) ^ (POLYNOMIAL.low & reduced)
    high = (high >>> 1) ^ (POLYNOMIAL.high & reduced)
  }
  for (let index = 0; index < highs.length; index += 1) {
    const lowestBit = index & -index & 15
    const others = index & ~lowestBit
    // Of single bits, and of none, it stands there already.
    if ((others & 15) === 0) continue
    highs[index] = at(highs, others) ^ at(highs, (index & ~15) | lowestBit)
    lows[index] = at(lows, others) ^ at(lows, (index & ~15) | lowestBit)
  }
  return (value) => {
    let productHigh = 0
    let productLow = 0
    for (let place = 0; place < 16; place += 1) {
      const word = place < 8 ? value.high : value.low
      const index = (place << 4) | ((word >>> (28 - 4 * (place & 7))) & 15)
      productHigh ^= at(highs, index)
      productLow ^= at(lows, index)
    }
    return { high: productHigh, low: productLow }
  }
}

function at(table: Int32Array, index: number): number {
  return table[index] as number
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

/**
 * The same for a decimal string, by numbers alone: a bigint on the way would take longer than all else that is done with it.
 *
 * @throws RangeError when it is not an unsigned 64-bit integer, written without zeros before it
 */
export function polynomialFromDecimal(text: string): Polynomial {
  if (!/^(?:0|[1-9][0-9]{0,19})$/.test(text)) throw new RangeError(`Not an unsigned 64-bit integer: ${text}`)
  // Of eleven digits and nine: their product with 10^9 has to stay below 2^53, so the eleven are cut at 16 bits once more.
  const billions = Number(text.slice(0, -9))
  const upper = Math.floor(billions / 2 ** 16) * 1e9
  const lower = (billions % 2 ** 16) * 1e9 + Number(text.slice(-9))
  const last = (upper % 2 ** 16) * 2 ** 16 + lower
  const high = Math.floor(upper / 2 ** 16) + Math.floor(last / 2 ** 32)
  if (high >= 2 ** 32) throw new RangeError(`Not an unsigned 64-bit integer: ${text}`)
  return { high: high | 0, low: (last % 2 ** 32) | 0 }
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
