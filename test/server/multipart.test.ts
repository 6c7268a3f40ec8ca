/** Multipart uploads: parts become the object exactly, and every rule is kept with its error. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc64 } from '../../src/checksum/index.js'
import { multipartEtag } from '../../src/protocol/etag.js'
import { children, text } from '../../src/protocol/xml.js'
import { MIN_PART_SIZE } from '../../src/server/multipart-operations.js'
import {
  type Ask,
  bytesFrom,
  codeOf,
  completionOf,
  createWorld,
  documentOf,
  initiate,
  sendPart,
  type World,
} from './world.js'

const bucket = 'examplebucket'
const key = 'dir/large.dat'

async function begun(
  headers: Record<string, string> = {},
  options: { readonly minPartSize?: number } = {},
): Promise<{ world: World; upload: { key: string; uploadId: string } }> {
  const world = await createWorld(options)
  return { world, upload: { key, uploadId: await initiate(world, key, headers) } }
}

function complete(upload: { uploadId: string }, body: string, headers: Record<string, string> = {}): Ask {
  return { method: 'POST', bucket, key, query: { uploadId: upload.uploadId }, body, headers }
}

test('parts sent in any order become the object, with the checksums of the whole', async () => {
  const { world, upload } = await begun({
    'content-type': 'text/x',
    'x-oss-meta-a': 'b',
    'x-oss-storage-class': 'IA',
  })
  const bodies = new Map([
    [7, bytesFrom(7, 1)],
    [2, bytesFrom(2, MIN_PART_SIZE)],
    [5, bytesFrom(5, MIN_PART_SIZE + 3)],
  ])
  const etags = new Map<number, string>()
  for (const [number, body] of bodies) etags.set(number, await sendPart(world, upload, number, body))
  const parts = [2, 5, 7].map((partNumber) => ({ partNumber, etag: etags.get(partNumber) ?? '' }))
  const reply = await world.expect(200, complete(upload, completionOf(parts)))

  const whole = Buffer.concat([2, 5, 7].map((number) => bodies.get(number) ?? new Uint8Array()))
  const etag = `"${multipartEtag(parts.map((part) => part.etag))}"`
  assert.match(etag, /^"[0-9A-F]{32}-3"$/)
  assert.equal(reply.headers['etag'], etag)
  assert.equal(reply.headers['x-oss-hash-crc64ecma'], crc64(whole).toString())
  const root = documentOf(reply)
  assert.equal(root.name, 'CompleteMultipartUploadResult')
  assert.equal(text(root, 'ETag'), etag)
  assert.equal(text(root, 'Key'), key)
  assert.equal(text(root, 'Location'), 'http://127.0.0.1:9500/examplebucket/dir/large.dat')

  const got = await world.expect(200, { method: 'GET', bucket, key })
  assert.deepEqual(Buffer.from(got.bytes), whole)
  assert.equal(got.headers['x-oss-hash-crc64ecma'], crc64(whole).toString())
  assert.equal(got.headers['x-oss-object-type'], 'Multipart')
  assert.equal(got.headers['content-type'], 'text/x')
  assert.equal(got.headers['x-oss-meta-a'], 'b')
  assert.equal(got.headers['x-oss-storage-class'], 'IA')
  assert.equal(got.headers['content-md5'], undefined)
  const range = { range: `bytes=${MIN_PART_SIZE - 2}-${MIN_PART_SIZE * 2 + 3}` }
  const cut = await world.expect(206, { method: 'GET', bucket, key, headers: range })
  assert.deepEqual(Buffer.from(cut.bytes), whole.subarray(MIN_PART_SIZE - 2))
})

test('an upload does not touch the object before Complete, and is gone after it', async () => {
  const { world, upload } = await begun()
  await world.expect(200, { method: 'PUT', bucket, key, body: 'old' })
  const etag = await sendPart(world, upload, 1, bytesFrom(1, 10))
  assert.equal((await world.expect(200, { method: 'GET', bucket, key })).text, 'old')
  const body = completionOf([{ partNumber: 1, etag }])
  await world.expect(200, complete(upload, body))
  const again = await world.expect(404, complete(upload, body))
  assert.equal(codeOf(again), 'NoSuchUpload')
  assert.equal(text(documentOf(again), 'UploadId'), upload.uploadId)
  // Which number the service has for this is not known.
  assert.equal(again.headers['x-oss-ec'], undefined)
})

test('the answer to a part has its MD5 and CRC, and the same number again takes its place', async () => {
  const { world, upload } = await begun()
  const query = { partNumber: '1', uploadId: upload.uploadId }
  await sendPart(world, upload, 1, bytesFrom(1, 500))
  const body = bytesFrom(2, 300)
  const reply = await world.expect(200, { method: 'PUT', bucket, key, query, body })
  assert.equal(reply.headers['x-oss-hash-crc64ecma'], crc64(body).toString())
  assert.ok(reply.headers['content-md5'])
  const root = documentOf(
    await world.expect(200, { method: 'GET', bucket, key, query: { uploadId: upload.uploadId } }),
  )
  const [part, ...others] = children(root, 'Part')
  assert.ok(part)
  assert.deepEqual(others, [])
  assert.equal(text(part, 'Size'), '300')
  assert.equal(text(part, 'ETag'), reply.headers['etag'])
  assert.equal(text(part, 'HashCrc64ecma'), crc64(body).toString())
})

test('parts are listed in pages, by number', async () => {
  const { world, upload } = await begun({ 'x-oss-storage-class': 'IA' })
  const numbers = [1, 2, 9, 10, 100, 9999, 10_000]
  for (const number of [...numbers].reverse()) await sendPart(world, upload, number, bytesFrom(number, 2))
  for (const max of [1, 2, 3, 7, 1000]) {
    const found: number[] = []
    let marker = '0'
    for (let page = 1; page <= 10; page += 1) {
      const query = { uploadId: upload.uploadId, 'max-parts': String(max), 'part-number-marker': marker }
      const root = documentOf(await world.expect(200, { method: 'GET', bucket, key, query }))
      assert.equal(text(root, 'StorageClass'), 'IA')
      const here = children(root, 'Part').map((part) => Number(text(part, 'PartNumber')))
      found.push(...here)
      marker = text(root, 'NextPartNumberMarker') ?? ''
      assert.equal(Number(marker), here.at(-1))
      if (text(root, 'IsTruncated') === 'false') break
    }
    assert.deepEqual(found, numbers)
  }
  const empty = await initiate(world, 'empty')
  const root = documentOf(
    await world.expect(200, { method: 'GET', bucket, key: 'empty', query: { uploadId: empty } }),
  )
  assert.equal(text(root, 'NextPartNumberMarker'), '0')
  assert.equal(text(root, 'IsTruncated'), 'false')
})

test('a part number is 1 to 10000', async () => {
  const { world, upload } = await begun()
  for (const partNumber of ['0', '10001', 'x', '-1']) {
    const query = { partNumber, uploadId: upload.uploadId }
    const reply = await world.expect(400, { method: 'PUT', bucket, key, query, body: 'x' })
    assert.equal(codeOf(reply), 'InvalidArgument')
    assert.equal(reply.headers['x-oss-ec'], '0017-00000220')
    assert.equal(world.log.at(-1)?.bytesIn, 0)
  }
  const without = await world.expect(400, {
    method: 'PUT',
    bucket,
    key,
    query: { uploadId: upload.uploadId },
    body: 'x',
  })
  assert.equal(without.headers['x-oss-ec'], '0017-00000219')
})

test('what is asked of an upload that is not there, or is of another key, is refused before a body is read', async () => {
  const { world, upload } = await begun()
  const absent = { uploadId: 'A'.repeat(32) }
  for (const ask of [
    { method: 'PUT', bucket, key, query: { partNumber: '1', ...absent }, body: 'x' },
    { method: 'PUT', bucket, key: 'other', query: { partNumber: '1', uploadId: upload.uploadId }, body: 'x' },
    { method: 'GET', bucket, key, query: absent },
    { method: 'GET', bucket, key: 'other', query: { uploadId: upload.uploadId } },
  ]) {
    assert.equal(codeOf(await world.expect(404, ask)), 'NoSuchUpload')
    assert.equal(world.log.at(-1)?.bytesIn, 0)
  }
  await world.expect(204, { method: 'DELETE', bucket, key, query: { uploadId: upload.uploadId } })
  const again = await world.expect(404, {
    method: 'DELETE',
    bucket,
    key,
    query: { uploadId: upload.uploadId },
  })
  assert.equal(again.headers['x-oss-ec'], '0042-00000002')
})

test('a server for small worlds is told how small a part may be', async () => {
  const { world, upload } = await begun({}, { minPartSize: 8 })
  const [small, least, last] = [
    { partNumber: 1, etag: await sendPart(world, upload, 1, bytesFrom(1, 7)) },
    { partNumber: 2, etag: await sendPart(world, upload, 2, bytesFrom(2, 8)) },
    { partNumber: 3, etag: await sendPart(world, upload, 3, bytesFrom(3, 1)) },
  ]
  const refused = await world.expect(400, complete(upload, completionOf([small, least, last])))
  assert.equal(codeOf(refused), 'EntityTooSmall')
  assert.match(refused.text, /<MinSizeAllowed>8</)
  await world.expect(200, complete(upload, completionOf([least, last])))
})

test('every error of Complete leaves the upload as it was', async () => {
  const { world, upload } = await begun()
  const small = { partNumber: 1, etag: await sendPart(world, upload, 1, bytesFrom(1, MIN_PART_SIZE - 1)) }
  const other = { partNumber: 2, etag: await sendPart(world, upload, 2, bytesFrom(2, MIN_PART_SIZE)) }
  const errors: [Ask, string, string?][] = [
    [complete(upload, completionOf([small, other])), 'EntityTooSmall', '0042-00000213'],
    [complete(upload, completionOf([other, small])), 'InvalidPartOrder', '0042-00000209'],
    [complete(upload, completionOf([other, other])), 'InvalidPartOrder', '0042-00000209'],
    [complete(upload, completionOf([{ ...other, partNumber: 3 }])), 'InvalidPart'],
    [complete(upload, completionOf([{ ...other, etag: small.etag }])), 'InvalidPart'],
    [complete(upload, ''), 'MalformedXML', '0042-00000205'],
    [complete(upload, 'no xml'), 'MalformedXML', '0042-00000205'],
    [
      complete(upload, completionOf([other]), { 'x-oss-complete-all': 'yes' }),
      'InvalidArgument',
      '0042-00000216',
    ],
  ]
  for (const [asked, code, ec] of errors) {
    const reply = await world.expect(400, asked)
    assert.equal(codeOf(reply), code)
    if (ec !== undefined) assert.equal(reply.headers['x-oss-ec'], ec)
  }
  await world.expect(404, { method: 'GET', bucket, key })
  const lowerCase = completionOf([{ ...other, etag: other.etag.toLowerCase() }]).replaceAll('"', '')
  await world.expect(200, complete(upload, lowerCase))
})

test('complete-all takes every part', async () => {
  const { world, upload } = await begun()
  const first = bytesFrom(1, MIN_PART_SIZE)
  await sendPart(world, upload, 3, bytesFrom(3, 5))
  await sendPart(world, upload, 1, first)
  await world.expect(200, complete(upload, '', { 'x-oss-complete-all': 'yes' }))
  const got = await world.expect(200, { method: 'GET', bucket, key })
  assert.deepEqual(Buffer.from(got.bytes), Buffer.concat([first, bytesFrom(3, 5)]))
})

test('parts that Complete does not name are dropped', async () => {
  const { world, upload } = await begun()
  const etag = await sendPart(world, upload, 2, bytesFrom(2, 5))
  await sendPart(world, upload, 1, bytesFrom(1, 5))
  await world.expect(200, complete(upload, completionOf([{ partNumber: 2, etag }])))
  assert.deepEqual((await world.expect(200, { method: 'GET', bucket, key })).bytes, bytesFrom(2, 5))
})

test('a list without parts makes an empty object, whatever parts there are', async () => {
  for (const content of [undefined, bytesFrom(1, 5)]) {
    const { world, upload } = await begun()
    if (content !== undefined) await sendPart(world, upload, 1, content)
    const reply = await world.expect(200, complete(upload, completionOf([])))
    assert.equal(reply.headers['x-oss-hash-crc64ecma'], '0')
    assert.equal(reply.headers['etag'], '"D41D8CD98F00B204E9800998ECF8427E-0"')
    const got = await world.expect(200, { method: 'GET', bucket, key })
    assert.deepEqual([got.bytes.length, got.headers['x-oss-object-type']], [0, 'Multipart'])
    await world.expect(404, complete(upload, completionOf([])))
  }
})

test('what says something at Initiate alone may come with the requests after it', async () => {
  const { world, upload } = await begun()
  const query = { uploadId: upload.uploadId, sequential: '' }
  await world.expect(200, {
    method: 'PUT',
    bucket,
    key,
    query: { ...query, partNumber: '1' },
    body: bytesFrom(1, 5),
  })
  await world.expect(200, { method: 'POST', bucket, key, query, headers: { 'x-oss-complete-all': 'yes' } })
  const gone = await world.expect(404, { method: 'DELETE', bucket, key, query })
  assert.equal(gone.headers['x-oss-ec'], '0042-00000002')
  const listed = await world.expect(404, { method: 'GET', bucket, key, query: { uploadId: upload.uploadId } })
  assert.equal(listed.headers['x-oss-ec'], '0042-00000002')
})

test('an upload of one empty part makes an empty object', async () => {
  const { world, upload } = await begun()
  const etag = await sendPart(world, upload, 1, new Uint8Array())
  const reply = await world.expect(200, complete(upload, completionOf([{ partNumber: 1, etag }])))
  assert.equal(reply.headers['x-oss-hash-crc64ecma'], '0')
  assert.equal((await world.expect(200, { method: 'GET', bucket, key })).bytes.length, 0)
})

test('forbid-overwrite at Complete keeps the object and the upload', async () => {
  const { world, upload } = await begun()
  const etag = await sendPart(world, upload, 1, bytesFrom(1, 5))
  await world.expect(200, { method: 'PUT', bucket, key, body: 'old' })
  const body = completionOf([{ partNumber: 1, etag }])
  const reply = await world.expect(409, complete(upload, body, { 'x-oss-forbid-overwrite': 'true' }))
  assert.equal(codeOf(reply), 'FileAlreadyExists')
  assert.equal(reply.headers['x-oss-ec'], '0042-00000214')
  assert.equal((await world.expect(200, { method: 'GET', bucket, key })).text, 'old')
  await world.expect(200, complete(upload, body))
  const initiate: Ask = {
    method: 'POST',
    bucket,
    key,
    query: { uploads: '' },
    headers: { 'x-oss-forbid-overwrite': 'true' },
  }
  assert.equal(codeOf(await world.expect(409, initiate)), 'FileAlreadyExists')
})

test('headers that mean nothing to a part do no harm there', async () => {
  const { world, upload } = await begun()
  const headers = { 'x-oss-complete-all': 'yes', 'x-oss-object-acl': 'nonsense', 'x-oss-callback': 'e30=' }
  const query = { partNumber: '1', uploadId: upload.uploadId }
  await world.expect(200, { method: 'PUT', bucket, key, query, headers, body: 'x' })
})

test('what Initiate says of storage and encryption is told with every answer, and of the object', async () => {
  const world = await createWorld()
  const encryption = 'x-oss-server-side-encryption'
  const headers = { 'x-oss-storage-class': 'IA', [encryption]: 'AES256' }
  const begun = await world.expect(200, { method: 'POST', bucket, key, query: { uploads: '' }, headers })
  const uploadId = text(documentOf(begun), 'UploadId') ?? ''
  const query = { uploadId, partNumber: '1' }
  const part = await world.expect(200, { method: 'PUT', bucket, key, query, body: 'x' })
  const etag = (part.headers['etag'] ?? '').replaceAll('"', '')
  const completed = await world.expect(200, complete({ uploadId }, completionOf([{ partNumber: 1, etag }])))
  const head = await world.expect(200, { method: 'HEAD', bucket, key })
  for (const reply of [begun, part, completed, head]) assert.equal(reply.headers[encryption], 'AES256')
  assert.equal(head.headers['x-oss-storage-class'], 'IA')
})

test('of a Complete and an Abort at once, one wins and the other finds no upload', async () => {
  const { world, upload } = await begun()
  const etag = await sendPart(world, upload, 1, bytesFrom(1, 5))
  const [completed, aborted] = await Promise.all([
    world.ask(complete(upload, completionOf([{ partNumber: 1, etag }]))),
    world.ask({ method: 'DELETE', bucket, key, query: { uploadId: upload.uploadId } }),
  ])
  assert.ok((completed.status === 200) !== (aborted.status === 204), `${completed.status} ${aborted.status}`)
  const object = await world.ask({ method: 'GET', bucket, key })
  assert.equal(object.status, completed.status === 200 ? 200 : 404)
})

test('a part, and Complete, may not say how the upload is encrypted', async () => {
  const world = await createWorld()
  const uploadId = await initiate(world, key)
  const query = { uploadId, partNumber: '1' }
  const name = 'x-oss-server-side-encryption'
  const headers = { [name]: 'KMS' }
  const part: Ask = { method: 'PUT', bucket, key, query, body: 'x' }
  for (const ask of [{ ...part, headers }, complete({ uploadId }, completionOf([]), headers)]) {
    const refused = documentOf(await world.expect(400, ask))
    assert.deepEqual([text(refused, 'Code'), text(refused, 'ArgumentName')], ['InvalidArgument', name])
  }
  // ali-oss sends the key with every part.
  await world.expect(200, { ...part, headers: { [`${name}-key-id`]: 'k' } })
})
