/**
 * Code that uses OSS, in a test of Node's own runner: the server is in this process and in memory, and fails where the
 * test wants it to. Run it with `node --test`.
 */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { Bucket, resumableUpload, statObject } from 'longhaul'
import { createServer } from 'longhaul/server'

/** Stands for your code. */
async function saveReport(bucket, filename, store) {
  const options = { store, multipartThreshold: 0, partSize: 100 * 1024 }
  return resumableUpload(bucket, 'reports/today.csv', filename, options)
}

let server
let bucket
let folder
let report

before(async () => {
  server = await createServer({ buckets: ['examplebucket'] })
  const { endpoint, accessKeyId, accessKeySecret } = server
  bucket = new Bucket({ endpoint, name: 'examplebucket', credentials: { accessKeyId, accessKeySecret } })
  folder = await mkdtemp(join(tmpdir(), 'report-'))
  report = join(folder, 'report.csv')
  await writeFile(report, 'date,bytes\n'.repeat(30_000))
})

beforeEach(() => {
  server.faults.clear()
  server.requests.clear()
})

after(async () => {
  await server.close()
  await rm(folder, { recursive: true })
})

test('a report is stored in four parts', async () => {
  const { crc64 } = await saveReport(bucket, report, folder)
  assert.equal(server.requests.count('UploadPart'), 4)
  assert.equal((await statObject(bucket, 'reports/today.csv')).crc64, crc64)
})

test('an answer that is lost does not send the report a second time', async () => {
  server.faults.add({ effect: 'drop', when: 'after', operation: 'CompleteMultipartUpload' })
  await saveReport(bucket, report, folder)
  assert.equal(server.requests.count('UploadPart'), 4)
})

test('a refusal is told to whoever called, and the next call sends only what is missing', async () => {
  server.faults.add({
    effect: 'error',
    code: 'AccessDenied',
    status: 403,
    operation: 'UploadPart',
    partNumber: 3,
  })
  await assert.rejects(saveReport(bucket, report, folder), { code: 'denied' })
  const { parts } = await saveReport(bucket, report, folder)
  assert.deepEqual(parts, { kept: 2, sent: 2 })
})
