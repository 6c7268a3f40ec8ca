/** Percent-encoding and wire strings. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  encodeQuery,
  fromWire,
  headerValueToWire,
  percentDecode,
  percentEncode,
  percentEncodePath,
  toWire,
  wireToBytes,
} from './encode.js'

const text = fc.string({ unit: 'binary' })

test('only the unreserved characters stay', () => {
  fc.assert(
    fc.property(text, (value) => {
      assert.match(percentEncode(value), /^([A-Za-z0-9_.~-]|%[0-9A-F]{2})*$/)
      assert.equal(percentDecode(percentEncode(value)), value)
    }),
  )
  assert.equal(percentEncode(" +/!'()*~-_."), '%20%2B%2F%21%27%28%29%2A~-_.')
  assert.equal(percentEncodePath('/a b/c'), '/a%20b/c')
})

test('lone surrogates and broken escapes are refused', () => {
  assert.throws(() => percentEncode('\ud800'), URIError)
  for (const broken of ['%', '%4', '%zz', '%ff']) assert.throws(() => percentDecode(broken), URIError)
})

test('text goes to the wire and back', () => {
  fc.assert(
    fc.property(text, (value) => {
      assert.equal(fromWire(toWire(value)), value)
      assert.deepEqual(Buffer.from(wireToBytes(toWire(value))), Buffer.from(value))
    }),
  )
  assert.equal(fromWire('\xff\xe9'), '\xff\xe9')
})

test('a header value is a wire string unless a character proves it is text', () => {
  assert.equal(headerValueToWire('\x00é\xff'), '\x00é\xff')
  assert.equal(headerValueToWire('é中'), '\xc3\xa9\xe4\xb8\xad')
})

test('a query has bare keys for empty values', () => {
  assert.equal(encodeQuery({ uploads: '', acl: undefined, 'a b': 'c&d' }), 'uploads&acl&a%20b=c%26d')
  assert.equal(encodeQuery({}), '')
})
