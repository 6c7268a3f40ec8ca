/** CopyObject: what the copy has of its source, on which conditions, and what is refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatHttpDate } from '../../src/protocol/dates.js'
import { createMemoryStorage } from '../../src/server/index.js'
import { field, inBoth, inBucket } from './both.js'
import {
  type Ask,
  bytesFrom,
  completionOf,
  createWorld,
  initiate,
  type Reply,
  START,
  sendPart,
  type World,
  wire,
} from './world.js'

const put = (world: World, key: string, body: Uint8Array | string, headers: Record<string, string> = {}) =>
  world.expect(200, { method: 'PUT', ...inBucket, key, body, headers })

const head = (world: World, key: string, bucket = 'examplebucket') =>
  world.expect(200, { method: 'HEAD', bucket, key })

const copyAsk = (key: string, source: string, headers: Record<string, string> = {}): Ask => ({
  method: 'PUT',
  ...inBucket,
  key,
  headers: { 'x-oss-copy-source': source, ...headers },
})

const read = async (world: World, key: string): Promise<Buffer> =>
  Buffer.from((await world.expect(200, { method: 'GET', ...inBucket, key })).bytes)

function told(reply: Reply): { etag: string | undefined; crc: string | undefined } {
  return { etag: reply.headers['etag'], crc: reply.headers['x-oss-hash-crc64ecma'] }
}

inBoth(
  'a copy has the bytes, checksums, headers and tags of its source, and a time of its own',
  async (world) => {
    const body = bytesFrom(1, 200_000)
    await put(world, 'dir/source ü.dat', body, {
      'content-type': 'image/png',
      'cache-control': 'no-cache',
      'x-oss-meta-a': 'b',
      'x-oss-tagging': 'k=v&k2=',
      'x-oss-object-acl': 'public-read',
      'x-oss-storage-class': 'IA',
    })
    const source = await head(world, 'dir/source ü.dat')
    world.clock.time += 60_000
    const reply = await world.expect(200, copyAsk('copy', '/examplebucket/dir%2Fsource%20%C3%BC.dat'))
    assert.equal(field(reply, 'ETag'), source.headers['etag'])
    assert.equal(field(reply, 'LastModified'), '2024-01-02T03:05:05.000Z')
    assert.deepEqual(told(reply), told(source))

    const copy = await head(world, 'copy')
    assert.deepEqual(told(copy), told(source))
    assert.equal(copy.headers['content-md5'], source.headers['content-md5'])
    assert.equal(copy.headers['content-type'], 'image/png')
    assert.equal(copy.headers['cache-control'], 'no-cache')
    assert.equal(copy.headers['x-oss-meta-a'], 'b')
    assert.equal(copy.headers['x-oss-tagging-count'], '2')
    assert.equal(copy.headers['x-oss-object-type'], 'Normal')
    assert.equal(copy.headers['last-modified'], formatHttpDate(START + 60_000))
    // Class and ACL are asked for anew.
    assert.equal(copy.headers['x-oss-storage-class'], 'Standard')
    const acl = await world.expect(200, { method: 'GET', ...inBucket, key: 'copy', query: { acl: '' } })
    assert.equal(field(acl, 'Grant'), 'default')

    await world.expect(204, { method: 'DELETE', ...inBucket, key: 'dir/source ü.dat' })
    assert.deepEqual(await read(world, 'copy'), Buffer.from(body))
  },
)

inBoth('headers and tags are those of the request where it says REPLACE', async (world) => {
  await put(world, 'a', 'hello', {
    'x-oss-meta-a': 'old',
    'x-oss-tagging': 'old=1',
    'content-type': 'text/plain',
  })
  await world.expect(
    200,
    copyAsk('b', '/examplebucket/a', {
      'x-oss-metadata-directive': 'replace',
      'x-oss-tagging-directive': 'Replace',
      'x-oss-meta-b': wire('ü'),
      'x-oss-tagging': 'x=1&y=2&z=3',
      'x-oss-storage-class': 'IA',
      'x-oss-object-acl': 'private',
    }),
  )
  const { headers } = await head(world, 'b')
  assert.equal(headers['x-oss-meta-a'], undefined)
  assert.equal(headers['x-oss-meta-b'], wire('ü'))
  assert.equal(headers['content-type'], 'application/octet-stream')
  assert.equal(headers['x-oss-tagging-count'], '3')
  assert.equal(headers['x-oss-storage-class'], 'IA')
  const acl = await world.expect(200, { method: 'GET', ...inBucket, key: 'b', query: { acl: '' } })
  assert.equal(field(acl, 'Grant'), 'private')

  // Without the directive, what the request says of headers and tags does not count.
  await world.expect(
    200,
    copyAsk('c', '/examplebucket/a', { 'x-oss-meta-b': 'new', 'x-oss-tagging': 'x=1&y=2' }),
  )
  const copied = await head(world, 'c')
  assert.equal(copied.headers['x-oss-meta-a'], 'old')
  assert.equal(copied.headers['x-oss-meta-b'], undefined)
  assert.equal(copied.headers['x-oss-tagging-count'], '1')

  for (const name of ['x-oss-metadata-directive', 'x-oss-tagging-directive']) {
    const reply = await world.expect(400, copyAsk('d', '/examplebucket/a', { [name]: 'merge' }))
    assert.equal(field(reply, 'Code'), 'InvalidArgument')
    assert.equal(field(reply, 'ArgumentName'), name)
  }
})

inBoth('an object copied onto itself gets the headers of the request and keeps all else', async (world) => {
  await put(world, 'a', 'hello', {
    'x-oss-meta-a': 'old',
    'x-oss-tagging': 'k=v',
    'x-oss-object-acl': 'public-read',
    'x-oss-storage-class': 'IA',
  })
  const before = await head(world, 'a')
  world.clock.time += 5000
  await world.expect(200, copyAsk('a', '/examplebucket/a', { 'x-oss-meta-b': 'new' }))
  const after = await head(world, 'a')
  assert.deepEqual(told(after), told(before))
  assert.equal(after.headers['x-oss-meta-a'], undefined)
  assert.equal(after.headers['x-oss-meta-b'], 'new')
  assert.equal(after.headers['x-oss-tagging-count'], '1')
  assert.equal(after.headers['x-oss-storage-class'], 'IA')
  assert.equal(after.headers['last-modified'], formatHttpDate(START + 5000))
  const acl = await world.expect(200, { method: 'GET', ...inBucket, key: 'a', query: { acl: '' } })
  assert.equal(field(acl, 'Grant'), 'public-read')
  assert.equal((await read(world, 'a')).toString(), 'hello')

  await world.expect(200, copyAsk('a', '/examplebucket/a'))
  assert.equal((await head(world, 'a')).headers['x-oss-meta-b'], 'new', 'a request that says nothing')
  const directive = { 'x-oss-metadata-directive': 'REPLACE' }
  await world.expect(200, copyAsk('a', '/examplebucket/a', directive))
  assert.equal((await head(world, 'a')).headers['x-oss-meta-b'], undefined, 'one that says: nothing')

  const refused = copyAsk('a', '/examplebucket/a', { 'x-oss-forbid-overwrite': 'true' })
  assert.equal(field(await world.expect(409, refused), 'Code'), 'FileAlreadyExists')
})

inBoth('objects made of parts and appended ones are copied as one', async (world) => {
  const parts = [bytesFrom(1, 102_400), bytesFrom(2, 10)]
  const upload = { key: 'parts', uploadId: await initiate(world, 'parts') }
  const etags = await Promise.all(parts.map((part, index) => sendPart(world, upload, index + 1, part)))
  await world.expect(200, {
    method: 'POST',
    ...inBucket,
    key: 'parts',
    query: { uploadId: upload.uploadId },
    body: completionOf(etags.map((etag, index) => ({ partNumber: index + 1, etag }))),
  })
  for (const position of ['0', '5']) {
    await world.expect(200, {
      method: 'POST',
      ...inBucket,
      key: 'appended',
      query: { append: '', position },
      body: 'hello',
    })
  }
  for (const [source, bytes] of [
    ['parts', Buffer.concat(parts)],
    ['appended', Buffer.from('hellohello')],
  ] as const) {
    const of = await head(world, source)
    await world.expect(200, copyAsk('copy', `/examplebucket/${source}`))
    await world.expect(204, { method: 'DELETE', ...inBucket, key: source })
    const copy = await head(world, 'copy')
    assert.deepEqual(told(copy), told(of))
    assert.equal(copy.headers['x-oss-object-type'], 'Normal')
    assert.deepEqual(await read(world, 'copy'), bytes)
  }
})

inBoth('the source has to fulfil the conditions', async (world) => {
  const etag = (await put(world, 'a', 'hello')).headers['etag'] ?? ''
  const at = (seconds: number): string => formatHttpDate(START + seconds * 1000)
  const name = (condition: string): string => `x-oss-copy-source-if-${condition}`
  for (const [headers, status, condition] of [
    [{ [name('match')]: etag }, 200],
    [{ [name('match')]: '"other"' }, 412, 'If-Match'],
    [{ [name('none-match')]: '"other"' }, 200],
    [{ [name('none-match')]: etag }, 304],
    [{ [name('modified-since')]: at(-1) }, 200],
    [{ [name('modified-since')]: at(0) }, 304],
    [{ [name('unmodified-since')]: at(0) }, 200],
    [{ [name('unmodified-since')]: at(-1) }, 412, 'If-Unmodified-Since'],
    // An ETag that is asked for outweighs a time.
    [{ [name('match')]: etag, [name('unmodified-since')]: at(-1) }, 200],
    [{ [name('none-match')]: '"other"', [name('modified-since')]: at(0) }, 200],
    // These are about the copy, of which nothing is asked.
    [{ 'if-match': '"other"' }, 200],
  ] as const) {
    for (const target of ['a', 'b']) {
      const reply = await world.expect(status, copyAsk(target, '/examplebucket/a', headers))
      if (condition !== undefined) assert.equal(field(reply, 'Condition'), condition)
      if (status === 304) assert.equal(reply.text, '')
    }
    await world.expect(status === 200 ? 200 : 404, { method: 'HEAD', ...inBucket, key: 'b' })
    await world.expect(204, { method: 'DELETE', ...inBucket, key: 'b' })
  }
})

inBoth('what is missing, wrong or there already is said exactly', async (world) => {
  await put(world, 'a', 'hello')
  await put(world, 'there', 'old')
  const cases: readonly (readonly [Ask, number, string, string, string])[] = [
    [copyAsk('b', '/examplebucket/missing'), 404, 'NoSuchKey', 'Key', 'missing'],
    [copyAsk('b', '/otherbucket/a'), 404, 'NoSuchBucket', 'BucketName', 'otherbucket'],
    [
      { ...copyAsk('b', '/examplebucket/a'), bucket: 'otherbucket' },
      404,
      'NoSuchBucket',
      'BucketName',
      'otherbucket',
    ],
    [copyAsk('b', 'examplebucket/a'), 400, 'InvalidArgument', 'ArgumentName', 'x-oss-copy-source'],
    [copyAsk('b', '/examplebucket'), 400, 'InvalidArgument', 'ArgumentName', 'x-oss-copy-source'],
    [copyAsk('b', '/examplebucket/%zz'), 400, 'InvalidArgument', 'ArgumentValue', '/examplebucket/%zz'],
    [copyAsk('b', '/examplebucket/a?acl'), 400, 'InvalidArgument', 'ArgumentName', 'x-oss-copy-source'],
    [copyAsk('b', '/examplebucket//a'), 400, 'InvalidObjectName', 'ObjectName', '/a'],
    [copyAsk('b', '/No/a'), 400, 'InvalidBucketName', 'BucketName', 'No'],
    [copyAsk('b', '/examplebucket/a?versionId=CAEQ'), 404, 'NoSuchVersion', 'VersionId', 'CAEQ'],
    [
      copyAsk('b', '/examplebucket/a', { 'x-oss-storage-class': 'Cold' }),
      400,
      'InvalidArgument',
      'ArgumentValue',
      'Cold',
    ],
    [
      copyAsk('b', '/examplebucket/a', { 'x-oss-object-acl': 'all' }),
      400,
      'InvalidArgument',
      'ArgumentValue',
      'all',
    ],
    [
      copyAsk('b', '/examplebucket/a', { 'x-oss-callback': 'e30=' }),
      501,
      'NotImplemented',
      'ArgumentName',
      'x-oss-callback',
    ],
  ]
  for (const [ask, status, code, name, value] of cases) {
    const reply = await world.expect(status, ask)
    assert.equal(field(reply, 'Code'), code)
    assert.equal(field(reply, name), value)
  }
  const forbidden = copyAsk('there', '/examplebucket/a', { 'x-oss-forbid-overwrite': 'true' })
  const reply = await world.expect(409, forbidden)
  assert.equal(field(reply, 'Code'), 'FileAlreadyExists')
  assert.equal(field(reply, 'EC'), '0026-00000002')
  assert.equal((await read(world, 'there')).toString(), 'old')
  await world.expect(404, { method: 'HEAD', ...inBucket, key: 'b' })

  const version = await world.expect(200, copyAsk('b', '/examplebucket/a?versionId=null'))
  assert.equal(version.headers['x-oss-copy-source-version-id'], 'null')
  await world.expect(200, copyAsk('b', '/examplebucket/a', { 'x-oss-forbid-overwrite': 'false' }))
})

test('more than 5 GiB go only within a bucket, more than 1 GiB only as they are', async () => {
  // Nothing is written: the records say so much.
  const storage = createMemoryStorage()
  const world = await createWorld({ storage })
  await world.expect(200, { method: 'PUT', bucket: 'otherbucket' })
  await put(world, 'a', 'hello')
  const GIB = 1024 ** 3
  const sized = (size: number) =>
    storage.updateObject('examplebucket', 'a', (object) => ({ ...object, size }))
  const elsewhere = { ...copyAsk('b', '/examplebucket/a'), bucket: 'otherbucket' }
  const changed = copyAsk('b', '/examplebucket/a', { 'x-oss-storage-class': 'IA' })

  for (const [size, ask, status] of [
    [5 * GIB, elsewhere, 200],
    [5 * GIB + 1, elsewhere, 400],
    [5 * GIB + 1, copyAsk('b', '/examplebucket/a'), 200],
    [GIB, changed, 200],
    [GIB + 1, changed, 400],
  ] as const) {
    await sized(size)
    const reply = await world.expect(status, ask)
    if (status === 400) assert.equal(field(reply, 'Code'), 'EntityTooLarge')
  }
})
