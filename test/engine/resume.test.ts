/** The same call again: what the service has is not sent again, and is not believed without a look at the file. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServiceError } from '../../src/engine/errors.js'
import { someBytes } from './file.js'
import {
  alwaysFailing,
  assertDone,
  crcOf,
  createWorld,
  failure,
  key,
  partSize,
  stoppingAtPart,
  type TestWorld,
} from './world.js'

/** Parts 1 and 2 are at the service, 3 to 5 are not. */
async function interrupted(world: TestWorld = createWorld()): Promise<TestWorld> {
  await failure('cancelled', world.run(stoppingAtPart(3)))
  assert.equal(world.asked('UploadPart'), 3)
  return world
}

const partsAsked = (world: TestWorld): (number | undefined)[] =>
  world.calls.filter(({ operation }) => operation === 'UploadPart').map(({ partNumber }) => partNumber)

const denied = (): ServiceError => new ServiceError('denied', 'Not allowed.', { status: 403 })

test('only what is missing is sent, and the same upload becomes the object', async () => {
  const world = await interrupted()
  const [uploadId] = world.uploadIds()
  const result = await world.run()
  assert.deepEqual(partsAsked(world), [3, 4, 5])
  assert.equal(result.uploadId, uploadId)
  assert.equal(result.resumed, true)
  assert.deepEqual(result.parts, { kept: 2, sent: 3 })
  assert.deepEqual(result.bytes, { kept: 2 * partSize, sent: 3 * partSize })
  assert.equal(world.asked('InitiateMultipartUpload'), 0)
  await assertDone(world, result)
})

test('a run may be stopped at every part and sends each once over all its lives', async () => {
  const world = createWorld()
  for (let partNumber = 2; partNumber <= 5; partNumber++) {
    await failure('cancelled', world.run(stoppingAtPart(partNumber)))
  }
  await assertDone(world, await world.run())
  assert.deepEqual([...world.memory.received.values()], [1, 1, 1, 1, 1])
})

test('holes are fine: a part behind a missing one is kept', async () => {
  const world = createWorld()
  const controller = new AbortController()
  const stored = new Set<number>()
  const run = world.run({
    numThreads: 5,
    signal: controller.signal,
    tap: {
      before: async ({ partNumber }) => {
        if (partNumber === 1 || partNumber === 3)
          await new Promise((r) => setImmediate(() => setImmediate(r)))
      },
      after: ({ partNumber }) => {
        if (partNumber !== undefined) stored.add(partNumber)
      },
    },
    onEvent: (event) => {
      if (event.type === 'part-stored' && event.partNumber === 5) controller.abort(new Error('enough'))
    },
  })
  await failure('cancelled', run)
  assert.ok(!stored.has(1) && stored.has(5), `${[...stored]}`)
  const result = await world.run()
  assert.deepEqual(partsAsked(world), [1, 3])
  await assertDone(world, result)
})

test('the list of parts is read to its last page', async () => {
  const world = await interrupted(createWorld({ pageSize: 1 }))
  const result = await world.run()
  assert.equal(world.asked('ListParts'), 2)
  assert.equal(result.parts.kept, 2)
  await assertDone(world, result)
})

test('kept parts count in the progress once they were read again', async () => {
  const world = await interrupted()
  await world.run()
  assert.ok(world.progress.every(([, total]) => total === 5 * partSize))
  assert.equal(world.eventsOf('part-kept').length, 2)
  assert.equal(world.progress.at(-1)?.[0], 5 * partSize)
  const [resumed] = world.eventsOf('resumed')
  assert.deepEqual([resumed?.toKeep, resumed?.toCheck, resumed?.toSend], [0, 2, 3])
})

test('each kept part is read again once per state of the file', async () => {
  const world = await interrupted()
  await failure('cancelled', world.run(stoppingAtPart(4)))
  assert.equal(world.eventsOf('part-kept').length, 2)
  await failure('cancelled', world.run(stoppingAtPart(5)))
  const [third] = world.eventsOf('resumed')
  assert.deepEqual([third?.toKeep, third?.toCheck, third?.toSend], [2, 1, 2])
  world.file.touch()
  const result = await world.run()
  const [fourth] = world.eventsOf('resumed')
  assert.deepEqual([fourth?.toKeep, fourth?.toCheck, fourth?.toSend], [0, 4, 1])
  await assertDone(world, result)
})

test('a recorded state is trusted when only changes are to be verified', async () => {
  const world = await interrupted()
  const reads: number[] = []
  const result = await world.run({ verify: 'changed', fileHooks: { onRead: (at) => void reads.push(at) } })
  assert.ok(Math.min(...reads) >= 2 * partSize, 'a part recorded under this very state was read again')
  await assertDone(world, result)
})

test('when only changes are verified, a touched file is read again', async () => {
  const world = await interrupted()
  world.file.touch()
  const result = await world.run({ verify: 'changed' })
  assert.equal(world.eventsOf('part-kept').length, 2)
  await assertDone(world, result)
})

test('paranoid reads every part again before Complete, though no state has changed', async () => {
  const world = createWorld()
  const reads = new Map<number, number>()
  const fileHooks = {
    onRead: (at: number): void => {
      if (at % partSize === 0) reads.set(at, (reads.get(at) ?? 0) + 1)
    },
  }
  const result = await world.run({ verify: 'paranoid', fileHooks })
  assert.deepEqual([...reads.values()], [2, 2, 2, 2, 2])
  assert.deepEqual(world.eventsOf('source-moved'), [], 'it tells of a change that was none')
  assert.deepEqual(result.parts, { kept: 0, sent: 5 })
  await assertDone(world, result)
})

test('a part of ours that somebody replaced is found out and sent again', async () => {
  const world = await interrupted()
  const [uploadId = ''] = world.uploadIds()
  world.memory.storePart({ key, uploadId }, 2, someBytes(partSize, 99))
  const result = await world.run({ verify: 'changed' })
  assert.deepEqual(partsAsked(world).sort(), [2, 3, 4, 5])
  assert.equal(world.eventsOf('part-refuted').length, 1)
  await assertDone(world, result)
})

test('parts the checkpoint knows nothing of are kept when they are the file’s bytes', async () => {
  const world = await interrupted()
  const [uploadId = ''] = world.uploadIds()
  world.memory.storePart({ key, uploadId }, 4, world.file.bytes.subarray(3 * partSize, 4 * partSize))
  const result = await world.run()
  assert.deepEqual(partsAsked(world), [3, 5])
  await assertDone(world, result)
})

test('parts beyond the plan are not completed', async () => {
  const world = await interrupted()
  const [uploadId = ''] = world.uploadIds()
  world.memory.storePart({ key, uploadId }, 6, someBytes(9))
  await assertDone(world, await world.run())
})

test('where parts may not be listed the checkpoint stands in', async () => {
  const world = await interrupted()
  const result = await world.run({ tap: { before: alwaysFailing('ListParts', denied) } })
  assert.deepEqual(partsAsked(world), [3, 4, 5])
  assert.equal(world.eventsOf('parts-not-listed').length, 1)
  await assertDone(world, result)
})

test('a new upload needs no permission to list or to look', async () => {
  const world = createWorld()
  const result = await world.run({
    dress: (service) => ({ ...service, now: () => undefined }),
    tap: {
      before: (call) => {
        if (['ListParts', 'HeadObject', 'ListMultipartUploads'].includes(call.operation)) throw denied()
      },
    },
  })
  assert.equal(world.asked('ListParts'), 0)
  await assertDone(world, result)
})

test('other headers are refused by name before anything is sent, and the upload stays', async () => {
  const world = createWorld()
  const headers = { 'x-oss-storage-class': 'IA', 'x-oss-meta-a': '1' }
  await failure('cancelled', world.run({ ...stoppingAtPart(3), headers }))
  const changes: readonly (readonly [Record<string, string>, RegExp])[] = [
    [{ ...headers, 'x-oss-storage-class': 'Standard' }, /x-oss-storage-class/],
    [{ 'x-oss-storage-class': 'IA' }, /x-oss-meta-a/],
    [{ ...headers, 'x-oss-meta-b': '2' }, /x-oss-meta-b/],
  ]
  for (const [changed, name] of changes) {
    const error = await failure('options-changed', world.run({ headers: changed }))
    assert.match(error.message, name)
    assert.equal(world.asked('UploadPart'), 0)
    assert.equal(world.uploadIds().length, 1)
  }
  const result = await world.run({ headers: { ...headers, 'x-oss-traffic-limit': '1' } })
  assert.equal(result.parts.kept, 2)
  await assertDone(world, result)
})

test('secret headers never stand in the checkpoint, and a change of one is noticed', async () => {
  const world = createWorld()
  const dress = (service: Parameters<NonNullable<Parameters<TestWorld['run']>[0]>['dress'] & object>[0]) => ({
    ...service,
    headerKind: (name: string) => (name.endsWith('-key') ? ('secret' as const) : ('object' as const)),
  })
  const name = 'x-oss-server-side-encryption-customer-key'
  await failure('cancelled', world.run({ ...stoppingAtPart(3), dress, headers: { [name]: 'tellnobody' } }))
  assert.ok(!JSON.stringify(await world.lines()).includes('tellnobody'))
  const error = await failure('options-changed', world.run({ dress, headers: { [name]: 'other' } }))
  assert.match(error.message, new RegExp(name))
  assert.ok(!error.message.includes('other.'))
  await assertDone(world, await world.run({ dress, headers: { [name]: 'tellnobody' } }))
})

test('another part size changes nothing: the recorded plan goes on, and an event says so', async () => {
  const world = await interrupted()
  const result = await world.run({ partSize: 2 * partSize })
  assert.deepEqual(world.eventsOf('plan-kept'), [{ type: 'plan-kept', partSize, asked: 2 * partSize }])
  assert.deepEqual(result.parts, { kept: 2, sent: 3 })
  await assertDone(world, result)
  const fresh = createWorld()
  await fresh.run({ partSize: 2 * partSize })
  assert.deepEqual(fresh.eventsOf('plan-kept'), [])
})

test('a threshold above the file’s size does not lose an upload that has begun', async () => {
  const world = await interrupted()
  const result = await world.run({ multipartThreshold: 100 * partSize })
  assert.equal(world.asked('PutObject'), 0)
  assert.equal(result.parts.kept, 2)
  await assertDone(world, result)
})

test('restart aborts what is there and sends everything', async () => {
  const world = await interrupted()
  const [old] = world.uploadIds()
  const result = await world.run({ restart: true, headers: { 'x-oss-meta-new': '1' } })
  assert.deepEqual(partsAsked(world), [1, 2, 3, 4, 5])
  assert.notEqual(result.uploadId, old)
  assert.equal(result.resumed, false)
  assert.deepEqual(world.object()?.headers, { 'x-oss-meta-new': '1' })
  await assertDone(world, result)
})

test('restart whose abort fails goes on, and the abort is done before the end', async () => {
  const world = await interrupted()
  const result = await world.run({
    restart: true,
    tap: {
      before: ({ operation, number }) => {
        if (operation === 'AbortMultipartUpload' && number <= 3) throw new ServiceError('unavailable', '503')
      },
    },
  })
  assert.equal(world.eventsOf('abort-pending').length, 1)
  await assertDone(world, result)
})

test('an abort that fails to the end is remembered, and done by the next run', async () => {
  const world = await interrupted()
  const [old = ''] = world.uploadIds()
  const unavailable = (): ServiceError => new ServiceError('unavailable', '503')
  await world.run({ restart: true, tap: { before: alwaysFailing('AbortMultipartUpload', unavailable) } })
  assert.deepEqual(world.uploadIds(), [old])
  assert.equal((await world.store.list()).length, 1)
  await assertDone(world, await world.run())
})

test('the object that was completed is proved by the CRC-64 of all parts together, kept ones too', async () => {
  const world = await interrupted()
  const result = await world.run()
  assert.equal(result.crc64, crcOf(world.file.bytes))
  assert.equal(result.integrity, 'crc64')
})
