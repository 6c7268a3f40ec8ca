/** When a log gets a line about a transfer under way. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPlainPace } from './plain-pace.js'

/** The seconds at which a line is due, looking once a second. */
function dueAt(seconds: number, phaseAt: (second: number) => string): readonly number[] {
  const pace = createPlainPace(0)
  return Array.from({ length: seconds }, (_, second) => second).filter((second) =>
    pace.isDue(phaseAt(second), second * 1000),
  )
}

test('there is no line in the first ten seconds, then one each half minute', () => {
  assert.deepEqual(
    dueAt(100, () => 'moving'),
    [10, 40, 70],
  )
  assert.deepEqual(
    dueAt(10, (second) => (second > 2 ? 'waiting' : 'moving')),
    [],
  )
})

test('a state that lasts is told soon, one that passes is not', () => {
  assert.deepEqual(
    dueAt(60, (second) => (second >= 20 && second < 45 ? 'waiting' : 'moving')),
    [10, 23, 48],
  )
  assert.deepEqual(
    dueAt(50, (second) => (second % 3 === 0 ? 'waiting' : 'moving')),
    [10, 40],
  )
})
