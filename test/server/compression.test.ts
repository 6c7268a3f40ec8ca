/** Texts are compressed for clients that can take it, and only whole ones. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { createMemoryStorage, createServer } from '../../src/server/index.js'
import { type Ask, chunksOf, createWorld, type World, wireOf } from './world.js'

const bucket = 'examplebucket'
const TEXT = 'a text that is long enough, '.repeat(40)

const put = (world: World, key: string, headers: Record<string, string>, body = TEXT) =>
  world.expect(200, { method: 'PUT', bucket, key, headers, body })

const get = (key: string, headers: Record<string, string> = {}): Ask => ({
  method: 'GET',
  bucket,
  key,
  headers: { 'accept-encoding': 'gzip', ...headers },
})

test('a text of 1 KB or more is compressed, without length and ETag', async () => {
  const world = await createWorld()
  for (const [index, type] of ['text/plain', 'application/json;charset=utf-8', 'text/HTML'].entries()) {
    await put(world, `k${index}`, { 'content-type': type, 'x-oss-meta-a': 'b' }, TEXT.slice(0, 1024))
    const { headers, bytes } = await world.expect(200, get(`k${index}`))
    assert.equal(headers['content-encoding'], 'gzip')
    assert.equal(headers['vary'], 'Accept-Encoding')
    assert.equal(headers['content-length'], undefined)
    assert.equal(headers['etag'], undefined)
    assert.equal(headers['content-type'], type)
    assert.equal(headers['x-oss-meta-a'], 'b')
    assert.ok(headers['x-oss-hash-crc64ecma'] && headers['last-modified'])
    assert.equal(gunzipSync(bytes).toString(), TEXT.slice(0, 1024))
  }
})

test('what is short, no text, encoded, a range, or not asked for comes as it is', async () => {
  const world = await createWorld()
  const type = { 'content-type': 'text/plain' }
  await put(world, 'text', type)
  await put(world, 'short', type, TEXT.slice(0, 1023))
  await put(world, 'image', { 'content-type': 'image/png' })
  await put(world, 'encoded', { ...type, 'content-encoding': 'br' })
  const asks = [
    get('short'),
    get('image'),
    get('encoded'),
    { ...get('encoded'), query: { 'response-content-type': 'text/html' } },
    get('text', { range: 'bytes=0-1030' }),
    get('text', { 'accept-encoding': 'identity' }),
    get('text', { 'accept-encoding': 'br, gzip;q=0.0' }),
    { ...get('text'), method: 'HEAD' },
  ]
  for (const ask of asks) {
    const { headers, text } = await world.ask(ask)
    assert.notEqual(headers['content-encoding'], 'gzip', JSON.stringify(ask))
    assert.ok(headers['etag'] && headers['content-length'])
    if (ask.method === 'GET') assert.ok(TEXT.startsWith(text))
  }
  const overridden = { ...get('image'), query: { 'response-content-type': 'text/html' } }
  assert.equal((await world.expect(200, overridden)).headers['content-encoding'], 'gzip')
})

test('a reader that leaves closes the object, whether it began to read or not', async () => {
  const memory = createMemoryStorage()
  let open = 0
  const world = await createWorld({
    storage: {
      ...memory,
      async openObject(...asked) {
        const opened = await memory.openObject(...asked)
        if (opened === undefined) return undefined
        open += 1
        return {
          ...opened,
          close() {
            open -= 1
            opened.close()
          },
        }
      },
    },
  })
  await put(world, 'k', { 'content-type': 'text/plain' }, TEXT.repeat(1000))
  for (const reads of [0, 1]) {
    const { target, headers } = wireOf(get('k'), world.clock.time)
    const { body } = await world.handler({ method: 'GET', target, headers, body: chunksOf(new Uint8Array()) })
    assert.ok(!(body instanceof Uint8Array))
    const iterator = body[Symbol.asyncIterator]()
    for (let read = 0; read < reads; read++) await iterator.next()
    assert.equal(open, 1)
    await iterator.return?.()
    // The stream tells the source in a turn of its own.
    for (let turn = 0; turn < 100 && open > 0; turn++) await new Promise((resolve) => setImmediate(resolve))
    assert.equal(open, 0, `after ${reads} reads`)
  }
})

test('over a socket it is chunked, and a fetch gets the text', async () => {
  const server = await createServer({ buckets: [bucket] })
  try {
    const { credentials } = { credentials: server }
    const asked = { method: 'PUT', bucket, key: 'k', headers: { 'content-type': 'text/css' }, body: TEXT }
    for (const each of [asked, get('k')]) {
      const { target, headers } = wireOf({ ...each, credentials, signed: 'v4' }, Date.now())
      const { host: _host, 'content-length': _length, ...sent } = headers
      const body = each === asked ? TEXT : undefined
      const reply = await fetch(`${server.endpoint}${target}`, {
        method: each.method,
        headers: sent,
        body: body ?? null,
      })
      assert.equal(reply.status, 200)
      if (each === asked) continue
      assert.equal(reply.headers.get('transfer-encoding'), 'chunked')
      assert.equal(await reply.text(), TEXT)
    }
  } finally {
    await server.close()
  }
})
