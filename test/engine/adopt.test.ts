/** Adopt: with no checkpoint, the upload at the service that fits the file goes on. Nobody's is touched otherwise. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServiceError } from '../../src/engine/errors.js'
import type { Headers } from '../../src/engine/ports.js'
import { someBytes } from './file.js'
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

const list = 'ListMultipartUploads'
const adopt = true
const target = { service: 'memory', bucket: 'memory', key }
const denied = (): ServiceError => new ServiceError('denied', 'Not allowed.', { status: 403 })

/** The store is gone, and what was in it. */
async function loseStore({ store }: TestWorld): Promise<void> {
  const log = await store.acquire(target, { steal: true })
  await log.remove()
  await log.release()
}

/** An upload of which two parts are at the service and nothing is left here. */
async function orphaned(
  how: Parameters<TestWorld['run']>[0] = {},
): Promise<{ world: TestWorld; id: string }> {
  const world = createWorld()
  await failure('cancelled', world.run({ ...how, ...stoppingAtPart(3) }))
  await loseStore(world)
  return { world, id: world.uploadIds()[0] ?? '' }
}

/** Somebody's upload with these parts of these bytes. */
function strange(world: TestWorld, numbers: readonly number[], bytes: Uint8Array, size = partSize): string {
  const { uploadId } = world.memory.initiate(key, {})
  for (const number of numbers) {
    world.memory.storePart({ key, uploadId }, number, bytes.subarray((number - 1) * size, number * size))
  }
  return uploadId
}

const otherBytes = someBytes(5 * partSize).map((byte) => byte ^ 255)

test('an upload whose checkpoint is lost goes on, with every part of it compared with the file', async () => {
  const { world, id } = await orphaned()
  const result = await world.run({ adopt })
  assert.equal(result.uploadId, id)
  assert.equal(result.resumed, true)
  assert.deepEqual(result.parts, { kept: 2, sent: 3 })
  assert.deepEqual(world.eventsOf('adopted'), [
    { type: 'adopted', uploadId: id, initiated: 1_700_000_000_000, partCount: 2 },
  ])
  assert.equal(world.eventsOf('part-kept').length, 2)
  await assertDone(world, result)
})

test('so it does from another machine, where the same bytes are another file', async () => {
  const { world, id } = await orphaned()
  world.file.replace(world.file.bytes)
  const result = await world.run({ adopt, verify: 'changed' })
  assert.equal(result.uploadId, id)
  assert.deepEqual(result.parts, { kept: 2, sent: 3 })
  await assertDone(world, result)
})

test('the part size is the upload’s own, holes and a short last part included', async () => {
  const world = createWorld({ bytes: someBytes(5 * partSize + 3) })
  const id = strange(world, [2, 9], world.file.bytes, 20)
  const result = await world.run({ adopt })
  assert.equal(result.uploadId, id)
  assert.deepEqual(result.parts, { kept: 2, sent: 7 })
  assert.deepEqual(world.eventsOf('plan-kept'), [{ type: 'plan-kept', partSize: 20, asked: partSize }])
  await assertDone(world, result)
})

test('without being asked, nothing is adopted', async () => {
  const { world, id } = await orphaned()
  const result = await world.run()
  assert.notEqual(result.uploadId, id)
  assert.equal(world.asked(list), 0)
  assert.deepEqual(world.uploadIds(), [id])
})

test('a checkpoint that names an upload goes on by itself: nothing is looked for', async () => {
  const world = createWorld()
  strange(world, [1, 2, 3], world.file.bytes)
  await failure('cancelled', world.run(stoppingAtPart(3)))
  const result = await world.run({ adopt })
  assert.equal(world.asked(list), 0)
  assert.deepEqual(result.parts, { kept: 2, sent: 3 })
  assertStored(world, result)
})

test('of two that fit none is chosen: both are told, and neither is touched', async () => {
  const { world, id } = await orphaned()
  world.clock.pass(3_600_000)
  const other = strange(world, [1], world.file.bytes)
  const failed = await failure('conflict', world.run({ adopt }))
  for (const said of [id, other, '2023-11-14T22:13:20Z', '2023-11-14T23:13:20Z', '2 parts', '1 part,']) {
    assert.ok(failed.message.includes(said), `${said} is not in: ${failed.message}`)
  }
  assert.match(failed.message, /adopt: 'UPLOADID' \(--adopt=UPLOADID\)/)
  const [told] = world.eventsOf('adopt-ambiguous')
  assert.deepEqual(
    told?.candidates.map(({ uploadId, parts, bytes }) => [uploadId, parts, bytes]),
    [
      [id, 2, 64],
      [other, 1, 32],
    ],
  )
  assert.deepEqual(world.uploadIds(), [id, other])
  assert.deepEqual(await world.store.list(), [])

  const result = await world.run({ adopt: other })
  assert.equal(result.uploadId, other)
  assertStored(world, result)
  assert.deepEqual(world.uploadIds(), [id], 'the one that was not named was touched')
})

test('among strangers’ uploads that do not fit, the one that does goes on', async () => {
  const { world, id } = await orphaned()
  const strangers = [
    strange(world, [1, 2, 3], otherBytes),
    strange(world, [], world.file.bytes),
    strange(world, [1, 7], world.file.bytes, 30),
  ]
  const longer = world.memory.initiate(`${key}x`, {}).uploadId
  const result = await world.run({ adopt })
  assert.equal(result.uploadId, id)
  assertStored(world, result)
  assert.deepEqual(world.uploadIds(), [...strangers, longer])
})

test('where nothing fits a new upload begins and says why, and what was there stays there', async () => {
  const world = createWorld()
  const wrong = strange(world, [1, 2], otherBytes)
  const empty = strange(world, [], otherBytes)
  const result = await world.run({ adopt })
  assert.equal(result.resumed, false)
  assertStored(world, result)
  assert.deepEqual(world.uploadIds(), [wrong, empty])
  assert.deepEqual(world.memory.uploads.get(wrong)?.parts.size, 2)
  const [told] = world.eventsOf('adopt-none')
  assert.deepEqual(
    told?.unfit.map(({ uploadId }) => uploadId),
    [wrong, empty],
  )
  assert.match(told?.message ?? '', /its parts are not what the file has.*no part/)
})

test('an upload of an earlier state of the file goes on, and the parts that changed are sent again', async () => {
  const { world, id } = await orphaned()
  const changed = world.file.bytes.slice()
  changed[3] = (changed[3] ?? 0) ^ 1
  world.file.rewrite(changed)
  const result = await world.run({ adopt })
  assert.equal(result.uploadId, id)
  assert.deepEqual(
    world.eventsOf('part-refuted').map(({ partNumber }) => partNumber),
    [1],
  )
  assert.deepEqual(result.parts, { kept: 1, sent: 4 })
  await assertDone(world, result)
})

test('where the service tells no CRC-64 of its parts, the MD5 in the ETag proves them', async () => {
  const { world, id } = await orphaned()
  const result = await world.run({
    adopt,
    dress: (service) => ({
      ...service,
      async listParts(upload, marker, options) {
        const page = await service.listParts(upload, marker, options)
        return { ...page, parts: page.parts.map(({ crc64: _, ...part }) => part) }
      },
    }),
  })
  assert.equal(result.uploadId, id)
  assert.deepEqual(result.parts, { kept: 2, sent: 3 })
  await assertDone(world, result)
})

test('one that is gone before its parts are listed is no candidate', async () => {
  const { world } = await orphaned()
  const result = await world.run({
    adopt,
    tap: { after: ({ operation }) => void (operation === list && world.memory.uploads.clear()) },
  })
  assert.equal(result.resumed, false)
  assert.match(world.eventsOf('adopt-none')[0]?.message ?? '', /it is gone/)
  await assertDone(world, result)
})

test('one that goes after it was adopted is followed by a new one', async () => {
  const { world } = await orphaned()
  const before = ({ operation }: { operation: string }): void => {
    if (operation === 'UploadPart') world.memory.uploads.delete('UPLOAD000001')
  }
  const result = await world.run({ adopt, tap: { before } })
  assert.equal(result.resumed, false)
  assert.equal(world.eventsOf('restarted').length, 1)
  await assertDone(world, result)
})

test('where listing is not allowed or not possible, that is told rather than everything sent again', async () => {
  for (const operation of [list, 'ListParts'] as const) {
    const { world } = await orphaned()
    const tap = { before: alwaysFailing(operation, denied) }
    const failed = await failure('denied', world.run({ adopt, tap }))
    assert.match(failed.message, new RegExp(`needs ${operation}`))
    assert.equal(world.asked('InitiateMultipartUpload'), 0)
  }
  const { world } = await orphaned()
  const dress: NonNullable<Parameters<TestWorld['run']>[0]>['dress'] = ({
    listMultipartUploads: _none,
    ...service
  }) => service
  await failure('unsupported', world.run({ adopt, dress }))
  assert.equal(world.asked('InitiateMultipartUpload'), 0)
})

test('a listing that fails for a while is asked again', async () => {
  const { world, id } = await orphaned()
  const result = await world.run({ adopt, tap: { before: failing(list) } })
  assert.equal(result.uploadId, id)
  await assertDone(world, result)
})

test('one that is named has to be there and to fit', async () => {
  const { world, id } = await orphaned()
  const wrong = strange(world, [1], otherBytes)
  await failure('not-found', world.run({ adopt: 'UPLOAD999999' }))
  await failure('conflict', world.run({ adopt: wrong }))
  const result = await world.run({ adopt: id })
  assert.equal(result.uploadId, id)
  assertStored(world, result)
  assert.deepEqual(world.uploadIds(), [wrong])
})

test('where overwriting is forbidden an object that exists ends it before anything is sent', async () => {
  const headers = { 'x-oss-forbid-overwrite': 'true' }
  const { world, id } = await orphaned({ headers })
  world.memory.storeObject(key, someBytes(3), {})
  await failure('conflict', world.run({ adopt, headers }))
  assert.equal(world.asked('UploadPart'), 0)
  world.memory.objects.clear()
  const result = await world.run({ adopt, headers })
  assert.equal(result.uploadId, id)
  await assertDone(world, result)
})

test('a file below the threshold goes in one request, which is told; a named upload is not passed over so', async () => {
  const { world, id } = await orphaned()
  const small = { adopt, multipartThreshold: 1000 }
  await failure('invalid-argument', world.run({ ...small, adopt: id }))
  const result = await world.run(small)
  assert.equal(result.uploadId, undefined)
  assert.match(world.eventsOf('adopt-none')[0]?.message ?? '', /one request/)
  assert.deepEqual(world.uploadIds(), [id])
})

test('the headers of the upload’s beginning are compared with what is asked now, and a difference is named', async () => {
  const was: Headers = { 'content-type': 'text/plain', 'x-oss-meta-host': 'web1' }
  const asked: Headers = { 'content-type': 'text/html', 'cache-control': 'no-cache' }
  const { world, id } = await orphaned({ headers: was })
  const result = await world.run({ adopt, headers: asked })
  const names = ['cache-control', 'content-type', 'x-oss-meta-host']
  assert.deepEqual(result.differingHeaders, names)
  assert.deepEqual(world.eventsOf('headers-differ')[0]?.headers, names)
  assert.equal(world.eventsOf('headers-differ')[0]?.uploadId, id)
  await assertDone(world, result)

  const same = await orphaned({ headers: was })
  assert.equal((await same.world.run({ adopt, headers: was })).differingHeaders, undefined)
  assert.deepEqual(same.world.eventsOf('headers-differ'), [])
})

test('headers that can not be looked at cost no success', async () => {
  const { world } = await orphaned()
  const result = await world.run({ adopt, tap: { before: alwaysFailing('HeadObject', denied) } })
  assert.equal(world.eventsOf('headers-not-compared').length, 1)
  await assertDone(world, result)
})
