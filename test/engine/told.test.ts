/** What is told while parts go up: which bytes count, from when on, and which count no more. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServiceError } from '../../src/engine/errors.js'
import type { UploadEvent } from '../../src/engine/events.js'
import type { Digester, ObjectService } from '../../src/engine/ports.js'
import { createDigester } from '../../src/services/digester.js'
import { assertDone, createWorld, failure, partSize, stoppingAtPart, type TestWorld } from './world.js'

/** Parts 1 and 2 are at the service, 3 to 5 are not. */
async function interrupted(): Promise<TestWorld> {
  const world = createWorld()
  await failure('cancelled', world.run(stoppingAtPart(3)))
  return world
}

function isProgress(event: UploadEvent): event is Extract<UploadEvent, { type: 'progress' }> {
  return event.type === 'progress'
}

test('an upload that was begun is told with its id and its plan before any of its parts', async () => {
  const world = createWorld()
  const { uploadId = '' } = await world.run()
  assert.deepEqual(world.events[0], { type: 'opened', uploadId, partSize, partCount: 5 })
})

test('the bytes of a part count as they go out, before it is stored', async () => {
  const world = createWorld()
  await world.run()
  const first = world.eventsOf('progress')[0]
  assert.deepEqual([first?.consumedBytes, first?.sendingBytes, first?.provedBytes], [16, 16, 0])
})

test('parts that are trusted count as kept before anything is sent', async () => {
  const world = await interrupted()
  const result = await world.run({ verify: 'changed' })
  const [first] = world.eventsOf('progress')
  assert.deepEqual([first?.keptBytes, first?.provedBytes, first?.sendingBytes], [partSize, 0, 0])
  const last = world.eventsOf('progress').at(-1)
  assert.deepEqual([last?.keptBytes, last?.provedBytes], [2 * partSize, 3 * partSize])
  await assertDone(world, result)
})

test('parts that were read again count as kept when they have been, and not as sent', async () => {
  const world = await interrupted()
  const result = await world.run()
  const last = world.eventsOf('progress').at(-1)
  assert.deepEqual([last?.keptBytes, last?.provedBytes], [2 * partSize, 3 * partSize])
  await assertDone(world, result)
})

test('the bytes of an attempt that failed do not count while it waits to be made again', async () => {
  const world = createWorld()
  let tries = 0
  let told: readonly UploadEvent[] = []
  const before = ({ partNumber }: { readonly partNumber?: number }): void => {
    if (partNumber === 1 && ++tries === 2) told = [...world.events]
  }
  const after = ({ partNumber }: { readonly partNumber?: number }): void => {
    if (partNumber === 1 && tries === 1) {
      throw new ServiceError('throttled', 'Slow down.', { retryAfterMs: 900 })
    }
  }
  await assertDone(world, await world.run({ tap: { before, after }, numThreads: 2 }))
  assert.equal(told.filter(({ type }) => type === 'part-stored').length, 4, 'the others went up meanwhile')
  assert.equal(told.filter(isProgress).at(-1)?.consumedBytes, 4 * partSize)
})

test('nothing that was counted for an upload that vanished counts for the one after it', async () => {
  const world = createWorld()
  let gone = false
  const before = ({ partNumber }: { readonly partNumber?: number }): void => {
    if (partNumber !== 4 || gone) return
    gone = true
    world.memory.uploads.clear()
    throw new ServiceError('upload-gone', 'The specified multipart upload does not exist.')
  }
  await assertDone(world, await world.run({ tap: { before } }))
  const restarted = world.events.findIndex(({ type }) => type === 'restarted')
  const [first] = world.events.slice(restarted).filter(isProgress)
  assert.ok(first !== undefined)
  // 96 bytes were told before, and what was told stays told: the next to be told is the first above that.
  const { consumedBytes, provedBytes, sendingBytes } = first
  assert.deepEqual([consumedBytes, provedBytes, sendingBytes], [112, 96, 16])
  const stored = world.events.slice(restarted, world.events.indexOf(first))
  assert.equal(stored.filter(({ type }) => type === 'part-stored').length, 3)
})

test('the result counts parts of the last upload alone, though one before it had more', async () => {
  const world = await interrupted()
  let gone = false
  const before = ({ partNumber }: { readonly partNumber?: number }): void => {
    if (partNumber !== 5 || gone) return
    gone = true
    world.memory.uploads.clear()
  }
  const result = await world.run({ tap: { before }, partSize: 2 * partSize })
  assert.deepEqual(result.parts, { kept: 0, sent: 3 })
  assert.deepEqual(result.bytes, { kept: 0, sent: 5 * partSize })
  await assertDone(world, result)
})

test('a sender whose part was stored after another had failed for good begins no further part', async () => {
  const world = createWorld()
  const unstopped = new AbortController().signal
  const asked: number[] = []
  let refused = (): void => {}
  const refusal = new Promise<void>((resolve) => {
    refused = resolve
  })
  const dress = (service: ObjectService): ObjectService => ({
    ...service,
    uploadPart: async (ref, partNumber, slice, options) => {
      asked.push(partNumber)
      if (partNumber === 1) {
        setImmediate(refused)
        throw new ServiceError('denied', 'Not allowed.', { status: 403 })
      }
      // Its answer is on its way already: nothing stops it any more.
      await refusal
      return service.uploadPart(ref, partNumber, slice, { ...options, signal: unstopped })
    },
  })
  await failure('denied', world.run({ dress, numThreads: 2 }))
  assert.deepEqual(asked, [1, 2])
  assert.equal(world.eventsOf('part-stored').length, 1)
})

test('no further part of an earlier run is read again after another has failed for good', async () => {
  const world = createWorld()
  await failure('cancelled', world.run(stoppingAtPart(5)))
  const digester = createDigester()
  let reads = 0
  let refused = (): void => {}
  const refusal = new Promise<void>((resolve) => {
    refused = resolve
  })
  const before = ({ partNumber }: { readonly partNumber?: number }): void => {
    if (partNumber !== 5) return
    setImmediate(refused)
    throw new ServiceError('denied', 'Not allowed.', { status: 403 })
  }
  const unstopped: Digester = {
    ...digester,
    digest: async (slice, want) => {
      reads += 1
      await refusal
      return digester.digest(slice, want)
    },
  }
  await failure('denied', world.run({ tap: { before }, digester: unstopped }))
  assert.equal(reads, 2)
  await assertDone(world, await world.run())
})
