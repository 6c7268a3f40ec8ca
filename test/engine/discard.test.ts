/** Discard: what is ours is aborted and forgotten, once or as often as it takes; what has become an object stays. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServiceError } from '../../src/engine/errors.js'
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
