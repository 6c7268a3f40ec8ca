/** A machine whose clock is wrong: everything beside uploading works as uploading does. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { downloadObject, useBucket, verifyObject } from '../../src/index.js'
import { bytesFrom, createWorld, failure } from './world.js'

for (const offsetMs of [-8 * 86_400_000, 3_600_000]) {
  test(`with the service's clock ${offsetMs} ms from ours, an object is verified, fetched and listed`, async (t) => {
    const clock = { now: () => Date.now() + offsetMs, sleep: async () => {} }
    const world = await createWorld(t, { clock })
    const bytes = bytesFrom(1, 1000)
    const filename = await world.file(bytes)
    await world.upload('k', filename, { multipartThreshold: 5000 })
    assert.equal((await verifyObject(world.bucket, 'k', filename)).equal, true)
    const copy = join(world.folder, 'copy.dat')
    assert.equal((await downloadObject(world.bucket, 'k', copy)).size, bytes.length)
    const { signal } = new AbortController()
    const { objects } = await useBucket(world.bucket, (client) => client.listObjects({ signal }))
    assert.deepEqual(
      objects.map(({ key }) => key),
      ['k'],
    )
    const refused = world.server.requests.entries().filter(({ status }) => status === 403)
    assert.equal(refused.length, 4, 'one refusal taught each call the time')
  })
}

test('a key that stays wrong is refused at once', async (t) => {
  const world = await createWorld(t)
  const credentials = { accessKeyId: 'NOBODY', accessKeySecret: 'x' }
  const bucket = world.bucketWith({ credentials })
  await failure(verifyObject(bucket, 'k', await world.file(bytesFrom(1, 10))), 'denied')
  assert.ok(world.server.requests.entries().length <= 2)
})
