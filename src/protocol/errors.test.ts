/** Error documents there and back, and whatever else may stand in their place. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { errorDefaults } from './codes.js'
import { decodeErrorDocument, type ErrorToSay, encodeErrorDocument, ProtocolError } from './errors.js'

const context = { requestId: '566B6BEC1BA604C27DD438F8', hostId: 'b.oss.test' }
const none = new Uint8Array()

test('the document, in the order of OSS', () => {
  const answer = encodeErrorDocument(
    { code: 'NoSuchBucket', fields: { BucketName: 'a&b' } },
    { ...context, head: false },
  )
  assert.equal(answer.status, 404)
  assert.deepEqual(answer.headers, { 'content-type': 'application/xml', 'x-oss-ec': '0015-00000101' })
  assert.equal(
    new TextDecoder().decode(answer.body).split('\n')[1],
    '<Error><Code>NoSuchBucket</Code><Message>The specified bucket does not exist.</Message>' +
      '<RequestId>566B6BEC1BA604C27DD438F8</RequestId><HostId>b.oss.test</HostId><BucketName>a&amp;b</BucketName>' +
      '<EC>0015-00000101</EC><RecommendDoc>https://api.aliyun.com/troubleshoot?q=0015-00000101</RecommendDoc></Error>',
  )
})

test('an error goes there and back, by GET and by HEAD', () => {
  const word = fc.string({ unit: 'grapheme-ascii', minLength: 1 }).map((value) => value.trim() || 'x')
  const anyError = fc.record(
    {
      code: fc.constantFrom('NoSuchKey', 'InvalidArgument', 'Unheard'),
      status: fc.constantFrom(400, 404, 503),
      message: word.map((value) => value.replace(/\s+/g, ' ')),
      ec: fc.constant('0001-00000002'),
      fields: fc.dictionary(fc.constantFrom('Key', 'UploadId', 'ArgumentName'), word, {
        noNullPrototype: true,
      }),
    },
    { requiredKeys: ['code', 'fields', 'ec'], noNullPrototype: true },
  )
  fc.assert(
    fc.property(anyError, fc.boolean(), (error: ErrorToSay, head) => {
      const { status, headers, body } = encodeErrorDocument(error, { ...context, head })
      assert.equal(body.length === 0, head)
      const defaults = errorDefaults(error.code)
      const { RecommendDoc, ...fields } = decodeErrorDocument(status, headers, body).fields
      assert.ok(RecommendDoc)
      assert.deepEqual(
        { ...decodeErrorDocument(status, headers, body), fields },
        {
          ...context,
          status: error.status ?? defaults.status,
          code: error.code,
          message: error.message ?? defaults.message,
          ec: error.ec,
          fields: error.fields,
        },
      )
    }),
  )
})

test('NotModified has no document', () => {
  const answer = encodeErrorDocument({ code: 'NotModified' }, { ...context, head: false })
  assert.deepEqual(answer, { status: 304, headers: {}, body: none })
})

test('whatever stands in place of a document has no code', () => {
  for (const body of [
    '',
    '<html><body>Bad Gateway</body></html>',
    '<!DOCTYPE html><html>',
    '{"a":1}',
    '<Error>',
    '\xff\x00',
  ]) {
    const headers = { 'x-oss-request-id': 'R', 'x-oss-ec': 'E', 'x-oss-err': 'no base64!' }
    assert.deepEqual(decodeErrorDocument(502, headers, Buffer.from(body, 'latin1')), {
      status: 502,
      message: 'Status 502 without an error document',
      requestId: 'R',
      ec: 'E',
      fields: {},
    })
  }
})

test('any bytes at all can be decoded', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.string(), (body, err) => {
      assert.equal(decodeErrorDocument(500, { 'x-oss-err': err }, body).status, 500)
    }),
  )
})

test('a message becomes one line', () => {
  const body = new TextEncoder().encode('<Error><Code>A</Code><Message> b\n  c </Message></Error>')
  assert.equal(decodeErrorDocument(400, {}, body).message, 'b c')
})

test('an error of decoding can be said as it is', () => {
  const error = new ProtocolError('bad-request', 'InvalidPartOrder', 'x')
  assert.equal(error.status, 400)
  assert.equal(error.ec, '0042-00000209')
  assert.equal(encodeErrorDocument(error, { ...context, head: false }).status, 400)
})

test('names of an object are no codes', () => {
  assert.deepEqual(errorDefaults('constructor'), { status: 400, message: 'constructor' })
})

test('an answer to HEAD stays within the headers that clients read, whatever there is to say', () => {
  const said = { code: 'SignatureDoesNotMatch', fields: { StringToSign: 'x'.repeat(20_000) } }
  const context = { requestId: 'R', hostId: 'h', head: true }
  const answer = encodeErrorDocument(said, context)
  assert.ok((answer.headers['x-oss-err'] ?? '').length < 8192)
  const read = decodeErrorDocument(answer.status, answer.headers, answer.body)
  assert.equal(read.code, 'SignatureDoesNotMatch')
  assert.equal(read.requestId, 'R')
  assert.equal(read.ec, '0002-00000040')
  const whole = encodeErrorDocument(said, { ...context, head: false })
  assert.ok(whole.body.length > 20_000)
})
