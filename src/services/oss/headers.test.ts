import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { UploadError } from '../../engine/errors.js'
import { checkHeaders, forbidsOverwrite, headerKind, headersFor, type RequestKind } from './headers.js'

const kinds: readonly RequestKind[] = ['put', 'initiate', 'part', 'complete', 'head', 'other']

const table: [string, string, readonly RequestKind[]][] = [
  ['content-type', 'object', ['put', 'initiate']],
  ['x-oss-meta-a', 'object', ['put', 'initiate']],
  ['x-oss-storage-class', 'object', ['put', 'initiate']],
  ['x-oss-object-acl', 'object', ['put', 'initiate', 'complete']],
  ['x-oss-tagging', 'object', ['put', 'initiate']],
  ['x-oss-server-side-encryption', 'object', ['put', 'initiate']],
  ['x-oss-server-side-encryption-customer-algorithm', 'object', ['put', 'initiate', 'part', 'head']],
  ['x-oss-server-side-encryption-customer-key', 'secret', ['put', 'initiate', 'part', 'head']],
  ['x-oss-server-side-encryption-customer-key-md5', 'secret', ['put', 'initiate', 'part', 'head']],
  ['x-oss-callback', 'request', ['put', 'complete']],
  ['x-oss-callback-var', 'request', ['put', 'complete']],
  ['x-oss-forbid-overwrite', 'request', ['put', 'initiate', 'complete']],
  ['x-oss-request-payer', 'request', kinds],
  ['x-oss-traffic-limit', 'request', ['put', 'part']],
]

test('each header goes where it means something, and nowhere else', () => {
  for (const [name, kind, requests] of table) {
    assert.equal(headerKind(name), kind, name)
    const carried = kinds.filter((request) => name in headersFor(request, { [name]: 'v' }))
    assert.deepEqual(carried, requests, name)
  }
})

test('text goes as UTF-8, one character per byte', () => {
  const sent = headersFor('put', { 'x-oss-meta-a': '\u00e9\u4e2d' })
  assert.deepEqual(Buffer.from(sent['x-oss-meta-a'] ?? '', 'latin1'), Buffer.from('\u00e9\u4e2d', 'utf8'))
})

test('names lose their case and values their margins', () => {
  assert.deepEqual(checkHeaders({ 'Content-Type': ' text/plain ', 'X-Oss-Meta-A': '' }), {
    'content-type': 'text/plain',
    'x-oss-meta-a': '',
  })
})

test('spaces that HTTP would keep are kept', () => {
  const text = '\u3000\u4e2d\u00a0'
  assert.equal(checkHeaders({ 'x-oss-meta-a': ` ${text} ` })['x-oss-meta-a'], text)
})

test('what is no plain object of headers is refused rather than read as none', () => {
  for (const given of [
    new Map([['content-type', 'a/b']]),
    new Headers({ 'content-type': 'a/b' }),
    null,
    'a',
    [],
  ]) {
    assert.throws(
      () => checkHeaders(given as unknown as Record<string, string>),
      (error) => error instanceof UploadError && error.code === 'invalid-argument',
    )
  }
})

test('headers that are ours, unknown, or impossible are refused', () => {
  const names = [
    'authorization',
    'Host',
    'content-length',
    'Date',
    'x-oss-date',
    'x-oss-security-token',
    'range',
  ]
  const more = [
    'x-oss-content-sha256',
    'content-md5',
    'transfer-encoding',
    'x-custom',
    'x-oss-complete-all',
    '',
    'x-oss-meta-\u00e9',
  ]
  for (const name of [...names, ...more])
    assert.throws(() => checkHeaders({ [name]: 'v' }), UploadError, name)
  for (const value of ['a\r\nb', 'a\nb', 'a\u0000', '\u007f', '\ud800']) {
    assert.throws(() => checkHeaders({ 'x-oss-meta-a': value }), UploadError)
  }
  assert.throws(() => checkHeaders({ 'x-oss-meta-a': '1', 'X-OSS-META-A': '2' }), /twice/)
})

test('whatever is accepted can be put on the wire', () => {
  fc.assert(
    fc.property(fc.string(), fc.string({ unit: 'binary' }), (name, value) => {
      let headers: Record<string, string>
      try {
        headers = checkHeaders({ [`x-oss-meta-${name}`]: value })
      } catch {
        return
      }
      for (const sent of Object.values(headersFor('put', headers)))
        assert.match(sent, /^[\x20-\x7e\x80-\xff]*$/)
    }),
  )
})

test('forbid-overwrite is asked for by true alone', () => {
  assert.equal(forbidsOverwrite({ 'x-oss-forbid-overwrite': 'true' }), true)
  assert.equal(forbidsOverwrite({ 'x-oss-forbid-overwrite': 'TRUE' }), true)
  assert.equal(forbidsOverwrite({ 'x-oss-forbid-overwrite': 'false' }), false)
  assert.equal(forbidsOverwrite({}), false)
})
