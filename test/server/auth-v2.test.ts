/** Signature version 2. What is signed here was signed by oss2 2.19.1 (`AuthV2`), with the clock at the world's start. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { text } from '../../src/protocol/xml.js'
import { chunksOf, createWorld, documentOf, type Reply, replyOf, type World } from './world.js'

const DATE = 'Tue, 02 Jan 2024 03:04:05 GMT'
const signedBy = (signature: string, additional = ''): string =>
  `OSS2 AccessKeyId:test-id,${additional}Signature:${signature}`

const GET = {
  method: 'GET',
  target: '/examplebucket/a%2F%E4%B8%AD%E6%96%87%20%2B~%2A.txt',
  headers: {
    date: DATE,
    range: 'bytes=1-5',
    authorization: signedBy('s+ngXFZaB0dxNriskggVGXJv+BEekEHKrte8KQufifs=', 'AdditionalHeaders:range,'),
  },
}
const URLS = {
  get: '/examplebucket/a%2F%E4%B8%AD%E6%96%87%20%2B.txt?response-content-type=image%2Fjpeg&x-oss-signature-version=OSS2&x-oss-expires=1704164705&x-oss-access-key-id=test-id&x-oss-signature=8DDmEdjwVULrvxGKyOVqjkklUlQSVI7qC5TvbP3OplA%3D',
  put: '/examplebucket/k?x-oss-signature-version=OSS2&x-oss-expires=1704164705&x-oss-access-key-id=test-id&x-oss-signature=E114DGUzfELr1iX6wkw6sA0sHkK2jnrL%2BBVuLhszHog%3D',
  ranged:
    '/examplebucket/k?x-oss-signature-version=OSS2&x-oss-expires=1704164705&x-oss-access-key-id=test-id&x-oss-additional-headers=range&x-oss-signature=oGlJjDSnPyZCj3XqdYWnIvChZ9qUhY6DNLNKC%2Fc%2B23o%3D',
} as const

interface Sent {
  readonly method: string
  readonly target: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

async function send({ handler }: World, { method, target, headers = {}, body = '' }: Sent): Promise<Reply> {
  const bytes = new TextEncoder().encode(body)
  const all = { host: '127.0.0.1:9500', 'content-length': String(bytes.length), ...headers }
  return replyOf(await handler({ method, target, headers: all, body: chunksOf(bytes) }))
}

async function worldWith(...keys: string[]): Promise<World> {
  const world = await createWorld()
  await world.expect(200, { method: 'PUT', bucket: 'examplebucket' })
  for (const key of keys) {
    await world.expect(200, { method: 'PUT', bucket: 'examplebucket', key, body: '0123456789' })
  }
  return world
}

test('a header with an additional one, of an odd key', async () => {
  const world = await worldWith('a/中文 +~*.txt')
  const reply = await send(world, GET)
  assert.deepEqual([reply.status, reply.text], [206, '12345'])
})

test('a header over x-oss-* and the content type, and one of the service', async () => {
  const world = await worldWith()
  const put = await send(world, {
    method: 'PUT',
    target: '/examplebucket/a%20b',
    headers: {
      date: DATE,
      'x-oss-meta-a': 'v',
      'content-type': 'text/plain',
      authorization: signedBy('rjRe6cKVmyMu02HEuXuiDvsPXOkiW/VQlcXF3fUKwBc='),
    },
    body: 'x',
  })
  assert.equal(put.status, 200, put.text)
  const list = await send(world, {
    method: 'GET',
    target: '/?prefix=&marker=&max-keys=100',
    headers: { date: DATE, authorization: signedBy('7PQhcPLdFUlhhw7KivDcWtt2XwstNblxiX3ffmKWUio=') },
  })
  assert.equal(list.status, 200, list.text)
})

test('every parameter is signed, those without a value by their name alone', async () => {
  const world = await worldWith()
  const headers = { date: DATE, authorization: signedBy('8a/6wlkQ3eT0lXMKuxhaxC49Y9hRO8E3RBCA/MyZIXc=') }
  const target = '/examplebucket/?prefix=p%2F&delimiter=%2F&marker=&max-keys=100&encoding-type=url'
  assert.equal((await send(world, { method: 'GET', target, headers })).status, 200)
  const more = await send(world, { method: 'GET', target: `${target}&fetch-owner=true`, headers })
  assert.equal(text(documentOf(more), 'Code'), 'SignatureDoesNotMatch')
})

test('URLs to get and to put, with what was signed and nothing else', async () => {
  const world = await worldWith('a/中文 +.txt', 'k')
  const got = await send(world, { method: 'GET', target: URLS.get })
  assert.deepEqual([got.status, got.headers['content-type'], got.text], [200, 'image/jpeg', '0123456789'])
  assert.equal((await send(world, { method: 'GET', target: `${URLS.get}&another-query=1` })).status, 403)
  const headers = { 'content-type': 'text/plain', 'x-oss-meta-a': 'v' }
  assert.equal((await send(world, { method: 'PUT', target: URLS.put, headers, body: 'new' })).status, 200)
  assert.equal((await send(world, { method: 'PUT', target: URLS.put, body: 'new' })).status, 403)
  const ranged = await send(world, { method: 'GET', target: URLS.ranged, headers: { range: 'bytes=0-1' } })
  assert.deepEqual([ranged.status, ranged.text], [206, 'ne'])
  const other = await send(world, { method: 'GET', target: URLS.ranged, headers: { range: 'bytes=0-2' } })
  assert.equal(text(documentOf(other), 'Code'), 'SignatureDoesNotMatch')
  assert.equal((await send(world, { method: 'GET', target: URLS.ranged })).status, 400)
})

test('a URL that is over, a wrong clock, another key: refused in the words of the other versions', async () => {
  const world = await worldWith('a/中文 +.txt', 'a/中文 +~*.txt')
  const code = async (sent: Sent): Promise<string | undefined> =>
    text(documentOf(await send(world, sent)), 'Code')
  const unknown = URLS.get.replace('test-id', 'nobody')
  assert.equal(await code({ method: 'GET', target: unknown }), 'InvalidAccessKeyId')
  const wrong = GET.headers.authorization.replace('s+ng', 'S+ng')
  assert.equal(
    await code({ ...GET, headers: { ...GET.headers, authorization: wrong } }),
    'SignatureDoesNotMatch',
  )
  const { date: _, ...undated } = GET.headers
  assert.equal(await code({ ...GET, headers: undated }), 'AccessDenied')
  for (const [name, value] of [
    ['x-oss-signature', ''],
    ['x-oss-expires', 'soon'],
  ] as const) {
    const target = URLS.get.replace(new RegExp(`${name}=[^&]*`), `${name}=${value}`)
    assert.notEqual((await send(world, { method: 'GET', target })).status, 200)
  }
  world.clock.time += 61_000
  const late = documentOf(await send(world, { method: 'GET', target: URLS.get }))
  assert.deepEqual([text(late, 'Code'), text(late, 'EC')], ['AccessDenied', '0002-00000069'])
  world.clock.time += 15 * 60_000
  assert.equal(await code(GET), 'RequestTimeTooSkewed')
})
