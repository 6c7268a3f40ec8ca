/** Initiate: a lost answer leaves an upload behind, and only what is certainly ours is taken up again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServiceError, UploadError } from '../../src/engine/errors.js'
import type { CheckpointLine, ObjectService } from '../../src/engine/ports.js'
import { someBytes } from './file.js'
import type { Call } from './tapped-service.js'
import {
  alwaysFailing,
  assertDone,
  assertStored,
  createWorld,
  failing,
  failure,
  key,
  lostAnswer,
  partSize,
  stoppingAtPart,
  type TestWorld,
} from './world.js'

const initiate = 'InitiateMultipartUpload'
const denied = (): ServiceError => new ServiceError('denied', 'Not allowed.', { status: 403 })

/** A run that dies with an Initiate that took effect and was never heard of. */
async function lostInitiate(world: TestWorld, headers: Record<string, string> = {}): Promise<string> {
  await failure('interrupted', world.run({ headers, noProgressForMs: 0, tap: { after: failing(initiate) } }))
  const uploadId = world.uploadIds().at(-1)
  assert.ok(uploadId !== undefined)
  return uploadId
}

test('an Initiate whose answer was lost is found again in the same run', async () => {
  const world = createWorld()
  const result = await world.run({ tap: { after: failing(initiate) } })
  assert.equal(world.asked(initiate), 1)
  assert.deepEqual(
    world.eventsOf('recovered').map(({ uploadId }) => uploadId),
    [result.uploadId],
  )
  await assertDone(world, result)
})

test('an Initiate that never arrived is repeated', async () => {
  const world = createWorld()
  const result = await world.run({ tap: { before: failing(initiate) } })
  assert.equal(world.asked(initiate), 2)
  assert.deepEqual(world.eventsOf('recovered'), [])
  await assertDone(world, result)
})

test('an Initiate whose answer was lost is found again by the next run', async () => {
  const world = createWorld()
  const uploadId = await lostInitiate(world)
  const result = await world.run()
  assert.equal(result.uploadId, uploadId)
  assert.equal(world.asked(initiate), 0)
  await assertDone(world, result)
})

test('of two that could be ours none is taken, and both are told', async () => {
  const world = createWorld()
  const lost = await lostInitiate(world)
  const foreign = world.memory.initiate(key, {}).uploadId
  const result = await world.run()
  assertStored(world, result)
  assert.deepEqual(world.eventsOf('recovered'), [])
  assert.deepEqual(world.uploadIds(), [lost, foreign], 'what may be another’s was touched')
  assert.deepEqual(new Set(world.eventsOf('orphans-suspected').at(-1)?.uploadIds), new Set([lost, foreign]))
  assert.deepEqual(await world.store.list(), [])
})

test('one that has parts is somebody’s work and is not taken', async () => {
  const world = createWorld()
  const lost = await lostInitiate(world)
  world.memory.storePart({ key, uploadId: lost }, 1, someBytes(partSize))
  const result = await world.run()
  assert.notEqual(result.uploadId, lost)
  assert.deepEqual(world.uploadIds(), [lost])
  assertStored(world, result)
})

test('one of another key is never taken', async () => {
  const world = createWorld()
  world.memory.initiate(`${key}.part`, {})
  const result = await world.run({ tap: { before: failing(initiate) } })
  assert.deepEqual(world.eventsOf('recovered'), [])
  assertStored(world, result)
})

test('one that began before our Initiate went out is never taken', async () => {
  const world = createWorld()
  const older = world.memory.initiate(key, {}).uploadId
  world.clock.pass(5000)
  const result = await world.run({ tap: { before: failing(initiate) } })
  assert.notEqual(result.uploadId, older)
  assert.deepEqual(world.uploadIds(), [older])
  assertStored(world, result)
})

test('what may not be looked for is told as such, and the upload goes its way', async () => {
  const world = createWorld()
  const result = await world.run({
    tap: { after: failing(initiate), before: alwaysFailing('ListMultipartUploads', denied) },
  })
  assertStored(world, result)
  const [told] = world.eventsOf('orphans-suspected')
  assert.deepEqual(told?.uploadIds, [])
})

test('a service that can not list uploads gets a second Initiate', async () => {
  const world = createWorld()
  const result = await world.run({
    tap: { after: failing(initiate) },
    dress: ({ listMultipartUploads: _none, ...service }) => service,
  })
  assertStored(world, result)
  assert.equal(world.asked(initiate), 2)
})

test('an upload begun with other headers is not taken for these', async () => {
  const world = createWorld()
  await lostInitiate(world, { 'x-oss-storage-class': 'IA' })
  world.clock.pass(5000)
  const result = await world.run()
  assertStored(world, result)
  assert.deepEqual(world.object()?.headers, {})
})

test('an upload begun with other headers within the same second is not taken for these either', async () => {
  const world = createWorld()
  await lostInitiate(world, { 'x-oss-storage-class': 'IA' })
  const result = await world.run({ tap: { before: failing(initiate) } })
  assertStored(world, result)
  assert.deepEqual(world.object()?.headers, {}, 'the object has headers that nobody asked for now')
})

test('an Initiate that was refused has been answered: a later upload of the key is somebody else’s', async () => {
  const world = createWorld()
  await failure('denied', world.run({ tap: { before: alwaysFailing(initiate, denied) } }))
  world.clock.pass(3_600_000)
  const foreign = world.memory.initiate(key, {}).uploadId
  const result = await world.run()
  assert.notEqual(result.uploadId, foreign, 'somebody else’s upload was taken')
  assert.deepEqual(world.uploadIds(), [foreign])
  assertStored(world, result)
})

test('a bucket that is not there, a refusal and a lack of rights are told at once, and leave nothing', async () => {
  for (const [meaning, code] of [
    ['bucket-missing', 'not-found'],
    ['denied', 'denied'],
    ['refused', 'invalid-argument'],
    ['object-exists', 'conflict'],
  ] as const) {
    const world = createWorld()
    const error = (): ServiceError => new ServiceError(meaning, 'No.', { status: 400, requestId: 'R1' })
    const failed = await failure(code, world.run({ tap: { before: alwaysFailing(initiate, error) } }))
    assert.equal(failed.requestId, 'R1')
    assert.equal(world.asked(initiate), 1)
    assert.deepEqual(world.uploadIds(), [])
  }
})

for (const operation of [initiate, 'UploadPart', 'CompleteMultipartUpload', 'PutObject'] as const) {
  test(`${operation} that never succeeds, while all else does, ends when the time without progress is over`, async () => {
    for (const error of [lostAnswer, () => new ServiceError('unavailable', '503', { status: 503 })]) {
      const world = createWorld()
      // What was there before answers to a look, and says nothing about us.
      world.memory.storeObject(key, someBytes(3), {})
      world.clock.pass(5000)
      const began = world.clock.now()
      const run = world.run({
        multipartThreshold: operation === 'PutObject' ? 1000 : partSize,
        tap: { before: alwaysFailing(operation, error) },
      })
      const failed = await failure('interrupted', run)
      assert.equal(failed.retryable, true)
      assert.ok(world.clock.now() - began < 5 * 60_000, 'it went on long after its time')
      await assertDone(world, await world.run())
    }
  })
}

test('a part that fails at its very end for ever does not look alive for ever', async () => {
  const world = createWorld()
  const run = world.run({ tap: { after: alwaysFailing('UploadPart', lostAnswer) } })
  await failure('interrupted', run)
  assert.ok(world.clock.now() < 5 * 60_000)
  await assertDone(world, await world.run())
})

test('an upload whose abort is still to be done is not taken for a lost Initiate', async () => {
  const world = createWorld()
  await failure('cancelled', world.run(stoppingAtPart(1)))
  const [old] = world.uploadIds()
  const asked: string[] = []
  const result = await world.run({
    restart: true,
    tap: {
      before: ({ operation, number }) => {
        asked.push(operation)
        const abortFails = operation === 'AbortMultipartUpload' && number <= 3
        if (abortFails || (operation === initiate && number === 1)) throw lostAnswer()
      },
    },
  })
  const first = asked.slice(0, asked.indexOf(initiate))
  const aborts = first.filter((operation) => operation === 'AbortMultipartUpload')
  assert.equal(aborts.length, 3, 'what fails is tried again when the new upload is over, and not before')
  assert.notEqual(result.uploadId, old)
  await assertDone(world, result)
})

test('the time without progress begins anew with every part', async () => {
  const world = createWorld({ bytes: someBytes(20 * partSize) })
  let last: Call | undefined
  const result = await world.run({
    noProgressForMs: 1000,
    tap: {
      before: (call) => {
        const first = call.partNumber !== undefined && call.partNumber !== last?.partNumber
        last = call
        if (first) throw new ServiceError('throttled', 'Slow down.', { retryAfterMs: 900 })
      },
    },
  })
  assert.ok(world.clock.now() >= 18_000)
  await assertDone(world, result)
})

test('a body that stalls gets twice the patience each time', async () => {
  const world = createWorld({ bytes: someBytes(2 * partSize) })
  const patience: number[] = []
  const result = await world.run({
    tap: {
      before: ({ operation, number }) => {
        if (operation === 'UploadPart' && number <= 3) throw new ServiceError('stalled', 'Nothing moved.')
      },
    },
    dress: (service) => ({
      ...service,
      uploadPart: (upload, partNumber, slice, options) => {
        if (partNumber === 1) patience.push(options.patience)
        return service.uploadPart(upload, partNumber, slice, options)
      },
    }),
  })
  assert.deepEqual(patience, [1, 2, 4, 8])
  await assertDone(world, result)
})

test('a service whose answers tell the time in fractions, or from before 1970, is gone on with by the next run', async () => {
  for (const initiated of [1_700_000_000_750.25, -86_400_000]) {
    const world = createWorld()
    const dress = (service: ObjectService): ObjectService => ({
      ...service,
      createMultipartUpload: async (name, options) => ({
        ...(await service.createMultipartUpload(name, options)),
        initiated,
      }),
      now: () => initiated,
    })
    const { tap, signal } = stoppingAtPart(3)
    await failure('cancelled', world.run({ tap, signal, dress }))
    const result = await world.run({ dress })
    assert.deepEqual([result.resumed, result.parts.kept], [true, 2])
    await assertDone(world, result)
  }
})

test('an upload that only seems to be ours and can not be written down is left alone, and taken up by the next run', async () => {
  const world = createWorld()
  const lost = await lostInitiate(world)
  const append = ({ kind }: CheckpointLine): void => {
    if (kind === 'opened') throw new UploadError('store-unusable', 'No space left on device.')
  }
  await failure('store-unusable', world.run({ storeTap: { append } }))
  assert.equal(world.asked('AbortMultipartUpload'), 0)
  assert.deepEqual(world.uploadIds(), [lost])
  const result = await world.run()
  assert.equal(result.uploadId, lost)
  await assertDone(world, result)
})
