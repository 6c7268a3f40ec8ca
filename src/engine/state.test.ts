/** What an upload says of itself is what its events said, no more and no less. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createStateKeeper } from './state.js'

const waiting = {
  type: 'waiting',
  operation: 'UploadPart',
  partNumber: 7,
  attempt: 1,
  delayMs: 100,
  since: 1000,
  until: 1100,
  message: 'The connection broke.',
} as const
const waited = { type: 'waited', operation: 'UploadPart', attempts: 2, since: 1000, through: true } as const
const counts = { consumedBytes: 1, totalBytes: 9, keptBytes: 0, provedBytes: 0, sendingBytes: 1 }

function keep() {
  let now = 0
  const keeper = createStateKeeper({ wallClock: () => now })
  return {
    keeper,
    at: (time: number) => {
      now = time
      return keeper
    },
  }
}

test('a request that waits is told with its reason, since when, and until when', () => {
  const { keeper } = keep()
  keeper.hear(waiting)
  const { type: _, delayMs, ...request } = waiting
  assert.deepEqual(keeper.now(), { waiting: [request], movedAt: 0, isWaiting: true })
})

test('failing again it stays one request, with the time of its first failure', () => {
  const { keeper } = keep()
  keeper.hear(waiting)
  keeper.hear({ ...waiting, attempt: 2, until: 1500 })
  const told = keeper.now().waiting.map(({ attempt, since, until }) => [attempt, since, until])
  assert.deepEqual(told, [[2, 1000, 1500]])
})

test('several are told with the longest-waiting first, each until it got through or was given up', () => {
  const { keeper } = keep()
  keeper.hear({ ...waiting, partNumber: 2, since: 3000 })
  keeper.hear(waiting)
  keeper.hear({ ...waiting, operation: 'ListParts', since: 2000 })
  const parts = () => keeper.now().waiting.map(({ partNumber }) => partNumber)
  assert.deepEqual(parts(), [7, 7, 2])
  keeper.hear({ ...waited, partNumber: 7 })
  assert.deepEqual(parts(), [7, 2])
  keeper.hear({ ...waited, partNumber: 2, through: false })
  keeper.hear({ ...waited, operation: 'ListParts', partNumber: 7 })
  assert.deepEqual([parts(), keeper.now().isWaiting], [[], false])
})

test('it does not wait while anything goes forward, and tells when that was last', () => {
  const { keeper, at } = keep()
  keeper.hear(waiting)
  at(50).hear({ type: 'progress', ...counts })
  assert.deepEqual([keeper.now().isWaiting, keeper.now().movedAt], [false, 50])
  at(60).hear({ type: 'checkpoint-warning', message: 'full' })
  at(70).hear({ ...waiting, attempt: 2 })
  assert.deepEqual([keeper.now().isWaiting, keeper.now().movedAt], [true, 50])
})

test('a new run begins with nothing that waits', () => {
  const { keeper, at } = keep()
  keeper.hear(waiting)
  at(90).begin()
  assert.deepEqual(keeper.now(), { waiting: [], movedAt: 90, isWaiting: false })
})
