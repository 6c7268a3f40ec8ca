/** A run that has lost its hold to another process completes nothing, aborts nothing and removes nothing. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createWorld, failing, failure, key, lostAnswer, stoppingAtPart } from './world.js'

test('an abort is not repeated once another process has taken the upload over', async () => {
  const world = createWorld()
  await failure('cancelled', world.run(stoppingAtPart(3)))
  const stolen = failure(
    'locked',
    world.run({
      restart: true,
      tap: {
        before: async (call) => {
          if (call.operation !== 'AbortMultipartUpload' || call.number !== 1) return
          const target = { service: 'memory', bucket: 'memory', key }
          await world.store.acquire(target, { steal: true })
          throw lostAnswer()
        },
      },
    }),
  )
  await stolen
  assert.equal(world.asked('AbortMultipartUpload'), 1)
  assert.equal(world.uploadIds().length, 1, 'the upload is the other process’s now')
})

test('a run that lost its hold while it sent its parts does not complete them', async () => {
  const world = createWorld()
  const run = world.run({
    tap: {
      after: async (call) => {
        if (call.operation !== 'UploadPart' || call.number !== 5) return
        await world.store.acquire({ service: 'memory', bucket: 'memory', key }, { steal: true })
      },
    },
  })
  await failure('locked', run)
  assert.equal(world.asked('CompleteMultipartUpload'), 0)
  assert.equal(world.object(), undefined)
})

test('a run that lost its hold while it waited to complete once more does not', async () => {
  const world = createWorld()
  const run = world.run({
    tap: { before: failing('CompleteMultipartUpload') },
    onSleep: () => {
      void world.store.acquire({ service: 'memory', bucket: 'memory', key }, { steal: true })
    },
  })
  await failure('locked', run)
  assert.equal(world.asked('CompleteMultipartUpload'), 1)
})

test('an upload that was begun while another process took over is told of, since neither will write it down', async () => {
  const world = createWorld()
  const run = world.run({
    tap: {
      after: async (call) => {
        if (call.operation !== 'InitiateMultipartUpload') return
        await world.store.acquire({ service: 'memory', bucket: 'memory', key }, { steal: true })
      },
    },
  })
  await failure('locked', run)
  const [reported] = world.eventsOf('orphans-suspected')
  assert.deepEqual(reported?.uploadIds, world.uploadIds())
  assert.equal(world.asked('AbortMultipartUpload'), 0)
})

test('an Initiate without an answer is told of by a run that another process then takes over', async () => {
  const world = createWorld()
  const run = world.run({
    tap: {
      after: async (call) => {
        if (call.operation !== 'InitiateMultipartUpload') return
        await world.store.acquire({ service: 'memory', bucket: 'memory', key }, { steal: true })
        throw lostAnswer()
      },
    },
  })
  await failure('locked', run)
  assert.equal(world.uploadIds().length, 1, 'which nobody has on record')
  assert.equal(world.eventsOf('orphans-suspected').length, 1)
})
