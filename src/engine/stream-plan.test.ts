/** Parts of an input whose size nobody knows: always few enough, never larger than they have to be. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { UploadError } from './errors.js'
import type { ServiceLimits } from './ports.js'
import { planStream, type StreamPlan } from './stream-plan.js'

const MiB = 1024 * 1024
const GiB = 1024 * MiB
const TiB = 1024 * GiB

const oss: ServiceLimits = {
  minPartSize: 100 * 1024,
  maxPartSize: 5 * GiB,
  maxParts: 10_000,
  maxObjectSize: 10_000 * 5 * GiB,
  maxPutSize: 5 * GiB,
}

function partsOf(plan: StreamPlan, size: number): readonly number[] {
  const parts: number[] = []
  for (let sent = 0; sent < size; ) {
    const part = Math.min(plan.partSize(sent), size - sent)
    parts.push(part)
    sent += part
  }
  return parts
}

test('parts begin with 8 MiB and grow with what has come', () => {
  const plan = planStream({ limits: oss })
  assert.equal(plan.partSize(0), 8 * MiB)
  assert.equal(plan.partSize(4000 * MiB), 8 * MiB)
  assert.equal(plan.partSize(100 * GiB), 205 * MiB)
  assert.equal(plan.partSize(30 * TiB), 5 * GiB)
  assert.equal(partsOf(plan, 10 * GiB).length, 952)
  assert.equal(partsOf(plan, TiB).length, 3257)
})

test('without a word about its size an input may have 33 TiB; expected, it may have all that an object can', () => {
  assert.equal(Math.floor(planStream({ limits: oss }).capacity / TiB), 33)
  const whole = planStream({ expectedSize: oss.maxObjectSize, limits: oss })
  assert.equal(whole.capacity, oss.maxObjectSize)
  assert.equal(partsOf(whole, oss.maxObjectSize).length, 10_000)
  assert.equal(planStream({ expectedSize: 100 * GiB, limits: oss }).partSize(0), 21 * MiB)
  for (const asked of [
    { expectedSize: oss.maxObjectSize + 1 },
    { expectedSize: 40 * TiB, partSize: 8 * MiB },
    { partSize: 1 },
    { partSize: 6 * GiB },
  ]) {
    assert.throws(
      () => planStream({ ...asked, limits: oss }),
      (error: unknown) => error instanceof UploadError && error.code === 'invalid-argument',
    )
  }
})

test('whatever comes up to the capacity has parts enough, each within the limits and none larger than its share', () => {
  const sizes = fc.oneof(fc.nat(GiB), fc.double({ min: 0, max: 1, noNaN: true }))
  const first = fc.option(fc.integer({ min: oss.minPartSize, max: 64 * MiB }), { nil: undefined })
  fc.assert(
    fc.property(sizes, first, (given, partSize) => {
      const plan = planStream({ partSize, limits: oss })
      const size = given <= 1 ? Math.floor(given * plan.capacity) : given
      const parts = partsOf(plan, size)
      assert.ok(parts.length <= oss.maxParts)
      let sent = 0
      for (const [index, part] of parts.entries()) {
        if (index < parts.length - 1) assert.ok(part >= oss.minPartSize)
        assert.ok(part <= Math.max(plan.smallest, sent / 500 + MiB) && part <= oss.maxPartSize)
        sent += part
      }
      assert.equal(sent, size)
    }),
    { numRuns: 60 },
  )
})

test('one byte more than the capacity would need one part more', () => {
  for (const partSize of [undefined, 100 * 1024, 64 * MiB]) {
    const plan = planStream({ partSize, limits: oss })
    assert.equal(partsOf(plan, plan.capacity).length, oss.maxParts)
    assert.equal(partsOf(plan, plan.capacity + 1).length, oss.maxParts + 1)
  }
})

test('a service of few parts has its own growth', () => {
  const few: ServiceLimits = { ...oss, maxParts: 100, maxPartSize: 64 * MiB, maxObjectSize: 100 * 64 * MiB }
  const plan = planStream({ partSize: MiB, limits: few })
  assert.equal(plan.partSize(50 * MiB), 10 * MiB)
  assert.equal(partsOf(plan, plan.capacity).length, 100)
})
