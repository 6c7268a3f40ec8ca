import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UploadError } from '../engine/errors.js'
import { parseProxy, proxyFromEnvironment } from './proxy.js'

test('a proxy is told by its URL, with http and its port as what is usual', () => {
  assert.deepEqual(parseProxy('http://proxy.example:3128'), {
    secure: false,
    host: 'proxy.example',
    port: 3128,
    name: 'http://proxy.example:3128',
  })
  assert.equal(parseProxy('proxy.example:3128').name, 'http://proxy.example:3128')
  assert.equal(parseProxy('https://[::1]').host, '::1')
  assert.equal(parseProxy('https://[::1]').port, 443)
  const { authorization, name } = parseProxy('http://me:p%40ss%3a100%@proxy.example')
  assert.equal(authorization, `Basic ${Buffer.from('me:p%40ss%3a100%').toString('base64')}`)
  assert.equal(name, 'http://proxy.example')
  assert.equal(
    parseProxy('http://me:p%40ss@proxy.example').authorization,
    `Basic ${Buffer.from('me:p@ss').toString('base64')}`,
  )
})

test('what is no proxy is refused without its password', () => {
  for (const text of [
    'socks5://me:hidden@proxy.example',
    'http://me:hidden@',
    'http://me:hid den@[proxy',
    '',
  ]) {
    assert.throws(
      () => parseProxy(text),
      (error) =>
        error instanceof UploadError && error.code === 'invalid-argument' && !/hid/.test(error.message),
    )
  }
})

const places = {
  secure: 'https://oss-cn-hangzhou.aliyuncs.com',
  plain: 'http://oss-cn-hangzhou.aliyuncs.com',
}

test('the variable of the scheme goes before the one for all, lower case before upper', () => {
  const of = (environment: Record<string, string>, origin: string) =>
    proxyFromEnvironment(environment)(origin)?.host
  assert.equal(of({ HTTPS_PROXY: 'http://a' }, places.secure), 'a')
  assert.equal(of({ HTTPS_PROXY: 'http://a' }, places.plain), undefined)
  assert.equal(of({ HTTP_PROXY: 'http://a' }, places.plain), 'a')
  assert.equal(of({ HTTP_PROXY: 'http://a' }, places.secure), undefined)
  assert.equal(of({ ALL_PROXY: 'http://a' }, places.secure), 'a')
  assert.equal(
    of({ ALL_PROXY: 'http://a', https_proxy: 'http://b', HTTPS_PROXY: 'http://c' }, places.secure),
    'b',
  )
  assert.equal(of({ https_proxy: '', HTTPS_PROXY: 'http://c' }, places.secure), 'c')
  assert.equal(of({}, places.secure), undefined)
  assert.equal(of({ HTTP_PROXY: 'http://a', REQUEST_METHOD: 'GET' }, places.plain), undefined)
  assert.equal(of({ http_proxy: 'http://a', REQUEST_METHOD: 'GET' }, places.plain), 'a')
})

test('this machine is never reached through a proxy of the environment', () => {
  const choose = proxyFromEnvironment({ ALL_PROXY: 'http://a' })
  for (const origin of [
    'http://127.0.0.1:9500',
    'http://localhost:9500',
    'https://[::1]',
    'http://127.9.9.9',
  ]) {
    assert.equal(choose(origin), undefined, origin)
  }
  assert.equal(choose('http://127.example')?.host, 'a')
})

test('NO_PROXY names hosts with all below them, addresses, networks and ports', () => {
  const isExempt = (list: string, origin: string) =>
    proxyFromEnvironment({ ALL_PROXY: 'http://a', NO_PROXY: list })(origin) === undefined
  const rows: readonly (readonly [string, string, boolean])[] = [
    ['*', 'https://oss.example', true],
    ['example', 'https://oss.example', true],
    ['.example', 'https://oss.example', true],
    ['*.example', 'https://oss.example', true],
    ['.example', 'https://example', true],
    ['ample', 'https://oss.example', false],
    ['oss.example', 'https://b.oss.example', true],
    ['b.oss.example', 'https://oss.example', false],
    ['OSS.Example.', 'https://oss.example', true],
    ['a, oss.example  c', 'https://oss.example', true],
    ['oss.example:443', 'https://oss.example', true],
    ['oss.example:443', 'http://oss.example', false],
    ['oss.example:9500', 'http://oss.example:9500', true],
    ['10.0.0.5', 'http://10.0.0.5:9500', true],
    ['10.0.0.0/8', 'http://10.9.0.5:9500', true],
    ['10.0.0.0/8', 'http://11.9.0.5:9500', false],
    ['10.0.0.0/8', 'http://10.example', false],
    ['fd00::/8', 'http://[fd00::5]:9500', true],
    ['[fd00::5]:9500', 'http://[fd00::5]:9500', true],
    ['fd00::5', 'http://[fd00::6]', false],
    ['10.0.0.0/99', 'http://10.0.0.0', false],
    ['', 'https://oss.example', false],
  ]
  for (const [list, origin, exempt] of rows) assert.equal(isExempt(list, origin), exempt, `${list} ${origin}`)
})
