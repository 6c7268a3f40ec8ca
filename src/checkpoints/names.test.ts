import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { checkpointId, hashOfId, targetHash, targetInWords } from './names.js'

const text = fc.string({ unit: 'binary', maxLength: 60 })
const anyTarget = fc.record({ service: text, bucket: text, key: text })

test('every target has a file name that is safe on any platform', () => {
  fc.assert(
    fc.property(anyTarget, (target) => {
      const id = checkpointId(target)
      assert.match(id, /^[A-Za-z0-9][A-Za-z0-9._-]*-[0-9a-f]{32}$/)
      assert.ok(id.length <= 73)
      assert.equal(hashOfId(id), targetHash(target))
    }),
  )
})

test('text moved between service, bucket and key makes another target', () => {
  const hashes = [
    { service: 'a', bucket: 'b', key: 'c' },
    { service: 'ab', bucket: '', key: 'c' },
    { service: 'a', bucket: '', key: 'bc' },
    { service: '', bucket: 'a","b', key: 'c' },
  ].map(targetHash)
  assert.equal(new Set(hashes).size, hashes.length)
})

test('the end of the key is what people see', () => {
  const id = checkpointId({ service: 's', bucket: 'b', key: `${'long/'.repeat(50)}holiday video.mp4` })
  assert.match(id, /holiday_video\.mp4-[0-9a-f]{32}$/)
})

test('a key in a message stays on one line', () => {
  assert.equal(targetInWords({ service: 's', bucket: 'b', key: 'a\r\nb\u0007' }), 'b/a??b?')
})
