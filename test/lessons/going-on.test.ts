/** Where other tools go on with an upload and trust too much, ask too often, or send again what is there. */
import assert from 'node:assert/strict'
import { relative } from 'node:path'
import { test } from 'node:test'
import {
  bytesFrom,
  createWorld,
  failure,
  heldClock,
  PART,
  partNumbers,
  type World,
} from '../library/world.js'
import { storePart } from './stranger.js'

const refused = { effect: 'error', code: 'AccessDenied', status: 403 } as const

async function assertWhole(world: World, bytes: Buffer): Promise<void> {
  assert.deepEqual(await world.objectBytes('k'), bytes)
  assert.deepEqual([world.stored(), await world.unfinished()], [[], []])
}

test('W2: the whole object of a resumed upload is checked, and a wrong one is never a success', async (t) => {
  const world = await createWorld(t)
  const bytes = bytesFrom(1, 4 * PART)
  const filename = await world.file(bytes)
  world.stopAtPart(3)
  await failure(world.upload('k', filename), 'denied')
  // Not the answer alone, which may be of another request: the object's own CRC-64 is another, too.
  world.server.faults.add({ operation: 'CompleteMultipartUpload', effect: 'corrupt', what: 'checksum' })
  world.server.faults.add({ operation: 'HeadObject', effect: 'corrupt', what: 'checksum' })
  await failure(world.upload('k', filename), 'integrity', /CRC-64/)
  world.server.faults.clear()
  await world.upload('k', filename)
  await assertWhole(world, bytes)
})

test('W3: listed parts of another content, another size or a number beyond the plan are not taken for ours', async (t) => {
  const world = await createWorld(t)
  const bytes = bytesFrom(1, 4 * PART)
  const filename = await world.file(bytes)
  world.stopAtPart(4)
  await failure(world.upload('k', filename), 'denied')
  const [uploadId = ''] = await world.unfinished()
  await storePart(world, uploadId, { partNumber: 1, bytes: bytesFrom(9, PART) })
  await storePart(world, uploadId, { partNumber: 2, bytes: bytes.subarray(PART, 2 * PART + 1) })
  await storePart(world, uploadId, { partNumber: 9, bytes: bytesFrom(9, PART) })
  assert.deepEqual((await world.upload('k', filename)).parts, { kept: 1, sent: 3 })
  await assertWhole(world, bytes)
})

test('W4: going on with many finished parts costs one ListParts, not one for each', async (t) => {
  const world = await createWorld(t)
  const bytes = bytesFrom(1, 40 * PART)
  const filename = await world.file(bytes)
  world.stopAtPart(39)
  await failure(world.upload('k', filename), 'denied')
  world.server.requests.clear()
  assert.deepEqual((await world.upload('k', filename)).parts, { kept: 38, sent: 2 })
  assert.equal(world.asked('ListParts').length, 1)
  assert.deepEqual(partNumbers(world.asked('UploadPart')), [39, 40])
  await assertWhole(world, bytes)
})

test('W12: with all parts there and a size that is a multiple of theirs, nothing is sent again and the checksum is right', async (t) => {
  const world = await createWorld(t)
  const bytes = bytesFrom(1, 4 * PART)
  const filename = await world.file(bytes)
  world.server.faults.add({ operation: 'CompleteMultipartUpload', ...refused })
  await failure(world.upload('k', filename), 'denied')
  world.server.requests.clear()
  assert.deepEqual((await world.upload('k', filename)).parts, { kept: 4, sent: 0 })
  assert.equal(world.asked('UploadPart').length, 0)
  await assertWhole(world, bytes)
})

test('W13: parts after a hole and a short last part are kept, and only the hole is sent', async (t) => {
  const { clock, release } = heldClock()
  const world = await createWorld(t, { clock })
  const bytes = bytesFrom(1, 5 * PART + 1)
  const filename = await world.file(bytes)
  world.server.faults.add({ operation: 'UploadPart', partNumber: 2, effect: 'delay', ms: 1 })
  const controller = new AbortController()
  let stored = 0
  const work = world.upload('k', filename, {
    numThreads: 2,
    signal: controller.signal,
    onEvent({ type }) {
      if (type === 'part-stored') stored += 1
      if (stored === 5) controller.abort()
    },
  })
  await failure(work, 'cancelled')
  world.server.requests.clear()
  assert.deepEqual((await world.upload('k', filename)).parts, { kept: 5, sent: 1 })
  assert.deepEqual(partNumbers(world.asked('UploadPart')), [2])
  await assertWhole(world, bytes)
  release()
})

test('W16: another time zone, another way to write the path and another part size go on with the same upload', async (t) => {
  const world = await createWorld(t)
  const bytes = bytesFrom(1, 5 * PART)
  const filename = await world.file(bytes)
  const zone = process.env['TZ']
  t.after(() => {
    if (zone === undefined) delete process.env['TZ']
    else process.env['TZ'] = zone
  })
  process.env['TZ'] = 'Asia/Tokyo'
  world.stopAtPart(4)
  await failure(world.upload('k', relative(process.cwd(), filename)), 'denied')
  process.env['TZ'] = 'America/New_York'
  const result = await world.upload('k', filename, { partSize: 2 * PART })
  assert.deepEqual([result.resumed, result.parts], [true, { kept: 3, sent: 2 }])
  await assertWhole(world, bytes)
})

test('W25: a new upload never lists parts, and one that may not list them goes on by its own record', async (t) => {
  const world = await createWorld(t, { faults: [{ operation: 'ListParts', ...refused, times: null }] })
  const bytes = bytesFrom(1, 4 * PART)
  const filename = await world.file(bytes)
  await world.upload('new', filename)
  assert.equal(world.asked('ListParts').length, 0)
  world.stopAtPart(3)
  await failure(world.upload('k', filename), 'denied')
  assert.deepEqual((await world.upload('k', filename)).parts, { kept: 2, sent: 2 })
  await assertWhole(world, bytes)
})

test('J14: the parts of a new upload are numbered from 1 on without a gap', async (t) => {
  const world = await createWorld(t)
  const bytes = bytesFrom(1, 3 * PART + 7)
  await world.upload('k', await world.file(bytes))
  assert.deepEqual(partNumbers(world.asked('UploadPart')), [1, 2, 3, 4])
  await assertWhole(world, bytes)
})

test('J15: with parts 1 and 2 there, the rest goes out as 3 and 4, and Complete names these four', async (t) => {
  const world = await createWorld(t)
  const bytes = bytesFrom(1, 4 * PART)
  const filename = await world.file(bytes)
  world.stopAtPart(3)
  await failure(world.upload('k', filename), 'denied')
  world.server.requests.clear()
  const result = await world.upload('k', filename)
  assert.deepEqual(partNumbers(world.asked('UploadPart')), [3, 4])
  assert.match(result.etag, /-4$/)
  await assertWhole(world, bytes)
})
