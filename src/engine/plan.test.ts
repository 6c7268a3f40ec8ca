/** The laws of a plan, by property; the edges of the service's limits, by example. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { UploadError } from './errors.js'
import {
  assertPartSize,
  calculatedPartCount,
  calculatePartSize,
  type Plan,
  partLength,
  partRange,
  planFits,
  planParts,
} from './plan.js'
import type { ServiceLimits } from './ports.js'

const KiB = 1024
const MiB = 1024 * KiB
const GiB = 1024 * MiB
const limits: ServiceLimits = {
  minPartSize: 100 * KiB,
  maxPartSize: 5 * GiB,
  maxParts: 10_000,
  maxObjectSize: 10_000 * 5 * GiB,
  maxPutSize: 5 * GiB,
}
const largest = 53_687_091_200_000

const anySize = fc.oneof(
  fc.integer({ min: 0, max: largest }),
  fc.integer({ min: 0, max: 100 * MiB }),
  // Around whole multiples of a mebibyte times the part count, where the size steps.
  fc
    .tuple(fc.integer({ min: 1, max: 5120 }), fc.integer({ min: -2, max: 2 }))
    .map(([mib, off]) => Math.min(largest, mib * MiB * calculatedPartCount + off)),
)

/** Looks at the ends and some in the middle; 10,000 parts times many runs would be slow. */
function assertSound(plan: Plan): void {
  const { size, partSize, partCount } = plan
  assert.ok(partCount >= 1 && partCount <= limits.maxParts)
  assert.equal(partRange(plan, 1).start, 0)
  assert.equal(partRange(plan, partCount).end, size)
  const step = Math.max(1, Math.floor(partCount / 50))
  for (let partNumber = 1; partNumber < partCount; partNumber += step) {
    const { end } = partRange(plan, partNumber)
    assert.equal(end, partRange(plan, partNumber + 1).start)
    assert.equal(partLength(plan, partNumber), partSize)
  }
  const last = partLength(plan, partCount)
  assert.ok(last <= partSize && (last > 0 || size === 0), `the last part has ${last} bytes`)
  assert.equal((partCount - 1) * partSize + last, size)
}

test('the largest object is 10,000 parts of 5 GiB', () => {
  assert.equal(limits.maxObjectSize, largest)
  assert.deepEqual(planParts({ size: largest, limits }), {
    size: largest,
    partSize: 5 * GiB,
    partCount: 10_000,
  })
})

test('one byte more than the largest object is refused', () => {
  const error = refusal(() => planParts({ size: largest + 1, limits }))
  assert.match(error.message, new RegExp(String(largest)))
})

test('a calculated plan of any size keeps every limit and covers every byte once', () => {
  fc.assert(
    fc.property(anySize, (size) => {
      const plan = planParts({ size, limits })
      assertSound(plan)
      assert.equal(plan.partSize % MiB, 0)
      assert.ok(plan.partSize >= limits.minPartSize && plan.partSize <= limits.maxPartSize)
    }),
    { numRuns: 500 },
  )
})

test('the calculated part size never falls as the file grows', () => {
  fc.assert(
    fc.property(anySize, anySize, (a, b) => {
      const [small, large] = [Math.min(a, b), Math.max(a, b)]
      assert.ok(calculatePartSize(small, limits) <= calculatePartSize(large, limits))
    }),
  )
})

test('the calculated part size is 8 MiB to 40,000 MiB, then a whole MiB more for one byte more', () => {
  const edge = 40_000 * MiB
  assert.equal(calculatePartSize(0, limits), 8 * MiB)
  assert.equal(calculatePartSize(edge, limits), 8 * MiB)
  assert.equal(planParts({ size: edge, limits }).partCount, 5000)
  assert.equal(calculatePartSize(edge + 1, limits), 9 * MiB)
})

test('a service with small limits gets a plan within them', () => {
  const small: ServiceLimits = { ...limits, minPartSize: 16 * MiB, maxPartSize: 32 * MiB }
  assert.equal(calculatePartSize(0, small), 16 * MiB)
  assert.equal(calculatePartSize(largest, small), 32 * MiB)
})

test('an empty source is one empty part', () => {
  const plan = planParts({ size: 0, limits })
  assert.equal(plan.partCount, 1)
  assert.deepEqual(partRange(plan, 1), { start: 0, end: 0 })
})

test('a last part may be a single byte', () => {
  const plan = planParts({ size: 3 * MiB + 1, partSize: MiB, limits })
  assert.equal(plan.partCount, 4)
  assert.equal(partLength(plan, 4), 1)
})

test('a whole number of parts has no empty part behind them', () => {
  assert.equal(planParts({ size: 3 * MiB, partSize: MiB, limits }).partCount, 3)
})

test('a part size that was asked for is used as it is, at both ends of what is allowed', () => {
  for (const partSize of [limits.minPartSize, limits.minPartSize + 1, limits.maxPartSize]) {
    assert.equal(planParts({ size: 10 * GiB, partSize: Math.max(partSize, 2 * MiB), limits }).size, 10 * GiB)
    assertPartSize(partSize, limits)
    assert.equal(planParts({ size: 5, partSize, limits }).partSize, partSize)
  }
  for (const partSize of [
    limits.minPartSize - 1,
    limits.maxPartSize + 1,
    0,
    -1,
    102_400.5,
    Number.NaN,
    1e300,
  ]) {
    const error = refusal(() => planParts({ size: 5, partSize, limits }))
    assert.match(error.message, /102400/)
    assert.match(error.message, /5368709120/)
  }
})

test('exactly 10,000 parts are allowed; for one more byte the message names the smallest size that works', () => {
  const partSize = limits.minPartSize
  const size = partSize * 10_000
  assert.equal(planParts({ size, partSize, limits }).partCount, 10_000)
  const error = refusal(() => planParts({ size: size + 1, partSize, limits }))
  assert.match(error.message, /10001 parts/)
  assert.equal(smallestNamed(error), partSize + 1)
})

test('the smallest size that a message names works, and one byte less does not', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 10_000 * limits.minPartSize + 1, max: largest }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (size, share) => {
        const smallest = Math.ceil(size / limits.maxParts)
        const partSize = Math.max(limits.minPartSize, Math.floor(smallest * share))
        fc.pre(Math.ceil(size / partSize) > limits.maxParts)
        const named = smallestNamed(refusal(() => planParts({ size, partSize, limits })))
        assertSound(planParts({ size, partSize: named, limits }))
        refusal(() => planParts({ size, partSize: named - 1, limits }))
      },
    ),
  )
})

test('a recorded part size fits as long as its parts can carry the size', () => {
  const partSize = MiB
  assert.equal(planFits(10_000 * MiB, partSize, limits), true)
  assert.equal(planFits(10_000 * MiB + 1, partSize, limits), false)
  assert.equal(planFits(1, partSize, limits), true)
  assert.equal(planFits(0, partSize, limits), false)
  assert.equal(planFits(largest, 5 * GiB, limits), true)
  assert.equal(planFits(largest + 1, 5 * GiB, { ...limits, maxParts: 20_000 }), false)
})

function refusal(plan: () => unknown): UploadError {
  try {
    plan()
  } catch (error) {
    assert.ok(error instanceof UploadError)
    assert.equal(error.code, 'invalid-argument')
    return error
  }
  assert.fail('it was allowed')
}

function smallestNamed(error: UploadError): number {
  const [, number] = error.message.match(/smallest part size that works .* is (\d+)/) ?? []
  return Number(number)
}
