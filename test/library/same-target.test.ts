/** One target, several calls: one works at a time, the other is told; different targets do not meet. */
import assert from 'node:assert/strict'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { memoryStore, pendingUploads, type UploadError, useBucket } from '../../src/index.js'
import { bytesFrom, createWorld, failure, heldClock, PART } from './world.js'

for (const kind of ['a folder', 'an object'] as const) {
  test(`a second call for the same target is locked out while the first runs, with ${kind} as store`, async (t) => {
    const { clock, reached, release } = heldClock()
    const world = await createWorld(t, { clock })
    const store = kind === 'a folder' ? world.store : memoryStore()
    const filename = await world.file(bytesFrom(1, 4 * PART))
    world.server.faults.add({ operation: 'UploadPart', partNumber: 2, effect: 'delay', ms: 1 })
    const first = world.upload('k', filename, { store })
    await Promise.race([reached, first])
    const error = await failure(world.upload('k', filename, { store }), 'locked')
    assert.equal(error.retryable, true)
    const [pending] = await pendingUploads(store)
    assert.notEqual(pending?.heldBy, undefined, 'the listing says who holds it')
    release()
    assert.equal((await first).parts.sent, 4)
    assert.equal(world.asked('InitiateMultipartUpload').length, 1)
    await world.upload('k', filename, { store })
    assert.equal(world.asked('InitiateMultipartUpload').length, 2)
  })
}

for (const multipartThreshold of [0, 2 * PART]) {
  test(`of many calls at once one wins, and all others are locked, threshold ${multipartThreshold}`, async (t) => {
    const { clock, release } = heldClock()
    const world = await createWorld(t, { clock })
    const filename = await world.file(bytesFrom(1, PART))
    world.server.faults.add({ operation: ['UploadPart', 'PutObject'], effect: 'delay', ms: 1 })
    let locked = 0
    const calls = Array.from({ length: 5 }, async () => {
      try {
        await world.upload('k', filename, { multipartThreshold })
        return 'stored'
      } catch (error) {
        locked += 1
        if (locked === 4) release()
        return (error as UploadError).code
      }
    })
    assert.deepEqual((await Promise.all(calls)).sort(), ['locked', 'locked', 'locked', 'locked', 'stored'])
    assert.deepEqual(world.stored(), [])
  })
}

test('different keys, and the same key in another bucket, go side by side in one store', async (t) => {
  const world = await createWorld(t, { buckets: ['examplebucket', 'otherbucket'] })
  const filename = await world.file(bytesFrom(1, 3 * PART))
  const other = world.bucketWith({ name: 'otherbucket' })
  const results = await Promise.all([
    world.upload('a', filename),
    world.upload('b', filename),
    world.upload('a', filename, { bucket: other }),
  ])
  assert.deepEqual(
    results.map(({ bucket, key }) => `${bucket}/${key}`),
    ['examplebucket/a', 'examplebucket/b', 'otherbucket/a'],
  )
})

test('the file is known by what is in it: a copy under another name goes on, another file does not pass for it', async (t) => {
  const world = await createWorld(t)
  const filename = await world.file(bytesFrom(1, 5 * PART))
  world.stopAtPart(4)
  await failure(world.upload('k', filename), 'denied')
  const copy = join(world.folder, 'copy')
  await copyFile(filename, copy)
  world.stopAtPart(5)
  await failure(world.upload('k', copy), 'denied')

  // Two parts of another content, three as they were.
  const mixed = Buffer.concat([bytesFrom(2, 2 * PART), bytesFrom(1, 5 * PART).subarray(2 * PART)])
  const other = await world.file(mixed, 'other')
  const result = await world.upload('k', other)
  assert.deepEqual(result.parts, { kept: 2, sent: 3 })
  assert.deepEqual(await world.objectBytes('k'), mixed)
  assert.equal(world.asked('InitiateMultipartUpload').length, 1)
})

test('a key, an address and a signature of another kind go on with the same upload', async (t) => {
  const credentials = [
    { accessKeyId: 'one', accessKeySecret: '1' },
    { accessKeyId: 'two', accessKeySecret: '2' },
  ]
  const world = await createWorld(t, { credentials })
  const filename = await world.file(bytesFrom(1, 3 * PART))
  world.stopAtPart(3)
  await failure(world.upload('k', filename), 'denied')
  const bucket = world.bucketWith({
    endpoint: `${world.server.endpoint}/`,
    ...(credentials[1] === undefined ? {} : { credentials: credentials[1] }),
    signatureVersion: 'v1',
  })
  assert.deepEqual((await world.upload('k', filename, { bucket })).parts, { kept: 2, sent: 1 })
})

test('restart gives up what is there, and aborts it at the service', async (t) => {
  const world = await createWorld(t)
  const filename = await world.file(bytesFrom(1, 3 * PART))
  world.stopAtPart(3)
  await failure(world.upload('k', filename), 'denied')
  const [before] = await world.unfinished()
  const result = await world.upload('k', filename, { restart: true })
  assert.deepEqual([result.resumed, result.parts], [false, { kept: 0, sent: 3 }])
  assert.notEqual(result.uploadId, before)
  assert.deepEqual(await world.unfinished(), [])
})

test('an upload that somebody aborted at the service begins anew, and says so', async (t) => {
  const world = await createWorld(t)
  const filename = await world.file(bytesFrom(1, 3 * PART))
  world.stopAtPart(3)
  await failure(world.upload('k', filename), 'denied')
  const [uploadId = ''] = await world.unfinished()
  const signal = new AbortController().signal
  await useBucket(world.bucket, (client) => client.abortMultipartUpload({ key: 'k', uploadId }, { signal }))
  const uploading = world.upload('k', filename)
  assert.deepEqual((await uploading).parts, { kept: 0, sent: 3 })
  assert.deepEqual(
    uploading.events.flatMap((event) => (event.type === 'restarted' ? [event.uploadId] : [])),
    [uploadId],
  )
})
