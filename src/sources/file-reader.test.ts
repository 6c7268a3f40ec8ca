import assert from 'node:assert/strict'
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createFileReader } from './file-reader.js'

const content = Uint8Array.from({ length: 100_000 }, (_, index) => (index * 7 + (index >> 8)) % 251)

async function readerOf(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-reader-'))
  t.after(() => rm(folder, { recursive: true }))
  const path = join(folder, 'file')
  await writeFile(path, content)
  const handle = await open(path)
  return { handle, reader: createFileReader(handle) }
}

test('any stretch is filled, and at the end of the file it is told how far', async (t) => {
  const { reader } = await readerOf(t)
  const bytes = new Uint8Array(30_000)
  assert.equal(await reader.fill(bytes, 12_345), 30_000)
  assert.deepEqual(bytes, content.slice(12_345, 42_345))
  assert.equal(await reader.fill(bytes, 90_000), 10_000)
  assert.deepEqual(bytes.subarray(0, 10_000), content.slice(90_000))
  assert.equal(await reader.fill(bytes, 200_000), 0)
  await reader.close()
})

test('the file stays open until the reads that are under way are done, and no more begin', async (t) => {
  const { handle, reader } = await readerOf(t)
  const blocks = Array.from({ length: 40 }, () => new Uint8Array(50_000))
  const reads = blocks.map((block, index) => reader.fill(block, index * 1000))
  let closed = false
  const closing = reader.close().then(() => {
    closed = true
  })
  const again = reader.close()
  await assert.rejects(reader.fill(new Uint8Array(10), 0), { code: 'EBADF' })
  await Promise.all(
    reads.map(async (read, index) => {
      assert.equal(await read, 50_000)
      assert.equal(closed, false, 'it was closed under a read')
      assert.deepEqual(blocks[index], content.slice(index * 1000, index * 1000 + 50_000))
    }),
  )
  await Promise.all([closing, again])
  assert.equal(handle.fd, -1)
})
