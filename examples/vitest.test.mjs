/** The same as node-test.test.mjs for vitest: the server is in the test's own process, and up before the first test. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Bucket, resumableUpload, statObject } from 'longhaul'
import { createServer } from 'longhaul/server'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

/** Stands for your code. */
async function saveReport(bucket, filename, store) {
  const options = { store, multipartThreshold: 0, partSize: 100 * 1024 }
  return resumableUpload(bucket, 'reports/today.csv', filename, options)
}

let server
let bucket
let folder
let report

beforeAll(async () => {
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

afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true })
})

test('a report is stored in four parts', async () => {
  const { crc64 } = await saveReport(bucket, report, folder)
  expect(server.requests.count('UploadPart')).toBe(4)
  expect((await statObject(bucket, 'reports/today.csv')).crc64).toBe(crc64)
})

test('an answer that is lost does not send the report a second time', async () => {
  server.faults.add({ effect: 'drop', when: 'after', operation: 'CompleteMultipartUpload' })
  await saveReport(bucket, report, folder)
  expect(server.requests.count('UploadPart')).toBe(4)
})

test('a refusal is told to whoever called, and the next call sends only what is missing', async () => {
  server.faults.add({
    effect: 'error',
    code: 'AccessDenied',
    status: 403,
    operation: 'UploadPart',
    partNumber: 3,
  })
  await expect(saveReport(bucket, report, folder)).rejects.toMatchObject({ code: 'denied' })
  const { parts } = await saveReport(bucket, report, folder)
  expect(parts).toEqual({ kept: 2, sent: 2 })
})
