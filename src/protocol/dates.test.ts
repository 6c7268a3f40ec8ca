/** Dates there and back, and dates that are none. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatHttpDate, formatIso, formatIsoBasic, parseHttpDate, parseIso, parseIsoBasic } from './dates.js'

const TIME = Date.UTC(2023, 11, 3, 12, 12, 12)

test('the three forms', () => {
  assert.equal(formatHttpDate(TIME), 'Sun, 03 Dec 2023 12:12:12 GMT')
  assert.equal(formatIsoBasic(TIME + 999), '20231203T121212Z')
  assert.equal(formatIso(TIME), '2023-12-03T12:12:12.000Z')
})

test('every second of four-digit years goes there and back', () => {
  const seconds = fc.integer({ min: Date.UTC(1970) / 1000, max: Date.UTC(9999, 11, 31, 23, 59, 59) / 1000 })
  fc.assert(
    fc.property(seconds, fc.nat(999), (second, ms) => {
      const time = second * 1000
      assert.equal(parseHttpDate(formatHttpDate(time)), time)
      assert.equal(parseIsoBasic(formatIsoBasic(time)), time)
      assert.equal(parseIso(formatIso(time + ms)), time + ms)
    }),
  )
})

test('a fraction may be absent or long', () => {
  assert.equal(parseIso('2023-12-03T12:12:12Z'), TIME)
  assert.equal(parseIso('2023-12-03T12:12:12.5Z'), TIME + 500)
  assert.equal(parseIso('2023-12-03T12:12:12.123456789Z'), TIME + 123)
})

test('what is no date is undefined', () => {
  for (const text of [
    '',
    'now',
    'Sun, 03 Foo 2023 12:12:12 GMT',
    'Sun, 31 Feb 2023 12:12:12 GMT',
    'Sun, 03 Dec 2023 24:00:00 GMT',
    'Sun, 03 Dec 2023 12:12:12 CET',
  ]) {
    assert.equal(parseHttpDate(text), undefined, text)
  }
  for (const text of [
    '',
    '20231203T121212',
    '2023-12-03T12:12:12Z',
    '20230231T121212Z',
    '20231203T126012Z',
    '00231203T121212Z',
  ]) {
    assert.equal(parseIsoBasic(text), undefined, text)
  }
  for (const text of [
    '',
    '2023-12-03',
    '2023-12-03T12:12:12',
    '2023-13-03T12:12:12Z',
    '2023-12-03T12:12:12.Z',
  ]) {
    assert.equal(parseIso(text), undefined, text)
  }
})
