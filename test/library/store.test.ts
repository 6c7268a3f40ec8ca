/** `store`: where checkpoints are when it is a folder, the default, the environment's, or an object; and what stays there. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { memoryStore, pendingUploads, type UploadOptions } from '../../src/index.js'
import { runUploader } from '../faults/uploader-process.js'
import { bytesFrom, createWorld, failure, PART, partNumbers, temporaryFolder } from './world.js'

test('a folder: made private when it is needed, holds one private file while the upload is unfinished, and nothing after', async (t) => {
  const world = await createWorld(t)
  const store = join(world.folder, 'not', 'yet', 'there')
  const filename = await world.file(bytesFrom(1, 3 * PART))
  world.stopAtPart(2)
  await failure(world.upload('dir/k', filename, { store }), 'denied')
  const names = readdirSync(store)
  assert.equal(names.length, 1, names.join())
  const path = join(store, names[0] ?? '')
  assert.equal(statSync(store).mode & 0o777, 0o700)
  assert.equal(statSync(path).mode & 0o777, 0o600)
  const text = readFileSync(path, 'utf8')
  assert.ok(!text.includes(world.server.accessKeySecret) && !text.includes(world.server.accessKeyId))

  await world.upload('dir/k', filename, { store })
  assert.deepEqual(readdirSync(store), [])
  assert.deepEqual(partNumbers(world.asked('UploadPart')), [1, 2, 2, 3])
})

test('while an upload runs, its secret headers are not in the store', async (t) => {
  const world = await createWorld(t)
  const filename = await world.file(bytesFrom(1, PART))
  const key = Buffer.alloc(32, 9).toString('base64')
  const headers = { 'x-oss-server-side-encryption-customer-key': key }
  await failure(world.upload('k', filename, { headers }), 'unsupported')
  const [name = ''] = world.stored()
  const text = readFileSync(join(world.store, name), 'utf8')
  assert.match(text, /customer-key/)
  assert.ok(!text.includes(key))
})

test('nothing is left in the store after success, whatever the way to it', async (t) => {
  const world = await createWorld(t)
  const filename = await world.file(bytesFrom(1, 2 * PART))
  const ways: readonly UploadOptions[] = [
    {},
    { multipartThreshold: 3 * PART },
    { headers: { 'x-oss-forbid-overwrite': 'true' } },
    { multipartThreshold: 3 * PART, headers: { 'x-oss-forbid-overwrite': 'true' } },
    { verify: 'paranoid', numThreads: 2 },
    { restart: true },
  ]
  for (const [index, options] of ways.entries()) {
    await world.upload(`k${index}`, filename, options)
    assert.deepEqual(world.stored(), [], JSON.stringify(options))
  }
  assert.deepEqual(await world.unfinished(), [])
})

test('two keys in one folder do not know one another', async (t) => {
  const world = await createWorld(t)
  const filename = await world.file(bytesFrom(1, 2 * PART))
  for (const key of ['dir/k', 'dir_k']) {
    world.stopAtPart(2)
    await failure(world.upload(key, filename), 'denied')
  }
  assert.equal(world.stored().length, 2)
  await world.upload('dir/k', filename)
  const [left, ...more] = await pendingUploads(world.store)
  assert.deepEqual([left?.key, left?.state, left?.partsStored, more.length], ['dir_k', 'open', 1, 0])
})

test('an object: the same promises, no file', async (t) => {
  const world = await createWorld(t)
  const store = memoryStore()
  const filename = await world.file(bytesFrom(1, 3 * PART))
  world.stopAtPart(3)
  await failure(world.upload('k', filename, { store }), 'denied')
  assert.deepEqual(
    (await pendingUploads(store)).map(({ key, partsStored }) => [key, partsStored]),
    [['k', 2]],
  )
  const result = await world.upload('k', filename, { store })
  assert.deepEqual(result.parts, { kept: 2, sent: 1 })
  assert.deepEqual(await pendingUploads(store), [])
  assert.deepEqual(world.stored(), [])
})

test('what is no store is refused', async (t) => {
  const world = await createWorld(t)
  const filename = await world.file(bytesFrom(1, 10))
  for (const store of ['', 7, {}] as unknown as string[]) {
    await failure(world.upload('k', filename, { store }), 'invalid-argument', /store/i)
  }
})

for (const variable of ['HOME', 'LONGHAUL_STORE'] as const) {
  test(`without a store it is the folder that ${variable} tells`, async (t) => {
    const world = await createWorld(t)
    const home = await temporaryFolder(t)
    const named = join(home, 'named')
    const filename = await world.file(bytesFrom(1, 3 * PART))
    const job = {
      endpoint: world.server.endpoint,
      bucket: 'examplebucket',
      key: 'k',
      filename,
      options: { multipartThreshold: 0, partSize: PART },
    }
    const environment = {
      OSS_ACCESS_KEY_ID: world.server.accessKeyId,
      OSS_ACCESS_KEY_SECRET: world.server.accessKeySecret,
      HOME: home,
      LONGHAUL_STORE: variable === 'HOME' ? '' : named,
    }
    const expected = variable === 'HOME' ? join(home, '.longhaul', 'uploads') : named
    world.stopAtPart(3)
    assert.deepEqual((await runUploader(job, { environment })).end, { type: 'error', code: 'denied' })
    assert.equal(readdirSync(expected).length, 1)
    assert.equal(existsSync(join(home, '.longhaul')), variable === 'HOME')

    const { end } = await runUploader(job, { environment })
    assert.equal(end?.type, 'result')
    assert.deepEqual(partNumbers(world.asked('UploadPart')), [1, 2, 3, 3])
    assert.deepEqual(readdirSync(expected), [])
  })
}
