import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressesOf, meaningOfHost, parseTarget } from './addressing.js'

const names = {
  baseNames: ['OSS.test', 'deep.oss.test.'],
  domains: new Map([
    ['img.example.test', 'pictures'],
    ['cdn.oss.test', 'cdn-bucket'],
  ]),
}

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
  ['b.oss.test.:1', '/k', [{ bucket: 'b', key: 'k' }]],
  ['b.deep.oss.test', '/k', [{ bucket: 'b', key: 'k' }]],
  ['deep.oss.test', '/b/k', [{ bucket: 'b', key: 'k' }]],
  ['x.y.oss.test', '/k', [{ bucket: 'x.y', key: 'k' }]],
  ['localhost.localhost', '/k', [{ bucket: 'localhost', key: 'k' }]],
  ['oss-cn-hangzhou.localhost', '/k', [{ bucket: 'oss-cn-hangzhou', key: 'k' }]],
  ['127-0-0-1.oss.test', '/k', [{ bucket: '127-0-0-1', key: 'k' }]],
  ['localhost.', '/localhost/k', [{ bucket: 'localhost', key: 'k' }]],
  ['127.0.0.1:9500', '/localhost:9500/k', [{ bucket: 'localhost:9500', key: 'k' }]],
  ['[::1', '/b/k', [{ bucket: 'b', key: 'k' }]],
  ['[fe80::1%25eth0]:9500', '/b/k', [{ bucket: 'b', key: 'k' }]],
  ['img.example.test', '/dir/k', [{ bucket: 'pictures', key: 'dir/k' }]],
  ['IMG.Example.test.:9500', '/', [{ bucket: 'pictures' }]],
  ['x.img.example.test', '/b/k', [{ bucket: 'b', key: 'k' }]],
  ['cdn.oss.test', '/k', [{ bucket: 'cdn-bucket', key: 'k' }]],
  [
    'img.example.test',
    '/pictures/k',
    [
      { bucket: 'pictures', key: 'pictures/k' },
      { bucket: 'pictures', key: 'k' },
    ],
  ],
  ['b.oss-cn-hangzhou.aliyuncs.com', '/k', [{ bucket: 'b', key: 'k' }]],
  ['B.OSS-cn-hangzhou.aliyuncs.com.:80', '/k', [{ bucket: 'b', key: 'k' }]],
  ['b.oss-cn-hangzhou-internal.aliyuncs.com', '/k', [{ bucket: 'b', key: 'k' }]],
  ['b.oss-accelerate.aliyuncs.com', '/k', [{ bucket: 'b', key: 'k' }]],
  ['b.cn-hangzhou.oss.aliyuncs.com', '/k', [{ bucket: 'b', key: 'k' }]],
  ['cn-hangzhou.oss.aliyuncs.com', '/b/k', [{ bucket: 'b', key: 'k' }]],
  ['.cn-hangzhou.oss.aliyuncs.com', '/', [{}]],
  ['b.oss.aliyuncs.com', '/k', [{ bucket: 'b', key: 'k' }]],
  ['x.y.oss-cn-hangzhou.aliyuncs.com', '/k', [{ bucket: 'x.y', key: 'k' }]],
  ['oss-cn-hangzhou.oss-cn-hangzhou.aliyuncs.com', '/k', [{ bucket: 'oss-cn-hangzhou', key: 'k' }]],
  ['aliyuncs.com', '/b/k', [{ bucket: 'b', key: 'k' }]],
  ['evilaliyuncs.com', '/b/k', [{ bucket: 'b', key: 'k' }]],
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
    assert.deepEqual(addressesOf(meaningOfHost(host, names), path), expected)
  })
}

test('the region of an aliyuncs host is read where it names one', () => {
  const regionOf = (host: string): string | undefined => {
    const meaning = meaningOfHost(host, names)
    return meaning.kind === 'bucket' ? meaning.region : undefined
  }
  for (const host of ['b.oss-cn-beijing', 'b.oss-cn-beijing-internal', 'b.cn-beijing.oss']) {
    assert.equal(regionOf(`${host}.aliyuncs.com`), 'cn-beijing', host)
  }
  for (const host of ['b.oss.aliyuncs.com', 'b.oss-accelerate-overseas.aliyuncs.com', 'b.oss.test']) {
    assert.equal(regionOf(host), undefined, host)
  }
})

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
