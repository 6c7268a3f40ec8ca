/** What stands between us and the service, a proxy, a cache, a captive portal, must neither be believed nor obeyed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { ServiceError } from '../../src/engine/errors.js'
import { type Scripted, scriptedService, startTime } from './scripted.js'

const upload = { key: 'k', uploadId: 'U1' }
const plain = { headers: {}, signal: new AbortController().signal }
const parts = '<ListPartsResult><IsTruncated>false</IsTruncated></ListPartsResult>'

test("a stranger's Date does not become the service's time", async () => {
  const old = new Date(startTime - 86_400_000).toUTCString()
  const answers: Scripted[] = [
    { status: 502, headers: { date: old, 'x-oss-request-id': '' }, body: '<html>' },
    { status: 500, body: '' },
  ]
  const { service, clock } = scriptedService((_, count) => answers[count - 1] ?? { status: 500 })
  await assert.rejects(service.listParts(upload, 0, plain), ServiceError)
  assert.equal(service.now(), undefined)
  await assert.rejects(service.listParts(upload, 0, plain), ServiceError)
  clock.now += 1000
  assert.equal(service.now(), startTime + 1000)
})

test('nobody is allowed to compress an answer, and a compressed one is not taken for an empty one', async () => {
  const { service, asked } = scriptedService(() => ({
    status: 200,
    headers: { 'content-encoding': 'gzip' },
    body: gzipSync(parts).toString('latin1'),
  }))
  await assert.rejects(
    service.listParts(upload, 0, plain),
    (error) => error instanceof ServiceError && error.meaning === 'odd-answer',
  )
  assert.equal(asked[0]?.request.headers['accept-encoding'], 'identity')
})

test('a redirect is not followed, and the message says where it leads', async () => {
  const { service, asked } = scriptedService(() => ({
    status: 302,
    headers: { location: 'https://portal.example.com/?back=1', 'x-oss-request-id': '' },
    body: '<html>',
  }))
  await assert.rejects(service.listParts(upload, 0, plain), (error) => {
    assert.ok(error instanceof ServiceError)
    assert.equal(error.meaning, 'odd-answer')
    assert.match(error.message, /answered 302 .* sends on to https:\/\/portal\.example\.com/)
    return true
  })
  assert.equal(asked.length, 1)
})

test('answers without a Date, or with one that is none, leave the time to our own clock', async () => {
  for (const date of ['', 'yesterday']) {
    const body =
      '<InitiateMultipartUploadResult><Bucket>examplebucket</Bucket><Key>k</Key><UploadId>U1</UploadId></InitiateMultipartUploadResult>'
    const { service } = scriptedService(() => ({ status: 200, headers: { date }, body }))
    assert.equal((await service.createMultipartUpload('k', plain)).initiated, startTime)
    assert.equal(service.now(), undefined)
  }
})

test('a list of unfinished uploads that never ends is given up', async () => {
  const { service, asked } = scriptedService(() => ({
    status: 200,
    body: `<ListMultipartUploadsResult><IsTruncated>true</IsTruncated><NextKeyMarker>k</NextKeyMarker><NextUploadIdMarker>${asked.length}</NextUploadIdMarker></ListMultipartUploadsResult>`,
  }))
  const listing = service.listMultipartUploads?.('k', { headers: {}, signal: new AbortController().signal })
  await assert.rejects(
    listing ?? Promise.resolve(),
    (error) => error instanceof ServiceError && error.meaning === 'odd-answer',
  )
  assert.equal(asked.length, 1000)
})
