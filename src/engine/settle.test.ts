/** Whose object is this? Size, CRC-64 and time, and what is concluded from each. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ObjectInfo } from './ports.js'
import { type Expected, judgeObject, wholeSeconds } from './settle.js'

const began = 1_700_000_000_750
const expected: Expected = { size: 100, crc64: '42', notBefore: began }
const seen = (more: Partial<ObjectInfo> = {}): ObjectInfo => ({
  size: 100,
  etag: 'E',
  crc64: '42',
  lastModified: 1_700_000_005_000,
  ...more,
})
const kindOf = (info: ObjectInfo, what: Expected = expected): string => judgeObject(info, what).kind

test('the same size and CRC-64, stored since we began, is ours', () => {
  const info = seen()
  assert.deepEqual(judgeObject(info, expected), { kind: 'ours', info })
})

test('Last-Modified has whole seconds: one from the second in which we began counts as since', () => {
  assert.equal(kindOf(seen({ lastModified: 1_700_000_000_000 })), 'ours')
  assert.equal(kindOf(seen({ lastModified: 1_699_999_999_000 })), 'absent')
})

test('what was there before we began says nothing about us, whatever it holds', () => {
  const lastModified = 1_600_000_000_000
  assert.equal(kindOf(seen({ lastModified })), 'absent')
  assert.equal(kindOf(seen({ lastModified, size: 1 })), 'absent')
  assert.equal(kindOf(seen({ lastModified, crc64: '1' })), 'absent')
})

test('other bytes since we began are somebody else’s', () => {
  assert.equal(kindOf(seen({ size: 99 })), 'not-ours')
  assert.equal(kindOf(seen({ crc64: '43' })), 'not-ours')
})

test('a size alone is no proof: without a CRC-64 nobody can tell', () => {
  const { crc64: _none, ...info } = seen()
  const settlement = judgeObject(info, expected)
  assert.ok(settlement.kind === 'unknown')
  assert.match(settlement.why.message, /CRC-64/)
  assert.equal(kindOf({ ...info, size: 99 }), 'not-ours')
})

test('equal bytes are not claimed when it is not known when we began', () => {
  const unknownBeginning = { ...expected, notBefore: undefined }
  assert.equal(kindOf(seen(), unknownBeginning), 'unknown')
  assert.equal(kindOf(seen({ crc64: '43' }), unknownBeginning), 'not-ours')
  assert.equal(kindOf(seen({ size: 99 }), unknownBeginning), 'not-ours')
})

test('an empty object is judged like any other', () => {
  const empty: Expected = { size: 0, crc64: '0', notBefore: began }
  assert.equal(kindOf(seen({ size: 0, crc64: '0' }), empty), 'ours')
  assert.equal(kindOf(seen({ size: 0, crc64: '1' }), empty), 'not-ours')
})

test('ours is never said without equal size, equal CRC-64 and a time not before ours', () => {
  const info = fc.record({
    size: fc.constantFrom(0, 99, 100),
    etag: fc.constant('E'),
    crc64: fc.constantFrom('42', '43'),
    lastModified: fc.integer({ min: began - 5000, max: began + 5000 }).map(wholeSeconds),
  })
  fc.assert(
    fc.property(
      info,
      fc.option(fc.integer({ min: began - 3000, max: began + 3000 }), { nil: undefined }),
      (object, notBefore) => {
        const ours = kindOf(object, { ...expected, notBefore }) === 'ours'
        const proved =
          object.size === 100 &&
          object.crc64 === '42' &&
          notBefore !== undefined &&
          object.lastModified + 1000 > notBefore
        assert.equal(ours, proved)
      },
    ),
    { numRuns: 300 },
  )
})
