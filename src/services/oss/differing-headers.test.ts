import assert from 'node:assert/strict'
import { test } from 'node:test'
import { differingHeaders } from './differing-headers.js'

const octets = { 'content-type': 'application/octet-stream' }

test('what is as it was asked differs in nothing', () => {
  const asked = {
    'content-type': 'text/plain',
    'x-oss-meta-host': 'web1',
    'x-oss-storage-class': 'IA',
    'x-oss-tagging': 'a=1&b=2',
  }
  const found = {
    'content-type': 'text/plain',
    'x-oss-meta-host': 'web1',
    'x-oss-storage-class': 'IA',
    'x-oss-tagging-count': '2',
    'x-oss-object-type': 'Multipart',
  }
  assert.deepEqual(differingHeaders(asked, found), [])
  assert.deepEqual(differingHeaders({}, octets), [])
})

test('each header of another value, missing, or beside what was asked is named', () => {
  const asked = { 'content-type': 'text/plain', 'x-oss-meta-host': 'web1', expires: 'never' }
  const found = { 'content-type': 'text/html', 'x-oss-meta-host': 'web2', 'x-oss-meta-else': '1' }
  assert.deepEqual(differingHeaders(asked, found), [
    'content-type',
    'expires',
    'x-oss-meta-else',
    'x-oss-meta-host',
  ])
  assert.deepEqual(differingHeaders({}, { 'content-type': 'text/html' }), ['content-type'])
  assert.deepEqual(differingHeaders({ 'x-oss-tagging': 'a=1' }, octets), ['x-oss-tagging'])
  assert.deepEqual(differingHeaders({}, { ...octets, 'x-oss-tagging-count': '1' }), ['x-oss-tagging'])
})

test('what the bucket sets by itself counts only when it was asked for', () => {
  const found = { ...octets, 'x-oss-storage-class': 'IA', 'x-oss-server-side-encryption': 'AES256' }
  assert.deepEqual(differingHeaders({}, found), [])
  assert.deepEqual(differingHeaders({ 'x-oss-storage-class': 'Archive' }, found), ['x-oss-storage-class'])
})

test('what HEAD does not show, and what belongs to a request alone, is not compared', () => {
  const asked = {
    'x-oss-object-acl': 'private',
    'x-oss-callback': 'e30=',
    'x-oss-forbid-overwrite': 'true',
    'x-oss-server-side-encryption-customer-key': 'secret',
  }
  assert.deepEqual(differingHeaders(asked, octets), [])
})

test('a header may be called what every object has', () => {
  assert.deepEqual(differingHeaders({ 'x-oss-meta-constructor': 'a' }, octets), ['x-oss-meta-constructor'])
})
