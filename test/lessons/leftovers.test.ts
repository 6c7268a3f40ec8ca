/** Where other tools leave uploads behind, or are ended for good by their own record. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { discardUpload } from '../../src/index.js'
import { bytesFrom, createWorld, failure, heldClock, PART, type World } from '../library/world.js'

const bytes = bytesFrom(1, 4 * PART)

async function interrupted(t: TestContext): Promise<{ world: World; filename: string; path: string }> {
  const world = await createWorld(t)
  const filename = await world.file(bytes)
  world.stopAtPart(3)
  await failure(world.upload('k', filename), 'denied')
  return { world, filename, path: join(world.store, world.stored()[0] ?? '') }
}

async function assertRight(world: World, filename: string): Promise<void> {
  await world.upload('k', filename)
  assert.deepEqual(await world.objectBytes('k'), bytes)
}

test('W7: an upload that is given up is aborted at the service, later if not now', async (t) => {
  const { world, filename, path } = await interrupted(t)
  // Its record is damaged where it began.
  const text = await readFile(path, 'latin1')
  await writeFile(path, text.replace('"partSize":102400', '"partSize":102401'), 'latin1')
  await assertRight(world, filename)
  assert.deepEqual(await world.unfinished(), [])

  // It is to begin anew, and the service refuses to abort.
  world.stopAtPart(3)
  await failure(world.upload('k', filename), 'denied')
  const refusal = { effect: 'error', code: 'InternalError', status: 500, times: 40 } as const
  world.server.faults.add({ operation: 'AbortMultipartUpload', ...refusal })
  await world.upload('k', filename, { restart: true })
  assert.equal((await world.unfinished()).length, 1)
  world.server.faults.clear()
  await discardUpload(world.bucket, 'k', { store: world.store })
  assert.deepEqual(await world.unfinished(), [])
  assert.deepEqual(
    world.stored().filter((name) => !name.includes('.damaged-')),
    [],
  )
})

test('W8: the record is whole on disk before the first part goes out, and a line torn by a crash costs nothing', async (t) => {
  const onDisk: string[] = []
  let store = ''
  const world = await createWorld(t, {
    onRequest({ operation }) {
      if (operation !== 'UploadPart') return
      const name = world.stored().find((each) => each.endsWith('.journal')) ?? ''
      onDisk.push(readFileSync(join(store, name), 'latin1'))
    },
  })
  store = world.store
  const filename = await world.file(bytes)
  world.stopAtPart(4)
  await failure(world.upload('k', filename), 'denied')
  assert.match(onDisk[0] ?? '', /"kind":"opened".*\}\n$/)

  const path = join(world.store, world.stored()[0] ?? '')
  const { length } = await readFile(path)
  await truncate(path, length - 20)
  const result = await world.upload('k', filename)
  assert.deepEqual([result.resumed, result.parts], [true, { kept: 3, sent: 1 }])
  assert.deepEqual(await world.objectBytes('k'), bytes)
  assert.deepEqual(await world.unfinished(), [])
})

test('W9: of three calls at once for one target one uploads, and the others are told that it is held', async (t) => {
  const { clock, release } = heldClock()
  const world = await createWorld(t, { clock })
  const filename = await world.file(bytes)
  world.server.faults.add({ operation: 'UploadPart', effect: 'delay', ms: 1 })
  let locked = 0
  const calls = [1, 2, 3].map(async () => {
    try {
      await world.upload('k', filename)
      return 'stored'
    } catch (error) {
      locked += 1
      if (locked === 2) release()
      return (error as { code?: string }).code
    }
  })
  assert.deepEqual((await Promise.all(calls)).sort(), ['locked', 'locked', 'stored'])
  assert.deepEqual(await world.objectBytes('k'), bytes)
  assert.deepEqual([world.stored(), await world.unfinished()], [[], []])
})

test('W10: a record that holds a list, a text or nothing at all ends no run', async (t) => {
  for (const content of ['["a"]\n', '"text"\n', 'null\n', '{}\n', '', '[', '7']) {
    const { world, filename, path } = await interrupted(t)
    await writeFile(path, content)
    await assertRight(world, filename)
    await assertRight(world, filename)
  }
})

test('W11: an empty file with a threshold of 0 becomes an empty object, and no upload is begun for it', async (t) => {
  const world = await createWorld(t)
  const filename = await world.file(Buffer.alloc(0))
  const result = await world.upload('k', filename, { multipartThreshold: 0 })
  assert.deepEqual([result.size, result.crc64], [0, '0'])
  assert.equal((await world.objectBytes('k')).length, 0)
  assert.equal(world.asked('InitiateMultipartUpload').length, 0)
})
