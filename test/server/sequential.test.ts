/** Sequential uploads: order is kept, and the object has the MD5 of its whole. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { text } from '../../src/protocol/xml.js'
import {
  type Ask,
  bytesFrom,
  codeOf,
  completionOf,
  createWorld,
  documentOf,
  sendPart,
  type World,
} from './world.js'

const bucket = 'examplebucket'
const key = 'dir/large.dat'
const minPartSize = 100

async function begun(): Promise<{ world: World; upload: { key: string; uploadId: string } }> {
  const world = await createWorld({ minPartSize })
  const ask = { method: 'POST', bucket, key, query: { uploads: '', sequential: '' } }
  const uploadId = text(documentOf(await world.expect(200, ask)), 'UploadId') ?? ''
  return { world, upload: { key, uploadId } }
}

const part = (uploadId: string, partNumber: number, body = bytesFrom(partNumber, minPartSize)): Ask => ({
  method: 'PUT',
  bucket,
  key,
  query: { uploadId, partNumber: String(partNumber) },
  body,
})

test('a part out of order is refused before its body, and the upload goes on', async () => {
  const { world, upload } = await begun()
  const refused = async (partNumber: number, status: number, code: string, ec?: string) => {
    const reply = await world.expect(status, part(upload.uploadId, partNumber))
    assert.equal(codeOf(reply), code)
    assert.equal(reply.headers['x-oss-ec'], ec)
    assert.equal(world.log.at(-1)?.bytesIn, 0)
  }
  await refused(2, 400, 'PartNotSequential')
  await world.expect(200, part(upload.uploadId, 1))
  await refused(3, 400, 'PartNotSequential')
  await refused(1, 409, 'PartAlreadyExist', '0042-00000108')
  await world.expect(200, part(upload.uploadId, 2))
  await world.expect(200, part(upload.uploadId, 3))
  await refused(2, 409, 'PartAlreadyExist', '0042-00000108')
})

test('of two next parts at once one is taken', async () => {
  const { world, upload } = await begun()
  const replies = await Promise.all(
    [1, 2].map((seed) => world.ask(part(upload.uploadId, 1, bytesFrom(seed, 9)))),
  )
  assert.deepEqual(replies.map((reply) => reply.status).sort(), [200, 409])
})

for (const [how, completion] of [
  ['by a list', (parts: { partNumber: number; etag: string }[]) => ({ body: completionOf(parts) })],
  ['of all parts', () => ({ headers: { 'x-oss-complete-all': 'yes' } })],
] as const) {
  test(`completed ${how}, the object has the MD5 of its whole`, async () => {
    const { world, upload } = await begun()
    const bodies = [bytesFrom(1, minPartSize), bytesFrom(2, 300_000), bytesFrom(3, 1)]
    const parts: { partNumber: number; etag: string }[] = []
    for (const [index, body] of bodies.entries()) {
      const partNumber = index + 1
      parts.push({ partNumber, etag: await sendPart(world, upload, partNumber, body) })
    }
    const ask = { method: 'POST', bucket, key, query: { uploadId: upload.uploadId }, ...completion(parts) }
    await world.expect(200, ask)
    const whole = Buffer.concat(bodies)
    const head = await world.expect(200, { method: 'HEAD', bucket, key })
    assert.equal(head.headers['content-md5'], createHash('md5').update(whole).digest('base64'))
    assert.equal(head.headers['x-oss-object-type'], 'Multipart')
    assert.match(head.headers['etag'] ?? '', /-3"$/)
    assert.deepEqual(Buffer.from((await world.expect(200, { method: 'GET', bucket, key })).bytes), whole)
    assert.equal(codeOf(await world.expect(404, ask)), 'NoSuchUpload')
  })
}

test('a list that is wrong leaves a sequential upload as it was', async () => {
  const { world, upload } = await begun()
  const etag = await sendPart(world, upload, 1, bytesFrom(1, minPartSize))
  const complete = (parts: { partNumber: number; etag: string }[]): Ask => ({
    method: 'POST',
    bucket,
    key,
    query: { uploadId: upload.uploadId },
    body: completionOf(parts),
  })
  assert.equal(codeOf(await world.expect(400, complete([{ partNumber: 2, etag }]))), 'InvalidPart')
  assert.equal(codeOf(await world.expect(400, complete([{ partNumber: 1, etag: 'A' }]))), 'InvalidPart')
  await world.expect(200, complete([{ partNumber: 1, etag }]))
})
