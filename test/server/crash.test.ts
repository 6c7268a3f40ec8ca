/** A server is killed in the midst of its work, again and again: all that it acknowledged is there, byte for byte. */
import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openDiskStorage } from '../../src/server/index.js'
import type { CrashMessage } from './crash-child.js'
import { readObject } from './storage-contract.js'
import { bytesFrom } from './world.js'

const KILLS = 5
const CHILD = fileURLToPath(new URL('./crash-child.js', import.meta.url))

/** Runs a child that writes and tells, kills it after so many acknowledgements, and gives all it told. */
function runAndKill(folder: string, life: number, killAfter: number): Promise<CrashMessage[]> {
  const told: CrashMessage[] = []
  const child: ChildProcess = fork(CHILD, [folder, String(life)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  return new Promise((resolve, reject) => {
    child.on('message', (message: CrashMessage) => {
      told.push(message)
      if (told.length === killAfter) child.kill('SIGKILL')
    })
    child.on('exit', (code, signal) => {
      if (signal === 'SIGKILL') resolve(told)
      else reject(new Error(`the child ended by itself: ${code}`))
    })
  })
}

test('what was acknowledged before a kill is there after it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-crash-'))
  try {
    const objects = new Map<string, number>()
    const parts = new Map<string, { uploadId: string; partNumber: number; seed: number }>()
    for (let life = 1; life <= KILLS; life += 1) {
      for (const message of await runAndKill(folder, life, 7 * life)) {
        if (message.kind === 'object') objects.set(message.key, message.seed)
        else parts.set(`${message.uploadId} ${message.partNumber}`, message)
      }
      const storage = await openDiskStorage({ folder, durability: 'durable' })
      for (const [key, seed] of objects) {
        const size = seed % 50_000
        assert.deepEqual(
          await readObject(storage, 'one', key),
          Buffer.from(bytesFrom(seed, size)),
          `${key} in life ${life}`,
        )
      }
      for (const { uploadId, partNumber, seed } of parts.values()) {
        const ref = { bucket: 'one', key: uploadId, uploadId }
        const page = await storage.listParts(ref, { after: partNumber - 1, limit: 1 })
        assert.equal(page.entries[0]?.partNumber, partNumber)
        assert.equal(page.entries[0]?.etag, String(seed))
      }
      await storage.close()
    }
    assert.ok(objects.size > KILLS, 'objects were written')
    assert.ok(parts.size > KILLS, 'parts were written')

    // The unfinished uploads can still be finished, with the bytes their parts were acknowledged with.
    const storage = await openDiskStorage({ folder, durability: 'durable' })
    for (let life = 1; life <= KILLS; life += 1) {
      const uploadId = `U${life}`
      const own = [...parts.values()].filter((part) => part.uploadId === uploadId)
      if (own.length === 0) continue
      own.sort((a, b) => a.partNumber - b.partNumber)
      const whole = Buffer.concat(own.map((part) => bytesFrom(part.seed, part.seed % 50_000)))
      const ref = { bucket: 'one', key: uploadId, uploadId }
      await storage.completeUpload(
        ref,
        () => ({
          partNumbers: own.map((part) => part.partNumber),
          object: { size: whole.length, etag: 'E', crc64: '1', type: 'Multipart', modified: 1, headers: {} },
        }),
        { ifAbsent: false },
      )
      assert.deepEqual(await readObject(storage, 'one', uploadId), whole)
    }
    await storage.close()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
