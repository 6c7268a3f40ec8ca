/** What neither documents nor recordings tell of the service, and what is done here; docs/compatibility.md has it in words. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { children, text } from '../../src/protocol/xml.js'
import { MIN_PART_SIZE } from '../../src/server/multipart-operations.js'
import {
  bytesFrom,
  chunksOf,
  codeOf,
  completionOf,
  createWorld,
  documentOf,
  initiate,
  replyOf,
  sendPart,
  type World,
  wireOf,
} from './world.js'

const bucket = 'examplebucket'
const key = 'large'

const complete = (world: World, uploadId: string, body: string, headers: Record<string, string> = {}) =>
  world.ask({ method: 'POST', bucket, key, query: { uploadId }, body, headers })

test('the last part may be empty', async () => {
  const world = await createWorld()
  const upload = { key, uploadId: await initiate(world, key) }
  const parts = []
  for (const [partNumber, size] of [
    [1, MIN_PART_SIZE],
    [2, 0],
  ] as const) {
    parts.push({ partNumber, etag: await sendPart(world, upload, partNumber, bytesFrom(1, size)) })
  }
  assert.equal((await complete(world, upload.uploadId, completionOf(parts))).status, 200)
  const head = await world.expect(200, { method: 'HEAD', bucket, key })
  assert.equal(head.headers['content-length'], String(MIN_PART_SIZE))
})

test('completing all parts of none is InvalidPart, and the upload stays; a second Complete finds no upload', async () => {
  const world = await createWorld()
  const uploadId = await initiate(world, key)
  const all = { 'x-oss-complete-all': 'yes' }
  const none = await complete(world, uploadId, '', all)
  assert.deepEqual([none.status, codeOf(none)], [400, 'InvalidPart'])
  await sendPart(world, { key, uploadId }, 1, bytesFrom(1, 10))
  assert.equal((await complete(world, uploadId, '', all)).status, 200)
  const again = await complete(world, uploadId, '', all)
  assert.deepEqual([again.status, codeOf(again)], [404, 'NoSuchUpload'])
})

test("PreconditionFailed names the header, a copy's with what stands before it", async () => {
  const world = await createWorld()
  await world.expect(200, { method: 'PUT', bucket, key, body: 'x' })
  const headers = { 'if-match': '"other"' }
  const got = await world.expect(412, { method: 'GET', bucket, key, headers })
  assert.equal(text(documentOf(got), 'Condition'), 'If-Match')
  const source = { 'x-oss-copy-source': `/${bucket}/${key}`, 'x-oss-copy-source-if-match': '"other"' }
  const copied = await world.expect(412, { method: 'PUT', bucket, key: 'copy', headers: source })
  assert.equal(text(documentOf(copied), 'Condition'), 'If-Match')
})

test('`k=` and `k` are the same to a V4 signature', async () => {
  const world = await createWorld()
  const { target, headers } = wireOf({ method: 'GET', bucket, query: { acl: '' } }, world.clock.time)
  for (const query of ['?acl', '?acl=']) {
    const body = chunksOf(new Uint8Array())
    const asked = { method: 'GET', target: target.replace(/\?.*/, query), headers, body }
    assert.equal((await replyOf(await world.handler(asked))).status, 200, query)
  }
})

test('the ETag of an appendable object ends in eight zeros and changes with every append', async () => {
  const world = await createWorld()
  const seen = new Set<string>()
  for (const position of ['0', '1', '2']) {
    const query = { append: '', position }
    const { headers } = await world.expect(200, { method: 'POST', bucket, key, query, body: 'x' })
    assert.match(headers['etag'] ?? '', /^"[0-9A-F]{24}00000000"$/)
    seen.add(headers['etag'] ?? '')
  }
  assert.equal(seen.size, 3)
})

test('uploads of one key are listed by their ids', async () => {
  const world = await createWorld()
  const ids: string[] = []
  for (let count = 0; count < 8; count += 1) ids.push(await initiate(world, key))
  const listed = await world.expect(200, { method: 'GET', bucket, query: { uploads: '' } })
  const found = children(documentOf(listed), 'Upload').map((each) => text(each, 'UploadId') ?? '')
  assert.deepEqual(found, ids.sort())
})

test('PutBucket of a bucket that is there changes its ACL if it names one', async () => {
  const world = await createWorld()
  const acl = async (headers: Record<string, string>) => {
    await world.expect(200, { method: 'PUT', bucket, headers })
    const root = documentOf(await world.expect(200, { method: 'GET', bucket, query: { acl: '' } }))
    return children(root, 'AccessControlList').map((each) => text(each, 'Grant'))
  }
  assert.deepEqual(await acl({ 'x-oss-acl': 'public-read' }), ['public-read'])
  assert.deepEqual(await acl({}), ['public-read'])
})
