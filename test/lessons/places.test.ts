/** Where other tools keep their records in a folder that nobody named, or can't do without one that nobody needs. */
import assert from 'node:assert/strict'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { resumableUpload } from '../../src/index.js'
import { bytesFrom, createWorld, failure, PART } from '../library/world.js'

function setEnvironment(t: TestContext, name: string, value: string | undefined): void {
  const before = process.env[name]
  t.after(() => {
    if (before === undefined) delete process.env[name]
    else process.env[name] = before
  })
  if (value === undefined) delete process.env[name]
  else process.env[name] = value
}

test('W15: the store is the folder that was named, with or without a slash at its end', async (t) => {
  const world = await createWorld(t)
  const parent = join(world.folder, 'parent')
  await mkdir(parent)
  const filename = await world.file(bytesFrom(1, 3 * PART))
  world.stopAtPart(3)
  await failure(world.upload('k', filename, { store: join(parent, 'checkpoints') }), 'denied')
  assert.deepEqual(await readdir(parent), ['checkpoints'])
  assert.equal((await readdir(join(parent, 'checkpoints'))).length, 1)
  const { resumed } = await world.upload('k', filename, { store: `${join(parent, 'checkpoints')}/` })
  assert.equal(resumed, true)
  assert.deepEqual(await readdir(parent), ['checkpoints'])
})

test('W17: a home and a temporary folder that can not be written to are no obstacle to a store that can', async (t) => {
  const world = await createWorld(t)
  const filename = await world.file(bytesFrom(1, 3 * PART))
  // Nobody can make a folder below a file, not even root.
  const home = join(world.folder, 'no-home')
  await writeFile(home, '')
  setEnvironment(t, 'LONGHAUL_STORE', undefined)
  for (const name of ['HOME', 'USERPROFILE', 'TMPDIR']) setEnvironment(t, name, home)
  const options = { multipartThreshold: 0, partSize: PART }

  await failure(resumableUpload(world.bucket, 'k', filename, options), 'store-unusable', /store/)
  assert.equal(world.server.requests.entries().length, 0, 'it was said before anything was sent')
  world.stopAtPart(2)
  await failure(resumableUpload(world.bucket, 'k', filename, { ...options, store: world.store }), 'denied')
  setEnvironment(t, 'LONGHAUL_STORE', world.store)
  const { resumed } = await resumableUpload(world.bucket, 'k', filename, options)
  assert.equal(resumed, true)
})
