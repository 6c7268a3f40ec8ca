import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readCredentialsDocument } from './credentials-document.js'

const read = (value: unknown) => readCredentialsDocument(JSON.stringify(value))

test('the documents of the usual tools are understood', () => {
  const end = Date.UTC(2030, 0, 2, 3, 4, 5)
  const whole = { accessKeyId: 'a', accessKeySecret: 'b', securityToken: 'c', expiration: end }
  // AWS and what follows it; OSS's own SDKs; the vendor's command line.
  const documents = [
    {
      Version: 1,
      AccessKeyId: 'a',
      SecretAccessKey: 'b',
      SessionToken: 'c',
      Expiration: '2030-01-02T03:04:05Z',
    },
    {
      AccessKeyId: 'a',
      AccessKeySecret: 'b',
      SecurityToken: 'c',
      Expiration: '2030-01-02T03:04:05Z',
      Code: 'Success',
    },
    {
      mode: 'StsToken',
      access_key_id: 'a',
      access_key_secret: 'b',
      sts_token: 'c',
      sts_expiration: end / 1000,
    },
    { 'access-key-id': ' a\n', accessKeySecret: 'b', securityToken: 'c', expiration: end },
  ]
  for (const document of documents) assert.deepEqual(read(document), whole)
  const fixed = { accessKeyId: 'a', accessKeySecret: 'b' }
  assert.deepEqual(read({ access_key_id: 'a', access_key_secret: 'b', sts_token: '', expiration: 0 }), fixed)
  assert.deepEqual(read({ AccessKeyId: 'a', AccessKeySecret: 'b', Expiration: null }), fixed)
})

test('what is missing or wrong is named, and no value repeated', () => {
  const rows: readonly (readonly [string, RegExp])[] = [
    ['hidden', /no JSON object/],
    ['["hidden"]', /no JSON object/],
    ['{"AccessKeyId":"hidden","AccessKeySecret":', /no JSON object/],
    ['{"AccessKeyId":"hidden"}', /no AccessKeySecret/],
    ['{"AccessKeySecret":"hidden"}', /no AccessKeyId/],
    ['{"AccessKeyId":"hidden","AccessKeySecret":7}', /accessKeySecret is no text/],
    ['{"Version":2,"AccessKeyId":"hidden","AccessKeySecret":"hidden"}', /Version is not 1/],
    ['{"AccessKeyId":"a","AccessKeySecret":"b","Expiration":"hidden"}', /Expiration is no date/],
  ]
  for (const [text, words] of rows) {
    assert.throws(
      () => readCredentialsDocument(text),
      (error) => error instanceof Error && words.test(error.message) && !/hidden/.test(error.stack ?? ''),
      text,
    )
  }
})
