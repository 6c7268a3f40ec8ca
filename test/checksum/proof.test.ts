/** The numbers are proved, and the proof sees wrong ones. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { claimsAbout, type Numbers } from './proof.js'
import { numbers } from './proof-numbers.js'

for (const { statement, holds } of claimsAbout(numbers)) test(statement, () => assert.ok(holds))

test('the polynomial is that of CRC-64/XZ', () => assert.equal(numbers.polynomial, 0xc96c5795d7870f42n))

const wrong: Readonly<Record<string, Partial<Numbers>>> = {
  'another polynomial': { polynomial: numbers.polynomial ^ 8n },
  'other factors': { large: numbers.large ^ 2n },
  'another distance': {
    distances: numbers.distances.map((distance, index) => distance + (index === 2 ? 1 : 0)),
  },
  'a distance too few': { distances: numbers.distances.slice(1) },
  'another period': { period: numbers.period - 1 },
  'another short distance': { shortDistances: [183, 857] },
  'another joint': { joint: numbers.joint ^ 1n },
}

for (const [name, change] of Object.entries(wrong)) {
  test(`${name} can't be proved`, () => {
    assert.ok(claimsAbout({ ...numbers, ...change }).some(({ holds }) => !holds))
  })
}
