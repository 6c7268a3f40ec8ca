/** Copies share the bytes of what they were made from, and the bytes go with the last that has them. */
import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createMemoryStorage, openDiskStorage } from '../../src/server/index.js'
import type { Storage } from '../../src/server/storage/storage.js'
import {
  addBucket,
  addPart,
  begin,
  checking,
  finish,
  type OpenStorage,
  objectOf,
  partOf,
  put,
  readObject,
} from './storage-contract.js'
import { bytesFrom } from './world.js'

async function copy(storage: Storage, from: string, to: string, start = 0, end?: number): Promise<void> {
  const opened = await storage.openObject('one', from)
  assert.ok(opened)
  try {
    const bytes = opened.bytes(start, end ?? opened.record.size)
    await storage.putObject('one', objectOf(to, bytes.size), bytes, { ifAbsent: false })
  } finally {
    opened.close()
  }
}

function sharingContract(name: string, open: OpenStorage): void {
  const check = checking(name, open)

  check('a copy outlives its source, and the source its copy', async (storage) => {
    await put(storage, 'one', 'a', bytesFrom(1, 1000))
    await copy(storage, 'a', 'b')
    await copy(storage, 'b', 'c')
    await storage.deleteObject('one', 'a')
    await copy(storage, 'c', 'd')
    await storage.deleteObject('one', 'c')
    await put(storage, 'one', 'b', bytesFrom(2, 10))
    assert.deepEqual(await readObject(storage, 'one', 'd'), Buffer.from(bytesFrom(1, 1000)))
    assert.deepEqual(await readObject(storage, 'one', 'b'), Buffer.from(bytesFrom(2, 10)))
  })

  check('an object copied onto itself keeps its bytes', async (storage) => {
    await put(storage, 'one', 'a', bytesFrom(1, 1000))
    await copy(storage, 'a', 'a')
    await copy(storage, 'a', 'a', 10, 30)
    assert.deepEqual(await readObject(storage, 'one', 'a'), Buffer.from(bytesFrom(1, 1000)).subarray(10, 30))
  })

  check('parts can be made of stretches of an object of many pieces', async (storage) => {
    const source = await begin(storage, 'one', 'source', 'U1')
    for (const number of [1, 2, 3]) await addPart(storage, source, number, bytesFrom(number, 100))
    await finish(storage, source, [1, 2, 3])
    const whole = Buffer.concat([1, 2, 3].map((number) => bytesFrom(number, 100)))

    const ref = await begin(storage, 'one', 'made', 'U2')
    const opened = await storage.openObject('one', 'source')
    assert.ok(opened)
    await storage.putPart(ref, partOf(1, 150), opened.bytes(80, 230))
    await storage.putPart(ref, partOf(2, 5), opened.bytes(0, 5))
    await storage.putPart(ref, partOf(2, 20), opened.bytes(110, 130))
    await storage.putPart(ref, partOf(4, 0), opened.bytes(7, 7))
    opened.close()
    await addPart(storage, ref, 3, bytesFrom(9, 9))
    await storage.deleteObject('one', 'source')
    const { entries } = await storage.listParts(ref, { after: 0, limit: 9 })
    assert.deepEqual(entries, [partOf(1, 150), partOf(2, 20), partOf(3, 9), partOf(4, 0)])

    await finish(storage, ref, [1, 2, 3, 4])
    const made = Buffer.concat([whole.subarray(80, 230), whole.subarray(110, 130), bytesFrom(9, 9)])
    assert.deepEqual(await readObject(storage, 'one', 'made'), made)
    for (const [start, end] of [
      [0, 1],
      [19, 21],
      [119, 121],
      [149, 171],
      [170, 179],
    ] as const) {
      assert.deepEqual(await readObject(storage, 'one', 'made', start, end), made.subarray(start, end))
    }
    await copy(storage, 'made', 'again', 100, 175)
    await storage.deleteObject('one', 'made')
    assert.deepEqual(await readObject(storage, 'one', 'again'), made.subarray(100, 175))
  })

  check('what was opened can be copied although it was replaced and deleted meanwhile', async (storage) => {
    await put(storage, 'one', 'a', bytesFrom(1, 1000))
    const opened = await storage.openObject('one', 'a')
    assert.ok(opened)
    await put(storage, 'one', 'a', bytesFrom(2, 1000))
    await storage.deleteObject('one', 'a')
    const bytes = opened.bytes(0, 1000)
    await storage.putObject('one', objectOf('b', 1000), bytes, { ifAbsent: true })
    await storage.putObject('one', objectOf('c', 1000), bytes, { ifAbsent: true })
    opened.close()
    await storage.deleteObject('one', 'b')
    assert.deepEqual(await readObject(storage, 'one', 'c'), Buffer.from(bytesFrom(1, 1000)))
    await assert.rejects(storage.putObject('one', objectOf('d', 1000), bytes, { ifAbsent: true }))
  })

  check('a copy refused leaves its source as it was', async (storage) => {
    await put(storage, 'one', 'a', bytesFrom(1, 100))
    await put(storage, 'one', 'b', bytesFrom(2, 100))
    const opened = await storage.openObject('one', 'a')
    assert.ok(opened)
    const bytes = opened.bytes(0, 100)
    await assert.rejects(storage.putObject('one', objectOf('b', 100), bytes, { ifAbsent: true }))
    await assert.rejects(storage.putObject('two', objectOf('b', 100), bytes, { ifAbsent: false }))
    opened.close()
    assert.deepEqual(await readObject(storage, 'one', 'a'), Buffer.from(bytesFrom(1, 100)))
    assert.deepEqual(await readObject(storage, 'one', 'b'), Buffer.from(bytesFrom(2, 100)))
  })
}

/** To be asked of a storage that is closed: while it is open, there are also files that were made beforehand. */
const contentsIn = async (folder: string): Promise<number> =>
  (await readdir(join(folder, 'contents'), { recursive: true, withFileTypes: true })).filter((entry) =>
    entry.isFile(),
  ).length

sharingContract('memory', async () => {
  const storage = createMemoryStorage()
  return { storage, end: () => storage.close() }
})

sharingContract('disk', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-sharing-'))
  const storage = await openDiskStorage({ folder, durability: 'durable' })
  return {
    storage,
    async end() {
      await storage.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
})

test('on a disk, copies take no room, survive a restart, and the last one takes the file along', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-sharing-'))
  try {
    let storage = await openDiskStorage({ folder, durability: 'durable' })
    await addBucket(storage, 'one')
    await put(storage, 'one', 'a', bytesFrom(1, 1000))
    for (let number = 1; number <= 5; number += 1) await copy(storage, 'a', `copy ${number}`)
    await storage.close()
    assert.equal(await contentsIn(folder), 1)

    storage = await openDiskStorage({ folder, durability: 'durable' })
    for (const key of ['a', 'copy 1', 'copy 2', 'copy 3', 'copy 4']) await storage.deleteObject('one', key)
    await storage.close()

    storage = await openDiskStorage({ folder, durability: 'durable' })
    assert.deepEqual(await readObject(storage, 'one', 'copy 5'), Buffer.from(bytesFrom(1, 1000)))
    await storage.deleteObject('one', 'copy 5')
    await storage.close()
    assert.equal(await contentsIn(folder), 0)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
