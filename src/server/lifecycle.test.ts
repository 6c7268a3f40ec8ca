/** What is due, decided from records and a time alone. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { LifecycleRule } from '../protocol/operations/lifecycle-rules.js'
import { dueForObject, isAbortDue, objectExpiry } from './lifecycle.js'
import type { BucketRecord, ObjectRecord } from './storage/storage.js'

const DAY = 86_400_000
const HOUR = 3_600_000
/** Some midnight. */
const M = Date.UTC(2024, 0, 10)

function bucketWith(...rules: Partial<LifecycleRule>[]): BucketRecord {
  const whole = rules.map(
    (rule, index): LifecycleRule => ({
      id: `r${index}`,
      prefix: '',
      enabled: true,
      tags: [],
      transitions: [],
      noncurrentTransitions: [],
      ...rule,
    }),
  )
  return { name: 'b', created: 0, acl: 'private', storageClass: 'Standard', lifecycle: { rules: whole } }
}

function objectOf(more: Partial<ObjectRecord> = {}): ObjectRecord {
  return { key: 'log/a', size: 5, etag: 'E', crc64: '1', type: 'Normal', modified: M, headers: {}, ...more }
}

const isExpired = (bucket: BucketRecord, object: ObjectRecord, now: number): boolean =>
  dueForObject(bucket, object, now).kind === 'expire'

test('after so many days means the first midnight after as many whole days', () => {
  const bucket = bucketWith({ expiration: { days: 1 } })
  const morning = objectOf({ modified: M + 10 * HOUR })
  assert.equal(isExpired(bucket, morning, M + DAY + 10 * HOUR), false)
  assert.equal(isExpired(bucket, morning, M + 2 * DAY - 1), false)
  assert.equal(isExpired(bucket, morning, M + 2 * DAY), true)
  assert.equal(isExpired(bucket, objectOf({ modified: M }), M + DAY), true)
  assert.deepEqual(objectExpiry(bucket, morning), { at: M + 2 * DAY, ruleId: 'r0' })
})

test('whatever the time and the days, nothing goes too early, and all goes within a day more', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4e12 }), fc.integer({ min: 1, max: 5000 }), (modified, days) => {
      const bucket = bucketWith({ expiration: { days } })
      const object = objectOf({ modified })
      assert.equal(isExpired(bucket, object, modified + days * DAY - 1), false)
      assert.equal(isExpired(bucket, object, modified + (days + 1) * DAY), true)
      const at = objectExpiry(bucket, object)?.at ?? 0
      assert.equal(at % DAY, 0)
      assert.deepEqual([isExpired(bucket, object, at - 1), isExpired(bucket, object, at)], [false, true])
    }),
  )
})

test('a date means what is older; in its old form it means everything from that day on', () => {
  const before = bucketWith({ expiration: { createdBefore: M } })
  assert.equal(isExpired(before, objectOf({ modified: M - 1 }), M), true)
  assert.equal(isExpired(before, objectOf({ modified: M }), M + 1000 * DAY), false)
  assert.equal(objectExpiry(before, objectOf({ modified: M })), undefined)
  const from = bucketWith({ expiration: { date: M } })
  assert.equal(isExpired(from, objectOf({ modified: M - 1 }), M - 1), false)
  assert.equal(isExpired(from, objectOf({ modified: M + DAY }), M + DAY), true)
})

test('a rule leaves alone what its prefix, tags and filter do not fit, and everything while disabled', () => {
  const now = M + 100 * DAY
  const gone = (rule: Partial<LifecycleRule>, object: Partial<ObjectRecord> = {}): boolean =>
    isExpired(bucketWith({ expiration: { days: 1 }, ...rule }), objectOf(object), now)
  assert.equal(gone({ prefix: 'log/' }), true)
  assert.equal(gone({ prefix: 'logs' }), false)
  assert.equal(gone({ enabled: false }), false)
  const tags = [
    { key: 'a', value: '1 2' },
    { key: 'b', value: '' },
  ]
  const tagged = (tagging: string) => gone({ tags }, { headers: { 'x-oss-tagging': tagging } })
  assert.equal(tagged('b=&c=3&a=1%202'), true)
  assert.equal(tagged('a=1%202'), false)
  assert.equal(tagged('a=1&b='), false)
  assert.equal(gone({ tags }), false)
  assert.equal(gone({ filter: { sizeGreaterThan: 4, sizeLessThan: 6, nots: [] } }), true)
  assert.equal(gone({ filter: { sizeGreaterThan: 5, nots: [] } }), false)
  assert.equal(gone({ filter: { sizeLessThan: 5, nots: [] } }), false)
  assert.equal(gone({ filter: { nots: [{ prefix: 'log/a' }] } }), false)
  assert.equal(gone({ filter: { nots: [{ prefix: 'log/b' }] } }), true)
  const except = { filter: { nots: [{ prefix: '', tag: { key: 'keep', value: '1' } }] } }
  assert.equal(gone(except, { headers: { 'x-oss-tagging': 'keep=1' } }), false)
  assert.equal(gone(except, { headers: { 'x-oss-tagging': 'keep=2' } }), true)
})

test('an object gets colder, never warmer, and goes rather than moves', () => {
  const move = (days: number, storageClass: string) => ({ age: { days }, storageClass })
  const bucket = bucketWith({ transitions: [move(1, 'IA'), move(3, 'Archive')] }, { expiration: { days: 9 } })
  const due = (days: number, storageClass?: string) =>
    dueForObject(
      bucket,
      objectOf(storageClass === undefined ? {} : { headers: { 'x-oss-storage-class': storageClass } }),
      M + days * DAY,
    )
  assert.deepEqual(due(0), { kind: 'nothing' })
  assert.deepEqual(due(1), { kind: 'move', storageClass: 'IA' })
  assert.deepEqual(due(1, 'IA'), { kind: 'nothing' })
  assert.deepEqual(due(3), { kind: 'move', storageClass: 'Archive' })
  assert.deepEqual(due(3, 'ColdArchive'), { kind: 'nothing' })
  assert.deepEqual(due(9), { kind: 'expire' })
})

test('of several rules that fit, the one with the longest prefix counts alone', () => {
  const transitions = [{ age: { days: 1 }, storageClass: 'IA' }]
  const bucket = bucketWith(
    { expiration: { days: 2 } },
    { prefix: 'log/', expiration: { days: 5 } },
    { prefix: 'log/archive/', transitions },
    { prefix: 'log/tagged', tags: [{ key: 'a', value: '' }], expiration: { days: 1 } },
  )
  assert.deepEqual(objectExpiry(bucket, objectOf()), { at: M + 5 * DAY, ruleId: 'r1' })
  assert.deepEqual(objectExpiry(bucket, objectOf({ key: 'x' })), { at: M + 2 * DAY, ruleId: 'r0' })
  assert.equal(objectExpiry(bucket, objectOf({ key: 'log/archive/x' })), undefined)
  assert.equal(objectExpiry(bucket, objectOf({ key: 'log/tagged' }))?.ruleId, 'r1')
})

test('an upload is given up by its last change and its prefix', () => {
  const bucket = bucketWith({ prefix: 'log/', abortMultipartUpload: { days: 2 } })
  const upload = { key: 'log/a', uploadId: 'U', initiated: M, headers: {} }
  const isDue = (lastChange: number, now: number, key = 'log/a') =>
    isAbortDue(bucket, { ...upload, key }, { lastChange, now })
  assert.equal(isDue(M, M + 2 * DAY - 1), false)
  assert.equal(isDue(M, M + 2 * DAY), true)
  assert.equal(isDue(M + DAY, M + 2 * DAY), false)
  assert.equal(isDue(M, M + 2 * DAY, 'other'), false)
  assert.equal(
    isAbortDue(bucketWith({ expiration: { days: 1 } }), upload, { lastChange: M, now: M + 9 * DAY }),
    false,
  )
})
