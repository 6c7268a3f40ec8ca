/** Symbolic links: made whatever they lead to, and read through. */
import assert from 'node:assert/strict'
import { formatHttpDate } from '../../src/protocol/dates.js'
import { field, inBoth, inBucket } from './both.js'
import { type Ask, START, type World } from './world.js'

const linkAsk = (key: string, target: string, headers: Record<string, string> = {}): Ask => ({
  method: 'PUT',
  ...inBucket,
  key,
  query: { symlink: '' },
  headers: { 'x-oss-symlink-target': encodeURIComponent(target), ...headers },
})

const put = (world: World, key: string, body: string, headers: Record<string, string> = {}) =>
  world.expect(200, { method: 'PUT', ...inBucket, key, body, headers })

const ask = (method: string, key: string, query: Record<string, string> = {}): Ask => ({
  method,
  ...inBucket,
  key,
  query,
})

inBoth('a link tells where it leads, and has the content of what is there', async (world) => {
  await put(world, 'dir/target ü', 'hello', { 'x-oss-meta-of': 'target', 'content-type': 'text/plain' })
  const target = await world.expect(200, ask('HEAD', 'dir/target ü'))
  world.clock.time += 10_000
  await world.expect(
    200,
    linkAsk('link', 'dir/target ü', {
      'x-oss-meta-of': 'link',
      'content-type': 'image/png',
      'x-oss-storage-class': 'IA',
    }),
  )
  const told = await world.expect(200, ask('GET', 'link', { symlink: '' }))
  assert.equal(decodeURIComponent(told.headers['x-oss-symlink-target'] ?? ''), 'dir/target ü')
  assert.equal(told.headers['last-modified'], formatHttpDate(START + 10_000))
  assert.match(told.headers['etag'] ?? '', /^"[0-9A-F]{32}"$/)
  assert.equal(told.headers['content-length'], '0')

  const whole = await world.expect(200, ask('GET', 'link'))
  assert.equal(whole.text, 'hello')
  const part = await world.expect(206, { ...ask('GET', 'link'), headers: { range: 'bytes=1-2' } })
  assert.equal(part.text, 'el')
  for (const { headers } of [whole, await world.expect(200, ask('HEAD', 'link'))]) {
    assert.equal(headers['content-length'], '5')
    for (const name of ['etag', 'content-md5', 'x-oss-hash-crc64ecma']) {
      assert.equal(headers[name], target.headers[name], name)
    }
    assert.equal(headers['x-oss-object-type'], 'Symlink')
    assert.equal(headers['x-oss-meta-of'], 'link')
    assert.equal(headers['content-type'], 'image/png')
    assert.equal(headers['x-oss-storage-class'], 'IA')
    assert.equal(headers['last-modified'], formatHttpDate(START + 10_000))
  }
  const meta = await world.expect(200, ask('HEAD', 'link', { objectMeta: '' }))
  assert.equal(meta.headers['content-length'], '5')
  assert.equal(meta.headers['etag'], target.headers['etag'])

  // The later time of the two counts, and conditions are about what is read.
  world.clock.time += 10_000
  await put(world, 'dir/target ü', 'changed')
  const later = await world.expect(200, ask('HEAD', 'link'))
  assert.equal(later.headers['last-modified'], formatHttpDate(START + 20_000))
  await world.expect(304, {
    ...ask('GET', 'link'),
    headers: { 'if-none-match': later.headers['etag'] ?? '' },
  })
  const listed = await world.expect(200, { method: 'GET', ...inBucket, query: { prefix: 'link' } })
  assert.equal(field(listed, 'Type'), 'Symlink')
  assert.equal(field(listed, 'Size'), '0')
})

inBoth('what a link leads to is looked at only in reading', async (world) => {
  await world.expect(200, linkAsk('dangling', 'nowhere'))
  await world.expect(200, linkAsk('to-link', 'dangling'))
  await world.expect(200, linkAsk('to-itself', 'to-itself'))
  const missing = await world.expect(404, ask('GET', 'dangling'))
  assert.equal(field(missing, 'Code'), 'SymlinkTargetNotExist')
  assert.equal(field(missing, 'EC'), '0026-00000012')
  for (const key of ['to-link', 'to-itself']) {
    const chained = await world.expect(400, ask('GET', key))
    assert.equal(field(chained, 'Code'), 'InvalidTargetType')
  }
  for (const [key, status] of [
    ['dangling', 404],
    ['to-link', 400],
  ] as const) {
    await world.expect(status, ask('HEAD', key))
    await world.expect(status, ask('HEAD', key, { objectMeta: '' }))
    await world.expect(200, ask('GET', key, { symlink: '' }))
  }
  await put(world, 'nowhere', 'now here')
  assert.equal((await world.expect(200, ask('GET', 'dangling'))).text, 'now here')
})

inBoth(
  'a link is an object: overwritten, forbidden to, tagged, copied and deleted by itself',
  async (world) => {
    await put(world, 'target', 'hello')
    await put(world, 'link', 'an object before')
    assert.equal(
      field(await world.expect(409, linkAsk('link', 'target', { 'x-oss-forbid-overwrite': 'true' })), 'Code'),
      'FileAlreadyExists',
    )
    await world.expect(200, linkAsk('link', 'target', { 'x-oss-tagging': 'k=v' }))
    await world.expect(200, {
      method: 'PUT',
      ...inBucket,
      key: 'copy',
      headers: { 'x-oss-copy-source': '/examplebucket/link' },
    })
    const copied = await world.expect(200, ask('GET', 'copy', { symlink: '' }))
    assert.equal(copied.headers['x-oss-symlink-target'], 'target')
    const tags = await world.expect(200, ask('GET', 'copy', { tagging: '' }))
    assert.equal(field(tags, 'Key'), 'k')
    await world.expect(204, ask('DELETE', 'link'))
    assert.equal((await world.expect(200, ask('GET', 'copy'))).text, 'hello')
    await world.expect(200, ask('GET', 'target'))
  },
)

inBoth('what is missing or wrong is said exactly', async (world) => {
  await put(world, 'plain', 'hello')
  const noTarget = await world.expect(400, { method: 'PUT', ...inBucket, key: 'l', query: { symlink: '' } })
  assert.equal(field(noTarget, 'ArgumentName'), 'x-oss-symlink-target')
  assert.equal(field(await world.expect(400, linkAsk('l', '/a')), 'Code'), 'InvalidObjectName')
  assert.equal(field(await world.expect(400, ask('GET', 'plain', { symlink: '' })), 'Code'), 'NotSymlink')
  const missing = await world.expect(404, ask('GET', 'missing', { symlink: '' }))
  assert.equal(field(missing, 'Code'), 'NoSuchKey')
  assert.equal(field(missing, 'EC'), '0026-00000001')
  for (const each of [linkAsk('l', 'plain'), ask('GET', 'l', { symlink: '' })]) {
    const nowhere = await world.expect(404, { ...each, bucket: 'otherbucket' })
    assert.equal(field(nowhere, 'EC'), '0015-00000101')
  }
})
