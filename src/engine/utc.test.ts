import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { utcText } from './utc.js'

test('a time reads as the platform writes it, in whole seconds', () => {
  const last = Date.UTC(9999, 11, 31, 23, 59, 59, 999)
  fc.assert(
    fc.property(fc.integer({ min: 0, max: last }), (ms) => {
      assert.equal(utcText(ms), new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z'))
    }),
  )
  assert.equal(utcText(Date.UTC(2024, 1, 29, 12)), '2024-02-29T12:00:00Z')
  assert.equal(utcText(Date.UTC(2100, 2, 1)), '2100-03-01T00:00:00Z')
})
