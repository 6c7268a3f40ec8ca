/** What is refused: with the words of OSS, and without a trace in what is stored. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { decodeErrorDocument } from '../../src/protocol/errors.js'
import { text } from '../../src/protocol/xml.js'
import { MAX_BODY_SIZE, MAX_DOCUMENT_SIZE } from '../../src/server/receive.js'
import { type Ask, chunksOf, codeOf, createWorld, documentOf, replyOf, START, wireOf } from './world.js'

const AT = { bucket: 'examplebucket', key: 'dir/object.dat' } as const
const base64 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('base64')

test('an error document is exactly what OSS writes', async () => {
  const world = await createWorld()
  const reply = await world.expect(404, { method: 'GET', ...AT })
  assert.equal(reply.headers['content-type'], 'application/xml')
  assert.equal(
    reply.text,
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message><RequestId>${reply.headers['x-oss-request-id']}</RequestId><HostId>127.0.0.1:9500</HostId><Key>dir/object.dat</Key><EC>0026-00000001</EC><RecommendDoc>https://api.aliyun.com/troubleshoot?q=0026-00000001</RecommendDoc></Error>`,
  )
})

test('an answer to HEAD tells its error in headers', async () => {
  const world = await createWorld()
  for (const query of [{}, { objectMeta: '' }]) {
    const reply = await world.expect(404, { method: 'HEAD', ...AT, query })
    assert.equal(reply.bytes.length, 0)
    assert.equal(reply.headers['x-oss-ec'], '0026-00000001')
    const said = decodeErrorDocument(404, reply.headers, reply.bytes)
    assert.equal(said.code, 'NoSuchKey')
    assert.equal(said.fields['Key'], 'dir/object.dat')
  }
})

test('a missing bucket is said with its name, whatever is asked of it', async () => {
  const world = await createWorld()
  const asks: Ask[] = [
    { method: 'GET', bucket: 'absent' },
    { method: 'GET', bucket: 'absent', query: { bucketInfo: '' } },
    { method: 'GET', bucket: 'absent', query: { uploads: '' } },
    { method: 'DELETE', bucket: 'absent' },
    { method: 'PUT', bucket: 'absent', key: 'k', body: 'x' },
    { method: 'GET', bucket: 'absent', key: 'k' },
    { method: 'DELETE', bucket: 'absent', key: 'k' },
    { method: 'POST', bucket: 'absent', key: 'k', query: { uploads: '' } },
    { method: 'GET', bucket: 'absent', key: 'k', query: { uploadId: 'x' } },
    { method: 'DELETE', bucket: 'absent', key: 'k', query: { uploadId: 'x' } },
  ]
  for (const asked of asks) {
    const reply = await world.expect(404, asked)
    assert.equal(codeOf(reply), 'NoSuchBucket')
    assert.equal(text(documentOf(reply), 'BucketName'), 'absent')
    assert.equal(reply.headers['x-oss-ec'], '0015-00000101')
  }
})

test('a body that does not match its MD5 is not stored', async () => {
  const world = await createWorld()
  const right = base64(Buffer.from('right'))
  await world.expect(200, { method: 'PUT', ...AT, body: 'right', headers: { 'content-md5': right } })
  for (const md5 of [right, 'bm90IGFuIG1kNQ==']) {
    const reply = await world.expect(400, {
      method: 'PUT',
      ...AT,
      body: 'wrong',
      headers: { 'content-md5': md5 },
    })
    assert.equal(codeOf(reply), 'InvalidDigest')
  }
  assert.equal((await world.expect(200, { method: 'GET', ...AT })).text, 'right')
})

test('a body of another length than announced is not stored', async () => {
  const world = await createWorld()
  for (const length of ['4', '6']) {
    await world.expect(400, { method: 'PUT', ...AT, body: 'xxxxx', headers: { 'content-length': length } })
    await world.expect(404, { method: 'GET', ...AT })
  }
})

test('a body that breaks off is not stored, and nothing is answered', async () => {
  const world = await createWorld()
  const { target, headers } = wireOf({ method: 'PUT', ...AT, body: 'xx' }, START)
  const broken = new Error('socket')
  async function* body() {
    yield new Uint8Array(1)
    throw broken
  }
  await assert.rejects(world.handler({ method: 'PUT', target, headers, body: body() }), broken)
  await world.expect(404, { method: 'GET', ...AT })
  assert.equal(world.log[0]?.status, undefined)
  assert.equal(world.log[0]?.bytesIn, 1)
})

test('without a length a body has to be chunked', async () => {
  const world = await createWorld()
  const { target, headers } = wireOf({ method: 'PUT', ...AT, body: 'xx' }, START)
  const { 'content-length': _, ...bare } = headers
  const ask = async (changed: Record<string, string>) =>
    replyOf(
      await world.handler({ method: 'PUT', target, headers: changed, body: chunksOf(Buffer.from('xx')) }),
    )
  const refused = await ask(bare)
  assert.equal(refused.status, 411)
  assert.equal(codeOf(refused), 'MissingContentLength')
  assert.equal((await ask({ ...bare, 'transfer-encoding': 'chunked' })).status, 200)
  assert.equal((await world.expect(200, { method: 'GET', ...AT })).text, 'xx')
})

test('a body of more than 5 GB is refused before it is read', async () => {
  const world = await createWorld()
  const headers = { 'content-length': String(MAX_BODY_SIZE + 1) }
  assert.equal(codeOf(await world.expect(400, { method: 'PUT', ...AT, headers })), 'EntityTooLarge')
  assert.equal(world.log[0]?.bytesIn, 0)
})

test('names: the limits hold exactly', async () => {
  const world = await createWorld()
  const put = (key: string): Ask => ({ method: 'PUT', bucket: 'examplebucket', key, body: 'x' })
  for (const key of [
    'k',
    'x'.repeat(1023),
    '€'.repeat(341),
    '../../x',
    'a%2Fb',
    'a//b/',
    'a\u0000b\u000b\n',
    '😀?#&',
  ]) {
    await world.expect(200, put(key))
    assert.equal((await world.expect(200, { method: 'GET', bucket: 'examplebucket', key })).text, 'x')
  }
  for (const key of ['x'.repeat(1024), `${'€'.repeat(341)}x`, '/leading', '\\leading']) {
    assert.equal(codeOf(await world.expect(400, put(key))), 'InvalidObjectName')
  }
  for (const bucket of ['ab', 'a'.repeat(64), 'Upper', '-a-', 'a_b', 'a.b']) {
    assert.equal(codeOf(await world.expect(400, { method: 'PUT', bucket })), 'InvalidBucketName')
  }
  for (const bucket of ['abc', 'a'.repeat(63), '1-2']) await world.expect(200, { method: 'PUT', bucket })
})

test('headers that are wrong are refused before anything is stored', async () => {
  const world = await createWorld()
  const many = Array.from({ length: 11 }, (_, index) => `k${index}=v`).join('&')
  const wrong: Record<string, string>[] = [
    { 'x-oss-object-acl': 'secret' },
    { 'x-oss-tagging': '=a' },
    { 'x-oss-tagging': 'a=b&a=c' },
    { 'x-oss-tagging': `${'k'.repeat(129)}=v` },
    { 'x-oss-tagging': `k=${'v'.repeat(257)}` },
    { 'x-oss-tagging': many },
    { 'x-oss-meta-a': 'x'.repeat(8192) },
  ]
  for (const headers of wrong) {
    const reply = await world.expect(400, { method: 'PUT', ...AT, body: 'x', headers })
    assert.equal(codeOf(reply), 'InvalidArgument')
    const query = { uploads: '' }
    assert.equal(
      codeOf(await world.expect(400, { method: 'POST', ...AT, query, headers })),
      'InvalidArgument',
    )
  }
  await world.expect(404, { method: 'GET', ...AT })
  await world.expect(200, { method: 'PUT', ...AT, body: 'x', headers: { 'x-oss-tagging': 'a=' } })
})

test('what is not implemented is said so, and nothing is done', async () => {
  const world = await createWorld()
  await world.expect(200, { method: 'PUT', ...AT, body: 'x' })
  const asks: Ask[] = [
    { method: 'GET', bucket: 'examplebucket', query: { resourceGroup: '' } },
    { method: 'PUT', bucket: 'examplebucket', query: { website: '' } },
    { method: 'GET', ...AT, query: { 'x-oss-process': 'image/resize' } },
    { method: 'PUT', ...AT, query: { versionId: 'x' }, body: 'y' },
    { method: 'PUT', ...AT, query: { retention: '' }, body: 'y' },
  ]
  for (const asked of asks) {
    const reply = await world.expect(501, asked)
    assert.equal(codeOf(reply), 'NotImplemented')
  }
  assert.equal((await world.expect(200, { method: 'GET', ...AT })).text, 'x')
})

test('a target that can not be decoded is an error, not a crash', async () => {
  const world = await createWorld()
  for (const target of ['/examplebucket/%', '/examplebucket/%ff', '/examplebucket?prefix=%zz']) {
    const reply = await replyOf(
      await world.handler({
        method: 'GET',
        target,
        headers: { host: '127.0.0.1' },
        body: chunksOf(new Uint8Array()),
      }),
    )
    assert.equal(reply.status, 400)
  }
})

test('a body in a coding that we would store instead of the content is refused', async () => {
  const world = await createWorld()
  const put = async (coding: string) => {
    const { target, headers } = wireOf({ method: 'PUT', ...AT }, START)
    const { 'content-length': _, ...rest } = headers
    const coded = { ...rest, 'transfer-encoding': coding }
    return replyOf(
      await world.handler({ method: 'PUT', target, headers: coded, body: chunksOf(Buffer.from('xyz')) }),
    )
  }
  assert.equal(codeOf(await put('gzip, chunked')), 'NotImplemented')
  await world.expect(404, { method: 'GET', ...AT })
  assert.equal((await put('Chunked')).status, 200)
  assert.equal((await world.expect(200, { method: 'GET', ...AT })).text, 'xyz')
})

test('a length beyond all numbers is too large, not missing', async () => {
  const world = await createWorld()
  const headers = { 'content-length': '99999999999999999999' }
  const reply = await world.expect(400, { method: 'PUT', ...AT, headers })
  assert.equal(codeOf(reply), 'EntityTooLarge')
})

test('a document comes whole from chunks of a byte each, and is refused beyond its limit', async () => {
  const world = await createWorld()
  const bucket = 'other-bucket'
  const ask = async (body: Buffer) => {
    const { target, headers } = wireOf({ method: 'PUT', bucket, body }, START)
    return replyOf(await world.handler({ method: 'PUT', target, headers, body: chunksOf(body, 1) }))
  }
  const storageClass = '<StorageClass>IA</StorageClass>'
  const document = `<CreateBucketConfiguration>${' '.repeat(9000)}${storageClass}</CreateBucketConfiguration>`
  assert.equal((await ask(Buffer.from(document))).status, 200)
  const info = documentOf(await world.expect(200, { method: 'GET', bucket, query: { bucketInfo: '' } }))
  const described = info.children[0]
  assert.ok(described)
  assert.equal(text(described, 'StorageClass'), 'IA')
  const long = Buffer.alloc(MAX_DOCUMENT_SIZE + 1, ' ')
  assert.equal(
    codeOf(await world.expect(400, { method: 'PUT', bucket: 'third-bucket', body: long })),
    'MalformedXML',
  )
})

test('a bucket that is not empty is said with its name', async () => {
  const world = await createWorld()
  await world.expect(200, { method: 'PUT', ...AT, body: 'x' })
  const reply = await world.expect(409, { method: 'DELETE', bucket: 'examplebucket' })
  assert.equal(codeOf(reply), 'BucketNotEmpty')
  assert.equal(text(documentOf(reply), 'BucketName'), 'examplebucket')
  assert.equal(reply.headers['x-oss-ec'], '0015-00000301')
})
