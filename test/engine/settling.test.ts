/** After runs that died around Complete: whether the object is ours, where little is known and little may be asked. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServiceError, UploadError } from '../../src/engine/errors.js'
import type { CheckpointLine, ObjectService } from '../../src/engine/ports.js'
import { changedAt, someBytes } from './file.js'
import {
  alwaysFailing,
  assertDone,
  assertStored,
  createWorld,
  failing,
  failure,
  key,
  type Life,
  partSize,
  type TestWorld,
} from './world.js'

const complete = 'CompleteMultipartUpload'
const forbid = { 'x-oss-forbid-overwrite': 'true' }
const denied = (): ServiceError => new ServiceError('denied', 'Not allowed.', { status: 403 })
const notLooking: Life = { tap: { before: alwaysFailing('HeadObject', denied) } }

/** Tells no CRC-64 of any object. */
const silent = (service: ObjectService): ObjectService => ({
  ...service,
  async headObject(...args) {
    const { crc64: _none, ...info } = await service.headObject(...args)
    return info
  },
})

/** A run whose Complete took effect and that died before it knew. */
async function completedUnheard(life: Life = {}): Promise<TestWorld> {
  const world = createWorld()
  const controller = new AbortController()
  const after = ({ operation }: { readonly operation: string }): void => {
    if (operation === complete) controller.abort(new Error('killed'))
  }
  await failure('cancelled', world.run({ ...life, signal: controller.signal, tap: { after } }))
  assert.ok(world.object() !== undefined)
  return world
}

/** The disk is full when `completing` is to be written down. */
const unwritten: Life = {
  storeTap: {
    append: ({ kind }: CheckpointLine) => {
      if (kind === 'completing') throw new UploadError('store-unusable', 'No space left on device.')
    },
  },
}

test('an object that we completed is ours though that could not be written down', async () => {
  const world = await completedUnheard(unwritten)
  const result = await world.run()
  assert.equal(result.resumed, true)
  assert.deepEqual(result.parts, { kept: 5, sent: 0 })
  assert.equal(world.eventsOf('settled').length, 1)
  assert.equal(world.memory.history.length, 1)
  await assertDone(world, result)
})

test('such an object is not ours when the file has other bytes by now', async () => {
  for (const bytes of [someBytes(5 * partSize, 8), someBytes(4 * partSize)]) {
    const world = await completedUnheard(unwritten)
    world.file.rewrite(bytes)
    await failure('conflict', world.run())
    assert.equal(world.memory.history.length, 1)
  }
})

test('whether we completed can not be told where nobody may look, or no CRC-64 is told; the checkpoint stays', async () => {
  for (const life of [notLooking, { dress: silent }]) {
    const world = await completedUnheard()
    const failed = await failure('commit-unknown', world.run(life))
    assert.equal(failed.retryable, true)
    assert.match(failed.message, /(Not allowed|does not say).* The checkpoint is kept/)
    assert.equal(world.asked('InitiateMultipartUpload'), 0)
    const result = await world.run()
    assert.deepEqual(result.parts, { kept: 5, sent: 0 })
    await assertDone(world, result)
  }
})

test('our upload that is still there beside our object is aborted, now or by the next run', async () => {
  const world = createWorld()
  const before = ({ operation }: { readonly operation: string }): void => {
    if (operation === complete) world.memory.storeObject(key, world.file.bytes, {})
    if (operation === 'AbortMultipartUpload') throw denied()
  }
  assertStored(world, await world.run({ headers: forbid, tap: { before } }))
  const [left] = world.uploadIds()
  assert.equal(world.eventsOf('abort-pending').at(-1)?.uploadId, left)
  await assertDone(world, await world.run({ headers: forbid }))
})

test('a hold that is lost right after success leaves success, and aborts nothing', async () => {
  const world = createWorld()
  let lost = false
  const result = await world.run({
    headers: forbid,
    tap: {
      before: ({ operation }) => {
        if (operation === complete) world.memory.storeObject(key, world.file.bytes, {})
        lost ||= operation === 'HeadObject'
      },
    },
    storeTap: {
      held: () => {
        if (lost) throw new UploadError('locked', 'Somebody took it.')
      },
    },
  })
  assertStored(world, result)
  assert.equal(world.asked('AbortMultipartUpload'), 0)
})

// ------------------------------------------------- in one PutObject

const small = { multipartThreshold: 1000 }

test('a small file that changed after it was stored is told so where overwriting is forbidden', async () => {
  const world = createWorld()
  const sent = world.file.bytes
  const after = ({ operation }: { readonly operation: string }): void => {
    if (operation === 'PutObject') world.file.rewrite(changedAt(sent, 3))
  }
  const failed = await failure('source-changed', world.run({ ...small, headers: forbid, tap: { after } }))
  assert.match(failed.message, /has what the file had before/)
  assert.deepEqual(world.object()?.bytes, sent)
  assert.equal(world.asked('PutObject'), 1)
})

test('a small file that was stored wrong and may not be overwritten is an integrity failure', async () => {
  const world = createWorld()
  const after = failing('PutObject', () => new ServiceError('corrupt', 'Other bytes arrived.'))
  const spoiled = (service: ObjectService): ObjectService => ({
    ...service,
    async headObject(...args) {
      return { ...(await service.headObject(...args)), crc64: '1' }
    },
  })
  const failed = await failure(
    'integrity',
    world.run({ ...small, headers: forbid, tap: { after }, dress: spoiled }),
  )
  assert.match(failed.message, /Remove the object/)
  assert.equal(world.memory.history.length, 1)
})
