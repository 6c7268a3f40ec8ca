/** What one needs beside uploading: listing page by page, facts, making a bucket, removing. Against the real server. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import {
  createBucket,
  type Listed,
  listBuckets,
  listObjects,
  removeObjects,
  statBucket,
  statObject,
} from '../../src/index.js'
import { toWire } from '../../src/protocol/encode.js'
import { putObjects } from './put-objects.js'
import { createWorld, failure, type World } from './world.js'

const names = (page: readonly Listed[]): readonly string[] =>
  page.map((entry) => (entry.kind === 'object' ? entry.object.key : entry.prefix))

async function pagesOf<T>(pages: AsyncIterable<readonly T[]>): Promise<(readonly T[])[]> {
  const all: (readonly T[])[] = []
  for await (const page of pages) {
    all.push(page)
    assert.ok(all.length < 100, 'the list ends')
  }
  return all
}

async function worldWith(t: TestContext, keys: readonly string[]): Promise<World> {
  const world = await createWorld(t)
  await putObjects(world, keys)
  return world
}

test('objects come page by page, in the byte order of their keys, prefixes among them', async (t) => {
  // By UTF-16 the emoji would stand before the full-width letter; by UTF-8 bytes it is the other way round.
  const world = await worldWith(t, ['b', 'a/1', 'a/2', 'a.', 'Ａ', '😀', 'c\n/x', 'a+b c%'])
  const pages = await pagesOf(listObjects(world.bucket, { delimiter: '/', pageSize: 3 }))
  assert.ok(pages.every((page) => page.length <= 3))
  assert.deepEqual(pages.flatMap(names), ['a+b c%', 'a.', 'a/', 'b', 'c\n/', 'Ａ', '😀'])
  assert.deepEqual((await pagesOf(listObjects(world.bucket, { prefix: 'a/', pageSize: 1 }))).map(names), [
    ['a/1'],
    ['a/2'],
  ])
  assert.deepEqual(await pagesOf(listObjects(world.bucket, { prefix: 'nothing' })), [[]])
})

test('a page that fails is asked for again, and only that one', async (t) => {
  const world = await worldWith(t, ['a', 'b', 'c'])
  world.server.faults.add({
    effect: 'error',
    code: 'ServiceUnavailable',
    status: 503,
    operation: 'ListObjectsV2',
    skip: 1,
  })
  assert.deepEqual((await pagesOf(listObjects(world.bucket, { pageSize: 2 }))).map(names), [
    ['a', 'b'],
    ['c'],
  ])
  assert.equal(world.server.requests.count('ListObjectsV2'), 3)
})

test('a listing that is not read to its end lets go of its connections, and can be cancelled', async (t) => {
  const world = await worldWith(t, ['a', 'b', 'c'])
  for await (const page of listObjects(world.bucket, { pageSize: 1 })) {
    assert.deepEqual(names(page), ['a'])
    break
  }
  assert.equal(world.server.requests.count('ListObjectsV2'), 1)
  const stop = new AbortController()
  const reading = (async () => {
    for await (const page of listObjects(world.bucket, { pageSize: 1, signal: stop.signal })) {
      if (names(page)[0] === 'b') stop.abort(new Error('enough'))
    }
  })()
  await failure(reading, 'cancelled')
})

test('the buckets of the account, those of a prefix, and what is wrong with a service', async (t) => {
  const world = await createWorld(t)
  const { endpoint, accessKeyId, accessKeySecret } = world.server
  const service = { endpoint, credentials: { accessKeyId, accessKeySecret } }
  const bucketNames = async (prefix?: string): Promise<readonly string[]> =>
    (await pagesOf(listBuckets(service, { prefix }))).flat().map(({ name }) => name)
  assert.deepEqual(await createBucket(world.bucketWith({ name: 'photos' })), { existed: false })
  assert.deepEqual(await bucketNames(), ['examplebucket', 'photos'])
  assert.deepEqual(await bucketNames('ph'), ['photos'])
  const wrong = { ...service, credentials: { accessKeyId, accessKeySecret: 'wrong' } }
  await failure(pagesOf(listBuckets(wrong)), 'denied')
  await failure(pagesOf(listBuckets({ ...service, endpoint: 'nowhere' })), 'invalid-argument')
})

test('the facts of an object are text, its metadata apart', async (t) => {
  const world = await createWorld(t)
  const headers = {
    'x-oss-meta-who': toWire('Jürgen'),
    'content-type': 'text/plain',
    'cache-control': 'no-cache',
  }
  await putObjects(world, ['k'], { body: 'hello', headers })
  const { lastModified, etag, crc64, contentMd5, ...facts } = await statObject(world.bucket, 'k')
  assert.ok(Math.abs(lastModified - Date.now()) < 600_000)
  assert.equal(etag, '5D41402ABC4B2A76B9719D911017C592')
  assert.equal(contentMd5, 'XUFAKrxLKna5cZ2REBfFkg==')
  assert.match(crc64 ?? '', /^\d+$/)
  assert.deepEqual(facts, {
    size: 5,
    objectType: 'Normal',
    storageClass: 'Standard',
    metadata: { who: 'Jürgen' },
    headers: { 'cache-control': 'no-cache', 'content-type': 'text/plain' },
  })
  await failure(statObject(world.bucket, 'absent'), 'not-found')
  await failure(statObject(world.bucket, '/k'), 'invalid-argument')
  const { acl, usage } = await statBucket(world.bucket)
  assert.deepEqual([acl, usage?.objects, usage?.bytes, usage?.uploads], ['private', 1, 5, 0])
})

test('objects are removed, each acknowledged key is told, and what fails for good ends it', async (t) => {
  const world = await worldWith(t, ['a', 'b', 'c\n\u0001', 'd'])
  const told: string[] = []
  await removeObjects(world.bucket, ['a', 'c\n\u0001', 'never there'], {
    onRemoved: (keys) => told.push(...keys),
  })
  assert.deepEqual(told.sort(), ['a', 'c\n\u0001', 'never there'])
  assert.deepEqual((await pagesOf(listObjects(world.bucket))).flatMap(names), ['b', 'd'])
  world.server.faults.add({ effect: 'error', code: 'AccessDenied', status: 403, times: null })
  await failure(removeObjects(world.bucket, ['b', 'd']), 'denied')
  world.server.faults.clear()
  assert.deepEqual((await pagesOf(listObjects(world.bucket))).flatMap(names), ['b', 'd'])
})

test('a thousand go with one request; a key that XML can not hold goes alone, and no other with it', async (t) => {
  const keys = Array.from({ length: 1002 }, (_, index) => `k${index}&<>"'`)
  const odd = ['a\u0001', 'b\n', ' c', 'd\r']
  // What a document would make of the odd ones.
  const lookalikes = ['a\ufffd', 'b', 'c', 'd\n']
  const world = await worldWith(t, ['a\u0001', 'a\ufffd', 'b', 'b\n', ' c', 'c', 'd\r', 'd\n', 'k1&<>"\''])
  const told: string[] = []
  await removeObjects(world.bucket, [...keys, ...odd], { onRemoved: (gone) => told.push(...gone) })
  assert.deepEqual(told.sort(), [...keys, ...odd].sort())
  assert.deepEqual((await pagesOf(listObjects(world.bucket))).flatMap(names).sort(), lookalikes.sort())
  assert.equal(world.server.requests.count('DeleteMultipleObjects'), 2)
  assert.equal(world.server.requests.count('DeleteObject'), odd.length)
})

test('where many can not be removed at once they are removed one by one', async (t) => {
  const world = await worldWith(t, ['a', 'b', 'c'])
  world.server.faults.add({
    effect: 'error',
    code: 'NotImplemented',
    status: 501,
    operation: 'DeleteMultipleObjects',
  })
  await removeObjects(world.bucket, ['a', 'b'])
  assert.deepEqual((await pagesOf(listObjects(world.bucket))).flatMap(names), ['c'])
  assert.equal(world.server.requests.count('DeleteObject'), 2)
})
