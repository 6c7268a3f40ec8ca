/** Sizes, rates and durations: what people write is read as they mean it, and what is no such thing is refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  countOf,
  formatDuration,
  formatRate,
  formatSize,
  parseDuration,
  parseRate,
  parseSize,
} from './sizes.js'

test('sizes are read with binary letters, binary names and decimal names', () => {
  const cases: readonly (readonly [string, number])[] = [
    ['0', 0],
    ['123', 123],
    ['123b', 123],
    ['512k', 512 * 1024],
    ['512Ki', 512 * 1024],
    ['8MiB', 8 * 1024 ** 2],
    ['8 mib', 8 * 1024 ** 2],
    ['10MB', 10_000_000],
    ['10kB', 10_000],
    ['1g', 1024 ** 3],
    ['1.5GiB', 1.5 * 1024 ** 3],
    ['2T', 2 * 1024 ** 4],
    [' 5GiB ', 5 * 1024 ** 3],
  ]
  for (const [text, bytes] of cases) assert.equal(parseSize(text), bytes, text)
})

test('what is no size is refused', () => {
  for (const text of [
    '',
    ' ',
    'MiB',
    '-1',
    '+1',
    '1e6',
    'NaN',
    'Infinity',
    '0x10',
    '8 Mb it',
    '1.k',
    '.5k',
    '8MiBs',
    '1,5g',
    '8PiB',
  ]) {
    assert.throws(() => parseSize(text), RangeError, text)
  }
  assert.throws(() => parseSize('1.3k'), /whole number of bytes/)
  assert.throws(() => parseSize('99999999999999T'), /whole number of bytes/)
})

test('any whole number of bytes is read as itself, and so are its binary multiples', () => {
  const units = ['k', 'm', 'g', 't'] as const
  fc.assert(
    fc.property(fc.nat(8191), fc.constantFrom(...units), (count, unit) => {
      assert.equal(parseSize(String(count)), count)
      assert.equal(parseSize(`${count}${unit}`), parseSize(`${count}${unit.toUpperCase()}iB`))
      if (count > 0) assert.ok(parseSize(`${count}${unit}b`) < parseSize(`${count}${unit}`))
    }),
  )
})

test('rates are sizes a second, at least one byte', () => {
  assert.equal(parseRate('60MiB/s'), 60 * 1024 ** 2)
  assert.equal(parseRate('60MiB'), 60 * 1024 ** 2)
  assert.equal(parseRate('500k/s'), 500 * 1024)
  for (const text of ['0', '0MiB/s', 'fast', '60MiB/m', '/s'])
    assert.throws(() => parseRate(text), RangeError, text)
})

test('durations need a unit; forever is one', () => {
  const cases: readonly (readonly [string, number])[] = [
    ['90s', 90_000],
    ['15m', 900_000],
    ['2h', 7_200_000],
    ['1h30m', 5_400_000],
    ['1d', 86_400_000],
    ['2w', 1_209_600_000],
    ['250ms', 250],
    ['0s', 0],
    ['forever', Number.POSITIVE_INFINITY],
  ]
  for (const [text, ms] of cases) assert.equal(parseDuration(text), ms, text)
  for (const text of ['', '90', '15 m', '-1s', 'm', '1h 30m', 'Infinity', '1y']) {
    assert.throws(() => parseDuration(text), RangeError, text)
  }
})

test('sizes are written in the largest unit that leaves at least one', () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, '0 B'],
    [1, '1 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1024 ** 2 - 1, '1.0 MiB'],
    [8 * 1024 ** 2, '8.0 MiB'],
    [1.5 * 1024 ** 3, '1.5 GiB'],
    [48.8 * 1024 ** 4, '48.8 TiB'],
    [2000 * 1024 ** 4, '2000.0 TiB'],
  ]
  for (const [bytes, text] of cases) assert.equal(formatSize(bytes), text)
  assert.equal(formatRate(1024), '1.0 KiB/s')
})

test('durations are written in two units at most', () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, '0.0 s'],
    [400, '0.4 s'],
    [9_949, '9.9 s'],
    [9_950, '10 s'],
    [59_499, '59 s'],
    [59_500, '1 min'],
    [200_000, '3 min 20 s'],
    [3_600_000, '1 h'],
    [7_500_000, '2 h 5 min'],
    [100 * 3_600_000, '4 d 4 h'],
    [Number.POSITIVE_INFINITY, 'forever'],
  ]
  for (const [ms, text] of cases) assert.equal(formatDuration(ms), text)
})

test('one is not many', () => {
  assert.deepEqual(
    [0, 1, 2].map((count) => countOf(count, 'part')),
    ['0 parts', '1 part', '2 parts'],
  )
})
