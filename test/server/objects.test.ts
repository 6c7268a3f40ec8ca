/** Single objects: what is stored comes back, whole or in part. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { crc64 } from '../../src/checksum/index.js'
import { text } from '../../src/protocol/xml.js'
import { createMemoryStorage } from '../../src/server/index.js'
import {
  bytesFrom,
  chunksOf,
  codeOf,
  createWorld,
  documentOf,
  replyOf,
  START,
  wire,
  wireOf,
} from './world.js'

const AT = { bucket: 'examplebucket', key: 'dir/object.dat' } as const
const hex = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex').toUpperCase()
const base64 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('base64')

for (const size of [0, 1, 69_999, 140_002]) {
  test(`an object of ${size} bytes comes back as it was, with its checksums`, async () => {
    const world = await createWorld()
    const body = bytesFrom(size, size)
    const put = await world.expect(200, { method: 'PUT', ...AT, body })
    assert.equal(put.headers['etag'], `"${hex(body)}"`)
    assert.equal(put.headers['content-md5'], base64(body))
    assert.equal(put.headers['x-oss-hash-crc64ecma'], crc64(body).toString())
    assert.equal(put.headers['content-length'], '0')

    const got = await world.expect(200, { method: 'GET', ...AT })
    assert.deepEqual(got.bytes, body)
    const head = await world.expect(200, { method: 'HEAD', ...AT })
    assert.equal(head.bytes.length, 0)
    for (const { headers } of [got, head]) {
      assert.equal(headers['content-length'], String(size))
      assert.equal(headers['etag'], `"${hex(body)}"`)
      assert.equal(headers['x-oss-hash-crc64ecma'], crc64(body).toString())
      assert.equal(headers['content-md5'], base64(body))
      assert.equal(headers['last-modified'], 'Tue, 02 Jan 2024 03:04:05 GMT')
      assert.equal(headers['content-type'], 'application/octet-stream')
      assert.equal(headers['x-oss-object-type'], 'Normal')
      assert.equal(headers['x-oss-storage-class'], 'Standard')
      assert.equal(headers['accept-ranges'], 'bytes')
    }
    const meta = await world.expect(200, { method: 'HEAD', ...AT, query: { objectMeta: '' } })
    assert.equal(meta.headers['content-length'], String(size))
    assert.equal(meta.headers['content-type'], undefined)
  })
}

test('every answer has the headers that OSS always sends', async () => {
  const world = await createWorld()
  const replies = [
    await world.ask({ method: 'GET' }),
    await world.ask({ method: 'PUT', ...AT, body: 'x' }),
    await world.ask({ method: 'GET', ...AT, key: 'absent' }),
    await world.ask({ method: 'HEAD', ...AT, signed: 'not' }),
    await world.ask({ method: 'DELETE', ...AT }),
  ]
  for (const { headers } of replies) {
    assert.equal(headers['server'], 'AliyunOSS')
    assert.match(headers['x-oss-request-id'] ?? '', /^[0-9A-F]{24}$/)
    assert.match(headers['x-oss-server-time'] ?? '', /^[0-9]+$/)
    assert.equal(headers['date'], 'Tue, 02 Jan 2024 03:04:05 GMT')
  }
  assert.equal(new Set(replies.map(({ headers }) => headers['x-oss-request-id'])).size, replies.length)
})

test('the headers of an object are kept byte for byte and can be overridden in one answer', async () => {
  const world = await createWorld()
  const headers = {
    'cache-control': 'no-cache',
    'content-disposition': wire('attachment; filename="ü.txt"'),
    'content-encoding': 'identity',
    'content-type': 'text/plain',
    expires: 'Wed, 03 Jan 2024 00:00:00 GMT',
    'x-oss-meta-name': wire('größe 😀'),
  }
  const settings = {
    'x-oss-storage-class': 'IA',
    'x-oss-object-acl': 'private',
    'x-oss-tagging': 'a=b&c=%2B',
  }
  await world.expect(200, { method: 'PUT', ...AT, body: 'x', headers: { ...headers, ...settings } })
  const head = await world.expect(200, { method: 'HEAD', ...AT })
  for (const [name, value] of Object.entries(headers)) assert.equal(head.headers[name], value)
  assert.equal(head.headers['x-oss-storage-class'], 'IA')
  assert.equal(head.headers['x-oss-tagging-count'], '2')
  assert.equal(head.headers['x-oss-tagging'], undefined)

  const query = { 'response-content-type': 'image/png', 'response-cache-control': 'private' }
  const got = await world.expect(200, { method: 'GET', ...AT, query })
  assert.equal(got.headers['content-type'], 'image/png')
  assert.equal(got.headers['cache-control'], 'private')
  assert.equal(got.headers['content-encoding'], 'identity')
})

test('ranges: one that fits is cut, any other is ignored unless the standard is asked for', async () => {
  const world = await createWorld()
  await world.expect(200, { method: 'PUT', ...AT, body: '0123456789' })
  const get = async (range: string, standard = false) => {
    const headers: Record<string, string> = standard
      ? { range, 'x-oss-range-behavior': 'standard' }
      : { range }
    const reply = await world.ask({ method: 'GET', ...AT, headers })
    return `${reply.status} ${reply.status === 416 ? codeOf(reply) : reply.text} ${reply.headers['content-range'] ?? '-'}`
  }
  assert.equal(await get('bytes=0-0'), '206 0 bytes 0-0/10')
  assert.equal(await get('bytes=2-5'), '206 2345 bytes 2-5/10')
  assert.equal(await get('bytes=7-'), '206 789 bytes 7-9/10')
  assert.equal(await get('bytes=-3'), '206 789 bytes 7-9/10')
  assert.equal(await get('bytes=0-9'), '206 0123456789 bytes 0-9/10')
  for (const odd of [
    'bytes=5-10',
    'bytes=10-',
    'bytes=-11',
    'bytes=5-2',
    'bytes=a-b',
    'bytes=0-1,3-4',
    'lines=0-1',
  ]) {
    assert.equal(await get(odd), '200 0123456789 -', odd)
  }
  assert.equal(await get('bytes=5-10', true), '206 56789 bytes 5-9/10')
  assert.equal(await get('bytes=10-', true), '416 InvalidRange -')
})

test('conditions', async () => {
  const world = await createWorld()
  const put = await world.expect(200, { method: 'PUT', ...AT, body: 'x' })
  const etag = put.headers['etag'] ?? ''
  const at = (seconds: number) => new Date(START + seconds * 1000).toUTCString()
  const cases: [Record<string, string>, number, string?][] = [
    [{ 'if-match': etag }, 200],
    [{ 'if-match': etag.toLowerCase() }, 200],
    [{ 'if-match': '*' }, 200],
    [{ 'if-match': '"other"' }, 412, 'If-Match'],
    [{ 'if-none-match': etag }, 304],
    [{ 'if-none-match': '"other"' }, 200],
    [{ 'if-modified-since': at(0) }, 304],
    [{ 'if-modified-since': at(-1) }, 200],
    [{ 'if-unmodified-since': at(0) }, 200],
    [{ 'if-unmodified-since': at(-1) }, 412, 'If-Unmodified-Since'],
    [{ 'if-match': `"other", ${etag}` }, 200],
    [{ 'if-none-match': `"other",${etag} , "third"` }, 304],
    [{ 'if-match': '"other", "third"' }, 412, 'If-Match'],
    // An ETag that is asked for outweighs a time, and what must hold comes before what must not.
    [{ 'if-match': etag, 'if-unmodified-since': at(-1) }, 200],
    [{ 'if-none-match': '"other"', 'if-modified-since': at(0) }, 200],
    [{ 'if-match': etag, 'if-none-match': etag }, 304],
    [{ 'if-match': '"other"', 'if-none-match': etag }, 412, 'If-Match'],
    [{ 'if-unmodified-since': at(-1), 'if-modified-since': at(0) }, 412, 'If-Unmodified-Since'],
    [{ 'if-match': '"other"', range: 'bytes=0-0' }, 412, 'If-Match'],
  ]
  for (const [headers, status, condition] of cases) {
    for (const method of ['GET', 'HEAD']) {
      const reply = await world.expect(status, { method, ...AT, headers })
      if (status === 304) assert.equal(reply.bytes.length, 0)
      if (method === 'GET' && condition !== undefined) {
        assert.equal(text(documentOf(reply), 'Condition'), condition)
        assert.equal(codeOf(reply), 'PreconditionFailed')
      }
    }
  }
})

test('deleting is silent about what is not there', async () => {
  const world = await createWorld()
  await world.expect(200, { method: 'PUT', ...AT, body: 'x' })
  await world.expect(204, { method: 'DELETE', ...AT })
  await world.expect(404, { method: 'GET', ...AT })
  await world.expect(204, { method: 'DELETE', ...AT })
})

test('forbid-overwrite keeps what is there', async () => {
  const world = await createWorld()
  const headers = { 'x-oss-forbid-overwrite': 'true' }
  await world.expect(200, { method: 'PUT', ...AT, body: 'first', headers })
  const reply = await world.expect(409, { method: 'PUT', ...AT, body: 'second', headers })
  assert.equal(codeOf(reply), 'FileAlreadyExists')
  assert.equal((await world.expect(200, { method: 'GET', ...AT })).text, 'first')
  await world.expect(200, { method: 'PUT', ...AT, body: 'third' })
  assert.equal((await world.expect(200, { method: 'GET', ...AT })).text, 'third')
})

test('of two forbid-overwrite puts at once, one wins', async () => {
  const world = await createWorld()
  const headers = { 'x-oss-forbid-overwrite': 'true' }
  const replies = await Promise.all(
    ['a', 'b', 'c'].map((body) => world.ask({ method: 'PUT', ...AT, body, headers })),
  )
  assert.deepEqual(replies.map((reply) => reply.status).sort(), [200, 409, 409])
  const winner = ['a', 'b', 'c'][replies.findIndex((reply) => reply.status === 200)]
  assert.equal((await world.expect(200, { method: 'GET', ...AT })).text, winner)
})

test('a download goes on to its end although the object was overwritten and deleted', async () => {
  const world = await createWorld()
  const body = bytesFrom(3, 300_000)
  await world.expect(200, { method: 'PUT', ...AT, body })
  const { target, headers } = wireOf({ method: 'GET', ...AT }, START)
  const response = await world.handler({ method: 'GET', target, headers, body: chunksOf(new Uint8Array()) })
  await world.expect(200, { method: 'PUT', ...AT, body: 'new' })
  await world.expect(204, { method: 'DELETE', ...AT })
  assert.deepEqual((await replyOf(response)).bytes, body)
})

test('an answer that nothing changed says which state that is', async () => {
  const world = await createWorld()
  const put = await world.expect(200, { method: 'PUT', ...AT, body: 'x' })
  const etag = put.headers['etag'] ?? ''
  for (const method of ['GET', 'HEAD']) {
    const reply = await world.expect(304, { method, ...AT, headers: { 'if-none-match': etag } })
    assert.equal(reply.headers['etag'], etag)
    assert.equal(reply.headers['last-modified'], 'Tue, 02 Jan 2024 03:04:05 GMT')
    assert.equal(reply.headers['content-length'], undefined)
  }
})

test('bytes that can not be read any more break the answer off, and the server hears of it', async () => {
  const storage = createMemoryStorage()
  const heard: unknown[] = []
  const world = await createWorld({
    storage: {
      ...storage,
      async openObject(bucket, key) {
        const opened = await storage.openObject(bucket, key)
        if (opened === undefined) return undefined
        return {
          ...opened,
          async *read() {
            yield new Uint8Array(1)
            throw new Error('the disk is gone')
          },
        }
      },
    },
    onInternalError: (error) => heard.push(error),
  })
  await world.expect(200, { method: 'PUT', ...AT, body: 'hello' })
  await assert.rejects(world.ask({ method: 'GET', ...AT }), /the disk is gone/)
  assert.equal(heard.length, 1)
})

test('conditions mean nothing on a PutObject and are refused, parameters for reading do no harm', async () => {
  const world = await createWorld()
  for (const name of ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since']) {
    const reply = await world.expect(501, {
      method: 'PUT',
      bucket: 'examplebucket',
      key: 'k',
      body: 'x',
      headers: { [name]: '*' },
    })
    assert.equal(codeOf(reply), 'NotImplemented')
  }
  await world.expect(404, { method: 'HEAD', bucket: 'examplebucket', key: 'k' })
  const query = { 'response-content-encoding': 'deflate' }
  for (const signed of ['v1-url', 'v4-url'] as const) {
    await world.expect(200, { method: 'PUT', bucket: 'examplebucket', key: 'k', body: 'x', query, signed })
  }
  const { headers } = await world.expect(200, { method: 'GET', bucket: 'examplebucket', key: 'k' })
  assert.equal(headers['content-encoding'], undefined)
})
