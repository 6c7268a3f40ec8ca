/** The half of the object service contract that is about parts, and about how an upload ends. */
import assert from 'node:assert/strict'
import type { UploadRef } from '../engine/ports.js'
import {
  asking,
  bytesOf,
  type Check,
  crcOf,
  type Desk,
  joined,
  refused,
  sending,
  sliceOf,
} from './object-service-desk.js'

export function uploadChecks(check: Check): void {
  check('parts sent in any order become one object, in the order of their numbers', async (desk) => {
    const key = desk.key('parts')
    const upload = await desk.begin(key)
    const [one, two, three] = [desk.part(1), desk.part(2), bytesOf(1, 3)]
    const third = await desk.send(upload, 3, three)
    const first = await desk.send(upload, 1, one)
    const second = await desk.send(upload, 2, two)
    const listed = await desk.list(upload)
    assert.deepEqual(
      listed.map(({ partNumber, size, etag }) => [partNumber, size, etag]),
      [
        [1, one.length, first.etag],
        [2, two.length, second.etag],
        [3, 1, third.etag],
      ],
    )
    await refused('object-missing', desk.head(key))
    const receipt = await desk.complete(upload, [first, second, third])
    const info = await desk.head(key)
    const whole = joined(one, two, three)
    assert.equal(info.size, whole.length)
    assert.equal(info.etag, receipt.etag)
    if (desk.service.integrity !== 'crc64') return
    assert.equal(first.crc64, crcOf(one))
    assert.deepEqual(
      listed.map(({ crc64 }) => crc64),
      [one, two, three].map(crcOf),
    )
    assert.equal(info.crc64, crcOf(whole))
    if (receipt.crc64 !== undefined) assert.equal(receipt.crc64, crcOf(whole))
  })

  check('a part that is sent again replaces the earlier one', async (desk) => {
    const upload = await desk.begin(desk.key('again'))
    const earlier = await desk.send(upload, 1, bytesOf(10, 1))
    const later = await desk.send(upload, 1, bytesOf(20, 2))
    const listed = await desk.list(upload)
    assert.deepEqual(
      listed.map(({ size, etag }) => [size, etag]),
      [[20, later.etag]],
    )
    await refused('invalid-part', desk.complete(upload, [earlier]))
    await desk.complete(upload, [later])
    assert.equal((await desk.head(upload.key)).size, 20)
  })

  check('numbers may have holes, and parts that Complete does not name are left out', async (desk) => {
    const upload = await desk.begin(desk.key('holes'))
    const second = await desk.send(upload, 2, desk.part(2))
    await desk.send(upload, 5, desk.part(5))
    const last = await desk.send(upload, desk.service.limits.maxParts, bytesOf(3, 9))
    await desk.complete(upload, [second, last])
    assert.equal((await desk.head(upload.key)).size, desk.service.limits.minPartSize + 3)
  })

  check('the list of parts goes on after its marker, and a new upload has none', async (desk) => {
    const upload = await desk.begin(desk.key('pages'))
    assert.deepEqual(await desk.list(upload), [])
    for (const partNumber of [1, 2, 3, 5, 8]) await desk.send(upload, partNumber, bytesOf(partNumber, 1))
    assert.deepEqual(
      (await desk.list(upload)).map(({ partNumber }) => partNumber),
      [1, 2, 3, 5, 8],
    )
    const { parts } = await desk.service.listParts(upload, 3, asking())
    assert.equal(parts[0]?.partNumber, 5)
    assert.deepEqual(await desk.service.listParts(upload, 8, asking()), { parts: [] })
  })

  check('a missing part or a wrong ETag is an invalid part, and the upload survives', async (desk) => {
    const upload = await desk.begin(desk.key('invalid'))
    const first = await desk.send(upload, 1, desk.part(1))
    const last = await desk.send(upload, 2, bytesOf(2, 2))
    await refused('invalid-part', desk.complete(upload, [first, { ...last, partNumber: 3 }]))
    await refused('invalid-part', desk.complete(upload, [{ ...first, etag: last.etag }, last]))
    assert.equal((await desk.list(upload)).length, 2)
    await refused('object-missing', desk.head(upload.key))
    await desk.complete(upload, [first, last])
  })

  check(
    'a part below the smallest size is refused unless it is the last, and the upload survives',
    async (desk) => {
      const { minPartSize } = desk.service.limits
      const upload = await desk.begin(desk.key('small'))
      const small = await desk.send(upload, 1, bytesOf(minPartSize - 1, 1))
      const last = await desk.send(upload, 2, bytesOf(1, 2))
      await refused('refused', desk.complete(upload, [small, last]))
      assert.equal((await desk.list(upload)).length, 2)
      const enough = await desk.send(upload, 1, bytesOf(minPartSize, 1))
      await desk.complete(upload, [enough, last])
    },
  )

  check('an upload that ended is gone for every call, ended by Complete or by Abort', async (desk) => {
    for (const how of ['completed', 'aborted'] as const) {
      const upload = await desk.begin(desk.key(how))
      const part = await desk.send(upload, 1, bytesOf(4, 1))
      if (how === 'completed') await desk.complete(upload, [part])
      else await desk.abort(upload)
      await assertGone(desk, upload)
      if (how === 'aborted') await refused('object-missing', desk.head(upload.key))
      else assert.equal((await desk.head(upload.key)).size, 4)
    }
  })

  check('an upload of another key, or of no key, is gone', async (desk) => {
    const upload = await desk.begin(desk.key('mine'))
    await assertGone(desk, { ...upload, key: desk.key('yours') })
    const ended = await desk.begin(desk.key('ended'))
    await desk.abort(ended)
    await assertGone(desk, ended)
    assert.deepEqual(await desk.list(upload), [])
  })
}

async function assertGone(desk: Desk, upload: UploadRef): Promise<void> {
  const { service } = desk
  const part = { partNumber: 1, etag: 'D41D8CD98F00B204E9800998ECF8427E' }
  await refused('upload-gone', service.listParts(upload, 0, asking()))
  await refused('upload-gone', service.uploadPart(upload, 1, sliceOf(bytesOf(4, 1)), sending()))
  await refused('upload-gone', service.completeMultipartUpload(upload, [part], asking()))
  await refused('upload-gone', service.abortMultipartUpload(upload, asking()))
}
