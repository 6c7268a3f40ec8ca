/** Laws of signing that the known answers (test/interop) do not show: tokens, header bytes, what a verifier computes. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseAuthorization } from './authorization.js'
import { toWire } from './encode.js'
import { presignV1, presignV4, signV1, signV4 } from './signing.js'
import { isSubresource, signatureV1, stringToSignV1 } from './v1.js'
import { canonicalRequestV4, signatureV4, signingKeyV4, stringToSignV4 } from './v4.js'

const credentials = { accessKeyId: 'ak', accessKeySecret: 'sk' }
const temporary = { ...credentials, securityToken: 'token/+=' }
const date = new Date(Date.UTC(2024, 0, 2, 3, 4, 5))
const request = { method: 'PUT', bucket: 'b', key: 'k', headers: {}, credentials }
const v4 = { ...request, region: 'cn-hangzhou', date }

test('version 1 prefers x-oss-date, and signs it among the x-oss-* headers too', () => {
  const headers = { Date: 'yesterday', 'X-OSS-Date': ' today ' }
  assert.equal(signV1({ ...request, headers }).stringToSign, 'PUT\n\n\ntoday\nx-oss-date:today\n/b/k')
})

test('version 1 signs sub-resources with their plain values, and no listing parameters', () => {
  const query = { uploadId: 'A B', prefix: 'p', 'x-oss-any': '中', acl: undefined, 'max-keys': '1' }
  const { stringToSign } = signV1({ ...request, query, headers: { date: 'd' } })
  assert.equal(stringToSign, 'PUT\n\n\nd\n/b/k?acl&uploadId=A B&x-oss-any=中')
})

test('the resource is the service, the bucket or the object', () => {
  const resource = (of: object) =>
    signV1({ method: 'GET', headers: {}, credentials, ...of })
      .stringToSign.split('\n')
      .at(-1)
  assert.equal(resource({}), '/')
  assert.equal(resource({ bucket: '', key: '' }), '/')
  assert.equal(resource({ bucket: 'b' }), '/b/')
  assert.equal(resource({ bucket: 'b', key: 'a/ä b' }), '/b/a/ä b')
})

test('listing parameters are no sub-resources', () => {
  for (const name of [
    'prefix',
    'marker',
    'max-keys',
    'delimiter',
    'encoding-type',
    'list-type',
    'start-after',
    'key-marker',
    'upload-id-marker',
    'max-uploads',
    'max-parts',
    'part-number-marker',
    'fetch-owner',
  ]) {
    assert.equal(isSubresource(name), false, name)
  }
  for (const name of [
    'uploads',
    'uploadId',
    'partNumber',
    'sequential',
    'continuation-token',
    'security-token',
    'callback',
    'callback-var',
    'x-oss-new',
  ]) {
    assert.equal(isSubresource(name), true, name)
  }
})

test('a token is signed, and handed back to be sent', () => {
  const headers = { date: 'd' }
  const one = signV1({ ...request, headers, credentials: temporary })
  assert.deepEqual(one.headers, { 'x-oss-security-token': 'token/+=' })
  assert.match(one.stringToSign, /\nx-oss-security-token:token\/\+=\n/)
  const four = signV4({ ...v4, credentials: temporary })
  assert.deepEqual(four.headers, {
    'x-oss-content-sha256': 'UNSIGNED-PAYLOAD',
    'x-oss-date': '20240102T030405Z',
    'x-oss-security-token': 'token/+=',
  })
  assert.match(four.canonicalRequest, /\nx-oss-security-token:token\/\+=\n/)
  assert.deepEqual(
    signV1({ ...request, headers, credentials: { ...credentials, securityToken: '' } }).headers,
    {},
  )
})

test('a token of a URL is in its query, signed', () => {
  const one = presignV1({ ...request, credentials: temporary, expires: 5 })
  assert.equal(one.query['security-token'], 'token/+=')
  assert.equal(one.stringToSign, 'PUT\n\n\n5\n/b/k?security-token=token/+=')
  const four = presignV4({ ...v4, credentials: temporary, expiresSeconds: 5 })
  assert.equal(four.query['x-oss-security-token'], 'token/+=')
  assert.match(four.canonicalRequest, /&x-oss-security-token=token%2F%2B%3D&/)
})

test('header text beyond latin1 is signed as the UTF-8 bytes that go on the wire', () => {
  const text = { date: 'd', 'x-oss-meta-a': '中é' }
  const wire = { date: 'd', 'x-oss-meta-a': toWire('中é') }
  assert.equal(
    signV1({ ...request, headers: text }).authorization,
    signV1({ ...request, headers: wire }).authorization,
  )
  assert.equal(signV4({ ...v4, headers: text }).signature, signV4({ ...v4, headers: wire }).signature)
  assert.match(signV4({ ...v4, headers: wire }).canonicalRequest, /x-oss-meta-a:中é\n/)
})

test('wire strings are signed byte for byte, even where they are no UTF-8', () => {
  const { authorization } = signV1({ ...request, headers: { date: 'd', 'x-oss-meta-a': '\xe9\xff' } })
  const bytes = Buffer.from('PUT\n\n\nd\nx-oss-meta-a:\xe9\xff\n/b/k', 'latin1')
  assert.equal(authorization, `OSS ak:${createHmac('sha1', 'sk').update(bytes).digest('base64')}`)
})

test('a verifier computes from the parts what a signer computed', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 8 })
  const anyQuery = fc.dictionary(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }), text)
  fc.assert(
    fc.property(text, anyQuery, text, (key, query, meta) => {
      const headers = { date: 'd', host: 'h', 'x-oss-meta-a': toWire(meta) }
      const one = parseAuthorization(signV1({ ...request, key, query, headers }).authorization)
      assert.equal(
        one?.signature,
        signatureV1('sk', stringToSignV1({ ...request, key, query, headers, date: 'd' })),
      )
      const signed = signV4({ ...v4, key, query, headers, additionalHeaders: ['Host', 'absent'] })
      const four = parseAuthorization(signed.authorization)
      assert.ok(four?.version === 'v4')
      assert.deepEqual(four.additionalHeaders, ['host'])
      const canonicalRequest = canonicalRequestV4({
        method: 'PUT',
        bucket: 'b',
        key,
        query,
        headers: { ...headers, ...signed.headers },
        additionalHeaders: four.additionalHeaders,
        payload: 'UNSIGNED-PAYLOAD',
      })
      const stringToSign = stringToSignV4({ canonicalRequest, date: '20240102T030405Z', scope: four })
      assert.equal(four.signature, signatureV4(signingKeyV4('sk', four), stringToSign))
    }),
  )
})

test('a verifier of a URL leaves its signature out', () => {
  const { query, signature } = presignV4({ ...v4, query: { uploads: '' }, expiresSeconds: 60 })
  const canonicalRequest = canonicalRequestV4({
    ...v4,
    query: { uploads: undefined, ...query },
    additionalHeaders: [],
    payload: 'UNSIGNED-PAYLOAD',
  })
  const scope = { date: '20240102', region: 'cn-hangzhou', product: 'oss' }
  const stringToSign = stringToSignV4({ canonicalRequest, date: '20240102T030405Z', scope })
  assert.equal(signatureV4(signingKeyV4('sk', scope), stringToSign), signature)
})

test('empty values are canonical in three ways', () => {
  const query = { uploads: '', prefix: '', acl: undefined, a: '1' }
  const lines = (['bare', 'equals', 'mixed'] as const).map((emptyValues) => {
    const parts = { ...request, query, additionalHeaders: [], payload: 'P', emptyValues }
    return canonicalRequestV4(parts).split('\n')[2]
  })
  assert.deepEqual(lines, ['a=1&acl&prefix&uploads', 'a=1&acl=&prefix=&uploads=', 'a=1&acl&prefix=&uploads'])
})

test('the canonical query is sorted by encoded bytes, not by letters', () => {
  const query = { b: '1', B: '2', '~': '3', ä: '4', a: '5', 'a-b': '6', '!': '7' }
  assert.equal(
    canonicalRequestV4({ ...request, query, additionalHeaders: [], payload: 'P' }).split('\n')[2],
    '%21=7&%C3%A4=4&B=2&a=5&a-b=6&b=1&~=3',
  )
})

test('a given payload digest is signed', () => {
  const { canonicalRequest, headers } = signV4({ ...v4, headers: { 'x-oss-content-sha256': 'abc' } })
  assert.ok(canonicalRequest.endsWith('\nabc'))
  assert.equal(headers['x-oss-content-sha256'], 'abc')
})

test('a URL may not be good for nothing, a fraction or more than seven days', () => {
  for (const expiresSeconds of [0, -1, 1.5, Number.NaN, 604_801]) {
    assert.throws(() => presignV4({ ...v4, expiresSeconds }), RangeError)
  }
  for (const expiresSeconds of [1, 604_800]) {
    assert.equal(presignV4({ ...v4, expiresSeconds }).query['x-oss-expires'], String(expiresSeconds))
  }
  assert.throws(() => presignV1({ ...request, expires: 1.5 }), RangeError)
})

test('a value whose last byte looks like a space of another alphabet is signed whole', () => {
  const credentials = { accessKeyId: 'ak', accessKeySecret: 'sk' }
  const date = new Date(Date.UTC(2026, 10, 22))
  const stringFor = (value: string): string => {
    const headers = { date: date.toUTCString(), 'x-oss-meta-name': value }
    return signV1({ method: 'PUT', bucket: 'b', key: 'k', headers, credentials }).stringToSign
  }
  // The Cyrillic letter ends in the byte A0, which is a space in latin1.
  assert.match(stringFor('\u0420'), /x-oss-meta-name:\u0420\n/)
  const canonical = (value: string): string => {
    const headers = { 'x-oss-meta-name': value }
    return signV4({ method: 'PUT', bucket: 'b', key: 'k', headers, credentials, region: 'cn-hangzhou', date })
      .signature
  }
  assert.notEqual(canonical('\u00d0\u00a0'), canonical('\u00d0'))
  assert.equal(canonical(' padded\t'), canonical('padded'))
})
