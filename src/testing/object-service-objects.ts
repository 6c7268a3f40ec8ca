/** The half of the object service contract that is about whole objects, keys and the list of unfinished uploads. */
import assert from 'node:assert/strict'
import { asking, bytesOf, type Check, crcOf, refused } from './object-service-desk.js'

/** Milliseconds by which clocks of one service may differ, whole seconds included. */
const toleranceMs = 3000

const oddNames = [
  'plain',
  'with space',
  'with+plus',
  'percent%2Fslash',
  'percent%',
  'a//b',
  'a/../b',
  '../up',
  './here',
  'question?mark=1&x#hash',
  'quote"\'<>&amp;',
  'back\\slash',
  'ключ-中文-😀',
  'tab\tand\nline\u0001',
  'star*tilde~(paren)!',
  'long'.repeat(150),
]

export function objectChecks(check: Check): void {
  check('an object of any size is there as it was sent, and its receipt proves it', async (desk) => {
    for (const size of [0, 1, 70_000]) {
      const key = desk.key(`object-${size}`)
      const bytes = bytesOf(size, size)
      const { receipt, computed } = await desk.put(key, bytes)
      assert.equal(computed.size, size)
      assert.equal(computed.crc64, crcOf(bytes))
      assert.ok(receipt.etag !== '' && !receipt.etag.includes('"'), `etag ${receipt.etag}`)
      const info = await desk.head(key)
      assert.equal(info.size, size)
      assert.equal(info.etag, receipt.etag)
      assert.equal(info.lastModified % 1000, 0, 'Last-Modified is in whole seconds')
      if (desk.service.integrity === 'crc64') {
        assert.equal(receipt.crc64, computed.crc64)
        assert.equal(info.crc64, computed.crc64)
      }
      if (desk.service.integrity === 'etag-md5') assert.equal(receipt.etag.toLowerCase(), computed.md5)
    }
  })

  check('a second PutObject takes the place of the first', async (desk) => {
    const key = desk.key('twice')
    await desk.put(key, bytesOf(10, 1))
    const { receipt } = await desk.put(key, bytesOf(20, 2))
    const info = await desk.head(key)
    assert.equal(info.size, 20)
    assert.equal(info.etag, receipt.etag)
  })

  check('what the socket took is told as it grows, to the whole', async (desk) => {
    const sent: number[] = []
    const size = 300_000
    await desk.put(desk.key('counted'), bytesOf(size, 1), { onSent: (bytes) => void sent.push(bytes) })
    assert.ok(sent.every((bytes, index) => bytes >= (sent[index - 1] ?? 0) && bytes <= size))
    assert.equal(sent.at(-1), size)
  })

  check('headers that an object has other than was asked are named', async (desk) => {
    const { service } = desk
    if (service.differingHeaders === undefined) return
    const headers = { 'content-type': 'text/plain', 'cache-control': 'no-cache' }
    const put = desk.key('headers-put')
    await desk.put(put, bytesOf(3, 1), { headers })
    const upload = await desk.begin(desk.key('headers-upload'), headers)
    await desk.complete(upload, [await desk.send(upload, 1, bytesOf(3, 1))])
    for (const key of [put, upload.key]) {
      const { headers: found = {} } = await desk.head(key)
      assert.deepEqual(service.differingHeaders(headers, found), [])
      const other = { 'content-type': 'text/html' }
      assert.deepEqual(service.differingHeaders(other, found), ['cache-control', 'content-type'])
    }
  })

  check('an object that is not there is missing', async (desk) => {
    await refused('object-missing', desk.head(desk.key('nothing')))
  })

  check(
    'the service’s clock is known after an answer, and agrees with what it says elsewhere',
    async (desk) => {
      const key = desk.key('clock')
      await desk.put(key, bytesOf(1, 1))
      const { lastModified } = await desk.head(key)
      const now = desk.service.now()
      assert.ok(now !== undefined)
      assert.ok(Math.abs(now - lastModified) < toleranceMs)
      const { uploadId, initiated } = await desk.service.createMultipartUpload(key, asking())
      assert.ok(Math.abs(initiated - lastModified) < toleranceMs)
      await desk.abort({ key, uploadId })
    },
  )

  check('odd keys are each their own object and their own upload', async (desk) => {
    for (const [index, odd] of oddNames.entries()) {
      const key = desk.key(odd)
      await desk.put(key, bytesOf(index + 1, 1))
      const upload = await desk.begin(key)
      const receipt = await desk.send(upload, 1, bytesOf(5, index))
      assert.deepEqual(
        (await desk.list(upload)).map(({ etag }) => etag),
        [receipt.etag],
      )
      const listed = await desk.service.listMultipartUploads?.(key, asking())
      assert.deepEqual(listed?.map(({ uploadId }) => uploadId) ?? [upload.uploadId], [upload.uploadId], odd)
      await desk.abort(upload)
    }
    for (const [index, odd] of oddNames.entries()) {
      assert.equal((await desk.head(desk.key(odd))).size, index + 1, JSON.stringify(odd))
    }
  })

  check('where overwriting is forbidden an existing object stays as it is', async (desk) => {
    const { forbidOverwrite: headers } = desk
    if (headers === undefined) return
    assert.equal(desk.service.forbidsOverwrite(headers), true)
    assert.equal(desk.service.forbidsOverwrite({}), false)
    const key = desk.key('forbidden')
    const open = await desk.begin(key, headers)
    const part = await desk.send(open, 1, bytesOf(7, 7))
    await desk.put(key, bytesOf(3, 1), { headers })
    await refused('object-exists', desk.put(key, bytesOf(9, 2), { headers }))
    await refused('object-exists', desk.service.createMultipartUpload(key, asking({ headers })))
    await refused('object-exists', desk.service.completeMultipartUpload(open, [part], asking({ headers })))
    assert.equal((await desk.head(key)).size, 3)
    assert.equal((await desk.list(open)).length, 1, 'the upload did not survive')
    await desk.removeObject(key)
    await desk.service.completeMultipartUpload(open, [part], asking({ headers }))
    assert.equal((await desk.head(key)).size, 7)
  })

  check('the unfinished uploads of exactly one key are listed, all of them', async (desk) => {
    if (desk.service.listMultipartUploads === undefined) return
    const key = desk.key('listed')
    const idsOf = async (of: string): Promise<Set<string>> => {
      const uploads = (await desk.service.listMultipartUploads?.(of, asking())) ?? []
      for (const upload of uploads) assert.equal(upload.key, of)
      return new Set(uploads.map(({ uploadId }) => uploadId))
    }
    assert.deepEqual(await idsOf(key), new Set())
    const [a, b, ended] = [await desk.begin(key), await desk.begin(key), await desk.begin(key)]
    await desk.abort(ended)
    const others = [
      await desk.begin(desk.key('liste')),
      await desk.begin(desk.key('listed/x')),
      await desk.begin(desk.key('listed2')),
    ]
    assert.deepEqual(await idsOf(key), new Set([a.uploadId, b.uploadId]))
    for (const other of others) assert.deepEqual(await idsOf(other.key), new Set([other.uploadId]))
    const now = desk.service.now() ?? 0
    const uploads = await desk.service.listMultipartUploads(key, asking())
    for (const { initiated } of uploads) assert.ok(Math.abs(initiated - now) < toleranceMs)
  })
}
