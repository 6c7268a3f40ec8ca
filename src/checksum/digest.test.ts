/** Digests against those of the platform. */
import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { fromBase64, fromHex, hmacSha1, hmacSha256, md5, sha1, sha256, toBase64, toHex } from './digest.js'

const bytes = fc.uint8Array({ maxLength: 300 })

test('digests are those of the platform', () => {
  fc.assert(
    fc.property(bytes, (input) => {
      for (const [name, digest] of [
        ['md5', md5] as const,
        ['sha1', sha1] as const,
        ['sha256', sha256] as const,
      ]) {
        assert.equal(toHex(digest(input)), createHash(name).update(input).digest('hex'))
      }
    }),
  )
})

test('MACs are those of the platform, for empty and long keys too', () => {
  fc.assert(
    fc.property(bytes, bytes, (key, input) => {
      assert.equal(toHex(hmacSha1(key, input)), createHmac('sha1', key).update(input).digest('hex'))
      assert.equal(toBase64(hmacSha256(key, input)), createHmac('sha256', key).update(input).digest('base64'))
    }),
  )
})

test('where the platform has no SHA-256 at hand, ours is the same', async (t) => {
  const asked = t.mock.method(process, 'getBuiltinModule', () => undefined)
  // A name of its own, so that it is loaded anew.
  const alone: typeof import('./digest.js') = await import(`${import.meta.resolve('./digest.js')}?alone`)
  assert.equal(asked.mock.callCount(), 1)
  fc.assert(
    fc.property(bytes, bytes, (key, input) => {
      assert.deepEqual([...alone.sha256(input)], [...sha256(input)])
      assert.deepEqual([...alone.hmacSha256(key, input)], [...hmacSha256(key, input)])
    }),
  )
})

test('hex and base64 go there and back', () => {
  fc.assert(
    fc.property(bytes, (input) => {
      assert.deepEqual(fromHex(toHex(input)), input)
      assert.deepEqual(fromBase64(toBase64(input)), input)
    }),
  )
})

test('what is no hex or base64 is refused', () => {
  for (const text of ['a', '0g', '0 ']) assert.throws(() => fromHex(text), RangeError)
  for (const text of ['a', 'ab', 'abc', '====', 'ab=c', 'ab==\n', 'a-_=', 'ab ==']) {
    assert.throws(() => fromBase64(text), RangeError, text)
  }
})
