import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressesOf, parseTarget } from './addressing.js'

const cases: [host: string, path: string, expected: object[]][] = [
  ['127.0.0.1:9500', '/', [{}]],
  ['127.0.0.1:9500', '/b', [{ bucket: 'b' }]],
  ['127.0.0.1:9500', '/b/', [{ bucket: 'b' }]],
  ['127.0.0.1:9500', '/b/k/l', [{ bucket: 'b', key: 'k/l' }]],
  ['127.0.0.1', '/b//k', [{ bucket: 'b', key: '/k' }]],
  ['[::1]:9500', '/b/k', [{ bucket: 'b', key: 'k' }]],
  ['localhost:9500', '/b/k', [{ bucket: 'b', key: 'k' }]],
  ['LOCALHOST', '/b/k', [{ bucket: 'b', key: 'k' }]],
  ['b.localhost:9500', '/', [{ bucket: 'b' }]],
  ['b.localhost:9500', '/k', [{ bucket: 'b', key: 'k' }]],
  ['oss.test', '/b/k', [{ bucket: 'b', key: 'k' }]],
  ['b.oss.test:1', '/k', [{ bucket: 'b', key: 'k' }]],
  ['b.oss-cn-hangzhou.aliyuncs.com', '/k', [{ bucket: 'b', key: 'k' }]],
  ['.oss-cn-hangzhou.aliyuncs.com', '/', [{}]],
  ['oss-cn-hangzhou.aliyuncs.com', '/', [{}]],
  ['oss-cn-hangzhou.aliyuncs.com', '/b/k', [{ bucket: 'b', key: 'k' }]],
  ['other.example', '/b/k', [{ bucket: 'b', key: 'k' }]],
  ['', '/b/k', [{ bucket: 'b', key: 'k' }]],
  [
    'b.oss-cn-hangzhou.aliyuncs.com',
    '/b/k',
    [
      { bucket: 'b', key: 'b/k' },
      { bucket: 'b', key: 'k' },
    ],
  ],
  ['b.oss-cn-hangzhou.aliyuncs.com', '/b', [{ bucket: 'b', key: 'b' }, { bucket: 'b' }]],
]

for (const [host, path, expected] of cases) {
  test(`${host || 'no host'} ${path} means ${JSON.stringify(expected)}`, () => {
    assert.deepEqual(addressesOf(host, path, ['OSS.test']), expected)
  })
}

test('a target is decoded once, and an encoded slash is a slash', () => {
  assert.equal(parseTarget('/b/a%2Fb%252F+c').path, '/b/a/b%2F+c')
  assert.equal(parseTarget('http://h:1/b/k?x').path, '/b/k')
  assert.deepEqual(
    { ...parseTarget('/b?prefix=a+b%2B&uploads&x=&__proto__=1').query },
    {
      prefix: 'a b+',
      uploads: '',
      x: '',
      ['__proto__']: '1',
    },
  )
  assert.throws(() => parseTarget('/b/%ff'), URIError)
  assert.throws(() => parseTarget('/b?a=%'), URIError)
})
