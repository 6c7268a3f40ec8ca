/** The OSS adapter and the node transport against the embedded server, over real sockets. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { combineCrc64, crc64, crc64ToDecimal } from '../../src/checksum/index.js'
import { ServiceError } from '../../src/engine/errors.js'
import { createServer, type ServerOptions } from '../../src/server/index.js'
import { createBucketClient } from '../../src/services/bucket-client.js'
import { createCredentials } from '../../src/services/credentials.js'
import { createOssService } from '../../src/services/oss/oss.js'
import type { OssOptions } from '../../src/services/oss/requests.js'
import { createNodeTransport } from '../../src/transport/node.js'
import { sliceOf } from './scripted.js'

const signal = new AbortController().signal
const plain = { headers: {}, signal }
const sending = { ...plain, onSent: () => {}, patience: 1 }

async function world(t: TestContext, given: Partial<OssOptions> = {}, serverOptions: ServerOptions = {}) {
  const server = await createServer({ buckets: ['examplebucket'], ...serverOptions })
  t.after(() => server.close())
  const { transport, close } = createNodeTransport({ maxSockets: 4 })
  t.after(close)
  const clock = { monotonic: () => performance.now(), wallClock: () => Date.now() }
  const options: OssOptions = {
    endpoint: server.endpoint,
    bucket: 'examplebucket',
    credentials: createCredentials(
      { accessKeyId: server.accessKeyId, accessKeySecret: server.accessKeySecret },
      clock,
    ),
    transport,
    clock,
    ...given,
  }
  return { server, options, service: createOssService(options), client: createBucketClient(options) }
}

const keys = ['k', 'dir/a b+c%2F?&=\u4e2d\ud83d\ude00', '../x', '\u000b\n']

for (const signatureVersion of ['v4', 'v1'] as const) {
  test(`objects of every size and odd keys come back as they went, signed with ${signatureVersion}`, async (t) => {
    const { service, client } = await world(t, { signatureVersion })
    for (const [index, size] of [0, 1, 999, 3_000_000].entries()) {
      const key = keys[index] ?? 'k'
      const bytes = randomBytes(size)
      const headers = { 'x-oss-meta-word': 'na\u00efve \u4e2d', 'content-type': 'text/x-odd' }
      const { receipt, computed } = await service.putObject(key, sliceOf(bytes, 65_536), {
        ...sending,
        headers,
      })
      assert.equal(receipt.crc64, crc64ToDecimal(crc64(bytes)))
      assert.deepEqual(computed, { size, crc64: receipt.crc64 })
      const info = await service.headObject(key, plain)
      assert.deepEqual([info.size, info.crc64, info.etag], [size, receipt.crc64, receipt.etag])
      const { info: head, chunks } = await client.getObject(key, { signal })
      const pieces: Uint8Array[] = []
      for await (const chunk of chunks) pieces.push(chunk)
      assert.deepEqual(Buffer.concat(pieces), bytes)
      const word = Buffer.from(head.headers['x-oss-meta-word'] ?? '', 'latin1').toString()
      assert.equal(word, 'na\u00efve \u4e2d')
    }
    const listed = await client.listObjects({ signal })
    assert.deepEqual(new Set(listed.objects.map(({ key }) => key)), new Set(keys))
  })
}

test('a multipart upload, its listings, its end and its abort', async (t) => {
  const { service, client } = await world(t)
  const key = 'dir/\u4e2d b'
  const { uploadId, initiated } = await service.createMultipartUpload(key, plain)
  assert.ok(Math.abs(initiated - Date.now()) < 5000)
  const upload = { key, uploadId }
  const parts = [randomBytes(1_500_000), randomBytes(102_400), randomBytes(1)]
  const receipts = await Promise.all(
    parts.map(async (bytes, index) => {
      const { receipt, computed } = await service.uploadPart(
        upload,
        index + 1,
        sliceOf(bytes, 65_536),
        sending,
      )
      assert.equal(receipt.crc64, computed.crc64)
      return receipt
    }),
  )
  const listed = await service.listParts(upload, 1, plain)
  assert.deepEqual(
    listed.parts.map(({ partNumber, size }) => [partNumber, size]),
    [
      [2, 102_400],
      [3, 1],
    ],
  )
  assert.deepEqual(
    (await service.listMultipartUploads?.(key, plain))?.map((entry) => entry.uploadId),
    [uploadId],
  )
  assert.deepEqual(await service.listMultipartUploads?.('dir/', plain), [])
  const object = await service.completeMultipartUpload(upload, receipts, plain)
  const [a, b, c] = parts.map((bytes) => crc64(bytes))
  const whole = combineCrc64(combineCrc64(a ?? 0n, b ?? 0n, 102_400), c ?? 0n, 1)
  assert.equal(object.crc64, crc64ToDecimal(whole))
  const gone = (error: unknown) => error instanceof ServiceError && error.meaning === 'upload-gone'
  await assert.rejects(service.completeMultipartUpload(upload, receipts, plain), gone)
  const second = await service.createMultipartUpload(key, plain)
  await client.abortMultipartUpload({ key, uploadId: second.uploadId }, { signal })
  await assert.rejects(service.abortMultipartUpload({ key, uploadId: second.uploadId }, plain), gone)
  assert.deepEqual((await client.listMultipartUploads({ signal })).uploads, [])
  assert.equal((await client.bucketInfo({ signal })).name, 'examplebucket')
  await client.deleteObject(key, { signal })
  await assert.rejects(
    client.headObject(key, { signal }),
    (error) => error instanceof ServiceError && error.meaning === 'object-missing',
  )
})

test('refusals have their meanings over a real connection, bodies of megabytes included', async (t) => {
  const { server, options } = await world(t)
  const credentials = createCredentials(
    { accessKeyId: server.accessKeyId, accessKeySecret: 'wrong' },
    options.clock,
  )
  const large = sliceOf(randomBytes(8_000_000), 500_000)
  const cases: [Partial<OssOptions>, string, RegExp][] = [
    [{ credentials }, 'denied', /secret/],
    [{ bucket: 'nosuchbucket' }, 'bucket-missing', /nosuchbucket/],
    [{ region: 'cn-beijing' }, 'refused', /region cn-beijing/],
    [{ clock: { ...options.clock, wallClock: () => Date.now() - 3_600_000 } }, 'clock-skew', /clock/],
  ]
  for (const [given, meaning, message] of cases) {
    const service = createOssService({ ...options, ...given })
    for (let attempt = 0; attempt < 2; attempt += 1) {
      if (meaning === 'clock-skew' && attempt === 1) {
        await service.putObject('k', large, sending)
        continue
      }
      await assert.rejects(service.putObject('k', large, sending), (error) => {
        assert.ok(error instanceof ServiceError)
        assert.equal(error.meaning, meaning, error.message)
        assert.match(error.message, message)
        return true
      })
    }
  }
})

test('a part that the service broke off is a network failure, and arrives the next time', async (t) => {
  const faults = [{ effect: 'drop', operation: 'UploadPart', bodyBytes: 300_000 } as const]
  const { service, server } = await world(t, {}, { faults })
  const { uploadId } = await service.createMultipartUpload('k', plain)
  const upload = { key: 'k', uploadId }
  const bytes = randomBytes(4_000_000)
  await assert.rejects(
    service.uploadPart(upload, 1, sliceOf(bytes, 500_000), sending),
    (error) => error instanceof ServiceError && error.meaning === 'network',
  )
  const { receipt } = await service.uploadPart(upload, 1, sliceOf(bytes, 500_000), sending)
  assert.equal(receipt.crc64, crc64ToDecimal(crc64(bytes)))
  assert.ok(server.endpoint)
})
