/** What one run writes down and the next reads: which uploads are ours, which are owed an abort, which may be lost. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServiceError, UploadError } from '../../src/engine/errors.js'
import type { CheckpointLine, ObjectService, Target } from '../../src/engine/ports.js'
import {
  alwaysFailing,
  assertDone,
  assertStored,
  createWorld,
  failing,
  failure,
  key,
  limits,
  lostAnswer,
  stoppingAtPart,
  type TestWorld,
} from './world.js'

const target: Target = { service: 'memory', bucket: 'memory', key }
const initiate = 'InitiateMultipartUpload'
const abort = 'AbortMultipartUpload'
const complete = 'CompleteMultipartUpload'
const headers = { open: {}, secret: {} }
const denied = (): ServiceError => new ServiceError('denied', 'Not allowed.', { status: 403 })
const unavailable = (): ServiceError => new ServiceError('unavailable', '503', { status: 503 })

/** Parts 1 and 2 are at the service, 3 to 5 are not. */
async function interrupted(world: TestWorld = createWorld()): Promise<TestWorld> {
  await failure('cancelled', world.run(stoppingAtPart(3)))
  return world
}

/** A run that dies with an Initiate that took effect and was never heard of. */
async function lostInitiate(world: TestWorld): Promise<string> {
  await failure('interrupted', world.run({ noProgressForMs: 0, tap: { after: failing(initiate) } }))
  const uploadId = world.uploadIds().at(-1)
  assert.ok(uploadId !== undefined)
  return uploadId
}

async function write(world: TestWorld, lines: readonly CheckpointLine[]): Promise<void> {
  const log = await world.store.acquire(target)
  for (const line of lines) await log.append(line)
  await log.release()
}

const asked = (world: TestWorld): readonly string[] => world.calls.map(({ operation }) => operation)

// ------------------------------------------------- before anything is asked

test('a part size that the service does not allow is told, though another process holds the upload', async () => {
  const world = createWorld()
  await world.store.acquire(target)
  await failure('invalid-argument', world.run({ partSize: limits.maxPartSize + 1 }))
  await failure('locked', world.run())
})

test('a part size that the service does not allow is told, though the recorded one would go on', async () => {
  const world = await interrupted()
  await failure('invalid-argument', world.run({ partSize: limits.minPartSize - 1 }))
  assert.deepEqual(world.calls, [])
  await assertDone(world, await world.run())
})

// ------------------------------------------------- aborts that are owed

test('an abort that is owed is done before anything else is asked, whatever becomes of the run', async () => {
  const world = await interrupted()
  const [old] = world.uploadIds()
  await failure('interrupted', world.discard({ tap: { before: alwaysFailing(abort, unavailable) } }))
  await failure('denied', world.run({ tap: { before: alwaysFailing('UploadPart', denied) } }))
  assert.equal(asked(world)[0], abort)
  assert.equal(world.uploadIds().length, 1)
  assert.notEqual(world.uploadIds()[0], old)
  await assertDone(world, await world.run())
})

test('an abort waits between its attempts, and tells in the end why it failed', async () => {
  const world = await interrupted()
  const began = world.clock.sleeps.length
  await failure('interrupted', world.discard({ tap: { before: alwaysFailing(abort, unavailable) } }))
  assert.equal(world.asked(abort), 3)
  assert.deepEqual(world.clock.sleeps.slice(began), [200, 400])
  assert.equal(world.eventsOf('abort-pending')[0]?.message, '503')
})

test('an upload that restart has aborted is not aborted a second time when the new one is done', async () => {
  const world = createWorld()
  const left = world.memory.initiate(key, {}).uploadId
  await write(world, [{ kind: 'seen', uploadId: left }])
  const result = await world.run({ restart: true })
  assert.deepEqual(
    world.eventsOf('aborted').map(({ uploadId }) => uploadId),
    [left],
  )
  await assertDone(world, result)
})

test('aborts that are owed survive a checkpoint that is set aside, though the run dies right then', async () => {
  const world = createWorld()
  const owed = [world.memory.initiate(key, {}).uploadId, world.memory.initiate(key, {}).uploadId]
  const broken = world.memory.initiate(key, {}).uploadId
  await write(
    world,
    owed.map((uploadId) => ({ kind: 'aborting', uploadId })),
  )
  const controller = new AbortController()
  const damaged = [`{"kind":"opened","uploadId":"${broken}","partSi!e":32}`]
  const died = world.run({
    storeTap: { damaged },
    signal: controller.signal,
    onEvent: ({ type }) => {
      if (type === 'checkpoint-set-aside') controller.abort(new Error('killed'))
    },
  })
  await failure('cancelled', died)
  assert.deepEqual(world.eventsOf('checkpoint-set-aside')[0]?.uploadIds, [broken, ...owed])
  assert.equal(world.uploadIds().length, 3)
  await assertDone(world, await world.run())
})

test('an Initiate that went unanswered survives a checkpoint that is set aside, though the run dies right then', async () => {
  const world = createWorld()
  const lost = world.memory.initiate(key, {}).uploadId
  const broken = world.memory.initiate(key, {}).uploadId
  const serviceTime = 1_700_000_000_000
  const intent = { kind: 'intent', operation: 'initiate', serviceTime, headers, source: 'file.dat' }
  await write(world, [intent, intent])
  const controller = new AbortController()
  const damaged = [`{"kind":"opened","uploadId":"${broken}","partSi!e":32}`]
  const died = world.run({
    storeTap: { damaged },
    signal: controller.signal,
    onEvent: ({ type }) => {
      if (type === 'checkpoint-set-aside') controller.abort(new Error('killed'))
    },
  })
  await failure('cancelled', died)
  const result = await world.run()
  assert.equal(result.uploadId, lost)
  await assertDone(world, result)
})

test('an upload that remained beside an object of before is aborted when another one has gone up', async () => {
  const world = createWorld()
  const before = ({ operation }: { readonly operation: string }): void => {
    if (operation === complete) world.memory.storeObject(key, world.file.bytes, {})
    if (operation === abort) throw unavailable()
  }
  assertStored(world, await world.run({ headers: { 'x-oss-forbid-overwrite': 'true' }, tap: { before } }))
  assert.equal(world.uploadIds().length, 1)
  const result = await world.run({ headers: { 'x-oss-meta-new': '1' } })
  assert.equal(result.resumed, false)
  await assertDone(world, result)
})

test('an upload that vanished is not asked about again by later runs', async () => {
  const world = await interrupted()
  world.memory.uploads.clear()
  await interrupted(world)
  const result = await world.run()
  assert.equal(result.resumed, true)
  assert.equal(world.asked(abort), 0)
  await assertDone(world, result)
})

// ------------------------------------------------- Initiates that went unanswered

test('an upload that a lost Initiate may have left is told when the file goes up in one request instead', async () => {
  const world = createWorld()
  const lost = await lostInitiate(world)
  assertStored(world, await world.run({ multipartThreshold: 1000 }))
  assert.deepEqual(world.eventsOf('orphans-suspected')[0]?.uploadIds, [lost])
  assert.deepEqual(world.uploadIds(), [lost])
})

test('an upload that a lost Initiate may have left is told at the end, however many runs it takes', async () => {
  const world = createWorld()
  const lost = await lostInitiate(world)
  world.memory.storePart({ key, uploadId: lost }, 1, world.file.bytes)
  await interrupted(world)
  assertStored(world, await world.run())
  assert.deepEqual(world.eventsOf('orphans-suspected')[0]?.uploadIds, [lost])
  assert.deepEqual(world.uploadIds(), [lost])
})

test('of two Initiates that went unanswered in one run the first is not forgotten for the second', async () => {
  const world = createWorld()
  const lists = 'ListMultipartUploads'
  const result = await world.run({
    tap: {
      before: ({ operation, number }) => {
        if (operation === lists && number <= 2) throw denied()
        if (operation === initiate && number === 2) throw lostAnswer()
      },
      after: ({ operation, number }) => {
        if (operation !== initiate || number !== 1) return
        world.clock.pass(10_000)
        throw lostAnswer()
      },
    },
  })
  const [lost] = world.uploadIds()
  assert.notEqual(result.uploadId, lost)
  assert.deepEqual(world.eventsOf('orphans-suspected')[0]?.uploadIds, [lost])
  assertStored(world, result)
})

test('an Initiate that went out at a time nobody knows is not looked for, but what it may have left is told', async () => {
  const world = createWorld()
  const { uploadId } = world.memory.initiate(key, {})
  await write(world, [{ kind: 'intent', operation: 'initiate', headers, source: 'file.dat' }])
  const result = await world.run()
  assert.notEqual(result.uploadId, uploadId)
  assert.deepEqual(world.eventsOf('recovered'), [])
  assert.deepEqual(world.eventsOf('orphans-suspected')[0]?.uploadIds, [uploadId])
  assert.deepEqual(world.uploadIds(), [uploadId])
  assertStored(world, result)
})

test('the service is asked for its time before the first Initiate, so that a lost answer can be looked into', async () => {
  const world = createWorld()
  let heard = false
  const dress = (service: ObjectService): ObjectService => ({
    ...service,
    now: () => (heard ? service.now() : undefined),
  })
  const tap = {
    before: ({ operation }: { readonly operation: string }): void => {
      heard ||= operation === 'HeadObject'
    },
    after: failing(initiate),
  }
  const result = await world.run({ dress, tap })
  assert.deepEqual(asked(world).slice(0, 2), ['HeadObject', initiate])
  assert.equal(world.asked(initiate), 1)
  assert.equal(world.eventsOf('recovered').length, 1)
  await assertDone(world, result)
})

test('a run that is stopped while its Initiate is under way leaves an upload that the next one takes up', async () => {
  const world = createWorld()
  const controller = new AbortController()
  const after = ({ operation }: { readonly operation: string }): void => {
    if (operation === initiate) controller.abort(new Error('killed'))
  }
  await failure('cancelled', world.run({ signal: controller.signal, tap: { after } }))
  const [lost] = world.uploadIds()
  const result = await world.run()
  assert.equal(result.uploadId, lost)
  await assertDone(world, result)
})

test('while it can not be seen what a lost Initiate left, no other is sent', async () => {
  const world = createWorld()
  const lost = await lostInitiate(world)
  const tap = { before: alwaysFailing('ListMultipartUploads', lostAnswer) }
  await failure('interrupted', world.run({ tap }))
  assert.equal(world.asked(initiate), 0)
  const result = await world.run()
  assert.equal(result.uploadId, lost)
  await assertDone(world, result)
})

test('an Initiate that was made up for is not looked for when its upload vanishes: what is there is somebody else’s', async () => {
  const world = createWorld()
  await failure('interrupted', world.run({ noProgressForMs: 0, tap: { before: failing(initiate) } }))
  let foreign = ''
  const before = ({ partNumber }: { readonly partNumber?: number }): void => {
    if (partNumber !== 3 || foreign !== '') return
    world.memory.uploads.clear()
    foreign = world.memory.initiate(key, {}).uploadId
  }
  const result = await world.run({ tap: { before } })
  assert.notEqual(result.uploadId, foreign)
  assert.deepEqual(world.eventsOf('recovered'), [])
  assert.deepEqual(world.eventsOf('orphans-suspected').at(-1)?.uploadIds, [foreign])
  assert.deepEqual(world.uploadIds(), [foreign])
  assertStored(world, result)
})

test('an upload of ours that could not be aborted is not told as one that a lost Initiate may have left', async () => {
  const world = createWorld()
  let initiates = 0
  const before = ({ operation }: { readonly operation: string }): void => {
    if (operation === initiate && ++initiates === 1) throw lostAnswer()
    if (operation === complete) world.memory.storeObject(key, world.file.bytes, {})
    if (operation === abort) throw unavailable()
  }
  assertStored(world, await world.run({ headers: { 'x-oss-forbid-overwrite': 'true' }, tap: { before } }))
  assert.equal(world.uploadIds().length, 1)
  assert.equal(world.eventsOf('abort-pending').length > 0, true)
  assert.deepEqual(world.eventsOf('orphans-suspected'), [])
})

// ------------------------------------------------- the hold

test('a run that lost its hold right after its object was stored leaves the checkpoint to whoever has it', async () => {
  const world = createWorld()
  let removals = 0
  const result = await world.run({
    storeTap: {
      remove: () => {
        removals += 1
      },
    },
    tap: {
      after: async ({ operation }) => {
        if (operation === complete) await world.store.acquire(target, { steal: true })
      },
    },
  })
  assertStored(world, result)
  assert.equal(removals, 0)
  assert.match(world.eventsOf('checkpoint-warning').at(-1)?.message ?? '', /tidying up failed: The hold/)
  assert.equal((await world.store.list()).length, 1)
})

test('a small file whose hold was lost right after it was stored is a success that removes nothing', async () => {
  const world = createWorld()
  await failure('denied', world.run({ tap: { before: alwaysFailing(initiate, denied) } }))
  let removals = 0
  const result = await world.run({
    multipartThreshold: 1000,
    storeTap: {
      held: () => {
        throw new UploadError('locked', 'Somebody took it.')
      },
      remove: () => {
        removals += 1
      },
    },
  })
  assertStored(world, result)
  assert.equal(removals, 0)
})
