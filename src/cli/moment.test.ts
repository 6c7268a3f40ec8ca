import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseMoment } from './moment.js'

test('a moment is so long ago, a date, or refused', () => {
  const now = Date.parse('2026-11-25T12:00:00Z')
  assert.equal(parseMoment('1d', now), Date.parse('2026-11-24T12:00:00Z'))
  assert.equal(parseMoment('1h30m', now), Date.parse('2026-11-25T10:30:00Z'))
  assert.equal(parseMoment('2026-11-01', now), Date.parse('2026-11-01T00:00:00Z'))
  assert.equal(parseMoment('2026-11-01T08:00:00+08:00', now), Date.parse('2026-11-01T00:00:00Z'))
  for (const wrong of ['', 'yesterday', '2026-11-01T08:00:00', '12', '2026-13-01']) {
    assert.throws(() => parseMoment(wrong, now), RangeError, wrong)
  }
})
