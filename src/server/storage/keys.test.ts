import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { afterAll, justAfter, keys } from './keys.js'

const text = fc.string({ unit: 'binary', maxLength: 6 })
const name = fc.oneof(
  text,
  fc.string({ unit: fc.constantFrom('\0', '\u0001', 'a', 'b', '\xff'), maxLength: 4 }),
)
const compareBytes = (a: string, b: string): number =>
  Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b)))
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

test('ledger keys of objects and uploads are in the order of the bytes of their names', () => {
  fc.assert(
    fc.property(name, name, (a, b) => {
      const expected = compareBytes(a, b)
      assert.equal(compare(keys.object('x', a), keys.object('x', b)), expected)
      assert.equal(compare(keys.upload('x', a, 'ID'), keys.upload('x', b, 'ID')), expected)
      if (a !== b) assert.equal(compare(keys.upload('x', a, 'Z'), keys.upload('x', b, 'A')), expected)
    }),
  )
})

test('a prefix covers exactly the names that begin with it', () => {
  fc.assert(
    fc.property(name, name, (prefix, key) => {
      const isCovered = Buffer.from(key).subarray(0, Buffer.from(prefix).length).equals(Buffer.from(prefix))
      for (const [from, entry] of [
        [keys.object('x', prefix), keys.object('x', key)],
        [keys.uploadPrefix('x', prefix), keys.upload('x', key, 'ID')],
      ] as const) {
        assert.equal(from <= entry && entry < afterAll(from), isCovered)
      }
      const own = keys.uploadsOf('x', prefix)
      const entry = keys.upload('x', key, 'ID')
      assert.equal(own <= entry && entry < afterAll(own), prefix === key)
    }),
  )
})

test('no bucket reaches into another', () => {
  fc.assert(
    fc.property(name, (key) => {
      for (const other of ['ab', 'a-', 'a', 'b']) {
        if (other === 'a') continue
        const entry = keys.object(other, key)
        const from = keys.object('a', '')
        assert.ok(!(from <= entry && entry < afterAll(from)))
      }
    }),
  )
})

test('part numbers are in the order of numbers', () => {
  const numbers = [1, 2, 9, 10, 99, 100, 999, 1000, 9999, 10_000]
  const inOrder = numbers.map((number) => keys.part('U', number))
  assert.deepEqual([...inOrder].sort(), inOrder)
})

test('nothing is between a key and the one just after it', () => {
  assert.ok('a' < justAfter('a') && justAfter('a') < 'a\u0001')
  assert.equal(afterAll('a\xff\xff'), 'b')
  assert.throws(() => afterAll('\xff'), RangeError)
})
