/** `multipartThreshold` and `partSize`: their edges, their defaults, and which of them a resumed upload goes by. */
import assert from 'node:assert/strict'
import { truncate } from 'node:fs/promises'
import { test } from 'node:test'
import { bytesFrom, createWorld, failure, KiB, MiB, PART, partNumbers, type World } from './world.js'

/** Bytes of each part as they arrived, in the order of part numbers. */
function partSizes(world: World): readonly number[] {
  return [...world.asked('UploadPart')]
    .sort((a, b) => (a.partNumber ?? 0) - (b.partNumber ?? 0))
    .map(({ bytesIn }) => bytesIn)
}

const GiB = 1024 * MiB

for (const { threshold, size } of [
  { threshold: undefined, size: 10 * MiB },
  { threshold: 3 * PART, size: 3 * PART },
  { threshold: 1, size: 1 },
]) {
  test(`${threshold ?? 'by default, 10 MiB'}: as many bytes are a multipart upload, one less is one PutObject`, async (t) => {
    const world = await createWorld(t)
    const options = { multipartThreshold: threshold, partSize: undefined }
    const filename = await world.file(bytesFrom(1, size))
    await world.upload('many', filename, options)
    assert.equal(world.asked('InitiateMultipartUpload').length, 1)
    assert.equal(world.asked('PutObject').length, 0)

    await truncate(filename, size - 1)
    await world.upload('one', filename, options)
    assert.equal(world.asked('InitiateMultipartUpload').length, 1)
    assert.deepEqual(
      world.asked('PutObject').map(({ bytesIn }) => bytesIn),
      [size - 1],
    )
    assert.deepEqual(await world.objectBytes('one'), bytesFrom(1, size).subarray(0, size - 1))
  })
}

test('an empty file is one PutObject, even with a threshold of 0', async (t) => {
  const world = await createWorld(t)
  const filename = await world.file(new Uint8Array())
  const result = await world.upload('empty', filename, { multipartThreshold: 0 })
  assert.deepEqual([result.size, result.crc64, result.uploadId], [0, '0', undefined])
  assert.deepEqual([world.asked('PutObject').length, world.asked('InitiateMultipartUpload').length], [1, 0])
  assert.equal((await world.objectBytes('empty')).length, 0)
})

test('a threshold beyond what one PutObject can carry, or that is no size, is refused before anything is sent', async (t) => {
  const world = await createWorld(t)
  const filename = await world.file(bytesFrom(1, 10))
  for (const multipartThreshold of [-1, 1.5, Number.NaN, 5 * GiB + 1, Number.POSITIVE_INFINITY]) {
    await failure(
      world.upload('k', filename, { multipartThreshold }),
      'invalid-argument',
      /multipartThreshold/,
    )
  }
  assert.equal(world.server.requests.entries().length, 0)
  await world.upload('k', filename, { multipartThreshold: 5 * GiB })
})

test('the calculated part size is 8 MiB for a file of usual size', async (t) => {
  const world = await createWorld(t)
  const filename = await world.file(bytesFrom(1, 16 * MiB + 1))
  const uploading = world.upload('k', filename, { partSize: undefined })
  await uploading
  assert.deepEqual(partSizes(world), [8 * MiB, 8 * MiB, 1])
  const opened = uploading.events.find((event) => event.type === 'opened')
  assert.deepEqual(opened && [opened.partSize, opened.partCount], [8 * MiB, 3])
})

for (const [size, sizes] of [
  [1, [1]],
  [PART, [PART]],
  [PART + 1, [PART, 1]],
  [3 * PART - 1, [PART, PART, PART - 1]],
  [3 * PART, [PART, PART, PART]],
] as const) {
  test(`${size} bytes in parts of ${PART}`, async (t) => {
    const world = await createWorld(t)
    await world.upload('k', await world.file(bytesFrom(size, size)))
    assert.deepEqual(partSizes(world), sizes)
    assert.deepEqual(await world.objectBytes('k'), bytesFrom(size, size))
  })
}

test('a part size outside the limits, or with more than 10,000 parts, is refused before anything is sent', async (t) => {
  const world = await createWorld(t)
  const filename = await world.file(bytesFrom(1, 10))
  for (const partSize of [0, -1, PART - 1, PART + 0.5, Number.NaN, 5 * GiB + 1]) {
    await failure(world.upload('k', filename, { partSize }), 'invalid-argument', /part size/i)
  }
  const sparse = await world.file(new Uint8Array(), 'sparse')
  await truncate(sparse, 10_000 * PART + 1)
  await failure(world.upload('k', sparse), 'invalid-argument', /10001 parts.* 102401\b/)
  assert.equal(world.server.requests.entries().length, 0)
  assert.deepEqual(world.stored(), [])
})

test('a resumed upload keeps its part size, and an event says so', async (t) => {
  const world = await createWorld(t)
  const bytes = bytesFrom(1, 5 * PART + 7)
  const filename = await world.file(bytes)
  world.stopAtPart(3)
  await failure(world.upload('k', filename), 'denied')
  world.server.requests.clear()

  const uploading = world.upload('k', filename, { partSize: 300 * KiB })
  const result = await uploading
  assert.deepEqual(
    uploading.events.filter(({ type }) => type === 'plan-kept'),
    [{ type: 'plan-kept', partSize: PART, asked: 300 * KiB }],
  )
  assert.deepEqual(partNumbers(world.asked('UploadPart')), [3, 4, 5, 6])
  assert.deepEqual([result.resumed, result.parts], [true, { kept: 2, sent: 4 }])
  assert.deepEqual(result.bytes, { kept: 2 * PART, sent: 3 * PART + 7 })
  assert.deepEqual(await world.objectBytes('k'), bytes)
})

test('no part size, or the same, is no change of plan', async (t) => {
  for (const partSize of [undefined, PART]) {
    const world = await createWorld(t)
    const filename = await world.file(bytesFrom(1, 4 * PART))
    world.stopAtPart(2)
    await failure(world.upload('k', filename), 'denied')
    const uploading = world.upload('k', filename, { partSize })
    assert.equal((await uploading).resumed, true)
    assert.equal(uploading.events.filter(({ type }) => type === 'plan-kept').length, 0)
  }
})

test('an upload that began above the threshold goes on as one, whatever the threshold is now', async (t) => {
  const world = await createWorld(t)
  const filename = await world.file(bytesFrom(1, 4 * PART))
  world.stopAtPart(4)
  await failure(world.upload('k', filename), 'denied')
  const result = await world.upload('k', filename, { multipartThreshold: 5 * PART })
  assert.deepEqual([result.resumed, result.parts.kept], [true, 3])
})
