/** Uploads that are not there any more, and objects that must not be overwritten: whose doing it was decides. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServiceError } from '../../src/engine/errors.js'
import { someBytes } from './file.js'
import type { Tap } from './tapped-service.js'
import {
  alwaysFailing,
  assertDone,
  assertStored,
  createWorld,
  failing,
  failure,
  key,
  partSize,
  stoppingAtPart,
  type TestWorld,
} from './world.js'

const complete = 'CompleteMultipartUpload'
const forbid = { 'x-oss-forbid-overwrite': 'true' }
const denied = (): ServiceError => new ServiceError('denied', 'Not allowed.', { status: 403 })

async function interrupted(): Promise<TestWorld> {
  const world = createWorld()
  await failure('cancelled', world.run(stoppingAtPart(3)))
  return world
}

/** As a lifecycle rule does, when a call of this kind is about to be made. */
function abortedAt(world: TestWorld, at: (call: { operation: string; partNumber?: number }) => boolean): Tap {
  let done = false
  return {
    before: (call) => {
      if (done || !at(call)) return
      done = true
      world.memory.uploads.clear()
    },
  }
}

test('an upload that others aborted between two runs begins anew, and says so', async () => {
  const world = await interrupted()
  world.memory.uploads.clear()
  const result = await world.run()
  assert.equal(world.eventsOf('restarted').length, 1)
  assert.equal(result.resumed, false)
  assert.equal(result.parts.sent, 5)
  await assertDone(world, result)
})

test('an upload that others abort while parts are sent begins anew in the same run', async () => {
  for (const numThreads of [1, 3, { most: 2, paceMs: 10 }]) {
    const world = createWorld()
    const tap = abortedAt(world, ({ partNumber }) => partNumber === 3)
    const result = await world.run({ tap, numThreads })
    assert.equal(world.eventsOf('restarted').length, 1)
    assert.equal(world.asked('InitiateMultipartUpload'), 2)
    assert.deepEqual(result.parts, { kept: 0, sent: 5 })
    await assertDone(world, result)
  }
})

test('an upload that others abort right before Complete begins anew in the same run', async () => {
  const world = createWorld()
  const result = await world.run({ tap: abortedAt(world, ({ operation }) => operation === complete) })
  assert.deepEqual(
    world.eventsOf('restarted').map(({ message }) => message),
    ['The multipart upload does not exist any more at the service. A new upload begins.'],
  )
  await assertDone(world, result)
})

test('an upload that is aborted again and again is given up, and can be run again', async () => {
  const world = createWorld()
  const before = ({ operation }: { readonly operation: string }): void => {
    if (operation === complete) world.memory.uploads.clear()
  }
  await failure('interrupted', world.run({ tap: { before } }))
  assert.equal(world.asked('InitiateMultipartUpload'), 3)
  await assertDone(world, await world.run())
})

test('a progress that was told stays told when another upload begins', async () => {
  const world = createWorld()
  await world.run({ tap: abortedAt(world, ({ operation }) => operation === complete) })
  const consumed = world.progress.map(([bytes]) => bytes)
  assert.ok(consumed.length > 1)
  assert.ok(consumed.every((bytes, index) => index === 0 || bytes > (consumed[index - 1] ?? 0)))
  for (const { keptBytes, provedBytes, sendingBytes, totalBytes } of world.eventsOf('progress')) {
    assert.ok(keptBytes + provedBytes + sendingBytes <= totalBytes, 'bytes of both uploads are counted')
  }
})

test('an upload that is gone at Complete, and somebody else’s object in its place, is a conflict', async () => {
  const world = createWorld()
  const foreign = someBytes(5 * partSize, 44)
  const before = ({ operation }: { readonly operation: string }): void => {
    if (operation !== complete) return
    world.memory.uploads.clear()
    world.memory.storeObject(key, foreign, {})
  }
  await failure('conflict', world.run({ tap: { before } }))
  assert.equal(world.asked('InitiateMultipartUpload'), 1)
  assert.deepEqual(world.object()?.bytes, foreign)
})

test('an upload that is gone and somebody else’s newer object is a conflict, again and again, until consent', async () => {
  const world = await interrupted()
  world.memory.uploads.clear()
  world.clock.pass(2000)
  world.memory.storeObject(key, someBytes(5 * partSize, 44), {})
  for (let run = 1; run <= 2; run++) {
    await failure('conflict', world.run())
    assert.equal(world.asked('InitiateMultipartUpload'), 0)
  }
  assert.equal(world.memory.history.length, 1)
  await assertDone(world, await world.run({ restart: true }))
})

test('an upload that is gone and an object from before it began is no conflict', async () => {
  const world = createWorld()
  world.memory.storeObject(key, someBytes(5 * partSize, 44), {})
  world.clock.pass(2000)
  await failure('cancelled', world.run(stoppingAtPart(3)))
  world.memory.uploads.clear()
  await assertDone(world, await world.run())
})

test('an upload that is gone without a Complete of ours begins anew, even where nobody may look', async () => {
  const world = await interrupted()
  world.memory.uploads.clear()
  const result = await world.run({ tap: { before: alwaysFailing('HeadObject', denied) } })
  await assertDone(world, result)
})

test('an upload of ours that still exists is never given up for what a newer object says', async () => {
  const world = await interrupted()
  world.clock.pass(2000)
  world.memory.storeObject(key, someBytes(10), {})
  const result = await world.run()
  assert.equal(result.resumed, true)
  await assertDone(world, result)
})

// ------------------------------------------------- forbid-overwrite

test('FileAlreadyExists after our own lost Complete is success', async () => {
  const world = createWorld()
  const exists = (): ServiceError => new ServiceError('object-exists', 'It exists.', { status: 409 })
  const before = failing(complete, exists, 2)
  const result = await world.run({ headers: forbid, tap: { after: failing(complete), before } })
  await assertDone(world, result)
})

test('FileAlreadyExists for our own object, though our upload still is there, is success and leaves no upload', async () => {
  const world = createWorld()
  const result = await world.run({
    headers: forbid,
    tap: {
      before: ({ operation }) => {
        if (operation === complete) world.memory.storeObject(key, world.file.bytes, {})
      },
    },
  })
  await assertDone(world, result)
})

test('FileAlreadyExists for somebody else’s object is a conflict, older or newer, and nothing is overwritten', async () => {
  for (const older of [true, false]) {
    const world = createWorld()
    const foreign = someBytes(5 * partSize, 12)
    if (older) {
      world.memory.storeObject(key, foreign, {})
      world.clock.pass(5000)
    }
    const before = ({ operation }: { readonly operation: string }): void => {
      if (operation === complete && !older) world.memory.storeObject(key, foreign, {})
    }
    const failed = await failure('conflict', world.run({ headers: forbid, tap: { before } }))
    assert.match(failed.message, older ? /already exists/ : /not ours.* overwriting was forbidden/)
    assert.equal(failed.status, 409)
    assert.deepEqual(world.object()?.bytes, foreign)
    // The older one is met at Initiate already, before anything is sent.
    assert.equal(world.asked('UploadPart'), older ? 0 : 5)
    assert.equal(world.uploadIds().length, older ? 0 : 1, 'the parts are gone')
  }
})

const small = { multipartThreshold: 1000, headers: forbid }

test('a small file whose PutObject was answered by nothing meets its own object, in this run and the next', async () => {
  const world = createWorld()
  const result = await world.run({ ...small, tap: { after: failing('PutObject') } })
  assert.equal(world.memory.history.length, 1)
  await assertDone(world, result)

  const later = createWorld()
  await failure(
    'interrupted',
    later.run({ ...small, noProgressForMs: 0, tap: { after: failing('PutObject') } }),
  )
  assertStored(later, await later.run(small))
  assert.equal(later.memory.history.length, 1)
})

test('a small file meets somebody else’s object: conflict, and nothing is overwritten', async () => {
  const world = createWorld()
  world.memory.storeObject(key, someBytes(5 * partSize, 12), {})
  await failure('conflict', world.run(small))
  assert.equal(world.memory.history.length, 1)
})

test('a small file does not take somebody’s older object of the same bytes for its own', async () => {
  const world = createWorld()
  world.memory.storeObject(key, world.file.bytes, {})
  world.clock.pass(5000)
  await failure('conflict', world.run(small))
})

test('a small file whose answer was lost is not sent twice when it is there', async () => {
  const world = createWorld()
  const result = await world.run({ multipartThreshold: 1000, tap: { after: failing('PutObject') } })
  assert.equal(world.asked('PutObject'), 1)
  await assertDone(world, result)
})

test('a small file whose PutObject did nothing is sent again', async () => {
  const world = createWorld()
  world.memory.storeObject(key, world.file.bytes, { 'x-oss-meta-old': '1' })
  world.clock.pass(5000)
  const tap = { before: failing('PutObject') }
  const result = await world.run({ multipartThreshold: 1000, tap })
  assert.equal(world.asked('PutObject'), 2)
  assert.deepEqual(world.object()?.headers, {})
  await assertDone(world, result)
})
