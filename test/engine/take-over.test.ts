/** Taking over: the upload that another tool's record names goes on, with that record's part size, and stays a stranger's. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServiceError } from '../../src/engine/errors.js'
import { someBytes } from './file.js'
import {
  alwaysFailing,
  assertDone,
  assertStored,
  createWorld,
  failure,
  key,
  lostAnswer,
  partSize,
  stoppingAtPart,
  type TestWorld,
} from './world.js'

/** What the other tool cuts by: not the size that our runs here ask for. */
const theirs = 20
const denied = (): ServiceError => new ServiceError('denied', 'Not allowed.', { status: 403 })
const otherBytes = someBytes(5 * partSize).map((byte) => byte ^ 255)

/** Another tool's upload of which these parts are at the service. */
function begun(
  world: TestWorld,
  numbers: readonly number[],
  bytes: Uint8Array = world.file.bytes,
): { readonly uploadId: string; readonly partSize: number; readonly size: number } {
  const { uploadId } = world.memory.initiate(key, {})
  for (const number of numbers) {
    const part = bytes.subarray((number - 1) * theirs, number * theirs)
    world.memory.storePart({ key, uploadId }, number, part)
  }
  return { uploadId, partSize: theirs, size: bytes.length }
}

test('its parts are kept, holes are filled, and it is finished', async () => {
  const world = createWorld()
  const adopt = begun(world, [1, 2, 5, 8])
  const result = await world.run({ adopt, partSize: undefined })
  assert.equal(result.uploadId, adopt.uploadId)
  assert.equal(result.resumed, true)
  assert.deepEqual(result.parts, { kept: 4, sent: 4 })
  assert.deepEqual(world.eventsOf('taken-over'), [
    { type: 'taken-over', uploadId: adopt.uploadId, partSize: theirs, partCount: 4 },
  ])
  assert.equal(world.asked('ListMultipartUploads'), 0, 'its id is known: nothing has to be looked for')
  assert.equal(world.asked('InitiateMultipartUpload'), 0)
  await assertDone(world, result)
})

test('one without any part goes on where the file has the size that it was begun with', async () => {
  const world = createWorld()
  const adopt = begun(world, [])
  const result = await world.run({ adopt })
  assert.equal(result.uploadId, adopt.uploadId)
  assert.deepEqual(result.parts, { kept: 0, sent: 8 })
  await assertDone(world, result)

  const other = createWorld()
  const empty = begun(other, [])
  const failed = await failure('conflict', other.run({ adopt: { ...empty, size: 7 } }))
  assert.match(failed.message, /the file had 7 bytes when it began and has 160 now/)
  assert.deepEqual(other.uploadIds(), [empty.uploadId])
})

test('parts that the file has changed since are sent again', async () => {
  const world = createWorld()
  const adopt = begun(world, [1, 2, 3])
  const changed = world.file.bytes.slice()
  changed[25] = (changed[25] ?? 0) ^ 1
  world.file.rewrite(changed)
  const result = await world.run({ adopt })
  assert.deepEqual(
    world.eventsOf('part-refuted').map(({ partNumber }) => partNumber),
    [2],
  )
  assert.deepEqual(result.parts, { kept: 2, sent: 6 })
  await assertDone(world, result)
})

test('a file that grew keeps the parts that are still its own', async () => {
  const world = createWorld()
  const adopt = begun(world, [1, 2, 8])
  world.file.rewrite(someBytes(5 * partSize + 33))
  const result = await world.run({ adopt })
  assert.equal(result.uploadId, adopt.uploadId)
  assert.equal(result.parts.kept, 3)
  await assertDone(world, result)
})

test('an upload of another file is left alone, and nothing begins in its place', async () => {
  const world = createWorld()
  const adopt = begun(world, [1, 2, 8], otherBytes)
  const failed = await failure('conflict', world.run({ adopt }))
  assert.match(failed.message, /is not of this file: none of its parts/)
  assert.equal(failed.uploadId, adopt.uploadId)
  assert.equal(world.asked('UploadPart') + world.asked('InitiateMultipartUpload'), 0)
  assert.deepEqual(world.uploadIds(), [adopt.uploadId])
  assert.deepEqual(await world.store.list(), [])
})

test('parts of sizes that the plan does not have prove nothing', async () => {
  const world = createWorld()
  const { uploadId, ...named } = begun(world, [1])
  await failure('conflict', world.run({ adopt: { uploadId, ...named, partSize: 30 } }))
  assert.deepEqual(world.uploadIds(), [uploadId])
})

test('what has become the object already is success, and nothing is sent', async () => {
  const world = createWorld()
  const adopt = begun(world, [1, 2, 3, 4, 5, 6, 7, 8])
  world.memory.uploads.clear()
  world.memory.storeObject(key, world.file.bytes, {})
  world.clock.pass(3_600_000)
  const result = await world.run({ adopt })
  assert.equal(result.uploadId, adopt.uploadId)
  assert.deepEqual(result.parts, { kept: 8, sent: 0 })
  assert.equal(world.asked('UploadPart') + world.asked('CompleteMultipartUpload'), 0)
  assert.equal(world.eventsOf('settled').length, 1)
  await assertDone(world, result)
})

test('one that is gone without such an object is told, and nothing begins in its place', async () => {
  const world = createWorld()
  const adopt = begun(world, [1])
  world.memory.uploads.clear()
  const failed = await failure('not-found', world.run({ adopt }))
  assert.match(failed.message, /does not exist any more at the service, and there is no object of this key/)
  world.memory.storeObject(key, otherBytes, {})
  const other = await failure('not-found', world.run({ adopt }))
  assert.match(other.message, /the object of this key is not what the file has/)
  assert.equal(world.asked('InitiateMultipartUpload'), 0)
  assert.deepEqual(world.object()?.bytes, otherBytes)
  assert.deepEqual(await world.store.list(), [])
})

test('a run that was interrupted goes on by the same call, and by one that asks for nothing', async () => {
  for (const again of [true, false]) {
    const world = createWorld()
    const adopt = begun(world, [1, 2])
    await failure('cancelled', world.run({ adopt, ...stoppingAtPart(5) }))
    const result = await world.run(again ? { adopt } : {})
    assert.equal(result.uploadId, adopt.uploadId)
    assert.deepEqual(result.parts, { kept: 4, sent: 4 })
    await assertDone(world, result)
  }
})

test('an unfinished upload of ours is not passed over for another one', async () => {
  const world = createWorld()
  await failure('cancelled', world.run(stoppingAtPart(3)))
  const ours = world.uploadIds()[0] ?? ''
  const adopt = begun(world, [1])
  const failed = await failure('conflict', world.run({ adopt }))
  assert.ok(failed.message.includes(ours))
  const result = await world.run()
  assert.equal(result.uploadId, ours)
  assert.deepEqual(world.uploadIds(), [adopt.uploadId])
})

test('it is aborted only where a discard names it', async () => {
  const world = createWorld()
  const adopt = begun(world, [1, 2])
  await failure('cancelled', world.run({ adopt, ...stoppingAtPart(5) }))
  const anew = await world.run({ restart: true })
  assertStored(world, anew)
  assert.deepEqual(world.uploadIds(), [adopt.uploadId])

  await failure('cancelled', world.run({ adopt, ...stoppingAtPart(7) }))
  assert.deepEqual((await world.discard()).aborted, [adopt.uploadId])
  assert.deepEqual(world.uploadIds(), [])
})

test('where its parts may not be listed, that is told', async () => {
  const world = createWorld()
  const adopt = begun(world, [1])
  const tap = { before: alwaysFailing('ListParts', denied) }
  const failed = await failure('denied', world.run({ adopt, tap }))
  assert.match(failed.message, /needs ListParts/)
  assert.equal(world.asked('UploadPart'), 0)
})

test('a single part may be smaller than parts have to be', async () => {
  const world = createWorld({ bytes: someBytes(5) })
  const { uploadId } = world.memory.initiate(key, {})
  const result = await world.run({ adopt: { uploadId, partSize: 5, size: 5 }, partSize: undefined })
  assert.equal(result.uploadId, uploadId)
  assert.deepEqual(result.parts, { kept: 0, sent: 1 })
  await assertDone(world, result)
})

test('part sizes that can not be, and an empty file, are said before anything is asked', async () => {
  const world = createWorld()
  const adopt = begun(world, [1])
  await failure('invalid-argument', world.run({ adopt: { ...adopt, partSize: 3 } }))
  world.file.rewrite(someBytes(1001))
  const many = await failure('conflict', world.run({ adopt: { ...adopt, partSize: 8 } }))
  assert.match(many.message, /parts of 8 bytes, which can not carry a file of 1001/)
  world.file.rewrite(new Uint8Array())
  await failure('source-changed', world.run({ adopt }))
  assert.equal(world.calls.length, 0)
  assert.deepEqual(world.uploadIds(), [adopt.uploadId])
})

test('where overwriting is forbidden an object that exists ends it before anything is sent', async () => {
  const world = createWorld()
  const adopt = begun(world, [1])
  world.memory.storeObject(key, otherBytes, {})
  await failure('conflict', world.run({ adopt, headers: { 'x-oss-forbid-overwrite': 'true' } }))
  assert.equal(world.asked('UploadPart'), 0)
})

test('headers that it was begun with are compared with what is asked', async () => {
  const world = createWorld()
  const adopt = begun(world, [1])
  const result = await world.run({ adopt, headers: { 'x-oss-meta-a': '1' } })
  assert.deepEqual(result.differingHeaders, ['x-oss-meta-a'])
  assertStored(world, result)
})

/** Runs with something happening at the n-th request, for every n until a run has fewer. */
async function atEveryRequest(
  happen: (world: TestWorld, adopt: ReturnType<typeof begun>, at: number) => Promise<boolean>,
): Promise<number> {
  for (let at = 1; at < 100; at++) {
    const world = createWorld()
    const adopt = begun(world, [1, 2, 5])
    const reached = await happen(world, adopt, at)
    const result = await world.run({ adopt })
    assert.equal(result.uploadId, adopt.uploadId, `at request ${at}`)
    await assertDone(world, result)
    if (!reached) return at - 1
  }
  return assert.fail('it never comes to an end')
}

test('stopped before or after any request, the same call finishes it', async () => {
  for (const moment of ['before', 'after'] as const) {
    const requests = await atEveryRequest(async (world, adopt, at) => {
      const controller = new AbortController()
      let count = 0
      const tap = {
        [moment]: () => {
          count += 1
          if (count === at) controller.abort(new Error('stopped by the test'))
        },
      }
      await world.run({ adopt, tap, signal: controller.signal }).catch((error: unknown) => {
        assert.match(String(error), /stopped/)
      })
      return count >= at
    })
    assert.ok(requests >= 8, `${requests} requests`)
  }
})

test('whichever answer is lost, it is finished, and no part is sent that is there', async () => {
  const requests = await atEveryRequest(async (world, adopt, at) => {
    let count = 0
    const lose = (): void => {
      count += 1
      if (count === at) throw lostAnswer()
    }
    const result = await world.run({ adopt, tap: { after: lose } })
    assert.equal(result.uploadId, adopt.uploadId)
    assert.equal(result.parts.kept, 3)
    return count >= at
  })
  assert.ok(requests >= 8, `${requests} requests`)
})
