/** Where other tools stop too much, too late, or without saying what is left behind. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startUpload } from '../../src/index.js'
import { createRecorder } from '../library/recorder.js'
import { bytesFrom, createWorld, failure, PART } from '../library/world.js'

test('J6: stopping one of two uploads of one bucket leaves the other alone', async (t) => {
  const world = await createWorld(t)
  const first = await world.file(bytesFrom(1, 6 * PART), 'first')
  const second = await world.file(bytesFrom(2, 6 * PART), 'second')
  const controller = new AbortController()
  const stopped = world.upload('a', first, {
    signal: controller.signal,
    onEvent({ type }) {
      if (type === 'part-stored') controller.abort()
    },
  })
  const other = world.upload('b', second)
  await failure(stopped, 'cancelled')
  assert.equal((await other).parts.sent, 6)
  assert.deepEqual(await world.objectBytes('b'), bytesFrom(2, 6 * PART))
})

test('J7: a stopped upload rejects with an Error that has a code and the reason it was stopped for', async (t) => {
  const world = await createWorld(t)
  const filename = await world.file(bytesFrom(1, 3 * PART))
  const reason = new Error('closing time')
  const error = await failure(world.upload('k', filename, { signal: AbortSignal.abort(reason) }), 'cancelled')
  assert.ok(error instanceof Error && (error.stack ?? '').length > 0)
  assert.deepEqual([error.cause, error.retryable], [reason, true])
})

test('J12: a stop closes the connections of parts in flight, deletes nothing, and the next call goes on', async (t) => {
  const world = await createWorld(t)
  const recorder = await createRecorder(world.server)
  t.after(() => recorder.close())
  const filename = await world.file(bytesFrom(1, 8 * PART))
  const bucket = world.bucketWith({ endpoint: recorder.endpoint })
  world.stopAtPart(3)
  await failure(world.upload('k', filename, { bucket }), 'denied')
  const { gathered, release } = recorder.gather(4)
  const controller = new AbortController()
  const uploading = world.upload('k', filename, { bucket, numThreads: 4, signal: controller.signal })
  await Promise.race([gathered, uploading])
  controller.abort()
  await failure(uploading, 'cancelled')
  release()
  for (let tries = 0; recorder.connections.open > 0 && tries < 500; tries += 1) await sleep(10)
  assert.equal(recorder.connections.open, 0)
  assert.equal(recorder.of('abort').length, 0)
  const { resumed, parts } = await world.upload('k', filename, { bucket })
  assert.ok(resumed && parts.kept >= 2)
  assert.deepEqual(await world.objectBytes('k'), bytesFrom(1, 8 * PART))
})

test('J13: to discard is over only when the service has aborted, so that a process may exit right then', async (t) => {
  const world = await createWorld(t)
  const filename = await world.file(bytesFrom(1, 8 * PART))
  let seen = (): void => {}
  const firstPart = new Promise<void>((resolve) => {
    seen = resolve
  })
  const upload = startUpload(world.bucket, 'k', filename, {
    store: world.store,
    multipartThreshold: 0,
    partSize: PART,
    onEvent({ type }) {
      if (type === 'part-stored') seen()
    },
  })
  const failed = failure(upload.done, 'cancelled')
  await firstPart
  await upload.discard()
  const aborted = world.asked('AbortMultipartUpload').filter(({ status }) => status === 204)
  assert.ok(aborted.length >= 1)
  assert.deepEqual([await world.unfinished(), world.stored()], [[], []])
  await failed
})
