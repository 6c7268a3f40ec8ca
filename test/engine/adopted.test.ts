/** After adopting: a run that ends anywhere is gone on with, and what somebody else began is aborted only by name. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServiceError, UploadError } from '../../src/engine/errors.js'
import type { CheckpointLine } from '../../src/engine/ports.js'
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

const abort = 'AbortMultipartUpload'
const adopt = true

/** Somebody's upload of this file, with its first two parts. */
function foreignUpload(): { world: TestWorld; id: string } {
  const world = createWorld()
  const { uploadId } = world.memory.initiate(key, {})
  for (const number of [1, 2]) {
    const bytes = world.file.bytes.subarray((number - 1) * partSize, number * partSize)
    world.memory.storePart({ key, uploadId }, number, bytes)
  }
  return { world, id: uploadId }
}

/** The same, adopted by a run that was stopped after it had sent a part. */
async function adopted(): Promise<{ world: TestWorld; id: string }> {
  const { world, id } = foreignUpload()
  await failure('cancelled', world.run({ adopt, ...stoppingAtPart(4) }))
  return { world, id }
}

test('a later run goes on with what was adopted as with any other, asked to adopt or not', async () => {
  for (const how of [{}, { adopt }]) {
    const { world, id } = await adopted()
    const result = await world.run(how)
    assert.equal(world.asked('ListMultipartUploads'), 0)
    assert.equal(result.uploadId, id)
    assert.deepEqual(result.parts, { kept: 3, sent: 2 })
    await assertDone(world, result)
  }
})

test('wherever a run that adopts is stopped, the same call again finishes that upload', async () => {
  let stops = 0
  for (let at = 1; ; at += 1) {
    const { world, id } = foreignUpload()
    const controller = new AbortController()
    let steps = 0
    const step = (): void => {
      steps += 1
      if (steps === at) controller.abort(new Error('killed'))
    }
    const first = world
      .run({
        adopt,
        signal: controller.signal,
        tap: { before: step, after: step },
        storeTap: { append: step },
      })
      .then(
        () => 'done',
        () => 'stopped',
      )
    const before = world.uploadIds().length
    if ((await first) === 'done' && steps < at) break
    stops += 1
    assert.ok(world.uploadIds().length <= before, 'another upload was begun')
    const result = await world.run({ adopt })
    if (world.memory.history.length === 1) {
      assert.equal(world.memory.history[0]?.object.uploadId, id, `stopped at step ${at}`)
    }
    assertStored(world, result)
    assert.deepEqual(world.uploadIds(), [])
    for (const number of [1, 2]) assert.equal(world.memory.received.get(`${id}/${number}`), 1)
  }
  assert.ok(stops > 20, `only ${stops} steps were tried`)
})

test('what can not be written down is not begun with, and stays as it was', async () => {
  const { world, id } = foreignUpload()
  const append = (): void => {
    throw new UploadError('store-unusable', 'No space left on device.')
  }
  await failure('store-unusable', world.run({ adopt, storeTap: { append } }))
  assert.equal(world.asked('UploadPart'), 0)
  assert.equal(world.asked(abort), 0)
  assert.deepEqual(world.uploadIds(), [id])
})

test('restart forgets an adopted upload and names it, and never aborts it', async () => {
  const { world, id } = await adopted()
  const result = await world.run({ restart: true })
  assert.notEqual(result.uploadId, id)
  assertStored(world, result)
  assert.equal(world.asked(abort), 0)
  assert.deepEqual(world.uploadIds(), [id])
  assert.deepEqual(
    world.eventsOf('adopted-left').map(({ uploadId }) => uploadId),
    [id],
  )
  assert.deepEqual(await world.store.list(), [])
})

test('what restart forgot stays forgotten, though the new upload could not be begun', async () => {
  const { world, id } = await adopted()
  const denied = (): ServiceError => new ServiceError('denied', 'Not allowed.', { status: 403 })
  const tap = { before: alwaysFailing('InitiateMultipartUpload', denied) }
  await failure('denied', world.run({ restart: true, tap }))
  const result = await world.run()
  assert.equal(result.resumed, false)
  assertStored(world, result)
  assert.deepEqual(world.uploadIds(), [id])
})

test('so does a file that the adopted parts can not carry any more', async () => {
  const world = createWorld({ bytes: someBytes(100) })
  const { uploadId } = world.memory.initiate(key, {})
  world.memory.storePart({ key, uploadId }, 1, world.file.bytes.subarray(0, 8))
  await failure('cancelled', world.run({ adopt, ...stoppingAtPart(3) }))
  world.file.rewrite(someBytes(1000))
  const result = await world.run()
  assertStored(world, result)
  assert.equal(world.asked(abort), 0)
  assert.deepEqual(world.uploadIds(), [uploadId])
  assert.equal(world.eventsOf('adopted-left').length, 1)
})

test('discard names the upload, so it aborts an adopted one; what fails is owed and done by the next run', async () => {
  const { world, id } = await adopted()
  const unavailable = (): ServiceError => new ServiceError('unavailable', '503', { status: 503 })
  await failure('interrupted', world.discard({ tap: { before: alwaysFailing(abort, unavailable) } }))
  assert.deepEqual(world.uploadIds(), [id])
  const result = await world.run()
  assert.notEqual(result.uploadId, id)
  await assertDone(world, result)

  const again = await adopted()
  assert.deepEqual(await again.world.discard(), { aborted: [again.id], completed: false })
  assert.deepEqual(again.world.uploadIds(), [])
  assert.deepEqual(await again.world.store.list(), [])
})

test('an upload that is to be aborted is not adopted in the meantime', async () => {
  const { world } = await adopted()
  const before = alwaysFailing(abort, lostAnswer)
  await failure('interrupted', world.discard({ tap: { before } }))
  const result = await world.run({
    adopt,
    tap: { before: (call) => (call.number <= 3 ? before(call) : undefined) },
  })
  assert.equal(result.resumed, false)
  await assertDone(world, result)
})

test('an object like ours that was there already leaves an adopted upload to whoever began it', async () => {
  const { world, id } = foreignUpload()
  const result = await world.run({
    adopt,
    tap: {
      before: (call) => {
        if (call.operation !== 'CompleteMultipartUpload') return
        world.memory.storeObject(key, world.file.bytes, {})
        throw lostAnswer()
      },
    },
  })
  assertStored(world, result)
  assert.equal(world.asked(abort), 0)
  assert.deepEqual(world.uploadIds(), [id])
  assert.equal(world.eventsOf('adopted-left').length, 1)
  assert.deepEqual(await world.store.list(), [])
})

test('so it is told where the service can not say any more whether the adopted upload still is there', async () => {
  const { world, id } = foreignUpload()
  let stored = false
  const before = ({ operation }: { readonly operation: string }): void => {
    if (operation === 'ListParts' && stored) throw lostAnswer()
    if (operation !== 'CompleteMultipartUpload') return
    world.memory.storeObject(key, world.file.bytes, {})
    stored = true
    throw lostAnswer()
  }
  assertStored(world, await world.run({ adopt, tap: { before } }))
  assert.equal(world.asked(abort), 0)
  assert.deepEqual(
    world.eventsOf('adopted-left').map(({ uploadId }) => uploadId),
    [id],
  )
  assert.deepEqual(await world.store.list(), [])
})

test('a Complete whose answer was lost is settled, and leaves nothing', async () => {
  const { world, id } = foreignUpload()
  const result = await world.run({ adopt, tap: { after: failing('CompleteMultipartUpload') } })
  assert.equal(result.uploadId, id)
  assert.deepEqual(world.eventsOf('adopted-left'), [])
  await assertDone(world, result)
})

/** Takes lines out of the checkpoint, and gives them as the raw text of lines that are damaged. */
async function loseLines(
  world: TestWorld,
  lost: (line: CheckpointLine) => boolean,
): Promise<readonly string[]> {
  const lines = await world.lines()
  const log = await world.store.acquire({ service: 'memory', bucket: 'memory', key }, { steal: true })
  await log.remove()
  for (const line of lines) if (!lost(line)) await log.append(line)
  // A checkpoint of which a line at least can be read.
  await log.append({ kind: 'refused', operation: 'initiate' })
  await log.release()
  return lines.filter(lost).map((line) => JSON.stringify(line))
}

test('a checkpoint that lost its opening names no adopted upload as ours, whichever line tells of it', async () => {
  const isOpening = (line: CheckpointLine): boolean => line['kind'] === 'opened'
  for (const [lost, legible] of [
    [isOpening, false],
    [isOpening, true],
    [() => true, true],
  ] as const) {
    const { world, id } = await adopted()
    const damaged = await loseLines(world, lost)
    const result = await world.run({ storeTap: { damaged: legible ? damaged : [] } })
    assert.notEqual(result.uploadId, id)
    assertStored(world, result)
    assert.equal(world.asked(abort), 0)
    assert.deepEqual(world.uploadIds(), [id])
    assert.deepEqual(
      world.eventsOf('adopted-left').map(({ uploadId }) => uploadId),
      [id],
    )
  }
})

test('an upload of ours whose checkpoint lost its opening is adopted rather than aborted, and stays ours', async () => {
  const world = createWorld()
  await failure('cancelled', world.run(stoppingAtPart(3)))
  const [id] = world.uploadIds()
  await loseLines(world, (line) => line['kind'] === 'opened')
  await failure('cancelled', world.run({ adopt, ...stoppingAtPart(4) }))
  assert.equal(world.eventsOf('adopted').length, 1)
  assert.deepEqual(world.uploadIds(), [id])
  const result = await world.run({ restart: true })
  assert.deepEqual(world.eventsOf('adopted-left'), [])
  await assertDone(world, result)
})

test('an upload of ours that is adopted and finished in one run leaves nothing, and nothing is said of others', async () => {
  const world = createWorld()
  await failure('cancelled', world.run(stoppingAtPart(3)))
  const [id] = world.uploadIds()
  await loseLines(world, (line) => line['kind'] === 'opened')
  const result = await world.run({ adopt })
  assert.equal(result.uploadId, id)
  assert.deepEqual(result.parts, { kept: 2, sent: 3 })
  assert.deepEqual(world.eventsOf('adopted-left'), [])
  assert.equal(world.asked(abort), 0)
  await assertDone(world, result)
})

test('an Initiate that went unanswered stays so beside an adopted upload: what it left is told', async () => {
  const { world, id } = foreignUpload()
  world.clock.pass(5000)
  const tap = { after: failing('InitiateMultipartUpload') }
  await failure('interrupted', world.run({ noProgressForMs: 0, tap }))
  const [, lost] = world.uploadIds()
  await failure('cancelled', world.run({ adopt, ...stoppingAtPart(4) }))
  const result = await world.run()
  assert.equal(result.uploadId, id)
  assertStored(world, result)
  assert.deepEqual(world.eventsOf('orphans-suspected').at(-1)?.uploadIds, [lost])
  assert.deepEqual(world.uploadIds(), [lost])
})

test('an adopted upload that remains is told as left, not as an orphan of ours', async () => {
  const { world, id } = foreignUpload()
  const after = failing('InitiateMultipartUpload')
  await failure('interrupted', world.run({ noProgressForMs: 0, tap: { after } }))
  const [, lost] = world.uploadIds()
  const before = (call: Call): void => {
    if (call.operation !== 'CompleteMultipartUpload') return
    world.memory.storeObject(key, world.file.bytes, {})
    throw lostAnswer()
  }
  const result = await world.run({ adopt, tap: { before } })
  assertStored(world, result)
  assert.deepEqual(world.uploadIds(), [id, lost])
  assert.deepEqual(world.eventsOf('orphans-suspected').at(-1)?.uploadIds, [lost])
})
