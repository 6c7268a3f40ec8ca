/** How long an upload may take: whatever goes forward begins the time without progress anew, however slow it is. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServiceError } from '../../src/engine/errors.js'
import type { Digester, ObjectService } from '../../src/engine/ports.js'
import { createDigester } from '../../src/services/digester.js'
import { changedAt, someBytes } from './file.js'
import type { Call, Operation } from './tapped-service.js'
import { assertDone, createWorld, failing, failure, key, partSize, type TestWorld } from './world.js'

const complete = 'CompleteMultipartUpload'
const noProgressForMs = 1000

/** Longer than an upload may be without progress. */
const long = 5000

/** The first answer of this operation takes long. */
function slowly(world: TestWorld, operation: Operation): (call: Call) => void {
  return (call) => {
    if (call.operation === operation && call.number === 1) world.clock.pass(long)
  }
}

/** Reading a range again takes long. */
function slowDigester(world: TestWorld): Digester {
  const digester = createDigester()
  return {
    ...digester,
    digest: (...args) => {
      world.clock.pass(long)
      return digester.digest(...args)
    },
  }
}

/** All parts are at the service; whether Complete takes effect is the caller's choice. */
async function endedAtComplete(world: TestWorld, when: 'before' | 'after'): Promise<void> {
  const controller = new AbortController()
  const kill = ({ operation }: { readonly operation: string }): void => {
    if (operation === complete) controller.abort(new Error('killed'))
  }
  await failure('cancelled', world.run({ signal: controller.signal, tap: { [when]: kill } }))
}

test('a part that gets further with each attempt is not given up', async () => {
  const world = createWorld({ bytes: someBytes(320) })
  let attempts = 0
  const dress = (service: ObjectService): ObjectService => ({
    ...service,
    uploadPart: async (ref, partNumber, slice, options) => {
      attempts += 1
      if (attempts > 9) return service.uploadPart(ref, partNumber, slice, options)
      options.onSent(attempts * 16)
      throw new ServiceError('throttled', 'Slow down.', { retryAfterMs: 900 })
    },
  })
  const result = await world.run({ dress, noProgressForMs, partSize: 160 })
  assert.ok(world.clock.now() >= 9 * 900)
  await assertDone(world, result)
})

test('a part whose answer takes long is progress when it comes', async () => {
  const world = createWorld()
  const tap = { before: failing('UploadPart', undefined, 2), after: slowly(world, 'UploadPart') }
  await assertDone(world, await world.run({ tap, noProgressForMs }))
})

test('an Initiate whose answer takes long is progress when it comes', async () => {
  const world = createWorld()
  const initiate = 'InitiateMultipartUpload'
  const tap = { before: failing('UploadPart'), after: slowly(world, initiate) }
  await assertDone(world, await world.run({ tap, noProgressForMs }))
})

test('a list of parts that takes long is progress when it comes', async () => {
  const world = createWorld()
  await endedAtComplete(world, 'before')
  const tap = { before: failing(complete), after: slowly(world, 'ListParts') }
  // What is listed is trusted, so nothing but the list goes forward.
  await assertDone(world, await world.run({ tap, noProgressForMs, verify: 'changed' }))
})

test('reading the parts of an earlier run again is progress, however slow the disk', async () => {
  const world = createWorld()
  await endedAtComplete(world, 'before')
  const tap = { before: failing(complete) }
  const result = await world.run({ tap, noProgressForMs, digester: slowDigester(world) })
  assert.equal(result.parts.kept, 5)
  await assertDone(world, result)
})

test('reading the whole file to know an object by it is progress, however slow the disk', async () => {
  const world = createWorld()
  await endedAtComplete(world, 'after')
  world.file.rewrite(changedAt(world.file.bytes, 3))
  const tap = { before: failing('InitiateMultipartUpload') }
  const result = await world.run({ tap, noProgressForMs, digester: slowDigester(world) })
  assert.equal(result.resumed, false)
  await assertDone(world, result)
})

test('bytes that are reported of an attempt that has ended keep nothing alive', async () => {
  const world = createWorld()
  const late: ((bytes: number) => void)[] = []
  const dress = (service: ObjectService): ObjectService => ({
    ...service,
    uploadPart: async (_ref, _partNumber, _slice, { onSent }) => {
      late.push(onSent)
      throw new ServiceError('throttled', 'Slow down.', { retryAfterMs: 900 })
    },
  })
  let reported = 0
  const onSleep = (): void => {
    reported += 1
    late.at(-1)?.(Math.min(reported, partSize))
  }
  await failure('interrupted', world.run({ dress, onSleep, noProgressForMs }))
  assert.deepEqual(world.progress, [], 'they were told as sent')
  assert.ok(world.clock.now() < 2 * noProgressForMs, 'they counted as going forward')
})

test('where it can not be told for long what became of a vanished upload, the run ends and begins no other', async () => {
  const world = createWorld()
  await endedAtComplete(world, 'before')
  world.memory.uploads.clear()
  const initiated = world.memory.initiate(`${key}x`, {}).uploadId
  const silent = (call: { readonly operation: Operation }): void => {
    if (call.operation === 'HeadObject') throw new ServiceError('network', 'The connection was reset.')
  }
  await failure('interrupted', world.run({ tap: { before: silent } }))
  assert.equal(world.asked('InitiateMultipartUpload'), 0)
  assert.deepEqual(world.uploadIds(), [initiated])
})
