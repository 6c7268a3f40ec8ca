import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fromPolynomial, multiplierBy, multiply, polynomialFromDecimal } from './polynomial.js'

const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
const polynomial = fc.record({ high: word, low: word })

test('to multiply by a table is to multiply', () => {
  fc.assert(
    fc.property(polynomial, fc.array(polynomial, { minLength: 1, maxLength: 5 }), (factor, values) => {
      const times = multiplierBy(factor)
      for (const value of values) assert.deepEqual(times(value), multiply(value, factor))
    }),
  )
})

test('each single bit has its own place in the table', () => {
  const factor = { high: 0x12345678, low: 0x1fedcba9 }
  const times = multiplierBy(factor)
  for (let bit = 0; bit < 32; bit += 1) {
    for (const value of [
      { high: 1 << bit, low: 0 },
      { high: 0, low: 1 << bit },
    ]) {
      assert.deepEqual(times(value), multiply(value, factor))
    }
  }
})

test('a decimal string is read as a bigint would be', () => {
  const edges = [0n, 1n, 999_999_999n, 10n ** 9n, 2n ** 32n, 2n ** 53n, 65_535n * 10n ** 9n, 2n ** 64n - 1n]
  for (const value of edges) assert.equal(fromPolynomial(polynomialFromDecimal(String(value))), value)
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => {
      assert.equal(fromPolynomial(polynomialFromDecimal(String(value))), value)
    }),
  )
})

test('what is no unsigned 64-bit integer is refused', () => {
  const wrong = [
    '',
    '-1',
    '01',
    '1.5',
    '1e3',
    ' 1',
    '0x10',
    String(2n ** 64n),
    '9'.repeat(20),
    '1'.repeat(21),
  ]
  for (const text of wrong) assert.throws(() => polynomialFromDecimal(text), RangeError, text)
})
