/** Every size a file can have around the edges: which way it goes up, in how many parts, and what is told on the way. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { someBytes } from './file.js'
import { assertDone, createWorld, failure, limits, partSize } from './world.js'

const threshold = 3 * partSize

test('a file of the threshold goes up in parts, one of a byte less in one PutObject', async () => {
  const large = createWorld({ bytes: someBytes(threshold) })
  const inParts = await large.run({ multipartThreshold: threshold })
  assert.equal(large.asked('UploadPart'), 3)
  assert.equal(large.asked('PutObject'), 0)
  assert.ok(inParts.uploadId !== undefined)
  await assertDone(large, inParts)

  const small = createWorld({ bytes: someBytes(threshold - 1) })
  const whole = await small.run({ multipartThreshold: threshold })
  assert.equal(small.asked('PutObject'), 1)
  assert.equal(small.asked('InitiateMultipartUpload'), 0)
  assert.equal(whole.uploadId, undefined)
  assert.deepEqual(whole.parts, { kept: 0, sent: 1 })
  await assertDone(small, whole)
})

test('an empty file is one empty object, even with a threshold of nothing', async () => {
  for (const multipartThreshold of [0, 1, threshold]) {
    const world = createWorld({ bytes: new Uint8Array() })
    const result = await world.run({ multipartThreshold })
    assert.equal(result.crc64, '0')
    assert.equal(world.asked('InitiateMultipartUpload'), 0)
    assert.deepEqual(world.progress, [[0, 0]])
    await assertDone(world, result)
  }
})

test('a file of one byte goes up either way', async () => {
  for (const multipartThreshold of [0, 1, 2]) {
    const world = createWorld({ bytes: someBytes(1) })
    await assertDone(world, await world.run({ multipartThreshold }))
    assert.deepEqual(world.progress.at(-1), [1, 1])
  }
})

for (const size of [partSize, 2 * partSize - 1, 2 * partSize, 2 * partSize + 1, 10 * partSize]) {
  test(`${size} bytes are ${Math.ceil(size / partSize)} parts, and every byte is there once`, async () => {
    const world = createWorld({ bytes: someBytes(size) })
    const result = await world.run()
    assert.equal(world.asked('UploadPart'), Math.ceil(size / partSize))
    assert.deepEqual(result.parts, { kept: 0, sent: Math.ceil(size / partSize) })
    assert.deepEqual(result.bytes, { kept: 0, sent: size })
    assert.equal(result.resumed, false)
    assert.equal(world.asked('AbortMultipartUpload'), 0, 'what became the object is aborted')
    await assertDone(world, result)
  })
}

test('exactly as many parts as the service allows are used; one byte more is refused before anything is asked', async () => {
  const most = limits.minPartSize * limits.maxParts
  const full = createWorld({ bytes: someBytes(most) })
  const result = await full.run({ partSize: limits.minPartSize, numThreads: 8 })
  assert.equal(result.parts.sent, limits.maxParts)
  await assertDone(full, result)

  const over = createWorld({ bytes: someBytes(most + 1) })
  const error = await failure('invalid-argument', over.run({ partSize: limits.minPartSize }))
  assert.match(error.message, /smallest part size that works .* is 9\./)
  assert.deepEqual(over.calls, [])
  assert.deepEqual(await over.store.list(), [])
})

test('a part size that the service does not allow is refused before anything is asked', async () => {
  for (const wrong of [limits.minPartSize - 1, limits.maxPartSize + 1, 0, 10.5]) {
    const world = createWorld()
    await failure('invalid-argument', world.run({ partSize: wrong }))
    assert.deepEqual(world.calls, [])
  }
})

test('any number of threads brings the same object, and never more parts run at once than were asked for', async () => {
  for (const numThreads of [1, 2, 3, 7, 10, 100]) {
    const world = createWorld({ bytes: someBytes(10 * partSize + 5) })
    const result = await world.run({ numThreads })
    assert.equal(world.tapped.mostPartsAtOnce(), Math.min(numThreads, 11))
    assert.equal(world.asked('UploadPart'), 11)
    await assertDone(world, result)
  }
})

test('without a proof for every part nothing is completed', async () => {
  // Nobody sends: whatever asked for this, an object of no parts must not pass for the file.
  const world = createWorld()
  const failed = await failure('internal', world.run({ numThreads: 0 }))
  assert.match(failed.message, /Only 0 of 5 parts were proved/)
  assert.equal(world.object(), undefined)
})

test('progress grows to the total, which is told last, when the object exists', async () => {
  for (const numThreads of [1, 4]) {
    const world = createWorld({ bytes: someBytes(5 * partSize + 1) })
    const total = world.file.bytes.length
    await world.run({
      numThreads,
      progressCallback: (consumed) => {
        if (consumed === total) assert.ok(world.object() !== undefined, 'the whole before the object')
      },
    })
    const consumed = world.progress.map(([bytes]) => bytes)
    assert.deepEqual(world.eventsOf('callback-error'), [])
    assert.ok(consumed.every((bytes, index) => index === 0 || bytes > (consumed[index - 1] ?? 0)))
    assert.ok(consumed.length > 5)
    assert.equal(consumed.at(-1), total)
    assert.equal(consumed.at(-2), total - 1)
    assert.ok(world.progress.every(([, of]) => of === total))
  }
})

test('a progress callback that throws or rejects costs nothing', async () => {
  for (const progressCallback of [
    () => {
      throw new Error('mine')
    },
    async () => {
      throw new Error('mine, later')
    },
  ]) {
    const world = createWorld()
    await assertDone(world, await world.run({ progressCallback }))
    assert.ok(world.eventsOf('callback-error').length > 0)
  }
})

test('a listener that throws costs nothing', async () => {
  const world = createWorld()
  const result = await world.run({
    onEvent: () => {
      throw new Error('mine')
    },
  })
  await assertDone(world, result)
})

test('a listener whose promise rejects costs nothing: the rejection is taken care of', async () => {
  const world = createWorld()
  let promises = 0
  let lookedAt = 0
  const result = await world.run({
    onEvent: () => {
      const answer = Promise.reject(new Error('mine, later'))
      answer.catch(() => {})
      promises += 1
      return Object.assign(answer, {
        // biome-ignore lint/suspicious/noThenProperty: whoever handles the rejection comes by here
        then(onFulfilled: undefined, onRejected: (reason: unknown) => unknown) {
          lookedAt += 1
          return Promise.prototype.then.call(answer, onFulfilled, onRejected)
        },
      })
    },
  })
  await assertDone(world, result)
  assert.equal(lookedAt, promises, 'nobody handles it: the process would end')
})
