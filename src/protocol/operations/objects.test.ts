/** The same for objects, buckets and listings. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProtocolError } from '../errors.js'
import { listBuckets, putBucket } from './buckets.js'
import { listObjects, listObjectsV2 } from './listing.js'
import { getObject, headObject } from './object-reads.js'
import { putObject } from './objects.js'
import type { WireAnswer, WireRequest } from './operation.js'

const answer = (status: number, headers: Record<string, string>, body = ''): WireAnswer => ({
  status,
  headers,
  body: new TextEncoder().encode(body),
})
const request = (query: WireRequest['query'], headers = {}): WireRequest => ({
  method: 'GET',
  bucket: 'b',
  key: 'k',
  query,
  headers,
})
const throwsKind = (kind: string, run: () => unknown) =>
  assert.throws(run, (error) => error instanceof ProtocolError && error.kind === kind)

const head = {
  etag: '"A"',
  'last-modified': 'Sun, 03 Dec 2023 12:12:12 GMT',
  'content-length': '5',
}

test('a partial answer tells its bytes and the size of the whole', () => {
  const { size, part } = getObject.decodeAnswer(answer(206, { ...head, 'content-range': 'bytes 3-7/10' }))
  assert.deepEqual({ size, part }, { size: 10, part: { start: 3, end: 8 } })
  for (const range of ['bytes 3-7/*', 'bytes 7-3/10', 'bytes 3-10/10', 'bytes */10', '']) {
    throwsKind('bad-answer', () => getObject.decodeAnswer(answer(206, { ...head, 'content-range': range })))
  }
})

test('a head without size, ETag or date is a bad answer', () => {
  for (const missing of Object.keys(head)) {
    throwsKind('bad-answer', () => headObject.decodeAnswer(answer(200, { ...head, [missing]: '' })))
  }
})

test('headers asked for take the place of the object’s own, and may not begin new ones', () => {
  const input = getObject.decodeRequest(request({ 'response-content-type': 'a/b', 'response-expires': '' }))
  assert.deepEqual(input.overrides, { 'content-type': 'a/b' })
  const output = { size: 1, etag: 'A', lastModified: 0, headers: { 'content-type': 'c/d', expires: 'e' } }
  const { headers } = getObject.encodeAnswer(output, input)
  assert.equal(headers['content-type'], 'a/b')
  assert.equal(headers['expires'], 'e')
  throwsKind('bad-request', () =>
    getObject.decodeRequest(request({ 'response-expires': 'a\r\nset-cookie: b' })),
  )
})

test('conditions are read with and without quotes, and dates that are none ignored', () => {
  const read = getObject.decodeRequest(
    request({}, { 'if-match': 'A', 'if-none-match': '"B"', 'if-modified-since': 'once upon a time' }),
  )
  assert.deepEqual(read, {
    bucket: 'b',
    key: 'k',
    ifMatch: 'A',
    ifNoneMatch: 'B',
    standardRange: false,
    overrides: {},
  })
})

test('PutObject needs an ETag, and no document', () => {
  throwsKind('bad-answer', () => putObject.decodeAnswer(answer(200, {})))
  throwsKind('bad-answer', () => putObject.decodeAnswer(answer(200, { etag: '"A"' }, '<html></html>')))
  throwsKind('error-in-success', () =>
    putObject.decodeAnswer(answer(200, { etag: '"A"' }, '<Error><Code>C</Code></Error>')),
  )
  assert.deepEqual(putObject.decodeAnswer(answer(200, { etag: '"A"' }, ' {"ok":true}')), {
    etag: 'A',
    callback: ' {"ok":true}',
  })
})

test('a request without a bucket or a key is not one of an object', () => {
  const { key: _key, ...noKey } = request({})
  const { bucket: _bucket, ...noBucket } = request({})
  throwsKind('bad-request', () => putObject.decodeRequest(noKey))
  throwsKind('bad-request', () => putObject.decodeRequest(noBucket))
})

test('pages of objects and of buckets hold 100 unless said otherwise', () => {
  assert.equal(listObjects.decodeRequest(request({})).maxKeys, 100)
  assert.equal(listObjectsV2.decodeRequest(request({ 'list-type': '2' })).maxKeys, 100)
  assert.equal(listBuckets.decodeRequest(request({})).maxKeys, 100)
  for (const value of ['0', '1001', 'x']) {
    throwsKind('bad-request', () => listObjects.decodeRequest(request({ 'max-keys': value })))
  }
})

test('an empty prefix is none', () => {
  const read = listObjects.decodeRequest(request({ prefix: '', marker: undefined, delimiter: '/' }))
  assert.deepEqual(read, { bucket: 'b', maxKeys: 100, delimiter: '/' })
})

test('an unknown access control is refused', () => {
  const acl = 'everybody'
  assert.throws(() => putBucket.decodeRequest(request({}, { 'x-oss-acl': acl })), {
    code: 'InvalidArgument',
    message: 'no such bucket access control exists',
    fields: { ArgumentName: 'x-oss-acl', ArgumentValue: acl },
  })
})

test('a truncated listing must say where to go on', () => {
  const body = '<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>'
  throwsKind('bad-answer', () => listObjects.decodeAnswer(answer(200, {}, body)))
  throwsKind('bad-answer', () => listObjectsV2.decodeAnswer(answer(200, {}, body)))
})
