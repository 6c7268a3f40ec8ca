/** What a checkpoint keeps of headers, and that every change of them is seen. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { UploadError } from './errors.js'
import { assertSameHeaders, changedHeader, keepHeaders } from './kept-headers.js'

let luck = 0
const means = {
  service: {
    headerKind: (name: string) =>
      name.includes('key') ? 'secret' : name.includes('limit') ? 'request' : 'object',
  },
  digester: { secretDigest: (salt: string, secret: string) => `${salt}#${[...secret].reverse().join('')}` },
  runtime: {
    random: () => {
      luck = (luck + 0.37) % 1
      return luck
    },
  },
} as const

const headers = {
  'x-oss-storage-class': 'IA',
  'x-oss-customer-key': 'tellnobody',
  'x-oss-traffic-limit': '819200',
}

test('open headers are kept as they are, secret ones as a salted hash, those of one request not at all', () => {
  const kept = keepHeaders(headers, means)
  assert.deepEqual(kept.open, { 'x-oss-storage-class': 'IA' })
  assert.deepEqual(Object.keys(kept.secret), ['x-oss-customer-key'])
  const text = JSON.stringify(kept)
  assert.ok(!text.includes('tellnobody'))
  assert.ok(!text.includes('819200'))
})

test('one secret kept twice is kept under two salts', () => {
  const hashes = [keepHeaders(headers, means), keepHeaders(headers, means)].map(
    (kept) => kept.secret['x-oss-customer-key'],
  )
  assert.notEqual(hashes[0]?.salt, hashes[1]?.salt)
  assert.notEqual(hashes[0]?.hash, hashes[1]?.hash)
})

test('a salt is never empty, whatever the luck', () => {
  for (const random of [0, 2 ** -53, 1 - 2 ** -53]) {
    const kept = keepHeaders(headers, { ...means, runtime: { random: () => random } })
    assert.ok((kept.secret['x-oss-customer-key']?.salt ?? '').length > 0)
  }
})

test('the same headers are no change, in any order, through JSON, with other request headers', () => {
  const kept = JSON.parse(JSON.stringify(keepHeaders(headers, means)))
  assert.equal(changedHeader(kept, headers, means), undefined)
  const reordered = Object.fromEntries(Object.entries(headers).reverse())
  assert.equal(changedHeader(kept, reordered, means), undefined)
  assert.equal(changedHeader(kept, { ...headers, 'x-oss-traffic-limit': '1' }, means), undefined)
  const { 'x-oss-traffic-limit': _limit, ...fewer } = headers
  assert.equal(changedHeader(kept, fewer, means), undefined)
})

test('a changed, an added and a removed header are named, open and secret', () => {
  const kept = keepHeaders(headers, means)
  for (const name of ['x-oss-storage-class', 'x-oss-customer-key'] as const) {
    assert.equal(changedHeader(kept, { ...headers, [name]: 'other' }, means), name)
    assert.equal(changedHeader(kept, { ...headers, [name]: '' }, means), name)
    const { [name]: _removed, ...rest } = headers
    assert.equal(changedHeader(kept, rest, means), name)
  }
  for (const name of ['x-oss-meta-a', 'x-oss-customer-key-md5']) {
    assert.equal(changedHeader(kept, { ...headers, [name]: '1' }, means), name)
  }
})

test('the failure names the header, never its value', () => {
  const kept = keepHeaders(headers, means)
  const changed = { ...headers, 'x-oss-customer-key': 'anothersecret' }
  assert.throws(
    () => assertSameHeaders(kept, changed, means),
    (error) => {
      assert.ok(error instanceof UploadError)
      assert.equal(error.code, 'options-changed')
      assert.match(error.message, /x-oss-customer-key/)
      assert.ok(!error.message.includes('anothersecret'))
      return true
    },
  )
  assertSameHeaders(kept, headers, means)
})

test('any two sets of headers are equal exactly when no change is found', () => {
  const names = fc.constantFrom('x-oss-meta-a', 'x-oss-meta-b', 'secret-key', 'other-key')
  const anyHeaders = fc.dictionary(names, fc.constantFrom('', '1', '2'))
  fc.assert(
    fc.property(anyHeaders, anyHeaders, (a, b) => {
      const sorted = (of: Record<string, string>): string => JSON.stringify(Object.entries(of).sort())
      const changed = changedHeader(keepHeaders(a, means), b, means)
      assert.equal(changed === undefined, sorted(a) === sorted(b), `${changed}`)
    }),
    { numRuns: 500 },
  )
})

test('a header that is called like something every object has is a header like any other', () => {
  for (const name of ['constructor', '__proto__']) {
    const given = Object.fromEntries([[name, '1']])
    const kept = JSON.parse(JSON.stringify(keepHeaders(given, means)))
    assert.equal(changedHeader(kept, given, means), undefined, name)
    assert.equal(changedHeader(kept, {}, means), name)
    assert.equal(changedHeader(kept, Object.fromEntries([[name, '2']]), means), name)
  }
})
