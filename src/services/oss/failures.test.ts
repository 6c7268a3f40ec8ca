import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FailureMeaning } from '../../engine/errors.js'
import { decodeErrorDocument } from '../../protocol/errors.js'
import { failureOf } from './failures.js'

const asked = {
  operation: 'UploadPart',
  bucket: 'examplebucket',
  key: 'a/b',
  origin: 'https://oss-cn-hangzhou.aliyuncs.com',
  region: 'cn-hangzhou',
}

function failure(
  status: number,
  body: string,
  headers: Record<string, string> = { 'x-oss-request-id': 'R1' },
) {
  return failureOf(asked, decodeErrorDocument(status, headers, Buffer.from(body)), headers)
}

function documentOf(code: string, more = ''): string {
  return `<Error><Code>${code}</Code><Message>Said so.</Message><RequestId>R1</RequestId>${more}</Error>`
}

test('codes have their meanings', () => {
  const table: [number, string, FailureMeaning][] = [
    [404, 'NoSuchUpload', 'upload-gone'],
    [404, 'NoSuchBucket', 'bucket-missing'],
    [404, 'NoSuchKey', 'upload-gone'],
    [400, 'InvalidPart', 'invalid-part'],
    [409, 'FileAlreadyExists', 'object-exists'],
    [203, 'CallbackFailed', 'callback-failed'],
    [400, 'InvalidDigest', 'corrupt'],
    [400, 'RequestTimeout', 'unavailable'],
    [500, 'InternalError', 'unavailable'],
    [503, 'ServiceUnavailable', 'unavailable'],
    [503, 'SlowDown', 'throttled'],
    [429, 'Whatever', 'throttled'],
    [501, 'NotImplemented', 'unsupported'],
    [405, 'MethodNotAllowed', 'unsupported'],
    [403, 'AccessDenied', 'denied'],
    [403, 'SignatureDoesNotMatch', 'denied'],
    [403, 'InvalidObjectState', 'refused'],
    [403, 'SecondLevelDomainForbidden', 'refused'],
    [400, 'EntityTooSmall', 'refused'],
    [412, 'PreconditionFailed', 'refused'],
    [400, 'constructor', 'refused'],
  ]
  for (const [status, code, meaning] of table) {
    const error = failure(status, documentOf(code, '<EC>0000-1</EC>'))
    assert.equal(error.meaning, meaning, code)
    assert.deepEqual(
      [error.status, error.serviceCode, error.ec, error.requestId],
      [status, code, '0000-1', 'R1'],
    )
    assert.match(error.message, /UploadPart .*EC 0000-1, request R1/)
    assert.doesNotMatch(error.message, /\n/)
  }
})

test('answers without a document are judged by status, where they are of OSS', () => {
  assert.equal(failure(404, '').meaning, 'object-missing')
  assert.equal(
    failure(404, '', { 'x-oss-request-id': 'R', 'x-oss-ec': '0015-00000101' }).meaning,
    'bucket-missing',
  )
  assert.equal(failure(403, '').meaning, 'denied')
  assert.equal(failure(502, '<html>', {}).meaning, 'unavailable')
  for (const [status, body] of [
    [404, ''],
    [404, '<html></html>'],
    [403, 'blocked'],
    [200, '<html>'],
    [302, ''],
  ] as const) {
    const error = failure(status, body, {})
    assert.equal(error.meaning, 'odd-answer')
    assert.match(error.message, /does not look like an OSS endpoint/)
  }
})

test('messages name what a person can change', () => {
  assert.match(failure(404, documentOf('NoSuchBucket')).message, /examplebucket does not exist at https/)
  const region = failure(400, documentOf('InvalidArgument', '<EC>0002-00000226</EC>'))
  assert.equal(region.meaning, 'refused')
  assert.match(region.message, /not in the region cn-hangzhou/)
  const elsewhere = documentOf('AccessDenied', '<Endpoint>oss-cn-beijing.aliyuncs.com</Endpoint>')
  assert.match(failure(403, elsewhere).message, /at oss-cn-beijing\.aliyuncs\.com/)
  assert.match(failure(403, documentOf('SignatureDoesNotMatch')).message, /check the access key secret/)
  assert.match(failure(403, documentOf('SecondLevelDomainForbidden')).message, /virtual addressing/)
})

test('a wish to wait is kept', () => {
  assert.equal(failure(503, '', { 'retry-after': '7' }).retryAfterMs, 7000)
  assert.equal(failure(503, '', { 'retry-after': '7', 'x-oss-qos-delay-time': '120' }).retryAfterMs, 120)
  assert.equal(failure(503, '', { 'retry-after': 'soon' }).retryAfterMs, undefined)
  const date = 'Fri, 02 Jan 2026 03:04:05 GMT'
  assert.equal(
    failure(503, '', { date, 'retry-after': 'Fri, 02 Jan 2026 03:04:35 GMT' }).retryAfterMs,
    30_000,
  )
  assert.equal(failure(503, '', { date, 'retry-after': 'Fri, 02 Jan 2026 03:04:00 GMT' }).retryAfterMs, 0)
  assert.equal(failure(503, '', { 'retry-after': date }).retryAfterMs, undefined)
})

test('nobody is made to wait for hours', () => {
  assert.equal(failure(503, '', { 'retry-after': '999999999' }).retryAfterMs, 300_000)
  assert.equal(failure(503, '', { 'x-oss-qos-delay-time': '999999999' }).retryAfterMs, 300_000)
})

test('a redirect is told and where it leads, without what its address may hold', () => {
  for (const traced of [{}, { 'x-oss-request-id': 'R1' }]) {
    const location = 'https://elsewhere.example.com/b/k?Signature=hidden'
    const { message } = failure(307, '', { ...traced, location })
    assert.match(message, /307.*sends on to https:\/\/elsewhere\.example\.com, so try that/)
    assert.doesNotMatch(message, /hidden/)
  }
  assert.doesNotMatch(failure(302, '', { location: '/login' }).message, /sends on/)
})

test('the words of a service are repeated only so far', () => {
  const { message } = failure(400, documentOf('Odd').replace('Said so.', 'x'.repeat(100_000)))
  assert.ok(message.length < 1000, `${message.length} characters`)
})

test('a key that is missing is the upload where an upload was named, as Ceph says it, and the object elsewhere', () => {
  const document = decodeErrorDocument(
    404,
    { 'x-oss-request-id': 'R1' },
    Buffer.from(documentOf('NoSuchKey')),
  )
  const meaning = (operation: string): FailureMeaning =>
    failureOf({ ...asked, operation }, document, {}).meaning
  for (const operation of ['UploadPart', 'ListParts', 'CompleteMultipartUpload', 'AbortMultipartUpload']) {
    assert.equal(meaning(operation), 'upload-gone', operation)
  }
  assert.equal(meaning('GetObject'), 'object-missing')
  assert.equal(meaning('HeadObject'), 'object-missing')
})

test('whatever stands in an error document, the message is one line that can be read', () => {
  const odd = 'a\nb\u009b31m\u2028c'
  const document = `<Error><Code>${odd}</Code><Message>${odd}</Message><EC>${odd}</EC><RequestId>${'r'.repeat(9000)}</RequestId><Endpoint>${odd}</Endpoint></Error>`
  const { message } = failure(403, document)
  assert.doesNotMatch(message, /[\p{Cc}\u2028]/u)
  assert.ok(message.length < 3000, `${message.length} characters`)
})
