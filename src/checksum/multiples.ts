/**
 * The numbers that make CRC-64 fast: multiples of its polynomial with few terms, in bytes. Why they hold is told in
 * docs/checksums.md, and `npm run prove:checksum` proves each of them.
 */
import type { Polynomial } from './polynomial.js'

/**
 * x^(8 * 1498) is the sum of x^(8 * (1498 - d)) over these distances, modulo the CRC's polynomial. So whatever stands in
 * a byte may be added to the bytes that far behind it instead, and what is left of any message is its last 1498 bytes.
 */
export const DISTANCES = [226, 335, 480, 1182, 1366, 1393, 1498] as const

/** The polynomial is the product of two, of degree 47 and 17. Modulo the first, x^(8 * PERIOD) is 1. */
export const PERIOD = 32_767

/** Modulo the second, x^(8 * 857) is the sum of x^(8 * (857 - d)) over these distances. */
export const SHORT_DISTANCES = [674, 857] as const

/** 1 modulo the factor of degree 47, 0 modulo that of degree 17: joins what is known modulo each. */
export const JOINT: Polynomial = { high: 0xa73d4cfd | 0, low: 0xddf51087 | 0 }
