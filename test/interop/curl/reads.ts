/** Signed URLs for reading, as they are pasted into a terminal. */
import assert from 'node:assert/strict'
import type { ScriptedTest } from '../scripted.js'
import { element, errorOf } from '../signed-url.js'
import type { World } from './world.js'

const TEN = '0123456789'

export const reads: readonly ScriptedTest<World>[] = [
  {
    name: 'GET and HEAD of an object',
    async run({ curl, url, put }) {
      await put('dir/k', TEN)
      const got = await curl(url('GET', { key: 'dir/k' }))
      const { headers } = got
      assert.deepEqual([got.status, got.text], [200, TEN])
      assert.equal(headers['etag'], '"781E5E245D69B566979B86E28D23F2C7"')
      assert.equal(headers['content-md5'], 'eB5eJF1ptWaXm4bijSPyxw==')
      assert.match(headers['x-oss-hash-crc64ecma'] ?? '', /^[0-9]+$/)
      assert.match(headers['x-oss-request-id'] ?? '', /^[0-9A-F]{24}$/)
      assert.deepEqual([headers['server'], headers['accept-ranges']], ['AliyunOSS', 'bytes'])
      const head = await curl('-I', url('HEAD', { key: 'dir/k' }))
      assert.deepEqual([head.status, head.text, head.headers['content-length']], [200, '', '10'])
      assert.equal(head.headers['etag'], headers['etag'])
    },
  },
  {
    name: 'GET of ranges, those outside the object among them',
    async run({ curl, url, put }) {
      await put('k', TEN)
      const get = async (range: string, headers: Record<string, string> = {}) => {
        const given = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
        const {
          status,
          text,
          headers: answered,
        } = await curl('-r', range, ...given, url('GET', { key: 'k', headers }))
        return [status, status === 416 ? element(text, 'Code') : text, answered['content-range']]
      }
      assert.deepEqual(await get('2-4'), [206, '234', 'bytes 2-4/10'])
      assert.deepEqual(await get('7-'), [206, '789', 'bytes 7-9/10'])
      assert.deepEqual(await get('-3'), [206, '789', 'bytes 7-9/10'])
      // OSS answers with the whole object where others answer 416 or with what there is.
      for (const range of ['5-10', '10-12', '-11', '4-2']) {
        assert.deepEqual(await get(range), [200, TEN, undefined], range)
      }
      const standard = { 'x-oss-range-behavior': 'standard' }
      assert.deepEqual(await get('5-10', standard), [206, '56789', 'bytes 5-9/10'])
      assert.deepEqual((await get('10-12', standard)).slice(0, 2), [416, 'InvalidRange'])
    },
  },
  {
    name: 'curl -C - goes on where a file ends',
    async run({ attempt, url, put, file, path, read }) {
      const { bytes } = await file('source', 3_000_000)
      await put('k', bytes)
      const target = path('target')
      await attempt(['-r', '0-999999', '-o', target, url('GET', { key: 'k' })])
      assert.equal((await read('target')).length, 1_000_000)
      const again = await attempt(['-C', '-', '-o', target, '-w', '%{http_code}', url('GET', { key: 'k' })])
      assert.deepEqual([again.code, again.stdout.toString()], [0, '206'])
      assert.deepEqual(await read('target'), bytes)
    },
  },
  {
    name: 'conditions: 304 and 412',
    async run({ curl, url, put }) {
      await put('k', TEN)
      const { headers } = await curl('-I', url('HEAD', { key: 'k' }))
      const etag = headers['etag'] ?? ''
      const modified = headers['last-modified'] ?? ''
      const get = (header: string) => curl('-H', header, url('GET', { key: 'k' }))
      const unchanged = await get(`If-None-Match: ${etag}`)
      assert.deepEqual([unchanged.status, unchanged.text], [304, ''])
      assert.equal((await get(`If-Modified-Since: ${modified}`)).status, 304)
      assert.equal((await get(`If-Match: ${etag}`)).status, 200)
      const other = await get('If-Match: "00000000000000000000000000000000"')
      assert.deepEqual(errorOf(other).slice(0, 2), [412, 'PreconditionFailed'])
      assert.equal(element(other.text, 'Condition'), 'If-Match')
    },
  },
  {
    name: 'response-* in the URL say what the answer says of itself',
    async run({ curl, url, put }) {
      await put('k', TEN)
      const query = {
        'response-content-type': 'text/x-odd; charset=utf-8',
        'response-content-disposition': 'attachment; filename="a b.txt"',
        'response-cache-control': 'no-store',
      }
      const { headers, text } = await curl(url('GET', { key: 'k', query }))
      assert.equal(text, TEN)
      assert.equal(headers['content-type'], query['response-content-type'])
      assert.equal(headers['content-disposition'], query['response-content-disposition'])
      assert.equal(headers['cache-control'], 'no-store')
    },
  },
  {
    name: 'errors: a body with every element for GET, the same in a header for HEAD',
    async run({ curl, url, bucket, server }) {
      const got = await curl(url('GET', { key: 'no such' }))
      assert.deepEqual(errorOf(got), [404, 'NoSuchKey', '0026-00000001'])
      assert.equal(got.headers['content-type'], 'application/xml')
      assert.equal(got.headers['x-oss-ec'], '0026-00000001')
      assert.equal(element(got.text, 'Message'), 'The specified key does not exist.')
      assert.equal(element(got.text, 'Key'), 'no such')
      assert.equal(element(got.text, 'RequestId'), got.headers['x-oss-request-id'])
      assert.match(element(got.text, 'RecommendDoc') ?? '', /q=0026-00000001$/)
      assert.ok(element(got.text, 'HostId'))
      const head = await curl('-I', url('HEAD', { key: 'no such' }))
      assert.deepEqual([head.status, head.headers['x-oss-ec'], head.text], [404, '0026-00000001', ''])
      const told = Buffer.from(head.headers['x-oss-err'] ?? '', 'base64').toString()
      assert.equal(element(told, 'Code'), 'NoSuchKey')
      const elsewhere = url('GET', { key: 'k' }).replace(`/${bucket}/`, '/no-such-bucket/')
      assert.deepEqual(errorOf(await curl(elsewhere)), [404, 'NoSuchBucket', '0015-00000101'])
      assert.deepEqual(errorOf(await curl(`${server.endpoint}/${bucket}/k`)).slice(0, 2), [
        403,
        'AccessDenied',
      ])
    },
  },
  {
    name: 'a URL that was changed, is over, or is used for something else is refused',
    async run({ curl, url, put, signature }) {
      await put('k', TEN)
      await put('l', TEN)
      const mismatch = signature === 'v1' ? '0002-00000040' : '0002-00000201'
      const good = url('GET', { key: 'k' })
      const refused = [403, 'SignatureDoesNotMatch', mismatch]
      assert.deepEqual(errorOf(await curl(good.replace('/k?', '/l?'))), refused)
      assert.deepEqual(errorOf(await curl('-X', 'DELETE', good)), refused)
      assert.deepEqual(errorOf(await curl(`${good}&acl`)), refused)
      assert.deepEqual(errorOf(await curl('-H', 'x-oss-meta-a: b', good)), refused)
      const wrong = await curl(good.replace(/ignature=.{8}/, 'ignature=AAAAAAAA'))
      assert.deepEqual(errorOf(wrong), refused)
      assert.ok(
        element(wrong.text, 'StringToSign')?.startsWith(signature === 'v1' ? 'GET' : 'OSS4-HMAC-SHA256'),
      )
      assert.ok(element(wrong.text, 'SignatureProvided')?.startsWith('AAAAAAAA'))
      const over = await curl(url('GET', { key: 'k', seconds: -1 }))
      assert.deepEqual(errorOf(over), [403, 'AccessDenied', '0002-00000069'])
      assert.equal(element(over.text, 'Message'), 'Request has expired.')
      const unknown = await curl(good.replace(/LTAI[0-9a-f]+/, 'LTAInobody'))
      assert.deepEqual(errorOf(unknown), [403, 'InvalidAccessKeyId', '0002-00000902'])
      assert.equal((await curl(good)).status, 200, 'the URL itself is still good')
    },
  },
  {
    name: 'awkward keys come back as they went, by URL and in lists',
    async run({ curl, url, put }) {
      const keys = [
        'a b+c',
        'ü/中文/😀',
        '%2F%',
        "!'()*~-_.",
        '&=?#;,$@:',
        'dir//double/',
        '..x/.y',
        '<&>"',
        'a\tb\nc',
      ]
      for (const key of keys) {
        await put(key, key)
        const got = await curl(url('GET', { key }))
        assert.deepEqual([got.status, got.text], [200, key], JSON.stringify(key))
      }
      const query = { 'list-type': '2', 'encoding-type': 'url', prefix: '' }
      const { text } = await curl(url('GET', { query }))
      const listed = [...text.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) => decodeURIComponent(key))
      const inOrder = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      assert.deepEqual(listed, inOrder)
    },
  },
  {
    name: 'one connection serves many requests, errors and bodies of any kind between',
    async run({ attempt, url, put, path }) {
      await put('k', TEN)
      const urls = [
        url('GET', { key: 'k' }),
        url('GET', { key: 'no such' }),
        url('GET', { key: 'k' }).replace(/ignature=.{8}/, 'ignature=AAAAAAAA'),
        url('GET', { key: 'k' }),
      ]
      const args = urls.flatMap((each) => ['-o', path('out'), each])
      const { stdout, code } = await attempt(['-w', '%{http_code} %{num_connects}\n', ...args])
      assert.equal(code, 0)
      assert.deepEqual(stdout.toString().trim().split('\n'), ['200 1', '404 0', '403 0', '200 0'])
    },
  },
  {
    name: "the bucket in the Host: a name below localhost, and the service's own names",
    async run({ curl, url, put, bucket, server }) {
      await put('dir/k', TEN)
      const path = url('GET', { key: 'dir/k' }).replace(`${server.endpoint}/${bucket}`, '')
      const below = await curl(`http://${bucket}.localhost:${server.port}${path}`)
      assert.deepEqual([below.status, below.text], [200, TEN])
      const host = `Host: ${bucket}.oss-cn-hangzhou.aliyuncs.com`
      const named = await curl('-H', host, `${server.endpoint}${path}`)
      assert.deepEqual([named.status, named.text], [200, TEN])
    },
  },
  {
    name: 'HTTP/1.0, and compression that the client offers',
    async run({ curl, url, put }) {
      await put('k', TEN)
      const old = await curl('--http1.0', url('GET', { key: 'k' }))
      assert.deepEqual([old.status, old.text], [200, TEN])
      const compressed = await curl('--compressed', url('GET', { key: 'k' }))
      assert.deepEqual([compressed.status, compressed.text], [200, TEN])
    },
  },
]
