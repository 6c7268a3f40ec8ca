/** A file that moves: between runs, while it is read, and behind the back of the file system. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changedAt, someBytes } from './file.js'
import type { Tap } from './tapped-service.js'
import {
  assertDone,
  assertStored,
  createWorld,
  failing,
  failure,
  partSize,
  stoppingAtPart,
  type TestWorld,
} from './world.js'

/** Parts 1 to 3 of 5 are at the service. */
async function interrupted(): Promise<TestWorld> {
  const world = createWorld()
  await failure('cancelled', world.run(stoppingAtPart(4)))
  return world
}

const partsAsked = (world: TestWorld): (number | undefined)[] =>
  world.calls.filter(({ operation }) => operation === 'UploadPart').map(({ partNumber }) => partNumber)

/** Does something once, when a part is about to be sent. */
function atPart(partNumber: number, act: () => void): { readonly tap: Tap } {
  let done = false
  return {
    tap: {
      before: (call) => {
        if (done || call.partNumber !== partNumber) return
        done = true
        act()
      },
    },
  }
}

/** Does something once, when the last part is at the service and before anything is completed. */
function afterLastPart(act: () => void): { readonly tap: Tap } {
  let done = false
  return {
    tap: {
      after: (call) => {
        if (done || call.partNumber !== 5) return
        done = true
        act()
      },
    },
  }
}

// ------------------------------------------------- between two runs

test('a byte that changed between two runs costs the part it is in', async () => {
  for (const verify of ['always', 'changed', 'paranoid'] as const) {
    const world = await interrupted()
    world.file.rewrite(changedAt(world.file.bytes, partSize + 3))
    const result = await world.run({ verify })
    assert.deepEqual(partsAsked(world).sort(), [2, 4, 5])
    assert.equal(world.eventsOf('part-refuted').length, 1)
    assert.deepEqual(result.parts, { kept: 2, sent: 3 })
    await assertDone(world, result)
  }
})

test('a change that the file system did not report is found where each part is read again', async () => {
  for (const verify of ['always', 'paranoid'] as const) {
    const world = await interrupted()
    world.file.rewriteUnseen(changedAt(world.file.bytes, partSize + 3))
    await assertDone(world, await world.run({ verify }))
  }
})

test('a file that grew keeps its whole parts; its last part is sent again', async () => {
  const world = createWorld({ bytes: someBytes(3 * partSize + 7) })
  await failure(
    'cancelled',
    world.run({ tap: { before: failing('CompleteMultipartUpload') }, ...stopAtComplete(world) }),
  )
  world.file.rewrite(someBytes(4 * partSize + 1))
  const result = await world.run()
  assert.deepEqual(partsAsked(world).sort(), [4, 5])
  assert.equal(result.size, 4 * partSize + 1)
  await assertDone(world, result)
})

test('a file that shrank keeps its whole parts, and nothing of what is gone', async () => {
  const world = await interrupted()
  world.file.rewrite(world.file.bytes.slice(0, partSize + 5))
  const result = await world.run()
  assert.deepEqual(partsAsked(world), [2])
  assert.deepEqual(result.parts, { kept: 1, sent: 1 })
  await assertDone(world, result)
})

test('a file that is empty now is an empty object, and its upload is aborted', async () => {
  const world = await interrupted()
  world.file.rewrite(new Uint8Array())
  const result = await world.run()
  assert.equal(world.eventsOf('restarted').length, 1)
  await assertDone(world, result)
})

test('a file too large for the recorded plan begins anew, and says so', async () => {
  const world = await interrupted()
  world.file.rewrite(someBytes(100 * partSize + 1))
  const result = await world.run({ partSize: 2 * partSize })
  assert.equal(world.eventsOf('restarted').length, 1)
  assert.equal(result.parts.kept, 0)
  await assertDone(world, result)
})

test('another file with the same bytes in its place keeps everything', async () => {
  const world = await interrupted()
  world.file.replace(world.file.bytes.slice())
  const result = await world.run({ verify: 'changed' })
  assert.deepEqual(partsAsked(world), [4, 5])
  assert.equal(world.eventsOf('part-kept').length, 3)
  await assertDone(world, result)
})

test('quite another file in its place keeps nothing but the upload', async () => {
  const world = await interrupted()
  const [uploadId] = world.uploadIds()
  world.file.replace(someBytes(5 * partSize, 77))
  const result = await world.run({ verify: 'changed' })
  assert.equal(result.uploadId, uploadId)
  assert.equal(result.parts.sent, 5)
  await assertDone(world, result)
})

// ------------------------------------------------- while it is uploaded

test('a touch while parts are sent costs a second reading, no second sending', async () => {
  const world = createWorld()
  const result = await world.run(atPart(3, () => world.file.touch()))
  assert.equal(world.eventsOf('source-moved').length, 1)
  assert.deepEqual(partsAsked(world), [1, 2, 3, 4, 5])
  assert.deepEqual(result.parts, { kept: 0, sent: 5 })
  assert.equal(world.eventsOf('progress').at(-1)?.keptBytes, 0)
  await assertDone(world, result)
})

test('a part that changed after it was sent is sent again, alone', async () => {
  const world = createWorld()
  const result = await world.run(
    afterLastPart(() => world.file.rewrite(changedAt(world.file.bytes, partSize + 1))),
  )
  assert.deepEqual(partsAsked(world), [1, 2, 3, 4, 5, 2])
  await assertDone(world, result)
})

test('a part that changed while it was read never goes into the object half old, half new', async () => {
  for (const numThreads of [1, 4]) {
    const world = createWorld()
    let done = false
    const result = await world.run({
      numThreads,
      fileHooks: {
        onRead: (at) => {
          if (done || at !== partSize + 16) return
          done = true
          world.file.rewrite(world.file.bytes.map((byte) => byte ^ 1))
        },
      },
    })
    await assertDone(world, result)
  }
})

test('changes right up to the last look are in the object, in every mode', async () => {
  for (const verify of ['always', 'changed', 'paranoid'] as const) {
    const world = createWorld()
    let looks = 0
    const result = await world.run({
      verify,
      fileHooks: {
        onCall: (call) => {
          if (call !== 'identityByName') return
          looks += 1
          if (looks === 1) world.file.rewrite(changedAt(world.file.bytes, 4 * partSize))
        },
      },
    })
    await assertDone(world, result)
  }
})

test('a file that changes whenever it is looked at is given up in the end, and its parts are kept', async () => {
  const world = createWorld()
  const run = world.run({
    fileHooks: {
      onRead: (at) => {
        if (at % partSize === 0) world.file.rewrite(changedAt(world.file.bytes, at))
      },
    },
  })
  const error = await failure('source-changed', run)
  assert.equal(error.retryable, true)
  assert.match(error.message, /^file\.dat keeps changing .* run it again\.$/)
  assert.equal(world.eventsOf('source-moved').length, 2)
  assert.equal(world.object(), undefined)
  assert.equal(world.uploadIds().length, 1)
  await assertDone(world, await world.run())
})

test('a file that changes size while it is uploaded is not completed; the next run goes on', async () => {
  for (const size of [5 * partSize + 9, 3 * partSize]) {
    const world = createWorld()
    await failure('source-changed', world.run(atPart(2, () => world.file.rewrite(someBytes(size)))))
    assert.equal(world.object(), undefined)
    assert.equal(world.uploadIds().length, 1)
    const result = await world.run()
    assert.ok(result.parts.kept > 0)
    await assertDone(world, result)
  }
})

test('a file that is replaced or removed while it is uploaded is not completed', async () => {
  const replaced = createWorld()
  const other = someBytes(5 * partSize, 9)
  await failure('source-changed', replaced.run(afterLastPart(() => replaced.file.replace(other))))
  assert.equal(replaced.object(), undefined)
  await assertDone(replaced, await replaced.run())

  const removed = createWorld()
  await failure('source-missing', removed.run(afterLastPart(() => removed.file.remove())))
  assert.equal(removed.object(), undefined)
  assert.equal(removed.uploadIds().length, 1)
})

// ------------------------------------------------- in one PutObject

const small = { multipartThreshold: 1000 }

test('a small file that changed while it was sent is sent again', async () => {
  const world = createWorld()
  let done = false
  const result = await world.run({
    ...small,
    fileHooks: {
      onRead: (at) => {
        if (done || at < 64) return
        done = true
        world.file.rewrite(world.file.bytes.map((byte) => byte ^ 1))
      },
    },
  })
  assert.equal(world.asked('PutObject'), 2)
  await assertDone(world, result)
})

test('a small file that keeps changing, changes size, is replaced or removed is no success', async () => {
  let versions = 10
  const cases: readonly (readonly [(world: TestWorld) => void, 'source-changed' | 'source-missing'])[] = [
    [(world) => world.file.rewrite(someBytes(5 * partSize, ++versions)), 'source-changed'],
    [(world) => world.file.rewrite(someBytes(5 * partSize + 1)), 'source-changed'],
    [(world) => world.file.replace(someBytes(5 * partSize, 3)), 'source-changed'],
    [(world) => world.file.remove(), 'source-missing'],
  ]
  for (const [befall, code] of cases) {
    const world = createWorld()
    await failure(code, world.run({ ...small, tap: { after: () => befall(world) } }))
    assert.ok(world.asked('PutObject') <= 3, 'it is sent again and again')
  }
})

test('a small file that is only touched, again and again, is stored once', async () => {
  const world = createWorld()
  assertStored(world, await world.run({ ...small, tap: { after: () => world.file.touch() } }))
  assert.equal(world.asked('PutObject'), 1)
})

test('a small file that was only touched is no conflict with itself when overwriting is forbidden', async () => {
  const world = createWorld()
  let done = false
  const result = await world.run({
    ...small,
    headers: { 'x-oss-forbid-overwrite': 'true' },
    tap: {
      after: ({ operation }) => {
        if (done || operation !== 'PutObject') return
        done = true
        world.file.touch()
      },
    },
  })
  assertStored(world, result)
})

/** Ends a run when all parts are at the service. */
function stopAtComplete(world: TestWorld): { readonly signal: AbortSignal; readonly onEvent: () => void } {
  const controller = new AbortController()
  return {
    signal: controller.signal,
    onEvent: () => {
      if (world.eventsOf('completing').length > 0) controller.abort(new Error('stopped by the test'))
    },
  }
}
