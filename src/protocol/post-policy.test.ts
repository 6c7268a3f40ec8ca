/** What a policy may say, what the service calls each mistake, and which forms a policy lets pass. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toBase64 } from '../checksum/digest.js'
import { ProtocolError } from './errors.js'
import { checkPostPolicy, decodePostPolicy, encodePostPolicy } from './post-policy.js'

const expiration = '2024-01-02T03:04:05.000Z'
const NOW = Date.UTC(2024, 0, 2, 3, 4, 5)

function refusalOf(run: () => unknown): ProtocolError {
  try {
    run()
  } catch (error) {
    if (error instanceof ProtocolError) return error
    throw error
  }
  throw new Error('it was let pass')
}

const check = (conditions: readonly unknown[], fields: Record<string, string>, mustBeNamed: string[] = []) =>
  checkPostPolicy(decodePostPolicy(encodePostPolicy({ expiration, conditions })), {
    fields: new Map(Object.entries(fields)),
    mustBeNamed,
    now: NOW,
  })

test('every mistake in a policy has its own EC', () => {
  const range = ['content-length-range', 0, 10]
  const cases: readonly (readonly [unknown, string])[] = [
    [{ expiration, conditions: [range], extra: 1 }, '0006-00000206'],
    [{ expiration }, '0006-00000207'],
    [{ conditions: [range] }, '0006-00000208'],
    [{}, '0006-00000209'],
    [{ expiration: 123, conditions: [range] }, '0006-00000210'],
    [{ expiration: '', conditions: [range] }, '0006-00000211'],
    [{ expiration: '2023-02-19 13:19:00', conditions: [range] }, '0006-00000212'],
    [{ expiration, conditions: 123 }, '0006-00000214'],
    [{ expiration, conditions: [] }, '0006-00000215'],
    [{ expiration, conditions: [['$key'], range] }, '0006-00000216'],
    [{ expiration, conditions: [[]] }, '0006-00000216'],
    [{ expiration, conditions: [['ends-with', '$key', 'a']] }, '0006-00000217'],
    [{ expiration, conditions: [['starts-with', '$key', 'a', 'b']] }, '0006-00000218'],
    [{ expiration, conditions: [['content-length-range', 20, 10]] }, '0006-00000219'],
    [{ expiration, conditions: [['content-length-range', 'test', 10]] }, '0006-00000220'],
    [{ expiration, conditions: [['content-length-range', -1, 10]] }, '0006-00000220'],
    [{ expiration, conditions: [['content-length-range', 10, 'test']] }, '0006-00000221'],
    [{ expiration, conditions: [['content-length-range', 1, 1.5]] }, '0006-00000221'],
    [{ expiration, conditions: [123, range] }, '0006-00000222'],
    [{ expiration, conditions: [null] }, '0006-00000222'],
    [{ expiration, conditions: [['content-length-range', [1], 'test']] }, '0006-00000223'],
    [{ expiration, conditions: [['not-in', 'cache-control', 'no-cache']] }, '0006-00000224'],
    [{ expiration, conditions: [['eq', '$key', 1]] }, '0006-00000224'],
    [{ expiration, conditions: [['eq', 1, 'a']] }, '0006-00000224'],
    [{ expiration, conditions: [{ bucket: 1 }] }, '0006-00000224'],
    [[], '0006-00000204'],
    [null, '0006-00000204'],
  ]
  for (const [document, ec] of cases) {
    const text = JSON.stringify(document)
    const error = refusalOf(() => decodePostPolicy(toBase64(new TextEncoder().encode(text))))
    assert.deepEqual([error.code, error.status, error.ec], ['InvalidPolicyDocument', 400, ec], text)
  }
  const encoded = (bytes: Uint8Array) => refusalOf(() => decodePostPolicy(toBase64(bytes))).ec
  assert.equal(refusalOf(() => decodePostPolicy('not base64!')).ec, '0006-00000202')
  assert.equal(encoded(Uint8Array.of(0xff, 0xfe)), '0006-00000203')
  assert.equal(encoded(new TextEncoder().encode('{"expiration"')), '0006-00000204')
  for (const conditions of [[{}], [{ bucket: 'a', key: 'b' }]]) {
    const error = refusalOf(() => decodePostPolicy(encodePostPolicy({ expiration, conditions })))
    assert.match(error.message, /Simple-Conditions must have exactly one property specified/)
  }
})

test('a form passes when every condition holds', () => {
  const fields = {
    bucket: 'b',
    key: 'user/eric/a',
    'content-type': 'image/png',
    'cache-control': 'max-age=1',
  }
  const sizes = check(
    [
      { bucket: 'b' },
      ['starts-with', '$key', 'user/eric/'],
      ['eq', 'Key', 'user/eric/a'],
      ['in', '$Content-Type', ['image/jpeg', 'image/png']],
      ['not-in', '$cache-control', ['no-cache']],
      ['content-length-range', 1, 1000],
      ['content-length-range', 0, 100],
    ],
    fields,
  )
  assert.deepEqual(sizes, { least: 1, most: 100 })
  assert.deepEqual(check([{ bucket: 'b' }], fields), { least: 0, most: Number.POSITIVE_INFINITY })
})

test('a form is denied with the condition that it breaks', () => {
  const fields = { bucket: 'b', key: 'k"', success_action_status: '201' }
  const cases: readonly (readonly [unknown, string, string])[] = [
    [{ bucket: 'c' }, '["eq", "$bucket", "c"]', '0006-00000227'],
    [['eq', '$success_action_status', '200'], '["eq", "$success_action_status", "200"]', '0006-00000227'],
    [['starts-with', '$key', 'user/'], '["starts-with", "$key", "user/"]', '0006-00000227'],
    [['in', '$key', ['a', 'b']], '["in", "$key", ["a", "b"]]', '0006-00000227'],
    [['not-in', '$key', ['k"']], '["not-in", "$key", ["k\\""]]', '0006-00000227'],
    [['starts-with', '$x-oss-meta-a', ''], '["starts-with", "$x-oss-meta-a", ""]', '0006-00000226'],
  ]
  for (const [condition, said, ec] of cases) {
    const error = refusalOf(() => check([condition], fields))
    assert.deepEqual([error.code, error.status, error.ec], ['AccessDenied', 403, ec])
    assert.equal(error.message, `Invalid according to Policy: Policy Condition failed: ${said}`)
  }
})

test('fields of a signature have to be named, and a policy ends', () => {
  const fields = { key: 'k', 'x-oss-date': 'd' }
  const extra = refusalOf(() => check([['eq', '$key', 'k']], fields, ['x-oss-date', 'x-oss-credential']))
  assert.equal(extra.message, 'Invalid according to Policy: Extra input fields: x-oss-date')
  assert.equal(extra.ec, '0006-00000228')
  check([['eq', '$x-oss-date', 'd']], fields, ['x-oss-date', 'x-oss-credential'])

  const policy = decodePostPolicy(encodePostPolicy({ expiration, conditions: [['eq', '$key', 'k']] }))
  const late = refusalOf(() =>
    checkPostPolicy(policy, { fields: new Map([['key', 'k']]), mustBeNamed: [], now: NOW + 1 }),
  )
  assert.equal(late.message, 'Invalid according to Policy: Policy expired.')
  assert.equal(late.ec, '0006-00000213')
})
