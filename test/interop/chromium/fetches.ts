/** Signed URLs used by a page's fetch: the browser asks first, then the page sees what the rules let it see. */
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { crc64 } from '../../../src/checksum/index.js'
import type { ScriptedTest } from '../scripted.js'
import { element, errorOf } from '../signed-url.js'
import { base64, bytesOf, type World } from './world.js'

const md5 = (bytes: Buffer | string): string => createHash('md5').update(bytes).digest('base64')

export const fetches: readonly ScriptedTest<World>[] = [
  {
    name: 'PUT with type, Content-MD5 and metadata: asked first, then sent; the page reads ETag, request id and CRC-64',
    async run({ url, send, requests, read }) {
      const bytes = randomBytes(300_000)
      const headers = {
        'Content-Type': 'text/x-odd; charset=utf-8',
        'Content-MD5': md5(bytes),
        'Cache-Control': 'max-age=60',
        'x-oss-meta-word': 'value',
        'x-oss-storage-class': 'IA',
      }
      const key = 'dir/a b+中文 ü.bin'
      const put = await send({
        url: url('PUT', { key, headers }),
        method: 'PUT',
        headers,
        base64: base64(bytes),
      })
      assert.deepEqual([put.status, put.type], [200, 'cors'], put.text)
      const hex = createHash('md5').update(bytes).digest('hex').toUpperCase()
      assert.equal(put.headers['etag'], `"${hex}"`)
      assert.equal(put.headers['x-oss-hash-crc64ecma'], String(crc64(bytes)))
      assert.match(put.headers['x-oss-request-id'] ?? '', /^[0-9A-F]{24}$/)
      assert.equal(put.headers['content-md5'], undefined, 'no rule exposes it')
      const asked = requests().filter((request) => request.key === key)
      assert.deepEqual(
        asked.map(({ method, status }) => [method, status]),
        [
          ['OPTIONS', 200],
          ['PUT', 200],
        ],
      )
      assert.deepEqual(await read(key), bytes)
      const head = await send({ url: url('HEAD', { key }), method: 'HEAD' })
      assert.deepEqual(
        [head.status, head.headers['content-type'], head.text],
        [200, 'text/x-odd; charset=utf-8', ''],
      )
      assert.equal(head.headers['etag'], `"${hex}"`)
    },
  },
  {
    name: 'PUT of text, whose type the browser fills in; of nothing; DELETE',
    async run({ url, send, read }) {
      const headers = { 'Content-Type': 'text/plain;charset=UTF-8' }
      const put = await send({ url: url('PUT', { key: 'k', headers }), method: 'PUT', text: 'grün 中' })
      assert.equal(put.status, 200, put.text)
      assert.equal((await read('k')).toString(), 'grün 中')
      const empty = await send({ url: url('PUT', { key: 'empty' }), method: 'PUT' })
      assert.equal(empty.status, 200, empty.text)
      assert.equal((await read('empty')).length, 0)
      assert.equal((await send({ url: url('DELETE', { key: 'k' }), method: 'DELETE' })).status, 204)
      assert.equal((await send({ url: url('GET', { key: 'k' }) })).status, 404)
    },
  },
  {
    name: 'GET is asked without a preflight, and is the same bytes; conditions answer 304 and 412',
    async run({ url, send, put, requests }) {
      const bytes = randomBytes(1_000_000)
      await put('k', bytes)
      const got = await send({ url: url('GET', { key: 'k' }) })
      assert.equal(got.status, 200)
      assert.deepEqual(bytesOf(got), bytes)
      assert.equal(requests('OptionObject').length, 0)
      const etag = got.headers['etag'] ?? ''
      const none = await send({ url: url('GET', { key: 'k' }), headers: { 'If-None-Match': etag } })
      assert.deepEqual([none.status, none.text, none.headers['etag']], [304, '', etag])
      const other = { 'If-Match': '"00000000000000000000000000000000"' }
      const failed = await send({ url: url('GET', { key: 'k' }), headers: other })
      assert.deepEqual(errorOf(failed).slice(0, 2), [412, 'PreconditionFailed'])
      assert.ok(requests('OptionObject').length >= 1, 'conditions are headers that the browser asks for')
    },
  },
  {
    name: 'AppendObject: the page reads the next position, also from the refusal of a wrong one',
    async run({ url, send, read }) {
      const append = (position: string) =>
        send({
          url: url('POST', { key: 'log', query: { append: '', position } }),
          method: 'POST',
          base64: base64('abc'),
        })
      assert.equal((await append('0')).headers['x-oss-next-append-position'], '3')
      assert.equal((await append('3')).headers['x-oss-next-append-position'], '6')
      const wrong = await append('3')
      assert.deepEqual(errorOf(wrong), [409, 'PositionNotEqualToLength', '0026-00000016'])
      assert.equal(wrong.headers['x-oss-next-append-position'], '6')
      assert.equal((await read('log')).toString(), 'abcabc')
    },
  },
  {
    name: 'errors are read as any answer: documents with code, EC and request id, headers of HEAD',
    async run({ url, send, put }) {
      await put('k', 'old')
      const missing = await send({ url: url('GET', { key: 'no such' }) })
      assert.deepEqual(errorOf(missing), [404, 'NoSuchKey', '0026-00000001'])
      assert.equal(missing.headers['x-oss-ec'], '0026-00000001')
      assert.equal(element(missing.text, 'RequestId'), missing.headers['x-oss-request-id'])
      const head = await send({ url: url('HEAD', { key: 'no such' }), method: 'HEAD' })
      assert.deepEqual([head.status, head.headers['x-oss-ec'], head.text], [404, '0026-00000001', ''])
      const tampered = url('GET', { key: 'k' }).replace(/ignature=.{8}/, 'ignature=AAAAAAAA')
      assert.deepEqual(errorOf(await send({ url: tampered })).slice(0, 2), [403, 'SignatureDoesNotMatch'])
      const over = await send({ url: url('GET', { key: 'k', seconds: -1 }) })
      assert.deepEqual(errorOf(over), [403, 'AccessDenied', '0002-00000069'])
      const sendText = (headers: Record<string, string>) =>
        send({ url: url('PUT', { key: 'k', headers }), method: 'PUT', headers, base64: base64('new') })
      assert.deepEqual(errorOf(await sendText({ 'Content-MD5': md5('other') })).slice(0, 2), [
        400,
        'InvalidDigest',
      ])
      assert.deepEqual(errorOf(await sendText({ 'x-oss-forbid-overwrite': 'true' })).slice(0, 2), [
        409,
        'FileAlreadyExists',
      ])
      assert.equal((await send({ url: url('GET', { key: 'k' }) })).text, 'old')
    },
  },
  {
    name: 'a large PUT that is refused early: the page reads the refusal, not a broken connection',
    async run({ url, send, requests }) {
      const tampered = url('PUT', { key: 'k' }).replace(/ignature=.{8}/, 'ignature=AAAAAAAA')
      const answer = await send({ url: tampered, method: 'PUT', base64: base64(Buffer.alloc(12_000_000)) })
      assert.deepEqual(errorOf(answer).slice(0, 2), [403, 'SignatureDoesNotMatch'], answer.blocked)
      assert.equal(requests('PutObject').length, 0)
    },
  },
  {
    name: 'the bucket in the host name: a name below localhost, which the browser resolves by itself',
    async run({ url, send, server, bucket, read }) {
      const path = url('PUT', { key: 'dir/k' }).slice(`${server.endpoint}/${bucket}`.length)
      const below = `http://${bucket}.localhost:${server.port}${path}`
      const put = await send({ url: below, method: 'PUT', base64: base64('hello') })
      assert.equal(put.status, 200, put.text)
      assert.equal((await read('dir/k')).toString(), 'hello')
    },
  },
]
