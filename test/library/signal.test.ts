/** `signal`: it stops at once, keeps what was sent, closes its connections, and the same call goes on with the rest. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { UploadEvent, UploadOptions } from '../../src/index.js'
import { createRecorder, type Recorder } from './recorder.js'
import { bytesFrom, createWorld, failure, heldClock, PART, partNumbers, type World } from './world.js'

/** Options that stop the upload at the first event that is wanted, and the reason it is stopped for. */
function stopWhen(wanted: (event: UploadEvent) => boolean): UploadOptions & { readonly reason: Error } {
  const controller = new AbortController()
  const reason = new Error('enough for today')
  const onEvent = (event: UploadEvent): void => {
    if (wanted(event)) controller.abort(reason)
  }
  return { signal: controller.signal, onEvent, reason }
}

async function assertNoConnections(recorder: Recorder): Promise<void> {
  for (let tries = 0; recorder.connections.open > 0 && tries < 200; tries += 1) await sleep(10)
  assert.equal(recorder.connections.open, 0)
}

async function assertGoesOn(world: World, filename: string, bytes: Buffer): Promise<void> {
  const acknowledged = world.asked('UploadPart').filter(({ status }) => status === 200)
  world.server.requests.clear()
  const result = await world.upload('k', filename)
  const before = new Set(partNumbers(acknowledged))
  assert.ok(result.resumed)
  assert.equal(result.parts.kept, before.size)
  for (const partNumber of partNumbers(world.asked('UploadPart'))) assert.ok(!before.has(partNumber))
  assert.deepEqual(await world.objectBytes('k'), bytes)
  assert.deepEqual(world.stored(), [])
  assert.deepEqual(await world.unfinished(), [])
}

test('a signal that is there from the start: nothing is sent', async (t) => {
  const world = await createWorld(t)
  const reason = new Error('no')
  const filename = await world.file(bytesFrom(1, PART))
  const error = await failure(world.upload('k', filename, { signal: AbortSignal.abort(reason) }), 'cancelled')
  assert.equal(error.cause, reason)
  assert.equal(world.server.requests.entries().length, 0)
  assert.deepEqual(world.stored(), [])
})

test('between parts: what was acknowledged is never sent again', async (t) => {
  const world = await createWorld(t)
  const bytes = bytesFrom(1, 8 * PART)
  const filename = await world.file(bytes)
  let stored = 0
  const { reason, ...options } = stopWhen(({ type }) => {
    if (type === 'part-stored') stored += 1
    return stored === 3
  })
  const error = await failure(world.upload('k', filename, options), 'cancelled', /again/)
  assert.deepEqual([error.cause, error.retryable], [reason, true])
  assert.equal((await world.unfinished()).length, 1)
  await assertGoesOn(world, filename, bytes)
})

test('with parts in flight: it does not wait for them, and their connections are closed', async (t) => {
  const world = await createWorld(t)
  const recorder = await createRecorder(world.server)
  t.after(() => recorder.close())
  const filename = await world.file(bytesFrom(1, 8 * PART))
  const controller = new AbortController()
  const { gathered, release } = recorder.gather(5)
  const bucket = world.bucketWith({ endpoint: recorder.endpoint })
  const uploading = world.upload('k', filename, { bucket, numThreads: 5, signal: controller.signal })
  await Promise.race([gathered, uploading])
  controller.abort('plain text is a reason too')
  const error = await failure(uploading, 'cancelled')
  assert.equal(error.cause, 'plain text is a reason too')
  // A proxy that reads nothing would not see the end of a connection either.
  release()
  await assertNoConnections(recorder)
  const { parts } = await world.upload('k', filename, { bucket, numThreads: 5 })
  assert.equal(parts.kept + parts.sent, 8)
  assert.deepEqual(await world.objectBytes('k'), bytesFrom(1, 8 * PART))
})

test('while it waits for a service that is down', async (t) => {
  const world = await createWorld(t)
  const bytes = bytesFrom(1, 4 * PART)
  const filename = await world.file(bytes)
  const down = { effect: 'error', code: 'ServiceUnavailable', status: 503, times: null } as const
  world.server.faults.add({ operation: 'UploadPart', partNumber: [3, 4], ...down })
  let waits = 0
  const { reason, ...options } = stopWhen(({ type }) => {
    if (type === 'waiting') waits += 1
    return waits === 3
  })
  const error = await failure(world.upload('k', filename, options), 'cancelled')
  assert.equal(error.cause, reason)
  world.server.faults.clear()
  await assertGoesOn(world, filename, bytes)
})

for (const when of ['before', 'after'] as const) {
  test(`in the midst of Complete, stopped ${when} the service does it`, async (t) => {
    const { clock, reached, release } = heldClock()
    const world = await createWorld(t, { clock })
    const bytes = bytesFrom(1, 3 * PART)
    const filename = await world.file(bytes)
    world.server.faults.add({ operation: 'CompleteMultipartUpload', effect: 'delay', ms: 1, when })
    const controller = new AbortController()
    const uploading = world.upload('k', filename, { signal: controller.signal })
    await Promise.race([reached, uploading])
    controller.abort()
    await failure(uploading, 'cancelled')
    release()
    const result = await world.upload('k', filename)
    assert.deepEqual([result.resumed, result.parts], [true, { kept: 3, sent: 0 }])
    assert.deepEqual(await world.objectBytes('k'), bytes)
    assert.deepEqual(world.stored(), [])
    assert.deepEqual(await world.unfinished(), [])
  })
}

test('in the midst of one PutObject: nothing stays, and the next call sends it', async (t) => {
  const { clock, release } = heldClock()
  t.after(release)
  const world = await createWorld(t, { clock })
  const filename = await world.file(bytesFrom(1, 3 * PART))
  world.server.faults.add({ operation: 'PutObject', effect: 'delay', ms: 1 })
  const { reason, ...options } = stopWhen(({ type }) => type === 'progress')
  const whole = { multipartThreshold: 4 * PART }
  const error = await failure(world.upload('k', filename, { ...whole, ...options }), 'cancelled')
  assert.equal(error.cause, reason)
  await world.upload('k', filename, whole)
  assert.deepEqual(await world.objectBytes('k'), bytesFrom(1, 3 * PART))
  assert.deepEqual(world.stored(), [])
})

test("the signal's own reason comes out, such as a timeout's", async (t) => {
  const { clock, release } = heldClock()
  t.after(release)
  const world = await createWorld(t, { clock })
  const filename = await world.file(bytesFrom(1, PART))
  world.server.faults.add({ operation: 'UploadPart', effect: 'delay', ms: 1 })
  const error = await failure(world.upload('k', filename, { signal: AbortSignal.timeout(50) }), 'cancelled')
  assert.equal((error.cause as Error).name, 'TimeoutError')
})
