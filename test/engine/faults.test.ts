/** One fault at every request in turn: no answer, an answer too late, a refusal that passes. One object comes of each. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FailureMeaning, ServiceError } from '../../src/engine/errors.js'
import { assertDone, createWorld, failure, type Life, stoppingAtPart } from './world.js'

const meanings: readonly FailureMeaning[] = ['network', 'stalled', 'unavailable', 'odd-answer', 'throttled']
const harmless: readonly FailureMeaning[] = ['credentials-rejected', 'clock-skew']

interface Case {
  readonly what: string
  readonly request: Life
  readonly resumed: boolean
}

const cases: readonly Case[] = [
  { what: 'a new upload', request: {}, resumed: false },
  { what: 'three at once', request: { numThreads: 3 }, resumed: false },
  { what: 'as many as are found', request: { numThreads: { most: 8, paceMs: 10 } }, resumed: true },
  { what: 'one that goes on', request: {}, resumed: true },
  { what: 'one that begins anew by consent', request: { restart: true }, resumed: true },
  { what: 'one PutObject', request: { multipartThreshold: 1000 }, resumed: false },
  {
    what: 'forbidden to overwrite',
    request: { headers: { 'x-oss-forbid-overwrite': 'true' } },
    resumed: false,
  },
]

for (const { what, request, resumed } of cases) {
  for (const [when, all] of [
    ['before', [...meanings, ...harmless]],
    ['after', meanings],
  ] as const) {
    test(`${what}: any one request may fail ${when} it takes effect`, async () => {
      for (const meaning of all) {
        let last = 1
        for (let faulty = 1; faulty <= last; faulty++) {
          const world = createWorld()
          if (resumed)
            await failure('cancelled', world.run({ ...stoppingAtPart(3), ...request, restart: false }))
          let number = 0
          const fault = (): void => {
            number += 1
            if (number === faulty) throw new ServiceError(meaning, `Fault ${faulty}.`)
          }
          const result = await world.run({ ...request, tap: { [when]: fault } }).catch((error: unknown) => {
            throw new Error(`${meaning} ${when} request ${faulty}`, { cause: error })
          })
          last = Math.min(Math.max(last, number), 60)
          assert.equal(world.memory.history.length, 1, `${meaning} at ${faulty}: stored more than once`)
          await assertDone(world, result)
        }
        assert.ok(last > (request.multipartThreshold === undefined ? 5 : 0))
      }
    })
  }
}
