/** `adopt` over real sockets and disks: another machine, or a store that is gone. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { bytesFrom, createWorld, failure, KiB, PART, type World } from './world.js'

const bytes = bytesFrom(7, 5 * PART + 17 * KiB)

/** An upload of which three parts are at the service, and no store. */
async function orphaned(
  t: TestContext,
  headers = {},
): Promise<{ world: World; filename: string; id: string }> {
  const world = await createWorld(t)
  const filename = await world.file(bytes)
  world.stopAtPart(4)
  await failure(world.upload('k', filename, { headers }), 'denied')
  world.server.faults.clear()
  await rm(world.store, { recursive: true })
  const [id = ''] = await world.unfinished()
  return { world, filename, id }
}

test('another machine, with a copy of the file and a store of its own, goes on with the upload', async (t) => {
  const { world, filename, id } = await orphaned(t)
  const copy = join(world.folder, 'copy.dat')
  await cp(filename, copy)
  const before = world.asked('UploadPart').length
  const store = join(world.folder, 'other-store')
  const uploading = world.upload('k', copy, { adopt: true, store })
  const result = await uploading
  assert.equal(result.uploadId, id)
  assert.equal(result.resumed, true)
  assert.deepEqual(result.parts, { kept: 3, sent: 3 })
  assert.equal(world.asked('UploadPart').length - before, 3)
  assert.deepEqual(await world.objectBytes('k'), bytes)
  assert.deepEqual(await world.unfinished(), [])
})

test('an adopted upload that is interrupted again is resumed by its own checkpoint', async (t) => {
  const { world, filename, id } = await orphaned(t)
  world.stopAtPart(5)
  await failure(world.upload('k', filename, { adopt: true }), 'denied')
  world.server.faults.clear()
  const result = await world.upload('k', filename)
  assert.equal(result.uploadId, id)
  assert.deepEqual(result.parts, { kept: 4, sent: 2 })
  assert.equal(world.asked('ListMultipartUploads').length, 2, 'the test asked once, and the run that adopted')
  assert.deepEqual(await world.objectBytes('k'), bytes)
})

test('headers of the beginning that are not those of now are named in the result, storage class and text included', async (t) => {
  const headers = {
    'content-type': 'text/plain',
    'x-oss-meta-word': 'naïve 中',
    'x-oss-storage-class': 'IA',
    'x-oss-tagging': 'a=1',
  }
  const { world, filename } = await orphaned(t, headers)
  const now = { 'x-oss-meta-word': 'naïve 中', 'x-oss-storage-class': 'Standard', expires: 'never' }
  const result = await world.upload('k', filename, { adopt: true, headers: now })
  assert.deepEqual(result.differingHeaders, [
    'content-type',
    'expires',
    'x-oss-storage-class',
    'x-oss-tagging',
  ])

  const same = await orphaned(t, headers)
  const again = await same.world.upload('k', same.filename, { adopt: true, headers })
  assert.equal(again.differingHeaders, undefined)
})

test('of two that fit none is chosen until one is named', async (t) => {
  const { world, filename, id } = await orphaned(t)
  world.stopAtPart(2)
  await failure(world.upload('k', filename), 'denied')
  world.server.faults.clear()
  await rm(world.store, { recursive: true })
  const other = (await world.unfinished()).find((each) => each !== id) ?? ''
  const failed = await failure(
    world.upload('k', filename, { adopt: true }),
    'conflict',
    /2 unfinished uploads/,
  )
  assert.ok(failed.message.includes(id) && failed.message.includes(other), failed.message)
  const result = await world.upload('k', filename, { adopt: other })
  assert.equal(result.uploadId, other)
  assert.deepEqual(await world.unfinished(), [id])
  const digest = (of: Uint8Array): string => createHash('sha256').update(of).digest('hex')
  assert.equal(digest(await world.objectBytes('k')), digest(bytes))
})

test('what can not be meant by adopt is refused before anything is sent', async (t) => {
  const world = await createWorld(t)
  const filename = await world.file(bytes)
  await failure(world.upload('k', filename, { adopt: '' }), 'invalid-argument', /adopt/)
  await failure(world.upload('k', filename, { adopt: true, restart: true }), 'invalid-argument', /either/)
  await failure(world.upload('k', filename, { adopt: 1 as unknown as boolean }), 'invalid-argument', /adopt/)
  assert.equal(world.server.requests.entries().length, 0)
})
