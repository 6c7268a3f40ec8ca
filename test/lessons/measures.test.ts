/** Where other tools hold a whole file in memory, say that all is done too early, or need a compiler for their checksum. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { crc64, crc64ToDecimal } from '../../src/checksum/index.js'
import { mainScript } from '../cli/stage.js'
import { bytesFrom, createWorld, failure, MiB, PART } from '../library/world.js'

test('W14: memory stays flat, whatever the size of the file and of its parts', async (t) => {
  const size = 128 * MiB
  const world = await createWorld(t)
  const filename = await world.file(Buffer.alloc(0))
  await truncate(filename, size)
  // Contents of the server would count too, so they go to disk, in a server of its own.
  const disk = await createWorld(t, { dataDir: join(world.folder, 'data'), durability: 'fast' })
  const before = process.memoryUsage()
  const most = { arrayBuffers: 0, rss: 0 }
  const look = (): void => {
    const now = process.memoryUsage()
    most.arrayBuffers = Math.max(most.arrayBuffers, now.arrayBuffers - before.arrayBuffers)
    most.rss = Math.max(most.rss, now.rss - before.rss)
  }
  const options = { partSize: 32 * MiB, numThreads: 4, progressCallback: look }
  await disk.upload('k', filename, options)
  assert.ok(most.arrayBuffers > 0, 'it was looked at')
  assert.ok(most.arrayBuffers < 64 * MiB, `${most.arrayBuffers} bytes in buffers`)
  assert.ok(most.rss < 112 * MiB, `${most.rss} bytes in all`)
})

test('W18: progress moves within a part, and is complete only when the object exists', async (t) => {
  const world = await createWorld(t)
  const size = 8 * MiB
  const filename = await world.file(bytesFrom(1, size))
  const refused = { effect: 'error', code: 'AccessDenied', status: 403 } as const
  world.server.faults.add({ operation: 'CompleteMultipartUpload', ...refused })
  const calls: number[] = []
  const progressCallback = (consumed: number): void => void calls.push(consumed)
  await failure(world.upload('k', filename, { partSize: size, progressCallback }), 'denied')
  assert.ok(calls.length > 2, `${calls.length} calls for one part`)
  assert.ok(calls.every((consumed) => consumed < size))
  await world.upload('k', filename, { partSize: size, progressCallback })
  assert.equal(calls.at(-1), size)
})

test('W21: the checksum needs no add-on, is quick in plain JavaScript, and can not be switched off', {
  // A bound against never ending: at the megabyte a second of a loop in an interpreter the hashing alone takes longer.
  timeout: 120_000,
}, async (t) => {
  const block = bytesFrom(2, 16 * MiB)
  let crc = 0n
  for (let blocks = 0; blocks < 16; blocks += 1) crc = crc64(block, crc)
  assert.notEqual(crc, 0n)

  const world = await createWorld(t)
  const bytes = bytesFrom(1, 3 * PART)
  const filename = await world.file(bytes)
  const child = spawn(
    process.execPath,
    [
      '--no-addons',
      mainScript,
      'put',
      filename,
      'oss://examplebucket/k',
      '--multipart-threshold',
      '0',
      '--json',
    ],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: 60_000,
      env: {
        PATH: process.env['PATH'],
        HOME: world.folder,
        LONGHAUL_HOME: world.folder,
        LONGHAUL_STORE: world.store,
        OSS_ENDPOINT: world.server.endpoint,
        OSS_ACCESS_KEY_ID: world.server.accessKeyId,
        OSS_ACCESS_KEY_SECRET: world.server.accessKeySecret,
      },
    },
  )
  let said = ''
  child.stdout.on('data', (chunk) => {
    said += String(chunk)
  })
  const [exitCode] = await once(child, 'close')
  assert.equal(exitCode, 0)
  assert.ok(said.includes(crc64ToDecimal(crc64(bytes))), said)
  // Nobody asked for it, and it was looked at: a part that arrived wrong is sent again.
  const again = await createWorld(t, {
    faults: [{ operation: 'UploadPart', effect: 'corrupt', what: 'stored' }],
  })
  await again.upload('k', filename)
  assert.equal(again.asked('UploadPart').length, 4)
  assert.deepEqual(await again.objectBytes('k'), bytes)
})
