/** `key`: any name that OSS allows comes out as it went in, whatever a URL, a header or a file system would make of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { useBucket, verifyObject } from '../../src/index.js'
import { bytesFrom, bytesOf, createWorld, failure, PART } from './world.js'

const keys = [
  'plain',
  'with space',
  ' leading and trailing ',
  'a+b',
  'a%2Fb',
  'a%2fb%20%',
  'a/b//c/',
  '../up',
  'a/../b',
  './.',
  '..',
  '?uploads&x=y',
  '#hash',
  "~!*'();:@,[]$",
  'back\\slash',
  '"quoted" <tag> &amp;',
  'ключ/中文',
  '😀/👩‍👩‍👧',
  'e\u0301 is not é',
  'control\u0001\u001f\u007f',
  'line\nbreak\r\ttab',
  '\uffff\ufffd',
  'k'.repeat(1023),
  `${'é'.repeat(511)}k`,
]

for (const signatureVersion of ['v4', 'v1'] as const) {
  test(`awkward keys, by parts and whole, signed with ${signatureVersion}`, async (t) => {
    const world = await createWorld(t)
    const bucket = world.bucketWith({ signatureVersion })
    const signal = new AbortController().signal
    for (const [index, key] of keys.entries()) {
      const bytes = bytesFrom(index, PART + index)
      const filename = await world.file(bytes)
      const multipartThreshold = index % 2 === 0 ? 0 : 2 * PART
      const result = await world.upload(key, filename, { bucket, multipartThreshold })
      assert.equal(result.key, key)
      assert.deepEqual(await bytesOf(bucket, key), bytes, key)
      assert.equal((await verifyObject(bucket, key, filename)).equal, true)
    }
    const listed = await useBucket(bucket, (client) => client.listObjects({ signal }))
    assert.deepEqual(new Set(listed.objects.map(({ key }) => key)), new Set(keys))
    assert.deepEqual(world.stored(), [])
  })
}

test('an upload with an awkward key is interrupted and resumed', async (t) => {
  const world = await createWorld(t)
  const filename = await world.file(bytesFrom(1, 3 * PART))
  for (const key of keys) {
    world.stopAtPart(2)
    await failure(world.upload(key, filename), 'denied')
    const result = await world.upload(key, filename)
    assert.deepEqual([result.resumed, result.parts.kept], [true, 1], key)
  }
  assert.deepEqual(world.stored(), [])
  assert.deepEqual(await world.unfinished(), [])
})

test('names that OSS does not allow are refused before anything is sent', async (t) => {
  const world = await createWorld(t)
  const filename = await world.file(bytesFrom(1, 1))
  for (const key of ['', '/absolute', '\\absolute', 'k'.repeat(1024), 'é'.repeat(512), 'half \ud83d']) {
    await failure(world.upload(key, filename), 'invalid-argument', /key/)
  }
  assert.equal(world.server.requests.entries().length, 0)
  assert.deepEqual(world.stored(), [])
})
