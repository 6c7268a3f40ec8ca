/** Where other tools mix two states of a file into one object, or never notice that it is another file. */
import assert from 'node:assert/strict'
import { closeSync, openSync, writeSync } from 'node:fs'
import { appendFile, stat, truncate, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { bytesFrom, countOf, createWorld, failure, PART, type World } from '../library/world.js'

const bytes = bytesFrom(1, 5 * PART)

/** An upload of five parts of which the first three are at the service. */
async function interrupted(t: TestContext): Promise<{ world: World; filename: string }> {
  const world = await createWorld(t)
  const filename = await world.file(bytes)
  world.stopAtPart(4)
  await failure(world.upload('k', filename), 'denied')
  return { world, filename }
}

function overwrite(filename: string, patch: Uint8Array, position: number): void {
  const file = openSync(filename, 'r+')
  writeSync(file, patch, 0, patch.length, position)
  closeSync(file)
}

test('W1: a file rewritten between two runs with size and mtime kept is noticed, and what differs is sent again', async (t) => {
  const { world, filename } = await interrupted(t)
  const before = await stat(filename)
  const patch = Buffer.from('other bytes in a part that was sent')
  overwrite(filename, patch, PART + 9)
  await utimes(filename, before.atime, before.mtime)
  const expected = Buffer.from(bytes)
  patch.copy(expected, PART + 9)

  const uploading = world.upload('k', filename)
  assert.deepEqual((await uploading).parts, { kept: 2, sent: 3 })
  assert.equal(countOf(uploading, 'part-refuted'), 1)
  assert.deepEqual(await world.objectBytes('k'), expected)
})

test('W20: a file written to while it is uploaded is noticed before Complete, and the object is what the file is in the end', async (t) => {
  const patch = Buffer.from('written while it was uploaded')
  let todo = (): void => {}
  const world = await createWorld(t, {
    onRequest({ operation, partNumber }) {
      if (operation === 'UploadPart' && partNumber === 4) todo()
    },
  })
  const filename = await world.file(bytes)
  todo = () => overwrite(filename, patch, 7)
  const expected = Buffer.from(bytes)
  patch.copy(expected, 7)

  const uploading = world.upload('k', filename)
  await uploading
  assert.equal(countOf(uploading, 'source-moved'), 1)
  assert.deepEqual(await world.objectBytes('k'), expected)
})

test('J2: another file of the same size in the second run makes an object of that file alone', async (t) => {
  const { world, filename } = await interrupted(t)
  const other = bytesFrom(2, bytes.length)
  await world.file(other)
  assert.deepEqual((await world.upload('k', filename)).parts, { kept: 0, sent: 5 })
  assert.deepEqual(await world.objectBytes('k'), other)
})

test('J3: the path given to the second run is the one that counts, and one that names nothing is an error', async (t) => {
  const { world } = await interrupted(t)
  await failure(world.upload('k', join(world.folder, 'absent')), 'source-missing', /absent/)
  const mixed = Buffer.concat([bytes.subarray(0, PART), bytesFrom(2, 4 * PART)])
  const elsewhere = await world.file(mixed, 'elsewhere')
  assert.deepEqual((await world.upload('k', elsewhere)).parts, { kept: 1, sent: 4 })
  assert.deepEqual(await world.objectBytes('k'), mixed)
})

test('J4: a file that grew between two runs becomes an object of its new length', async (t) => {
  const { world, filename } = await interrupted(t)
  const more = bytesFrom(3, PART + 11)
  await appendFile(filename, more)
  const result = await world.upload('k', filename)
  assert.deepEqual([result.parts, result.size], [{ kept: 3, sent: 4 }, 6 * PART + 11])
  assert.deepEqual(await world.objectBytes('k'), Buffer.concat([bytes, more]))
})

test('J5: a file that shrank between two runs becomes an object of its new length, and no request waits for bytes that never come', async (t) => {
  const { world, filename } = await interrupted(t)
  await truncate(filename, 2 * PART + 5)
  const result = await world.upload('k', filename)
  assert.deepEqual([result.parts, result.size], [{ kept: 2, sent: 1 }, 2 * PART + 5])
  assert.deepEqual(await world.objectBytes('k'), bytes.subarray(0, 2 * PART + 5))
})
