/** The handle over the engine itself: paused and resumed at any part, discarded, and done once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createUpload, type Upload } from '../../src/engine/handle.js'
import { createStateKeeper, type UploadState } from '../../src/engine/state.js'
import { assertDone, createWorld, failure, lostAnswer, type TestWorld } from './world.js'

/** Does something when a part is about to be sent, each time. */
function start(world: TestWorld, atPart: (partNumber: number, upload: Upload) => void): Upload {
  const upload: Upload = createUpload({
    keeper: createStateKeeper(world.clock.runtime),
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

test('while it waits its state tells for what, since when and until when; once it got through, no more', async () => {
  const world = createWorld()
  const keeper = createStateKeeper(world.clock.runtime)
  const began = world.clock.runtime.wallClock()
  const states: UploadState[] = []
  const upload: Upload = createUpload({
    keeper,
    run: (signal) => {
      let failures = 0
      return world.run({
        signal,
        onEvent: keeper.hear,
        onSleep: () => states.push(upload.state()),
        tap: {
          before: (call) => {
            if (call.partNumber === 2 && failures++ < 2) throw lostAnswer()
          },
        },
      })
    },
    discard: async () => {},
  })
  await upload.done
  const { message } = lostAnswer()
  const request = { operation: 'UploadPart', partNumber: 2, message, since: began }
  assert.deepEqual(
    states.map(({ kind, waiting }) => ({ kind, waiting })),
    [
      { kind: 'waiting', waiting: [{ ...request, attempt: 1, until: began + 100 }] },
      { kind: 'waiting', waiting: [{ ...request, attempt: 2, until: began + 100 + 200 }] },
    ],
  )
  assert.deepEqual([upload.state().kind, upload.state().waiting], ['ended', []])
  const [waited] = world.eventsOf('waited')
  assert.deepEqual([waited?.attempts, waited?.since, waited?.through], [3, began, true])
})

test('a request that is given up is no longer waited for', async () => {
  const world = createWorld()
  const down = world.run({
    noProgressForMs: 1000,
    tap: {
      before: ({ partNumber }) => {
        if (partNumber === 3) throw lostAnswer()
      },
    },
  })
  await failure('interrupted', down)
  const [waited] = world.eventsOf('waited')
  assert.deepEqual([waited?.operation, waited?.partNumber, waited?.through], ['UploadPart', 3, false])
  assert.equal(world.eventsOf('waited').length, 1)
})
