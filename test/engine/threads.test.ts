/** `numThreads: 'auto'` in the engine: how many parts are in flight follows what was found, and says so. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServiceError } from '../../src/engine/errors.js'
import { someBytes } from './file.js'
import type { Tap } from './tapped-service.js'
import { assertDone, createWorld, failure, partSize, type TestWorld } from './world.js'

const auto = { most: 8, paceMs: 100 }

function numbersTold(world: TestWorld): readonly (readonly [number, string])[] {
  return world.eventsOf('window').map(({ numThreads, reason }) => [numThreads, reason])
}

/** Parts take their time, so that as many run at once as may; the most that did, from now on. */
function slowParts(before: (partNumber: number) => void = () => {}): { readonly tap: Tap; most: number } {
  let inFlight = 0
  const seen = {
    most: 0,
    tap: {
      async before({ operation, partNumber }) {
        if (operation !== 'UploadPart') return
        inFlight += 1
        seen.most = Math.max(seen.most, inFlight)
        try {
          for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve))
          before(partNumber ?? 0)
        } finally {
          inFlight -= 1
        }
      },
    } satisfies Tap,
  }
  return seen
}

test('four parts are in flight to begin with, and a file of two parts is done by two', async () => {
  for (const [parts, most] of [
    [20, 4],
    [2, 2],
  ] as const) {
    const world = createWorld({ bytes: someBytes(parts * partSize) })
    const slow = slowParts()
    await assertDone(world, await world.run({ numThreads: auto, tap: slow.tap }))
    assert.equal(slow.most, most)
    assert.deepEqual(numbersTold(world), [[4, 'start']])
  }
})

test('while more are faster more are in flight, and each number is told with its reason', async () => {
  const world = createWorld({ bytes: someBytes(90 * partSize) })
  let inFlight = 0
  // A round of parts takes as long as one part: as fast as there are many.
  const tap: Tap = {
    async before({ operation }) {
      if (operation !== 'UploadPart') return
      inFlight += 1
      await new Promise((resolve) => setImmediate(resolve))
      world.clock.pass(50 / inFlight)
    },
    after({ operation }) {
      if (operation === 'UploadPart') inFlight -= 1
    },
  }
  await assertDone(world, await world.run({ numThreads: { ...auto, most: 6 }, tap }))
  assert.deepEqual(numbersTold(world), [
    [4, 'start'],
    [6, 'climb'],
  ])
  assert.equal(world.tapped.mostPartsAtOnce(), 6)
})

test('parts that the service refused wait for a place of the fewer that there are now', async () => {
  const world = createWorld({ bytes: someBytes(20 * partSize) })
  let refusals = 0
  const slow = slowParts(() => {
    if (refusals === 4) return
    refusals += 1
    if (refusals === 4) slow.most = 0
    throw new ServiceError('throttled', 'Slow down.', { status: 503 })
  })
  await assertDone(world, await world.run({ numThreads: auto, tap: slow.tap }))
  assert.equal(slow.most, 2)
  assert.deepEqual(numbersTold(world).slice(0, 2), [
    [4, 'start'],
    [2, 'throttled'],
  ])
  assert.equal(world.asked('UploadPart'), 24)
})

test('a service that refuses for ever ends it as interrupted, with one part at a time', async () => {
  const world = createWorld({ bytes: someBytes(20 * partSize) })
  const tap: Tap = {
    before({ operation }) {
      if (operation === 'UploadPart') throw new ServiceError('unavailable', 'Later.', { status: 503 })
    },
  }
  await failure('interrupted', world.run({ numThreads: auto, tap }))
  assert.deepEqual(numbersTold(world), [
    [4, 'start'],
    [2, 'throttled'],
    [1, 'throttled'],
  ])
})
