/** What a caller may believe: never back, never the whole before it is there, and never a failure of ours. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { UploadEvent } from './events.js'
import { createProgress, type ProgressCallback } from './progress.js'

function watch(totalBytes: number, progressCallback?: ProgressCallback) {
  const told: [number, number][] = []
  const events: UploadEvent[] = []
  const progress = createProgress({
    totalBytes,
    onEvent: (event) => events.push(event),
    progressCallback: (consumed, total) => {
      told.push([consumed, total])
      return progressCallback?.(consumed, total)
    },
  })
  return { progress, told, events, consumed: () => told.map(([consumed]) => consumed) }
}

test('bytes of a running attempt count, and then those of the part', () => {
  const { progress, told } = watch(100)
  progress.sending(1, 10)
  progress.sending(1, 30)
  progress.stored(1, 40)
  progress.sending(2, 5)
  assert.deepEqual(told, [
    [10, 100],
    [30, 100],
    [40, 100],
    [45, 100],
  ])
})

test('an attempt that failed takes nothing back, and its repetition tells nothing until it is further', () => {
  const { progress, consumed } = watch(100)
  progress.sending(1, 30)
  progress.stopped(1)
  progress.sending(1, 20)
  progress.sending(1, 30)
  progress.sending(1, 31)
  assert.deepEqual(consumed(), [30, 31])
})

test('a refuted part is counted once, when it is there again', () => {
  const { progress, consumed, events } = watch(100)
  progress.kept(1, 40)
  progress.refuted(1)
  progress.sending(1, 40)
  progress.stored(1, 40)
  progress.stored(2, 10)
  assert.deepEqual(consumed(), [40, 50])
  const last = events.findLast((event) => event.type === 'progress')
  assert.ok(last?.type === 'progress')
  assert.deepEqual([last.keptBytes, last.provedBytes, last.sendingBytes], [0, 50, 0])
})

test('a part that is counted twice counts once', () => {
  const { progress, consumed } = watch(100)
  progress.kept(1, 40)
  progress.kept(1, 40)
  progress.stored(1, 40)
  progress.stored(1, 40)
  progress.kept(2, 1)
  assert.deepEqual(consumed(), [40, 41])
})

test('the total is told when the object exists, not when all bytes are there', () => {
  const { progress, consumed } = watch(100)
  progress.stored(1, 60)
  progress.stored(2, 40)
  assert.deepEqual(consumed(), [60, 99])
  progress.finished()
  assert.deepEqual(consumed(), [60, 99, 100])
  progress.finished()
  assert.equal(consumed().length, 3)
})

test('an empty file is told once, when it exists', () => {
  const { progress, told } = watch(0)
  progress.sending(1, 0)
  progress.stopped(1)
  assert.deepEqual(told, [])
  progress.finished()
  progress.finished()
  assert.deepEqual(told, [[0, 0]])
})

test('another upload begins at nothing, and what was told stays told', () => {
  const { progress, consumed } = watch(100)
  progress.stored(1, 60)
  progress.sending(2, 10)
  progress.reset()
  progress.stored(1, 60)
  progress.stored(2, 20)
  assert.deepEqual(consumed(), [60, 70, 80])
})

test('whatever happens, what is told only grows and stays below the total until the end', () => {
  const partNumber = fc.integer({ min: 1, max: 5 })
  const step = fc.oneof(
    fc.tuple(fc.constant('sending' as const), partNumber, fc.integer({ min: 0, max: 40 })),
    fc.tuple(fc.constantFrom('stored' as const, 'kept' as const), partNumber, fc.constant(40)),
    fc.tuple(fc.constantFrom('stopped' as const, 'refuted' as const), partNumber, fc.constant(0)),
    fc.tuple(fc.constant('reset' as const), partNumber, fc.constant(0)),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { progress, consumed } = watch(200)
      for (const [what, part, bytes] of steps) {
        if (what === 'reset') progress.reset()
        else if (what === 'stopped' || what === 'refuted') progress[what](part)
        else progress[what](part, bytes)
      }
      const before = consumed()
      assert.ok(before.every((bytes) => bytes >= 0 && bytes < 200))
      progress.finished()
      const all = consumed()
      assert.equal(all.at(-1), 200)
      assert.ok(
        all.every((bytes, index) => index === 0 || bytes > (all[index - 1] ?? 0)),
        `${all}`,
      )
    }),
    { numRuns: 300 },
  )
})

test('a callback that throws is an event, each time, and the count goes on', () => {
  const { progress, told, events } = watch(100, () => {
    throw new Error('mine')
  })
  progress.stored(1, 10)
  progress.stored(2, 10)
  assert.equal(told.length, 2)
  const errors = events.filter((event) => event.type === 'callback-error')
  assert.equal(errors.length, 2)
})

test('a callback whose promise rejects is an event, not an unhandled rejection', async () => {
  const { progress, events } = watch(100, async () => {
    throw new Error('later')
  })
  progress.stored(1, 10)
  await new Promise((resolve) => setImmediate(resolve))
  const [error] = events.filter((event) => event.type === 'callback-error')
  assert.ok(error?.error instanceof Error)
})

test('without a callback there are events all the same', () => {
  const events: UploadEvent[] = []
  const progress = createProgress({ totalBytes: 10, onEvent: (event) => events.push(event) })
  progress.stored(1, 5)
  progress.finished()
  assert.deepEqual(
    events.map((event) => event.type === 'progress' && event.consumedBytes),
    [5, 10],
  )
})
