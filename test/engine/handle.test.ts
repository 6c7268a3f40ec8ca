/** The handle over the engine itself: paused and resumed at any part, discarded, and done once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createUpload, type Upload } from '../../src/engine/handle.js'
import { assertDone, createWorld, failure, type TestWorld } from './world.js'

/** Does something when a part is about to be sent, each time. */
function start(world: TestWorld, atPart: (partNumber: number, upload: Upload) => void): Upload {
  const upload: Upload = createUpload({
    run: (signal) =>
      world.run({
        signal,
        tap: {
          before: ({ partNumber }) => {
            if (partNumber !== undefined) atPart(partNumber, upload)
          },
        },
      }),
    discard: async () => {
      await world.discard()
    },
  })
  return upload
}

test('an upload that is paused and resumed at every part sends each part once', async () => {
  const world = createWorld()
  const paused: Promise<void>[] = []
  const seen = new Set<number>()
  const upload = start(world, (partNumber, { pause, resume }) => {
    if (seen.has(partNumber)) return
    seen.add(partNumber)
    paused.push(pause().then(resume))
  })
  await assertDone(world, await upload.done)
  await Promise.all(paused)
  assert.equal(paused.length, 5)
  assert.deepEqual([...world.memory.received.values()], [1, 1, 1, 1, 1])
})

test('an upload that is resumed before its pause has stopped it goes on', async () => {
  const world = createWorld()
  let done = false
  const upload = start(world, (partNumber, { pause, resume }) => {
    if (done || partNumber !== 3) return
    done = true
    void pause()
    resume()
  })
  await assertDone(world, await upload.done)
})

test('a discarded upload leaves nothing, neither there nor here', async () => {
  const world = createWorld()
  let discarded: Promise<void> | undefined
  const upload = start(world, (partNumber, { discard }) => {
    if (partNumber === 3) discarded ??= discard()
  })
  await failure('cancelled', upload.done)
  await discarded
  assert.ok(discarded !== undefined)
  assert.deepEqual(world.uploadIds(), [])
  assert.deepEqual(await world.store.list(), [])
  assert.equal(world.object(), undefined)
})
