/** What the service says it stored, held against what was sent. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FailureMeaning, ServiceError } from './errors.js'
import type { Integrity } from './ports.js'
import { assertSameBytes } from './receipts.js'

const computed = { size: 40, crc64: '100', md5: 'abcdef0123456789abcdef0123456789' }
const receipt = { etag: 'ABCDEF0123456789ABCDEF0123456789', crc64: '100' }

function judge(
  integrity: Integrity,
  said: { readonly etag?: string; readonly crc64?: string | undefined; readonly size?: number } = {},
): FailureMeaning | 'accepted' {
  const { crc64, etag } = { ...receipt, ...said }
  const answer = { etag, ...(crc64 === undefined ? {} : { crc64 }) }
  try {
    assertSameBytes(integrity, { receipt: answer, computed, size: said.size ?? 40 })
    return 'accepted'
  } catch (error) {
    assert.ok(error instanceof ServiceError)
    return error.meaning
  }
}

test('fewer or more bytes than the part has are corrupt, whatever the service says', () => {
  for (const integrity of ['crc64', 'etag-md5', 'none'] as const) {
    assert.equal(judge(integrity), 'accepted')
    assert.equal(judge(integrity, { size: 41 }), 'corrupt')
    assert.equal(judge(integrity, { size: 39 }), 'corrupt')
  }
})

test('a service that computes CRC-64 has to tell it, and it has to be ours', () => {
  assert.equal(judge('crc64', { crc64: undefined }), 'odd-answer')
  assert.equal(judge('crc64', { crc64: '101' }), 'corrupt')
  assert.equal(judge('crc64', { etag: 'another' }), 'accepted', 'an ETag is no MD5 there')
})

test('where the ETag is an MD5 it has to be ours, in any case of letters', () => {
  assert.equal(judge('etag-md5', { crc64: undefined }), 'accepted')
  assert.equal(judge('etag-md5', { etag: computed.md5 }), 'accepted')
  assert.equal(judge('etag-md5', { etag: 'ABCDEF0123456789ABCDEF0123456780' }), 'corrupt')
})

test('where nothing is computed there is nothing to compare but the size', () => {
  assert.equal(judge('none', { crc64: undefined, etag: 'another' }), 'accepted')
})
