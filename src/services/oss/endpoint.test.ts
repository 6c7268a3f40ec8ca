import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UploadError } from '../../engine/errors.js'
import { parseEndpoint } from './endpoint.js'

const aliases = [
  'https://oss-cn-hangzhou.aliyuncs.com',
  'http://oss-cn-hangzhou-internal.aliyuncs.com',
  'https://cn-hangzhou.oss.aliyuncs.com/',
  'oss-cn-hangzhou.aliyuncs.com',
  'https://OSS-CN-HANGZHOU.aliyuncs.com:443',
  ' oss-cn-hangzhou.aliyuncs.com/\n',
  'https://oss-cn-hangzhou.aliyuncs.com.',
]

test('all endpoints of one region are one service, and tell the region', () => {
  for (const text of aliases) {
    const { service, region, addressing } = parseEndpoint(text)
    assert.deepEqual(
      { service, region, addressing },
      { service: 'cn-hangzhou', region: 'cn-hangzhou', addressing: 'virtual' },
    )
  }
  assert.equal(parseEndpoint('oss-cn-hangzhou.aliyuncs.com').origin, 'https://oss-cn-hangzhou.aliyuncs.com')
})

test('the accelerated endpoint is of the region it is given, and of none without', () => {
  const text = 'https://oss-accelerate.aliyuncs.com'
  assert.equal(parseEndpoint(text, { region: 'oss-us-west-1' }).service, 'us-west-1')
  assert.equal(parseEndpoint(text).region, undefined)
  assert.equal(parseEndpoint(text).service, text)
})

test('a region may be written in capitals and with margins', () => {
  const { region, service } = parseEndpoint('https://oss-cn-hangzhou.aliyuncs.com', {
    region: ' OSS-CN-Hangzhou ',
  })
  assert.deepEqual([region, service], ['cn-hangzhou', 'cn-hangzhou'])
})

test('any other service is named by its origin; addresses and localhost have the bucket in the path', () => {
  assert.deepEqual(parseEndpoint('http://127.0.0.1:9500'), {
    origin: 'http://127.0.0.1:9500',
    addressing: 'path',
    service: 'http://127.0.0.1:9500',
    region: 'cn-hangzhou',
  })
  assert.equal(parseEndpoint('http://localhost:1').addressing, 'path')
  assert.equal(parseEndpoint('http://[::1]:1').addressing, 'path')
  assert.equal(parseEndpoint('http://localhost:1', { addressing: 'virtual' }).addressing, 'virtual')
  const own = parseEndpoint('https://storage.example.com')
  assert.deepEqual(
    [own.addressing, own.region, own.service],
    ['virtual', undefined, 'https://storage.example.com'],
  )
})

test('what is no endpoint is refused, saying why', () => {
  const wrong: [string, RegExp, object?][] = [
    ['', /not a URL/],
    ['not a url', /not a URL/],
    ['example.com', /not a URL/],
    ['localhost:9500', /not a URL/],
    ['ftp://example.com', /not a URL/],
    ['https://', /not a URL/],
    ['https://key:secret@example.com', /as credentials/],
    ['key:secret@example.com', /as credentials/],
    ['https://example.com/bucket', /leave out the path/],
    ['https://example.com/bucket/key?Signature=secret', /leave out the path.* https:\/\/example\.com\.$/],
    ['example.com/bucket/key?Signature=secret', /not a URL/],
    [undefined as unknown as string, /not a URL/],
    ['https://example.com?x', /leave out the path/],
    ['https://examplebucket.oss-cn-hangzhou.aliyuncs.com', /bucket's name: leave it out/],
    [
      'https://oss-cn-hangzhou.aliyuncs.com',
      /in the region cn-hangzhou, not in cn-beijing/,
      { region: 'cn-beijing' },
    ],
    ['http://127.0.0.1', /use path addressing/, { addressing: 'virtual' }],
    ['http://127.0.0.1', /not one such as/, { region: 'cn hangzhou' }],
    ['http://127.0.0.1', /not one such as/, { region: '' }],
  ]
  for (const [text, message, options] of wrong) {
    assert.throws(
      () => parseEndpoint(text, options),
      (error) => {
        assert.ok(error instanceof UploadError && error.code === 'invalid-argument', text)
        assert.match(error.message, message)
        assert.doesNotMatch(error.message, /secret/)
        return true
      },
    )
  }
})
