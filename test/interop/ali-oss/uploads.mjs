/** What ali-oss does with uploads in parts. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { PART, refused } from './world.mjs'

export const uploads = {
  async 'parts: begin, send, list by pages, complete'(world) {
    const { client } = world
    const key = 'dir/中 +'
    const contents = [0, 1, 2, 3, 4].map((more) => randomBytes(PART + more))
    const { uploadId } = await client.initMultipartUpload(key, { meta: { a: '1' } })
    const done = []
    for (const [index, content] of contents.entries()) {
      const path = world.file(content, `part-${index}`)
      const part = await client.uploadPart(key, uploadId, index + 1, path, 0, content.length)
      done.push({ number: index + 1, etag: part.etag })
    }
    const first = await client.listParts(key, uploadId, { 'max-parts': 2 })
    const second = await client.listParts(key, uploadId, {
      'max-parts': 2,
      'part-number-marker': first.nextPartNumberMarker,
    })
    assert.deepEqual(
      [...first.parts, ...second.parts].map((part) => Number(part.PartNumber)),
      [1, 2, 3, 4],
    )
    const { uploads: listed } = await client.listUploads({ 'max-uploads': 10 })
    assert.deepEqual(
      listed.map((upload) => [upload.name, upload.uploadId]),
      [[key, uploadId]],
    )
    await client.completeMultipartUpload(key, uploadId, done)
    assert.deepEqual(await world.bytes(key), Buffer.concat(contents))
    assert.deepEqual((await client.head(key)).meta, { a: '1' })
    await refused(client.listParts(key, uploadId, { 'max-parts': 2 }), 404, 'NoSuchUpload')
  },

  async 'parts: copied from objects'(world) {
    const { client, name } = world
    const content = randomBytes(3 * PART)
    await client.put('source', content)
    const source = { sourceKey: 'source', sourceBucketName: name }
    const { uploadId } = await client.initMultipartUpload('k')
    const done = []
    for (const [index, range] of [`0-${2 * PART - 1}`, `10-${PART - 1}`].entries()) {
      const part = await client.uploadPartCopy('k', uploadId, index + 1, range, source)
      done.push({ number: index + 1, etag: part.etag })
    }
    await client.completeMultipartUpload('k', uploadId, done)
    const expected = Buffer.concat([content.subarray(0, 2 * PART), content.subarray(10, PART)])
    assert.deepEqual(await world.bytes('k'), expected)
    await client.multipartUploadCopy('far', source, { partSize: PART, parallel: 3 })
    assert.deepEqual(await world.bytes('far'), content)
  },

  async 'multipartUpload: broken off half-way, goes on from its checkpoint'(world) {
    const { client } = world
    const content = randomBytes(9 * PART + 5)
    const path = world.file(content)
    let checkpoint
    const broken = client.multipartUpload('k', path, {
      partSize: PART,
      parallel: 1,
      progress(fraction, current) {
        if (current !== undefined) checkpoint = JSON.parse(JSON.stringify(current))
        if (fraction > 0.5) client.cancel()
      },
    })
    await assert.rejects(broken, { name: 'cancel' })
    client.resetCancelFlag()
    const before = await client.listParts('k', checkpoint.uploadId, { 'max-parts': 100 })
    assert.ok(before.parts.length >= 5 && before.parts.length < 10, String(before.parts.length))
    const { etag } = await client.multipartUpload('k', path, { partSize: PART, parallel: 3, checkpoint })
    assert.match(etag, /-10"$/)
    assert.deepEqual(await world.bytes('k'), content)
  },

  async 'parts: an upload that was aborted is gone'({ client }) {
    const { uploadId } = await client.initMultipartUpload('k')
    await client.abortMultipartUpload('k', uploadId)
    await refused(client.abortMultipartUpload('k', uploadId), 404, 'NoSuchUpload')
    await refused(client.listParts('k', uploadId, {}), 404, 'NoSuchUpload')
  },
}
