/** The unfinished uploads of a bucket, told apart by the store here, and aborting one that nobody adds to any more. */
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { abortIfOlder, discardUpload, lastTouched, remoteUploads } from '../../src/index.js'
import { bytesFrom, createWorld, failure, PART, type World } from './world.js'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** A world whose server has a clock that the test moves. */
async function agingWorld(t: TestContext): Promise<{ world: World; pass: (ms: number) => void }> {
  let offsetMs = 0
  const clock = { now: () => Date.now() + offsetMs, sleep: async () => {} }
  const world = await createWorld(t, { clock })
  return {
    world,
    pass: (ms) => {
      offsetMs += ms
    },
  }
}

/** An upload that was stopped with two parts at the service; its id. */
async function stopped(world: World, key: string, store = world.store): Promise<string> {
  const filename = await world.file(bytesFrom(1, 4 * PART))
  const before = new Set(await world.unfinished())
  world.stopAtPart(3)
  await failure(world.upload(key, filename, { store, multipartThreshold: 0 }), 'denied')
  world.server.faults.clear()
  return (await world.unfinished()).find((id) => !before.has(id)) ?? ''
}

test('each upload is told apart: ours, owed, a possible orphan, somebody else’s', async (t) => {
  const { world } = await agingWorld(t)
  const { bucket, store } = world
  const elsewhere = join(world.folder, 'elsewhere')
  const ids = {
    orphan: await stopped(world, 'a', elsewhere),
    ours: await stopped(world, 'a'),
    others: await stopped(world, 'b', elsewhere),
    owed: await stopped(world, 'c'),
  }
  world.server.faults.add({
    operation: 'AbortMultipartUpload',
    effect: 'error',
    code: 'AccessDenied',
    status: 403,
    times: null,
  })
  await failure(discardUpload(bucket, 'c', { store }), 'interrupted')
  const { uploads } = await remoteUploads(bucket, { store })
  const whose = new Map(uploads.map((upload) => [upload.uploadId, upload.whose]))
  assert.equal(whose.get(ids.ours), 'ours')
  assert.equal(whose.get(ids.owed), 'owed')
  assert.equal(whose.get(ids.orphan), 'possible-orphan')
  assert.equal(whose.get(ids.others), 'others')
  assert.deepEqual(
    uploads.map(({ stored }) => [stored?.parts, stored?.bytes]),
    uploads.map(() => [2, 2 * PART]),
  )
  const below = await remoteUploads(bucket, { store, prefix: 'b' })
  assert.deepEqual(
    below.uploads.map(({ uploadId }) => uploadId),
    [ids.others],
  )
})

test('all pages of uploads are listed, and of parts', async (t) => {
  const { world } = await agingWorld(t)
  const signal = new AbortController().signal
  const id = await stopped(world, 'k')
  let pages = 0
  const clientOver: typeof world.bucket.clientOver = (transport) => {
    const client = world.bucket.clientOver(transport)
    return {
      ...client,
      async listParts(...[upload, options]: Parameters<typeof client.listParts>) {
        const { parts } = await client.listParts(upload, { ...options, signal })
        const rest = parts.filter(({ partNumber }) => partNumber > (options.page ?? 0))
        pages += 1
        const more = rest.length > 1
        return { parts: rest.slice(0, 1), ...(more ? { nextPage: rest[0]?.partNumber ?? 0 } : {}) }
      },
    }
  }
  const { name, service, network } = world.bucket
  const paged = { name, service, network, clientOver } as unknown as typeof world.bucket
  const { uploads } = await remoteUploads(paged, { store: world.store })
  assert.deepEqual([uploads[0]?.uploadId, uploads[0]?.stored?.parts, pages], [id, 2, 2])
})

test('how old an upload is, its newest part says, by the service’s clock; its beginning when it has none', async (t) => {
  const { world, pass } = await agingWorld(t)
  const { bucket, store } = world
  const id = await stopped(world, 'k')
  pass(5 * dayMs)
  // Goes on elsewhere: a third part arrives now.
  world.stopAtPart(4)
  await failure(world.upload('k', await world.file(bytesFrom(1, 4 * PART))), 'denied')
  world.server.faults.clear()
  pass(dayMs)
  const { uploads, now } = await remoteUploads(bucket, { store })
  const [upload] = uploads
  assert.ok(upload !== undefined)
  assert.equal(upload.uploadId, id)
  assert.ok(now - upload.initiated >= 6 * dayMs)
  assert.ok(now - (lastTouched(upload) ?? 0) < 2 * dayMs)
  assert.equal(lastTouched({ initiated: 5, stored: { parts: 0, bytes: 0 } }), 5)
  assert.equal(lastTouched({ initiated: 5 }), undefined)
  assert.equal(await abortIfOlder(bucket, upload, { olderThanMs: 3 * dayMs }), 'touched')
  assert.deepEqual(await world.unfinished(), [id])
})

test('one that got a part after it was listed is left alone, one that is gone is told, the rest is aborted until gone', async (t) => {
  const { world, pass } = await agingWorld(t)
  const { bucket } = world
  const id = await stopped(world, 'k')
  pass(8 * dayMs)
  const { uploads } = await remoteUploads(bucket)
  const [upload] = uploads
  assert.ok(upload !== undefined)
  world.stopAtPart(4)
  await failure(world.upload('k', await world.file(bytesFrom(1, 4 * PART))), 'denied')
  world.server.faults.clear()
  assert.equal(await abortIfOlder(bucket, upload, { olderThanMs: 7 * dayMs }), 'touched')
  assert.equal(world.asked('AbortMultipartUpload').length, 0)
  assert.deepEqual(await world.unfinished(), [id])

  pass(8 * dayMs)
  assert.equal(await abortIfOlder(bucket, upload, { olderThanMs: 7 * dayMs }), 'aborted')
  const aborts = world.asked('AbortMultipartUpload').map(({ status }) => status)
  assert.deepEqual(aborts, [204, 404])
  assert.deepEqual(await world.unfinished(), [])
  assert.equal(await abortIfOlder(bucket, upload, { olderThanMs: 7 * dayMs }), 'gone')
})

test('where parts may not be listed the uploads are, and none of them is aborted', async (t) => {
  const { world, pass } = await agingWorld(t)
  const id = await stopped(world, 'k')
  await rm(world.store, { recursive: true })
  pass(8 * dayMs)
  world.server.faults.add({
    operation: 'ListParts',
    effect: 'error',
    code: 'AccessDenied',
    status: 403,
    times: null,
  })
  const { uploads } = await remoteUploads(world.bucket, { store: world.store })
  const [upload] = uploads
  assert.ok(upload !== undefined)
  assert.equal(upload.stored, undefined)
  await failure(abortIfOlder(world.bucket, upload, { olderThanMs: hourMs }), 'denied')
  assert.deepEqual(await world.unfinished(), [id])
})

test('a bucket that is not there and an answer that fails for a while are told and asked again', async (t) => {
  const { world } = await agingWorld(t)
  const id = await stopped(world, 'k')
  world.server.faults.add({
    operation: 'ListMultipartUploads',
    effect: 'error',
    code: 'InternalError',
    status: 500,
  })
  const { uploads } = await remoteUploads(world.bucket)
  assert.deepEqual(
    uploads.map(({ uploadId }) => uploadId),
    [id],
  )
  await failure(remoteUploads(world.bucketWith({ name: 'nobucket' })), 'not-found')
})
