/** AppendObject: where bytes may go, who wins, and what the object then is. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc64, crc64ToDecimal } from '../../src/checksum/crc64.js'
import { createMemoryStorage } from '../../src/server/index.js'
import { FOLDS } from '../../src/server/storage/fold.js'
import { field, inBoth, inBucket } from './both.js'
import { type Ask, bytesFrom, bytesOf, createWorld, START, type World } from './world.js'

const appendAsk = (
  position: number | string,
  body: Uint8Array | string,
  headers: Record<string, string> = {},
  key = 'k',
): Ask => ({
  method: 'POST',
  ...inBucket,
  key,
  query: { append: '', position: String(position) },
  body,
  headers,
})

const head = async (world: World, key = 'k') =>
  (await world.expect(200, { method: 'HEAD', ...inBucket, key })).headers

const read = async (world: World, key = 'k'): Promise<Buffer> =>
  Buffer.from((await world.expect(200, { method: 'GET', ...inBucket, key })).bytes)

const crcOf = (bytes: Uint8Array): string => crc64ToDecimal(crc64(bytes))

inBoth('bytes go behind those that are there, and the answer says where to go on', async (world) => {
  const parts = [bytesFrom(1, 100_000), bytesFrom(2, 7), new Uint8Array(), bytesFrom(3, 80_000)]
  let whole = Buffer.alloc(0)
  const etags = new Set<string>()
  for (const part of parts) {
    const reply = await world.expect(200, appendAsk(whole.length, part))
    whole = Buffer.concat([whole, part])
    assert.equal(reply.headers['x-oss-next-append-position'], String(whole.length))
    assert.equal(reply.headers['x-oss-hash-crc64ecma'], crcOf(whole))
    assert.match(reply.headers['etag'] ?? '', /^"[0-9A-F]{24}00000000"$/)
    etags.add(reply.headers['etag'] ?? '')
  }
  assert.equal(etags.size, parts.length)
  assert.deepEqual(await read(world), whole)
  const headers = await head(world)
  assert.equal(headers['x-oss-object-type'], 'Appendable')
  assert.equal(headers['x-oss-next-append-position'], String(whole.length))
  assert.equal(headers['x-oss-hash-crc64ecma'], crcOf(whole))
  assert.equal(headers['content-md5'], undefined)
  assert.ok(etags.has(headers['etag'] ?? ''))
  const range = await world.expect(206, {
    method: 'GET',
    ...inBucket,
    key: 'k',
    headers: { range: 'bytes=99990-100020' },
  })
  assert.deepEqual(Buffer.from(range.bytes), whole.subarray(99_990, 100_021))
  const listed = await world.expect(200, { method: 'GET', ...inBucket })
  assert.equal(field(listed, 'Type'), 'Appendable')
})

inBoth('headers count on the first append alone', async (world) => {
  await world.expect(
    200,
    appendAsk(0, 'a', {
      'cache-control': 'no-cache',
      'x-oss-meta-user': 'jack',
      'x-oss-tagging': 'k=v',
      'x-oss-object-acl': 'private',
    }),
  )
  world.clock.time = START + 9000
  await world.expect(
    200,
    appendAsk(1, 'b', { 'cache-control': 'other', 'x-oss-meta-more': 'x', 'x-oss-tagging': 'a=&b=' }),
  )
  const headers = await head(world)
  assert.equal(headers['cache-control'], 'no-cache')
  assert.equal(headers['x-oss-meta-user'], 'jack')
  assert.equal(headers['x-oss-meta-more'], undefined)
  assert.equal(headers['x-oss-tagging-count'], '1')
  assert.equal(headers['last-modified'], 'Tue, 02 Jan 2024 03:04:14 GMT')
})

inBoth('a wrong position is refused and told the right one', async (world) => {
  const first = await world.expect(409, appendAsk(5, 'hello'))
  assert.equal(field(first, 'Code'), 'PositionNotEqualToLength')
  assert.equal(first.headers['x-oss-next-append-position'], '0')
  await world.expect(404, { method: 'HEAD', ...inBucket, key: 'k' })
  await world.expect(200, appendAsk(0, 'hello'))
  for (const position of [0, 4, 6]) {
    const reply = await world.expect(409, appendAsk(position, 'x'))
    assert.equal(field(reply, 'Code'), 'PositionNotEqualToLength')
    assert.equal(field(reply, 'EC'), '0026-00000016')
    assert.equal(reply.headers['x-oss-next-append-position'], '5')
  }
  assert.equal((await read(world)).toString(), 'hello')
})

inBoth('of several appends to one position exactly one wins', async (world) => {
  for (let round = 0; round < 3; round += 1) {
    const bodies = Array.from({ length: 6 }, (_, index) => `${round}${index}`)
    const replies = await Promise.all(bodies.map((body) => world.ask(appendAsk(round * 2, body))))
    const winners = replies.flatMap((reply, index) => (reply.status === 200 ? [bodies[index]] : []))
    assert.equal(winners.length, 1)
    for (const reply of replies) {
      if (reply.status === 200) continue
      assert.equal(reply.status, 409)
      assert.ok(['PositionNotEqualToLength'].includes(field(reply, 'Code') ?? ''))
    }
    assert.equal((await read(world)).subarray(round * 2).toString(), winners[0])
  }
})

inBoth('only an object that an append made can be appended to', async (world) => {
  await world.expect(200, { method: 'PUT', ...inBucket, key: 'k', body: 'hello' })
  for (const position of [0, 5]) {
    const reply = await world.expect(409, appendAsk(position, 'x'))
    assert.equal(field(reply, 'Code'), 'ObjectNotAppendable')
  }
  await world.expect(200, appendAsk(0, 'hello', {}, 'log'))
  await world.expect(200, { method: 'PUT', ...inBucket, key: 'log', body: 'over' })
  assert.equal(field(await world.expect(409, appendAsk(4, 'x', {}, 'log')), 'Code'), 'ObjectNotAppendable')
})

inBoth('what is missing or wrong is said exactly', async (world) => {
  const bare: Ask = { method: 'POST', ...inBucket, key: 'k', query: { append: '' }, body: 'x' }
  const missing = await world.expect(400, bare)
  assert.equal(field(missing, 'Code'), 'MissingArgument')
  assert.equal(field(missing, 'EC'), '0016-00000501')
  for (const position of ['-1', 'x', '1.5', '99999999999999999999']) {
    const reply = await world.expect(400, appendAsk(position, 'x'))
    assert.equal(field(reply, 'Code'), 'InvalidArgument')
    assert.equal(field(reply, 'ArgumentName'), 'position')
  }
  const cold = await world.expect(400, appendAsk(0, 'x', { 'x-oss-storage-class': 'ColdArchive' }))
  assert.equal(field(cold, 'EC'), '0016-00000503')
  const md5 = await world.expect(400, appendAsk(0, 'x', { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' }))
  assert.equal(field(md5, 'Code'), 'InvalidDigest')
  const nowhere = await world.expect(404, { ...appendAsk(0, 'x'), bucket: 'otherbucket' })
  assert.equal(field(nowhere, 'EC'), '0015-00000101')
  await world.expect(404, { method: 'HEAD', ...inBucket, key: 'k' })

  await world.expect(200, appendAsk(0, 'hello'))
  const seal = await world.expect(400, {
    method: 'POST',
    ...inBucket,
    key: 'k',
    query: { seal: '', position: '5' },
  })
  assert.equal(field(seal, 'Code'), 'OperationNotSupported')
  assert.equal(field(seal, 'EC'), '0016-00000513')
})

test('an object grows to 5 GiB and no further', async () => {
  // Nothing is written: the record says so much.
  const storage = createMemoryStorage()
  const world = await createWorld({ storage })
  await world.expect(200, appendAsk(0, 'hello'))
  const most = 5 * 1024 ** 3
  await storage.updateObject('examplebucket', 'k', (object) => ({ ...object, size: most - 1 }))
  assert.equal(field(await world.expect(400, appendAsk(most - 1, 'xy')), 'Code'), 'EntityTooLarge')
  await world.expect(200, appendAsk(most - 1, 'x'))
  assert.equal(field(await world.expect(400, appendAsk(most, 'x')), 'Code'), 'EntityTooLarge')
})

inBoth('very many small appends stay right, and few pieces', async (world) => {
  const some = FOLDS[0].pieces * 3 + 5
  let whole = Buffer.alloc(0)
  for (let index = 0; index < some; index += 1) {
    const body = bytesOf(`line ${index}\n`)
    const reply = await world.expect(200, appendAsk(whole.length, body))
    whole = Buffer.concat([whole, body])
    assert.equal(reply.headers['x-oss-hash-crc64ecma'], crcOf(whole))
  }
  assert.deepEqual(await read(world), whole)
  // A copy and a reader of the object as it was keep it through the folding.
  await world.expect(200, {
    method: 'PUT',
    ...inBucket,
    key: 'copy',
    headers: { 'x-oss-copy-source': '/examplebucket/k' },
  })
  const before = Buffer.from(whole)
  for (let index = 0; index < FOLDS[0].pieces + 1; index += 1) {
    await world.expect(200, appendAsk(whole.length, 'more'))
    whole = Buffer.concat([whole, Buffer.from('more')])
  }
  assert.deepEqual(await read(world), whole)
  await world.expect(204, { method: 'DELETE', ...inBucket, key: 'k' })
  assert.deepEqual(await read(world, 'copy'), before)
})

test('tags that can not be are refused with the first append, and not looked at later', async () => {
  const world = await createWorld()
  await world.expect(200, { method: 'PUT', bucket: inBucket.bucket })
  const tooMany = Array.from({ length: 15 }, (_, index) => `key${index}=v`).join('&')
  await world.expect(400, appendAsk(0, 'abc', { 'x-oss-tagging': tooMany }))
  await world.expect(200, appendAsk(0, 'abc'))
  await world.expect(200, appendAsk(3, 'abc', { 'x-oss-tagging': tooMany }))
  const headers = await head(world)
  assert.deepEqual([headers['content-length'], headers['x-oss-tagging-count']], ['6', undefined])
})

inBoth('a later append that names an ACL sets it, and changes nothing else that is told', async (world) => {
  await world.expect(
    200,
    appendAsk(0, 'a', { 'x-oss-object-acl': 'public-read-write', 'x-oss-meta-my': 'one' }),
  )
  const acl = async () =>
    field(await world.expect(200, { method: 'GET', ...inBucket, key: 'k', query: { acl: '' } }), 'Grant')
  assert.equal(await acl(), 'public-read-write')
  await world.expect(200, appendAsk(1, 'b', { 'x-oss-meta-my': 'two' }))
  assert.equal(await acl(), 'public-read-write')
  const later = { 'x-oss-object-acl': 'public-read', 'x-oss-meta-my': 'two', 'x-oss-meta-mine': 'three' }
  await world.expect(200, appendAsk(2, 'c', later))
  assert.equal(await acl(), 'public-read')
  const told = await head(world)
  assert.equal(told['x-oss-meta-my'], 'one')
  assert.equal(told['x-oss-meta-mine'], undefined)
})
