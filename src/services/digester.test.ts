import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Slice } from '../engine/ports.js'
import { createDigester } from './digester.js'

function sliceOf(text: string, blockSize: number): Slice {
  const bytes = Buffer.from(text)
  return {
    start: 0,
    size: bytes.length,
    async pump(sink) {
      for (let start = 0; start < bytes.length; start += blockSize)
        await sink(bytes.subarray(start, start + blockSize))
    },
  }
}

const digester = createDigester()

test('digests are the known ones, however the blocks fall', async () => {
  for (const blockSize of [1, 4, 100]) {
    assert.deepEqual(await digester.digest(sliceOf('123456789', blockSize), { md5: true }), {
      size: 9,
      crc64: '11051210869376104954',
      md5: '25f9e794323b453885f5181f1b624d0b',
    })
  }
  assert.deepEqual(await digester.digest(sliceOf('', 1), { md5: false }), { size: 0, crc64: '0' })
})

test('parts combine to the whole', async () => {
  const [a, b] = await Promise.all([
    digester.digest(sliceOf('1234', 9), { md5: false }),
    digester.digest(sliceOf('56789', 9), { md5: false }),
  ])
  assert.equal(digester.combineCrc64([a, b]), '11051210869376104954')
})

test('a digest of a secret tells secrets and salts apart, and no secret', () => {
  const digest = digester.secretDigest('salt', 'secret')
  assert.equal(digest, digester.secretDigest('salt', 'secret'))
  assert.notEqual(digest, digester.secretDigest('salt', 'secret2'))
  assert.notEqual(digest, digester.secretDigest('salt2', 'secret'))
  assert.match(digest, /^[0-9a-f]{64}$/)
})
