/** The part size that a listing allows: laws over plans, and the odd listings that strangers leave. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Fit, fitParts, spread } from './adopt-fit.js'
import { type Plan, partLength } from './plan.js'
import type { ListedPart, ServiceLimits } from './ports.js'

const limits: ServiceLimits = {
  minPartSize: 8,
  maxPartSize: 1024,
  maxParts: 100,
  maxObjectSize: 100 * 1024,
  maxPutSize: 4096,
}

const part = (partNumber: number, size: number): ListedPart => ({ partNumber, size, etag: 'E' })
const fit = (size: number, ...parts: readonly ListedPart[]): Fit => fitParts({ size, limits, parts })

function sizesOf(found: Fit): readonly number[] {
  assert.equal(found.kind, 'fits', found.kind === 'unfit' ? found.why : '')
  return found.kind === 'fits' ? found.partSizes : []
}

const planOf = (size: number, partSize: number): Plan => ({
  size,
  partSize,
  partCount: Math.max(1, Math.ceil(size / partSize)),
})

/** A plan within the limits, and some of its parts. */
const somePlan = fc
  .record({ partSize: fc.integer({ min: 8, max: 1024 }), parts: fc.integer({ min: 1, max: 100 }) })
  .chain(({ partSize, parts }) =>
    fc
      .integer({ min: (parts - 1) * partSize + 1, max: parts * partSize })
      .map((size) => planOf(size, partSize)),
  )
  .chain((plan) =>
    fc
      .subarray(
        Array.from({ length: plan.partCount }, (_, index) => index + 1),
        { minLength: 1 },
      )
      .chain((numbers) => fc.shuffledSubarray(numbers, { minLength: numbers.length }))
      .map((numbers) => ({ plan, parts: numbers.map((number) => part(number, partLength(plan, number))) })),
  )

test('any parts of an upload of this file fit, and the part size it was begun with is among those found', () => {
  fc.assert(
    fc.property(somePlan, ({ plan, parts }) => {
      const found = sizesOf(fit(plan.size, ...parts))
      // A lone part that is the whole file says nothing of how large parts may be.
      if (parts.length === 1 && parts[0]?.size === plan.size) assert.equal(found.length, 1)
      else assert.ok(found.includes(plan.partSize), `${found} without ${plan.partSize}`)
    }),
  )
})

test('whatever is listed, a part size that is found makes each listed part a part of the file, within the limits', () => {
  const listing = fc.uniqueArray(
    fc.tuple(fc.integer({ min: 1, max: 120 }), fc.integer({ min: 0, max: 1100 })),
    { selector: ([number]) => number, maxLength: 6 },
  )
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 110_000 }), listing, (size, listed) => {
      const parts = listed.map(([number, bytes]) => part(number, bytes))
      const found = fit(size, ...parts)
      if (found.kind === 'unfit') return
      assert.ok(found.partSizes.length > 0 && found.partSizes.length <= 2)
      for (const partSize of found.partSizes) {
        const plan = planOf(size, partSize)
        assert.ok(partSize >= limits.minPartSize && partSize <= limits.maxPartSize)
        assert.ok(plan.partCount <= limits.maxParts)
        for (const { partNumber, size: bytes } of parts) {
          assert.ok(partNumber <= plan.partCount)
          assert.equal(bytes, partLength(plan, partNumber))
        }
      }
    }),
    { numRuns: 1000 },
  )
})

test('a lone part may be as large as the others, or the last one', () => {
  assert.deepEqual(sizesOf(fit(100, part(1, 32))), [32])
  assert.deepEqual(sizesOf(fit(100, part(4, 4))), [32])
  assert.deepEqual(sizesOf(fit(100, part(2, 10))), [10, 90])
  assert.deepEqual(sizesOf(fit(100, part(1, 100))), [100])
  assert.deepEqual(sizesOf(fit(5, part(1, 5))), [8])
})

test('what can not be of this file, or is beyond the limits, does not fit', () => {
  for (const [size, ...parts] of [
    [100],
    [100, part(1, 32), part(2, 16), part(3, 32)],
    [100, part(1, 32), part(2, 40)],
    [100, part(1, 32), part(2, 31)],
    [100, part(1, 32), part(5, 32)],
    [100, part(1, 32), part(4, 5)],
    [100, part(1, 101)],
    [100, part(1, 7)],
    [100, part(3, 0)],
    [2000, part(1, 8)],
    [3000, part(1, 1500)],
    [200_000, part(1, 1024)],
  ] as const) {
    assert.equal(fit(size, ...parts).kind, 'unfit', JSON.stringify([size, parts]))
  }
})

test('of many parts a few are taken, evenly, the first and the last among them', () => {
  const many = Array.from({ length: 1000 }, (_, index) => index)
  assert.deepEqual(spread(many, 4), [0, 333, 666, 999])
  assert.deepEqual(spread([1, 2], 4), [1, 2])
  assert.deepEqual(spread([], 4), [])
})
