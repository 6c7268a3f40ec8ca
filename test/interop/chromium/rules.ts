/** CORS rules as the browser enforces them: who is kept out, what stays hidden, how long a permission holds. */
import assert from 'node:assert/strict'
import type { ScriptedTest } from '../scripted.js'
import { errorOf } from '../signed-url.js'
import { base64, type World } from './world.js'

const BLOCKED = 'TypeError'

export const rules: readonly ScriptedTest<World>[] = [
  {
    name: 'a page of another origin is kept out: it reads nothing, and what needs a preflight is never sent',
    async run({ url, send, put, visit, site, requests }) {
      await put('k', 'hello')
      assert.equal((await send({ url: url('GET', { key: 'k' }) })).text, 'hello')
      await visit(site.otherOrigin)
      assert.equal((await send({ url: url('GET', { key: 'k' }) })).blocked, BLOCKED)
      const sent = await send({ url: url('PUT', { key: 'other' }), method: 'PUT', base64: base64('x') })
      assert.equal(sent.blocked, BLOCKED)
      const ofOther = requests().filter(({ key }) => key === 'other')
      assert.deepEqual(
        ofOther.map(({ method, status, code }) => [method, status, code]),
        [['OPTIONS', 403, 'AccessForbidden']],
      )
    },
  },
  {
    name: 'a method that no rule allows: PUT and DELETE are not sent, a GET is not read',
    async run({ url, send, setRules, requests, read, put }) {
      await put('k', 'old')
      await setRules([{ methods: ['GET'] }])
      const before = requests('PutObject').length
      assert.equal(
        (await send({ url: url('PUT', { key: 'k' }), method: 'PUT', base64: base64('x') })).blocked,
        BLOCKED,
      )
      assert.equal((await send({ url: url('DELETE', { key: 'k' }), method: 'DELETE' })).blocked, BLOCKED)
      assert.deepEqual([requests('PutObject').length, requests('DeleteObject').length], [before, 0])
      assert.equal((await send({ url: url('GET', { key: 'k' }) })).text, 'old')
      await setRules([{ methods: ['PUT'] }])
      assert.equal((await send({ url: url('GET', { key: 'k' }) })).blocked, BLOCKED)
      assert.equal(
        (await send({ url: url('PUT', { key: 'k' }), method: 'PUT', base64: base64('new') })).status,
        200,
      )
      assert.equal((await read('k')).toString(), 'new')
    },
  },
  {
    name: 'headers: one that no rule allows is not sent; patterns allow in any case',
    async run({ url, send, setRules, requests }) {
      await setRules([{ headers: ['Content-Type', 'X-OSS-Meta-*'] }])
      const put = (headers: Record<string, string>) =>
        send({ url: url('PUT', { key: 'k', headers }), method: 'PUT', headers, base64: base64('x') })
      assert.equal(
        (await put({ 'content-type': 'a/b', 'x-oss-meta-a': '1', 'x-oss-meta-b': '2' })).status,
        200,
      )
      assert.equal((await put({ 'x-oss-meta-a': '1', 'x-oss-object-acl': 'private' })).blocked, BLOCKED)
      assert.equal(requests('PutObject').length, 1)
    },
  },
  {
    name: 'headers that no rule exposes are not read, and the answer is',
    async run({ url, send, setRules, put }) {
      await put('k', 'hello')
      await setRules([{ expose: ['x-oss-request-id'] }])
      const got = await send({ url: url('GET', { key: 'k' }) })
      assert.equal(got.text, 'hello')
      assert.match(got.headers['x-oss-request-id'] ?? '', /^[0-9A-F]{24}$/)
      const seen = ['etag', 'x-oss-hash-crc64ecma', 'x-oss-object-type', 'server']
      assert.deepEqual(
        seen.filter((name) => name in got.headers),
        [],
      )
      await setRules([{ expose: [] }])
      const bare = await send({ url: url('GET', { key: 'k' }) })
      assert.deepEqual([bare.text, bare.headers['x-oss-request-id']], ['hello', undefined])
    },
  },
  {
    name: 'a bucket without rules, and one that does not exist: nothing is read, errors neither',
    async run({ url, send, call, setRules, put, bucket }) {
      await put('k', 'hello')
      await setRules(undefined)
      for (const key of ['k', 'no such']) {
        assert.equal((await send({ url: url('GET', { key }) })).blocked, BLOCKED)
      }
      assert.equal((await send({ url: url('PUT', { key: 'k' }), method: 'PUT', text: 'x' })).blocked, BLOCKED)
      const elsewhere = url('GET', { key: 'k' }).replace(`/${bucket}/`, '/no-such-bucket/')
      assert.equal((await send({ url: elsewhere })).blocked, BLOCKED)
      const blind = await call('sendBlindly', { url: url('GET', { key: 'k' }) })
      assert.deepEqual(blind, { type: 'opaque', status: 0, length: 0 })
      await setRules([{}])
      assert.equal((await send({ url: url('GET', { key: 'k' }) })).text, 'hello')
    },
  },
  {
    name: 'patterns of origins, the first rule that fits, and `*` for a sandboxed page that has no origin',
    async run({ url, send, call, setRules, put, visit, site }) {
      await put('k', 'hello')
      await setRules([
        { origins: [`http://*:${site.port}`], methods: ['GET'], expose: ['ETag'] },
        { origins: ['*'], methods: ['GET'], expose: ['x-oss-request-id'] },
      ])
      for (const origin of [site.origin, site.otherOrigin]) {
        await visit(origin)
        const { headers } = await send({ url: url('GET', { key: 'k' }) })
        assert.deepEqual(['etag' in headers, 'x-oss-request-id' in headers], [true, false], origin)
      }
      const sandboxed = { url: url('GET', { key: 'k' }) }
      assert.equal(await call('sendFromSandbox', sandboxed), 'hello')
      await setRules([{}])
      assert.equal(await call('sendFromSandbox', sandboxed), `blocked ${BLOCKED}`)
    },
  },
  {
    name: 'the browser asks once while MaxAgeSeconds lasts, and each time when it is 0',
    async run({ url, send, setRules, requests }) {
      const twice = async (key: string): Promise<number> => {
        const asked = url('PUT', { key })
        for (const _ of [1, 2]) {
          const { status, text } = await send({ url: asked, method: 'PUT', base64: base64('x') })
          assert.equal(status, 200, text)
        }
        return requests('OptionObject').filter((request) => request.key === key).length
      }
      await setRules([{ maxAge: 600 }])
      assert.equal(await twice('kept'), 1)
      await setRules([{ maxAge: 0 }])
      assert.equal(await twice('asked'), 2)
    },
  },
  {
    name: "ResponseVary: what an <img> left in the browser's cache does not keep a page from reading it",
    async run({ url, send, call, setRules, put, requests }) {
      const headers = { 'Cache-Control': 'max-age=600', 'Content-Type': 'image/svg+xml' }
      const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="2" height="2"/>'
      await put('k.svg', svg, headers)
      await setRules([{}], true)
      const image = url('GET', { key: 'k.svg' })
      assert.equal((await call<{ shown: boolean }>('showImage', { url: image })).shown, true)
      const got = await send({ url: image })
      assert.deepEqual([got.status, got.text], [200, svg])
      assert.equal(requests('GetObject').length, 2, 'the cached answer is for who names no origin')
      assert.equal((await send({ url: image })).text, svg)
      assert.equal(requests('GetObject').length, 2, 'and the second for this origin')
    },
  },
  {
    name: "OPTIONS by the page's own hand, and control paths of the server: not for pages",
    async run({ url, send, server, requests }) {
      const asked = await send({ url: url('GET', { key: 'k' }), method: 'OPTIONS' })
      assert.equal(asked.blocked, BLOCKED)
      assert.ok(requests('OptionObject').length >= 1)
      const own = await send({ url: `${server.endpoint}/_longhaul/metrics` })
      assert.equal(own.blocked, BLOCKED)
      const none = await send({ url: url('GET', { key: 'no such' }) })
      assert.deepEqual(errorOf(none).slice(0, 2), [404, 'NoSuchKey'])
    },
  },
]
