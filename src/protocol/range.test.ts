/** A table of ranges, in both behaviours. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ResolvedRange, resolveRange } from './range.js'

const whole: ResolvedRange = { kind: 'whole' }
const unsatisfiable: ResolvedRange = { kind: 'unsatisfiable' }
const part = (start: number, end: number): ResolvedRange => ({ kind: 'part', start, end })

/** Range, by default, with the standard's behaviour; all of an object of 10 bytes. */
const cases: readonly (readonly [string | undefined, ResolvedRange, ResolvedRange])[] = [
  [undefined, whole, whole],
  ['', whole, whole],
  ['bytes=0-0', part(0, 1), part(0, 1)],
  ['bytes=0-9', part(0, 10), part(0, 10)],
  ['bytes=3-', part(3, 10), part(3, 10)],
  ['bytes=9-', part(9, 10), part(9, 10)],
  ['bytes=-3', part(7, 10), part(7, 10)],
  ['bytes=-10', part(0, 10), part(0, 10)],
  ['Bytes = 2 - 4', part(2, 5), part(2, 5)],
  ['bytes=5-10', whole, part(5, 10)],
  ['bytes=10-12', whole, unsatisfiable],
  ['bytes=10-', whole, unsatisfiable],
  ['bytes=99-', whole, unsatisfiable],
  ['bytes=-11', whole, part(0, 10)],
  ['bytes=-0', whole, unsatisfiable],
  ['bytes=4-3', whole, whole],
  ['bytes=-', whole, whole],
  ['bytes=0-1,3-4', whole, whole],
  ['items=0-1', whole, whole],
  ['bytes=a-b', whole, whole],
]

for (const [range, byDefault, byStandard] of cases) {
  test(`${range}`, () => {
    assert.deepEqual(resolveRange(range, { size: 10, standard: false }), byDefault)
    assert.deepEqual(resolveRange(range, { size: 10, standard: true }), byStandard)
  })
}

test('an empty object has no ranges', () => {
  for (const range of ['bytes=0-', 'bytes=0-0', 'bytes=-1']) {
    assert.deepEqual(resolveRange(range, { size: 0, standard: false }), whole)
    assert.deepEqual(resolveRange(range, { size: 0, standard: true }), unsatisfiable)
  }
})

test('a range is read in one pass, whatever its spaces', { timeout: 30_000 }, () => {
  const object = { size: 10, standard: false }
  assert.deepEqual(resolveRange(' bytes = 2 - 5 ', object), { kind: 'part', start: 2, end: 6 })
  for (const gap of [' ', '1', '1 ', '-']) {
    const range = `bytes=${gap.repeat(500_000)}x`
    assert.deepEqual(resolveRange(range, object), { kind: 'whole' })
  }
})
