/** Discard: what is ours is aborted and forgotten, once or as often as it takes; what has become an object stays. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServiceError, UploadError } from '../../src/engine/errors.js'
import { someBytes } from './file.js'
import {
  alwaysFailing,
  assertDone,
  createWorld,
  failing,
  failure,
  key,
  stoppingAtPart,
  type TestWorld,
} from './world.js'

const abort = 'AbortMultipartUpload'
const unavailable = (): ServiceError => new ServiceError('unavailable', '503', { status: 503 })
const denied = (): ServiceError => new ServiceError('denied', 'Not allowed.', { status: 403 })

async function interrupted(): Promise<TestWorld> {
  const world = createWorld()
  await failure('cancelled', world.run(stoppingAtPart(3)))
  return world
}

async function assertNothingLeft(world: TestWorld): Promise<void> {
  assert.deepEqual(world.uploadIds(), [])
  assert.deepEqual(await world.store.list(), [])
}

test('an unfinished upload is aborted and forgotten', async () => {
  const world = await interrupted()
  const [uploadId] = world.uploadIds()
  assert.deepEqual(await world.discard(), { aborted: [uploadId], completed: false })
  assert.ok(world.asked(abort) >= 2, 'parts in flight may land after the first abort')
  await assertNothingLeft(world)
})

test('discarding twice, or what never was, does nothing', async () => {
  const world = await interrupted()
  await world.discard()
  for (let again = 1; again <= 2; again++) {
    assert.deepEqual(await world.discard(), { aborted: [], completed: false })
    assert.equal(world.asked(abort), 0)
  }
  assert.deepEqual(await createWorld().discard(), { aborted: [], completed: false })
})

test('an upload that is gone already is only forgotten', async () => {
  const world = await interrupted()
  world.memory.uploads.clear()
  await world.discard()
  await assertNothingLeft(world)
})

test('what became an object is not aborted, and stays', async () => {
  const world = createWorld()
  const controller = new AbortController()
  const after = ({ operation }: { operation: string }): void => {
    if (operation === 'CompleteMultipartUpload') controller.abort(new Error('killed'))
  }
  await failure('cancelled', world.run({ signal: controller.signal, tap: { after } }))
  assert.deepEqual(await world.discard(), { aborted: [], completed: true })
  assert.equal(world.asked(abort), 0)
  assert.deepEqual(world.object()?.bytes, world.file.bytes)
  await assertNothingLeft(world)
})

test('an upload whose Complete did nothing is aborted', async () => {
  const world = createWorld()
  const tap = { before: alwaysFailing('CompleteMultipartUpload', denied) }
  await failure('denied', world.run({ tap }))
  const { aborted, completed } = await world.discard()
  assert.equal(aborted.length, 1)
  assert.equal(completed, false)
  await assertNothingLeft(world)
})

test('where nobody can tell what became of Complete nothing is thrown away', async () => {
  const world = createWorld()
  await failure('denied', world.run({ tap: { before: alwaysFailing('CompleteMultipartUpload', denied) } }))
  const tap = { before: alwaysFailing('HeadObject', denied) }
  await failure('commit-unknown', world.discard({ tap }))
  assert.equal(world.uploadIds().length, 1)
  assert.equal((await world.store.list()).length, 1)
})

test('an abort that fails is repeated a little, then remembered, and done by the next discard', async () => {
  const world = await interrupted()
  await failure('interrupted', world.discard({ tap: { before: alwaysFailing(abort, unavailable) } }))
  assert.ok(world.asked(abort) >= 2 && world.asked(abort) < 10)
  assert.equal(world.eventsOf('abort-pending').length, 1)
  assert.equal((await world.store.list()).length, 1)
  const { aborted } = await world.discard()
  assert.equal(aborted.length, 1)
  await assertNothingLeft(world)
})

test('an abort that failed is done by the next upload of the same target, which begins anew', async () => {
  const world = await interrupted()
  await failure('interrupted', world.discard({ tap: { before: alwaysFailing(abort, unavailable) } }))
  const result = await world.run()
  assert.equal(result.resumed, false)
  await assertDone(world, result)
})

test('an abort whose answer was lost is asked again', async () => {
  const world = await interrupted()
  await world.discard({ tap: { after: failing(abort) } })
  await assertNothingLeft(world)
})

test('a part that lands after the abort is aborted with it', async () => {
  const world = await interrupted()
  const [uploadId = ''] = world.uploadIds()
  let landed = false
  await world.discard({
    tap: {
      after: ({ operation }) => {
        if (operation !== abort || landed) return
        landed = true
        world.memory.uploads.set(uploadId, { key, uploadId, initiated: 0, headers: {}, parts: new Map() })
      },
    },
  })
  assert.ok(landed)
  await assertNothingLeft(world)
})

test('uploads of others are never touched', async () => {
  const world = await interrupted()
  const foreign = world.memory.initiate(key, {}).uploadId
  const longer = world.memory.initiate(`${key}x`, {}).uploadId
  await world.discard()
  assert.deepEqual(world.uploadIds(), [foreign, longer])
})

test('an Initiate whose answer was lost is told, not touched', async () => {
  const world = createWorld()
  const tap = { after: failing('InitiateMultipartUpload') }
  await failure('interrupted', world.run({ noProgressForMs: 0, tap }))
  const [lost] = world.uploadIds()
  await world.discard()
  assert.deepEqual(world.eventsOf('orphans-suspected')[0]?.uploadIds, [lost])
  assert.deepEqual(world.uploadIds(), [lost])
})

test('an Initiate whose answer was lost is told although the first question meets a wrong clock and old keys', async () => {
  const world = createWorld()
  const tap = { after: failing('InitiateMultipartUpload') }
  await failure('interrupted', world.run({ noProgressForMs: 0, tap }))
  const [lost] = world.uploadIds()
  const refusals = [
    new ServiceError('clock-skew', 'wrong time'),
    new ServiceError('credentials-rejected', 'old'),
  ]
  await world.discard({
    tap: {
      before: ({ operation, number }) => {
        const refusal = refusals[number - 1]
        if (operation === 'ListMultipartUploads' && refusal !== undefined) throw refusal
      },
    },
  })
  assert.deepEqual(world.eventsOf('orphans-suspected')[0]?.uploadIds, [lost])
})

test('what somebody works on is not discarded', async () => {
  const world = createWorld()
  let refused = false
  const result = await world.run({
    tap: {
      before: async ({ partNumber }) => {
        if (partNumber !== 2 || refused) return
        refused = true
        await failure('locked', world.discard())
      },
    },
  })
  assert.ok(refused)
  assert.equal(result.parts.sent, 5)
})

test('whoever lost the hold aborts nothing', async () => {
  const world = await interrupted()
  const target = { service: 'memory', bucket: 'memory', key }
  const read = async (): Promise<void> => {
    await world.store.acquire(target, { steal: true })
  }
  await failure('locked', world.discard({ storeTap: { read } }))
  assert.equal(world.asked(abort), 0)
  assert.equal(world.uploadIds().length, 1)
})

test('a discard that is stopped says so as an upload does, and can be repeated', async () => {
  const world = await interrupted()
  const controller = new AbortController()
  const reason = new Error('enough')
  const before = (): void => controller.abort(reason)
  const failed = await failure('cancelled', world.discard({ signal: controller.signal, tap: { before } }))
  assert.equal(failed.cause, reason)
  await world.discard()
  await assertNothingLeft(world)
})

test('the object of before stays whatever is discarded', async () => {
  const world = createWorld()
  const bytes = someBytes(9)
  world.memory.storeObject(key, bytes, {})
  await failure('cancelled', world.run(stoppingAtPart(3)))
  await world.discard()
  assert.deepEqual(world.object()?.bytes, bytes)
})

test('a discard that was stopped before it began does not even take the hold', async () => {
  const world = await interrupted()
  await world.store.acquire({ service: 'memory', bucket: 'memory', key })
  await failure('cancelled', world.discard({ signal: AbortSignal.abort(new Error('enough')) }))
  await failure('locked', world.discard())
  assert.deepEqual(world.calls, [])
})

test('each upload that is aborted is told once, by its id', async () => {
  const world = await interrupted()
  const uploadIds = world.uploadIds()
  await world.discard()
  assert.deepEqual(
    world.eventsOf('aborted').map(({ uploadId }) => uploadId),
    uploadIds,
  )
})

test('an object like ours does not hide that the upload still is there: it is aborted, and the object stays', async () => {
  const world = createWorld()
  const tap = {
    before: ({ operation }: { readonly operation: string }): void => {
      if (operation === 'CompleteMultipartUpload') throw denied()
    },
  }
  await failure('denied', world.run({ tap }))
  const [uploadId] = world.uploadIds()
  world.memory.storeObject(key, world.file.bytes, {})
  assert.deepEqual(await world.discard(), { aborted: [uploadId], completed: true })
  assert.deepEqual(world.object()?.bytes, world.file.bytes)
  await assertNothingLeft(world)
})

test('what became an object is not asked about again when its checkpoint could not be removed', async () => {
  const world = createWorld()
  const controller = new AbortController()
  const after = ({ operation }: { readonly operation: string }): void => {
    if (operation === 'CompleteMultipartUpload') controller.abort(new Error('killed'))
  }
  await failure('cancelled', world.run({ signal: controller.signal, tap: { after } }))
  const remove = (): void => {
    throw new UploadError('store-unusable', 'No space left on device.')
  }
  await failure('store-unusable', world.discard({ storeTap: { remove } }))
  // Somebody stores another object meanwhile: that must not turn what was done into an upload to abort.
  world.memory.storeObject(key, someBytes(9), {})
  assert.deepEqual(await world.discard(), { aborted: [], completed: false })
  assert.deepEqual(world.calls, [])
  await assertNothingLeft(world)
})

test('whoever lost the hold when all was aborted leaves the checkpoint to whoever has it', async () => {
  const world = await interrupted()
  let removals = 0
  const discarding = world.discard({
    storeTap: {
      remove: () => {
        removals += 1
      },
      append: async ({ kind }) => {
        const target = { service: 'memory', bucket: 'memory', key }
        if (kind === 'closed') await world.store.acquire(target, { steal: true })
      },
    },
  })
  await failure('locked', discarding)
  assert.equal(removals, 0)
})

test('the hold is given back when a discard fails', async () => {
  const world = await interrupted()
  await failure('interrupted', world.discard({ tap: { before: alwaysFailing(abort, unavailable) } }))
  await (await world.store.acquire({ service: 'memory', bucket: 'memory', key })).release()
})

test('a failure of an abort that is nobody’s answer is not taken for one: it ends the discard at once', async () => {
  const world = await interrupted()
  const fault = (): Error => new TypeError('undefined is not a function')
  await failure('internal', world.discard({ tap: { before: alwaysFailing(abort, fault) } }))
  assert.equal(world.asked(abort), 1)
  assert.deepEqual(world.eventsOf('abort-pending'), [])
  await world.discard()
  await assertNothingLeft(world)
})
