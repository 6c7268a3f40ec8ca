/** What clients write in Authorization, in all their manners. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAuthorization, parseCredential, presignedVersion } from './authorization.js'

const parsed = {
  version: 'v4',
  accessKeyId: 'ak',
  date: '20240102',
  region: 'cn-hangzhou',
  product: 'oss',
  additionalHeaders: ['a', 'b'],
  signature: 'ab12',
}
const credential = 'Credential=ak/20240102/cn-hangzhou/oss/aliyun_v4_request'

test('order and spaces of version 4 do not matter', () => {
  for (const text of [
    `OSS4-HMAC-SHA256 ${credential},AdditionalHeaders=a;b,Signature=ab12`,
    `OSS4-HMAC-SHA256 ${credential}, Signature=ab12, AdditionalHeaders=a;b`,
    `  OSS4-HMAC-SHA256   Signature = ab12 ,AdditionalHeaders=A; b; , ${credential} `,
  ]) {
    assert.deepEqual(parseAuthorization(text), parsed, text)
  }
  assert.deepEqual(parseAuthorization(`OSS4-HMAC-SHA256 ${credential},Signature=ab12`), {
    ...parsed,
    additionalHeaders: [],
  })
})

test('version 1', () => {
  const signature = 'kSHKmLxlyEAKtZPkJhG9bZb5k7M='
  assert.deepEqual(parseAuthorization(`OSS ak:${signature}`), { version: 'v1', accessKeyId: 'ak', signature })
  assert.deepEqual(parseAuthorization(` OSS  ak : ${signature} `), {
    version: 'v1',
    accessKeyId: 'ak',
    signature,
  })
})

test('what lacks a part is no authorization', () => {
  for (const text of [
    '',
    'OSS',
    'OSS ak',
    'OSS :sig',
    'OSS ak:',
    'Bearer ak:sig',
    'OSS2 AccessKeyId:ak',
    'OSS2 Signature:sig',
    'OSS2 AccessKeyId=ak,Signature=sig',
    `OSS4-HMAC-SHA256 ${credential}`,
    'OSS4-HMAC-SHA256 Signature=ab12',
    'OSS4-HMAC-SHA256 Credential=ak/2024/cn-hangzhou/oss/aliyun_v4_request,Signature=ab12',
    'OSS4-HMAC-SHA256 Credential=ak/20240102/cn-hangzhou/oss/aws4_request,Signature=ab12',
    'OSS4-HMAC-SHA256 Credential=/20240102/cn-hangzhou/oss/aliyun_v4_request,Signature=ab12',
  ]) {
    assert.equal(parseAuthorization(text), undefined, text)
  }
})

test('an access key id may hold slashes', () => {
  assert.equal(parseCredential('a/b/20240102/r/oss/aliyun_v4_request')?.accessKeyId, 'a/b')
})

test('presigned URLs are known by their parameters', () => {
  assert.equal(presignedVersion({ 'x-oss-signature-version': 'OSS4-HMAC-SHA256' }), 'v4')
  assert.equal(presignedVersion({ 'x-oss-signature': 'x' }), 'v4')
  assert.equal(presignedVersion({ 'x-oss-signature': 'x', 'x-oss-signature-version': 'OSS2' }), 'v2')
  assert.equal(presignedVersion({ Signature: 'x', Expires: '1' }), 'v1')
  assert.equal(presignedVersion({ uploads: '' }), undefined)
})

test('a header of any length and shape is read in one pass', { timeout: 30_000 }, () => {
  for (const gap of [' ', '\t', 'a ', ' a', ':', '/', '=', ',']) {
    const middle = gap.repeat(500_000)
    assert.equal(parseAuthorization(`Other a${middle}b`), undefined)
    assert.doesNotThrow(() => parseAuthorization(`OSS a${middle}b`))
    assert.doesNotThrow(() => parseAuthorization(`OSS4-HMAC-SHA256 Credential=a${middle}b,Signature=c`))
  }
})
