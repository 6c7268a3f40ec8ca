/** The checkpoint: when it can't be written, when somebody takes it over, and when its lines are damaged. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServiceError, UploadError } from '../../src/engine/errors.js'
import type { CheckpointLine, Target } from '../../src/engine/ports.js'
import { someBytes } from './file.js'
import {
  alwaysFailing,
  assertDone,
  assertStored,
  createWorld,
  failure,
  key,
  partSize,
  stoppingAtPart,
  type TestWorld,
} from './world.js'

const target: Target = { service: 'memory', bucket: 'memory', key }
const complete = 'CompleteMultipartUpload'
const full = (): UploadError => new UploadError('store-unusable', 'No space left on device.')

/** Refuses every append from the first line of this kind on. */
function fullFrom(kind: string): { append: (line: CheckpointLine) => void } {
  let isFull = false
  return {
    append: (line) => {
      isFull ||= line['kind'] === kind
      if (isFull) throw full()
    },
  }
}

test('a store that can not be written is told before anything is sent, and no upload is left behind', async () => {
  for (const kind of ['intent', 'opened']) {
    const world = createWorld()
    await failure('store-unusable', world.run({ storeTap: fullFrom(kind) }))
    assert.equal(world.asked('UploadPart'), 0)
    assert.equal(world.asked('InitiateMultipartUpload'), kind === 'intent' ? 0 : 1)
    assert.deepEqual(world.uploadIds(), [], `an upload is left after ${kind} could not be written`)
    await assertDone(world, await world.run())
  }
})

test('once the upload is written down a full disk is a warning, never a failure', async () => {
  for (const kind of ['stored', 'completing', 'committed']) {
    const world = createWorld()
    const result = await world.run({ storeTap: fullFrom(kind) })
    assert.ok(world.eventsOf('checkpoint-warning').length > 0, kind)
    assertStored(world, result)
    assert.deepEqual(world.uploadIds(), [])
  }
})

test('parts whose lines were never written are kept all the same: the service lists them', async () => {
  const world = createWorld()
  const stop = stoppingAtPart(4)
  await failure('cancelled', world.run({ ...stop, storeTap: fullFrom('stored') }))
  const result = await world.run()
  assert.deepEqual(result.parts, { kept: 3, sent: 2 })
  await assertDone(world, result)
})

test('a store that can not be read is told before anything is sent', async () => {
  const world = createWorld()
  const read = (): void => {
    throw full()
  }
  await failure('store-unusable', world.run({ storeTap: { read } }))
  assert.deepEqual(world.calls, [])
})

test('housekeeping that fails after success is a warning, not a failure', async () => {
  for (const what of ['remove', 'release'] as const) {
    const world = createWorld()
    const fail = (): void => {
      throw full()
    }
    assertStored(world, await world.run({ storeTap: { [what]: fail } }))
  }
})

test('a hold that can not be given back does not hide why the upload failed', async () => {
  const world = createWorld()
  const release = (): void => {
    throw full()
  }
  const denied = (): ServiceError => new ServiceError('denied', 'Not allowed.')
  await failure(
    'denied',
    world.run({ storeTap: { release }, tap: { before: alwaysFailing('UploadPart', denied) } }),
  )
})

// ------------------------------------------------- the lock

test('two calls at once: one brings the object, the other is locked out and changes nothing', async () => {
  const world = createWorld()
  const outcomes = await Promise.allSettled([world.run(), world.run()])
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
  const [rejected] = outcomes.filter((outcome) => outcome.status === 'rejected')
  assert.ok(rejected?.reason instanceof UploadError && rejected.reason.code === 'locked')
  assert.equal(world.memory.history.length, 1)
  assert.deepEqual(world.uploadIds(), [])
})

test('the hold is given back after success and after failure', async () => {
  const world = createWorld()
  await failure('cancelled', world.run(stoppingAtPart(2)))
  await (await world.store.acquire(target)).release()
  await world.run()
  await (await world.store.acquire(target)).release()
})

test('whoever lost the hold before Complete completes, aborts and removes nothing', async () => {
  const world = createWorld()
  const after = async ({ partNumber }: { partNumber?: number }): Promise<void> => {
    if (partNumber === 4) await world.store.acquire(target, { steal: true })
  }
  await failure('locked', world.run({ tap: { after } }))
  assert.deepEqual(world.eventsOf('completing'), [], 'it says that it completes')
  assert.equal(world.asked(complete), 0)
  assert.equal(world.asked('AbortMultipartUpload'), 0)
  assert.equal(world.object(), undefined)
  assert.equal((await world.store.list()).length, 1)
  await assertDone(world, await world.run({ steal: true }))
})

test('whoever lost the hold between two attempts of Complete does not ask again', async () => {
  const world = createWorld()
  const before = async ({ operation }: { operation: string }): Promise<void> => {
    if (operation !== complete) return
    await world.store.acquire(target, { steal: true })
    throw new ServiceError('network', 'The connection was reset.')
  }
  await failure('locked', world.run({ tap: { before } }))
  assert.equal(world.asked(complete), 1)
  assert.equal(world.object(), undefined)
})

// ------------------------------------------------- damage

const identity = { size: 5 * partSize, mtimeNs: '1', ctimeNs: '1', device: '9', inode: '1' }
const headers = { open: {}, secret: {} }

async function write(world: TestWorld, lines: readonly CheckpointLine[]): Promise<void> {
  const log = await world.store.acquire(target)
  for (const line of lines) await log.append(line)
  await log.release()
}

test('a damaged line of a part costs no more than a look at that part', async () => {
  const world = createWorld()
  await failure('cancelled', world.run(stoppingAtPart(3)))
  const damaged = ['{"kind":"stored","uploadId":"UPLOAD000001","partNum']
  const result = await world.run({ storeTap: { damaged } })
  assert.equal(result.resumed, true)
  assert.equal(result.parts.kept, 2)
  await assertDone(world, result)
})

test('a damaged opening sets the file aside, and the id in it is aborted, not orphaned', async () => {
  for (const withPart of [true, false]) {
    const world = createWorld()
    const { uploadId } = world.memory.initiate(key, {})
    const part = { uploadId, partNumber: 1, size: partSize, etag: 'E', crc64: '1', identity }
    await write(world, [
      { kind: 'intent', operation: 'initiate', serviceTime: 1_700_000_000_000, headers, source: 'file.dat' },
      ...(withPart ? [{ kind: 'stored', ...part }] : []),
    ])
    const damaged = [`{"kind":"opened","uploadId":"${uploadId}","partSi!e":32}`]
    const result = await world.run({ storeTap: { damaged } })
    assert.deepEqual(world.eventsOf('checkpoint-set-aside')[0]?.uploadIds, [uploadId])
    assert.notEqual(result.uploadId, uploadId)
    await assertDone(world, result)
  }
})

test('an id whose opening is lost is aborted when the upload that goes on is done', async () => {
  const world = createWorld()
  const { uploadId } = world.memory.initiate(key, {})
  await failure('cancelled', world.run(stoppingAtPart(3)))
  await write(world, [
    { kind: 'stored', uploadId, partNumber: 1, size: partSize, etag: 'E', crc64: '1', identity },
  ])
  const result = await world.run()
  assert.equal(result.resumed, true)
  await assertDone(world, result)
})

test('an id that is set aside does not answer the Initiate of another that was lost', async () => {
  const world = createWorld()
  const left = world.memory.initiate(key, {}).uploadId
  const lost = world.memory.initiate(key, {}).uploadId
  const broken = world.memory.initiate(key, {}).uploadId
  const intent = {
    kind: 'intent',
    operation: 'initiate',
    serviceTime: 1_700_000_000_000,
    headers,
    source: 'f',
  }
  await write(world, [{ kind: 'seen', uploadId: left }, intent, intent])
  const damaged = [`{"kind":"opened","uploadId":"${broken}","partSize":3?}`]
  const result = await world.run({ storeTap: { damaged } })
  assert.equal(result.uploadId, lost, 'the lost one was forgotten')
  await assertDone(world, result)
})

test('lines of quite another kind are no obstacle', async () => {
  const world = createWorld()
  await write(world, [
    { kind: 'sealed', by: 'a later version' },
    { kind: '__proto__', uploadId: 'X' },
    { kind: 'opened' },
    {},
  ])
  await assertDone(world, await world.run())
  assert.ok(!world.calls.some(({ uploadId }) => uploadId === 'X'))
})

test('an upload that only an unknown kind of line names is never aborted', async () => {
  const world = createWorld()
  const { uploadId } = world.memory.initiate(key, {})
  await write(world, [{ kind: 'toString', uploadId }])
  assertStored(world, await world.run())
  assert.deepEqual(world.uploadIds(), [uploadId])
})

test('a checkpoint whose upload never was at this service begins anew', async () => {
  const world = createWorld({ bytes: someBytes(3 * partSize) })
  await write(world, [
    {
      kind: 'opened',
      uploadId: 'NEVER',
      partSize,
      size: 3 * partSize,
      headers,
      source: 'file.dat',
      initiated: 1_700_000_000_000,
    },
  ])
  const result = await world.run()
  assert.equal(result.resumed, false)
  await assertDone(world, result)
})
