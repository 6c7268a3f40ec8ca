/** UploadPartCopy: parts of other objects' bytes, in memory and on a disk, and everything it is refused for. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { crc64 } from '../../src/checksum/index.js'
import { formatHttpDate } from '../../src/protocol/dates.js'
import { children, text } from '../../src/protocol/xml.js'
import { openDiskStorage } from '../../src/server/index.js'
import {
  type Ask,
  bytesFrom,
  codeOf,
  completionOf,
  createWorld,
  documentOf,
  initiate,
  type Reply,
  START,
  sendPart,
  type World,
} from './world.js'

const bucket = 'examplebucket'
const key = 'copy'
const source = 'dir/a b&中.dat'
const SIZE = 300_000
const bytes = bytesFrom(1, SIZE)
const minPartSize = 100
const pathOf = (name: string) => `/${bucket}/${encodeURIComponent(name)}`

async function withSource(options: Parameters<typeof createWorld>[0] = {}): Promise<World> {
  const world = await createWorld({ minPartSize, ...options })
  await world.expect(200, { method: 'PUT', bucket, key: source, body: bytes })
  return world
}

const copy = (uploadId: string, partNumber: number, headers: Record<string, string> = {}): Ask => ({
  method: 'PUT',
  bucket,
  key,
  query: { uploadId, partNumber: String(partNumber) },
  headers: { 'x-oss-copy-source': pathOf(source), ...headers },
})

const range = (text: string) => ({ 'x-oss-copy-source-range': `bytes=${text}` })

function etagOf(reply: Reply): string {
  const root = documentOf(reply)
  assert.equal(root.name, 'CopyPartResult')
  assert.equal(reply.headers['etag'], text(root, 'ETag'), 'clients read it from either')
  assert.equal(text(root, 'LastModified'), new Date(START).toISOString())
  return (text(root, 'ETag') ?? '').replaceAll('"', '')
}

const md5 = (part: Uint8Array) => createHash('md5').update(part).digest('hex').toUpperCase()

/** Whole, a stretch, to the end, and a part of its own: all in one object. */
async function makeObject(world: World): Promise<Buffer> {
  const uploadId = await initiate(world, key)
  const asked: readonly (readonly [number, Record<string, string>, number, number])[] = [
    [1, {}, 0, SIZE],
    [2, range('100-99999'), 100, 100_000],
    [4, range('299000-'), 299_000, SIZE],
    [5, range('0-299999'), 0, SIZE],
  ]
  const parts: { partNumber: number; etag: string }[] = []
  for (const [partNumber, headers, start, end] of asked) {
    const reply = await world.expect(200, copy(uploadId, partNumber, headers))
    const stretch = bytes.subarray(start, end)
    assert.equal(etagOf(reply), md5(stretch))
    assert.equal(reply.headers['x-oss-hash-crc64ecma'], crc64(stretch).toString())
    parts.push({ partNumber, etag: etagOf(reply) })
  }
  const own = bytesFrom(9, 200)
  parts.splice(2, 0, { partNumber: 3, etag: await sendPart(world, { key, uploadId }, 3, own) })
  const listed = documentOf(await world.expect(200, { method: 'GET', bucket, key, query: { uploadId } }))
  const sizes = children(listed, 'Part').map((part) => Number(text(part, 'Size')))
  assert.deepEqual(sizes, [SIZE, 99_900, 200, 1000, SIZE])
  // What was copied is not the source's any more.
  await world.expect(204, { method: 'DELETE', bucket, key: source })
  const body = completionOf(parts)
  const reply = await world.expect(200, { method: 'POST', bucket, key, query: { uploadId }, body })
  const pieces = [bytes, bytes.subarray(100, 100_000), own, bytes.subarray(299_000), bytes]
  const whole = Buffer.concat(pieces)
  assert.equal(reply.headers['x-oss-hash-crc64ecma'], crc64(whole).toString())
  return whole
}

test('parts are copied whole, in stretches and to the end', async () => {
  const world = await withSource()
  const whole = await makeObject(world)
  assert.deepEqual(Buffer.from((await world.expect(200, { method: 'GET', bucket, key })).bytes), whole)
  // Parts of an object that is itself of parts, across their borders.
  const uploadId = await initiate(world, 'again')
  const headers = { 'x-oss-copy-source': pathOf(key), ...range('299990-400300') }
  const reply = await world.expect(200, { ...copy(uploadId, 1, headers), key: 'again' })
  assert.equal(etagOf(reply), md5(whole.subarray(299_990, 400_301)))
  const query = { uploadId }
  const all = { 'x-oss-complete-all': 'yes' }
  await world.expect(200, { method: 'POST', bucket, key: 'again', query, headers: all })
  const got = await world.expect(200, { method: 'GET', bucket, key: 'again' })
  assert.deepEqual(Buffer.from(got.bytes), whole.subarray(299_990, 400_301))
})

test('on a disk nothing is copied, and everything is there after a restart', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-part-copy-'))
  try {
    const first = await openDiskStorage({ folder, durability: 'durable' })
    const whole = await makeObject(await withSource({ storage: first }))
    await first.close()
    const names = await readdir(join(folder, 'contents'), { recursive: true })
    // The source's bytes and the part that was sent.
    assert.equal(names.filter((name) => name.length > 2).length, 2)
    const second = await openDiskStorage({ folder, durability: 'durable' })
    const opened = await second.openObject(bucket, key)
    const chunks: Uint8Array[] = []
    for await (const chunk of opened?.read(0, whole.length) ?? []) chunks.push(chunk)
    opened?.close()
    assert.deepEqual(Buffer.concat(chunks), whole)
    await second.deleteObject(bucket, key)
    await second.close()
    const left = await readdir(join(folder, 'contents'), { recursive: true })
    assert.deepEqual(
      left.filter((name) => name.length > 2),
      [],
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test('a range that is none, or reaches beyond the source, is refused', async () => {
  const world = await withSource()
  const uploadId = await initiate(world, key)
  for (const [headers, ec] of [
    [range(`0-${SIZE}`), '0042-00000306'],
    [range(`${SIZE}-`), '0042-00000306'],
    [range(`${SIZE}-${SIZE}`), '0042-00000306'],
    [range('-5'), undefined],
    [range('5-4'), undefined],
    [range('a-b'), undefined],
    [range('0-1,3-4'), undefined],
    [{ 'x-oss-copy-source-range': '0-1' }, undefined],
  ] as const) {
    const reply = await world.expect(400, copy(uploadId, 1, headers))
    assert.equal(codeOf(reply), 'InvalidArgument')
    assert.equal(text(documentOf(reply), 'ArgumentName'), 'x-oss-copy-source-range')
    assert.equal(reply.headers['x-oss-ec'], ec)
  }
})

test('what is not there, or not as it is asked for, is refused', async () => {
  const world = await withSource()
  const uploadId = await initiate(world, key)
  const refused = async (ask: Ask, status: number, code: string, ec?: string) => {
    const reply = await world.expect(status, ask)
    assert.equal(codeOf(reply), code)
    if (ec !== undefined) assert.equal(reply.headers['x-oss-ec'], ec)
  }
  const from = (value: string) => copy(uploadId, 1, { 'x-oss-copy-source': value })
  await refused(copy('A'.repeat(32), 1), 404, 'NoSuchUpload', '0042-00000311')
  await refused(from(pathOf('absent')), 404, 'NoSuchKey', '0026-00000001')
  await refused(from('/absent-bucket/k'), 404, 'NoSuchBucket')
  await refused(from('examplebucket/k'), 400, 'InvalidArgument', '0042-00000301')
  await refused(from(''), 400, 'InvalidArgument', '0042-00000302')
  await refused(from(`${pathOf(source)}?versionId=x`), 404, 'NoSuchVersion')
  await refused(copy(uploadId, 10_001), 400, 'InvalidArgument', '0017-00000220')
  await refused({ ...copy(uploadId, 1), query: { uploadId } }, 400, 'InvalidArgument', '0017-00000219')
  const when = (name: string, value: string) => copy(uploadId, 1, { [`x-oss-copy-source-${name}`]: value })
  await refused(when('if-match', '"A"'), 412, 'PreconditionFailed')
  await refused(when('if-unmodified-since', formatHttpDate(START - 1000)), 412, 'PreconditionFailed')
  await world.expect(304, when('if-none-match', `"${md5(bytes)}"`))
  await world.expect(304, when('if-modified-since', formatHttpDate(START)))
  await world.expect(200, when('if-match', `"${md5(bytes)}"`))
  await world.expect(200, when('if-modified-since', formatHttpDate(START - 1000)))
  const version = await world.expect(200, from(`${pathOf(source)}?versionId=null`))
  assert.equal(version.headers['x-oss-copy-source-version-id'], 'null')
})

test('a sequential upload takes copied parts in order', async () => {
  const world = await withSource()
  const ask = { method: 'POST', bucket, key, query: { uploads: '', sequential: '' } }
  const uploadId = text(documentOf(await world.expect(200, ask)), 'UploadId') ?? ''
  assert.equal(codeOf(await world.expect(400, copy(uploadId, 2))), 'PartNotSequential')
  await world.expect(200, copy(uploadId, 1))
  assert.equal(codeOf(await world.expect(409, copy(uploadId, 1))), 'PartAlreadyExist')
  await world.expect(200, copy(uploadId, 2, range('5-9')))
  const headers = { 'x-oss-complete-all': 'yes' }
  await world.expect(200, { method: 'POST', bucket, key, query: { uploadId }, headers })
  const whole = Buffer.concat([bytes, bytes.subarray(5, 10)])
  const head = await world.expect(200, { method: 'HEAD', bucket, key })
  assert.equal(head.headers['content-md5'], createHash('md5').update(whole).digest('base64'))
})

test('an empty source makes an empty part, and a link is followed', async () => {
  const world = await withSource()
  await world.expect(200, { method: 'PUT', bucket, key: 'empty', body: '' })
  const link = { 'x-oss-symlink-target': encodeURIComponent(source) }
  await world.expect(200, { method: 'PUT', bucket, key: 'link', query: { symlink: '' }, headers: link })
  const uploadId = await initiate(world, key)
  const empty = await world.expect(200, copy(uploadId, 2, { 'x-oss-copy-source': pathOf('empty') }))
  assert.equal(etagOf(empty), md5(new Uint8Array()))
  const linked = await world.expect(200, copy(uploadId, 1, { 'x-oss-copy-source': pathOf('link') }))
  assert.equal(etagOf(linked), md5(bytes))
})
