/**
 * The CRC-64 of A followed by B from those of A and B. Appending n bytes multiplies by x^(8n) modulo the polynomial;
 * start and final XOR are equal, so they cancel and finished values combine directly.
 */
import { crc64FromDecimal, crc64ToDecimal } from './crc64.js'
import {
  add,
  fromPolynomial,
  multiplierBy,
  multiply,
  type Polynomial,
  polynomialFromDecimal,
  powerOfByte,
  toPolynomial,
} from './polynomial.js'

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
  return fromPolynomial(add(multiply(toPolynomial(a), powerOfByte(lengthOfB)), toPolynomial(b)))
}

/** The same for decimal strings, as OSS writes CRCs. */
export function combineCrc64Decimal(a: string, b: string, lengthOfB: number): string {
  return crc64ToDecimal(combineCrc64(crc64FromDecimal(a), crc64FromDecimal(b), lengthOfB))
}

/**
 * The CRC-64 of all of these, one after another, in decimal. Parts are mostly of one size, and what a size multiplies by
 * takes most of the time, so it is computed once for each.
 */
export function combineAllCrc64Decimal(
  parts: readonly { readonly crc64: string; readonly size: number }[],
): string {
  const appendings = new Map<number, (before: Polynomial) => Polynomial>()
  let whole: Polynomial = { high: 0, low: 0 }
  for (const { crc64, size } of parts) {
    const append = appendings.get(size) ?? multiplierBy(powerOfByte(size))
    appendings.set(size, append)
    whole = add(append(whole), polynomialFromDecimal(crc64))
  }
  return crc64ToDecimal(fromPolynomial(whole))
}
