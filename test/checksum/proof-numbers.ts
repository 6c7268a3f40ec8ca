/** What the product computes with, as the proof wants it. */
import { DISTANCES, JOINT, PERIOD, SHORT_DISTANCES } from '../../src/checksum/multiples.js'
import { fromPolynomial, POLYNOMIAL } from '../../src/checksum/polynomial.js'
import type { Numbers } from './proof.js'

export const numbers: Numbers = {
  polynomial: fromPolynomial(POLYNOMIAL),
  large: 0xb1849156399bn,
  small: 0x25f39n,
  distances: DISTANCES,
  period: PERIOD,
  shortDistances: SHORT_DISTANCES,
  joint: fromPolynomial(JOINT),
}
