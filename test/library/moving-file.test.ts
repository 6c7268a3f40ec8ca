/** The file does not hold still: it is removed, grows, shrinks, is replaced or written to while it is uploaded. */
import assert from 'node:assert/strict'
import {
  appendFileSync,
  closeSync,
  openSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { stat, utimes } from 'node:fs/promises'
import { type TestContext, test } from 'node:test'
import type { UploadErrorCode } from '../../src/index.js'
import { bytesFrom, countOf, createWorld, failure, PART, partNumbers, type World } from './world.js'

const size = 5 * PART
const original = bytesFrom(1, size)

/** Does something to the file at the moment when the service has a certain part, or the object, before it says so. */
async function disturbed(
  t: TestContext,
  moment: { readonly operation: string; readonly partNumber?: number },
  disturb: (filename: string) => void,
): Promise<{ world: World; filename: string }> {
  let todo: (() => void) | undefined
  const world = await createWorld(t, {
    onRequest({ operation, partNumber }) {
      if (operation !== moment.operation || partNumber !== moment.partNumber) return
      todo?.()
      todo = undefined
    },
  })
  const filename = await world.file(original)
  todo = () => disturb(filename)
  return { world, filename }
}

const atPart3 = { operation: 'UploadPart', partNumber: 3 }

function overwrite(filename: string, bytes: Uint8Array, position: number): void {
  const file = openSync(filename, 'r+')
  writeSync(file, bytes, 0, bytes.length, position)
  closeSync(file)
}

function replaceBy(bytes: Uint8Array): (filename: string) => void {
  return (filename) => {
    writeFileSync(`${filename}.new`, bytes)
    renameSync(`${filename}.new`, filename)
  }
}

const longer = Buffer.concat([original, bytesFrom(2, 10)])
const other = bytesFrom(3, size)

const disturbances: readonly {
  readonly name: string
  readonly disturb: (filename: string) => void
  readonly code: UploadErrorCode
  readonly message: RegExp
  /** What the next call uploads; absent when there is no file any more. */
  readonly after?: Buffer
  readonly kept?: number
}[] = [
  { name: 'removed', disturb: (file) => rmSync(file), code: 'source-missing', message: /removed/ },
  {
    name: 'longer',
    disturb: (file) => appendFileSync(file, bytesFrom(2, 10)),
    code: 'source-changed',
    message: /512000.*512010/,
    after: longer,
    kept: 5,
  },
  {
    name: 'shorter, at a part that was sent',
    disturb: (file) => truncateSync(file, 2 * PART + 1),
    code: 'source-changed',
    message: /./,
    after: original.subarray(0, 2 * PART + 1),
    kept: 2,
  },
  {
    name: 'shorter, by one byte',
    disturb: (file) => truncateSync(file, size - 1),
    code: 'source-changed',
    message: /./,
    after: original.subarray(0, size - 1),
    kept: 4,
  },
  {
    name: 'replaced by another',
    disturb: replaceBy(other),
    code: 'source-changed',
    message: /replaced/,
    after: other,
    kept: 0,
  },
  {
    name: 'replaced by one with the same bytes',
    disturb: replaceBy(original),
    code: 'source-changed',
    message: /replaced/,
    after: original,
    kept: 5,
  },
]

for (const { name, disturb, code, message, after, kept } of disturbances) {
  test(`while it is uploaded the file is ${name}: no object comes of it, and the next call is right`, async (t) => {
    const { world, filename } = await disturbed(t, atPart3, disturb)
    await failure(world.upload('k', filename), code, message)
    assert.equal(world.asked('CompleteMultipartUpload').length, 0)
    assert.equal((await world.unfinished()).length, 1, 'what was sent is kept')
    if (after === undefined) {
      await failure(world.upload('k', filename), 'source-missing')
      return
    }
    const result = await world.upload('k', filename)
    assert.equal(result.parts.kept, kept)
    assert.deepEqual(await world.objectBytes('k'), after)
    assert.deepEqual([world.stored(), await world.unfinished()], [[], []])
  })
}

for (const [where, at] of [
  ['in a part that was sent', 0],
  ['in a part that is still to come', 4 * PART],
] as const) {
  test(`the file is written to ${where}: the object is what the file is in the end`, async (t) => {
    const patch = Buffer.from('written while it was uploaded')
    const { world, filename } = await disturbed(t, atPart3, (file) => overwrite(file, patch, at))
    const uploading = world.upload('k', filename)
    await uploading
    const expected = Buffer.from(original)
    patch.copy(expected, at)
    assert.deepEqual(await world.objectBytes('k'), expected)
    assert.equal(countOf(uploading, 'source-moved'), 1)
    const sent = partNumbers(world.asked('UploadPart'))
    assert.deepEqual([...sent], at === 0 ? [1, 2, 3, 4, 5, 1] : [1, 2, 3, 4, 5])
  })
}

test('a file that changes again and again is given up, with what was sent kept', async (t) => {
  let changes = 0
  let filename = ''
  const world = await createWorld(t, {
    onRequest({ operation }) {
      if (operation !== 'UploadPart' || filename === '') return
      changes += 1
      overwrite(filename, Buffer.from(`change ${changes}`), 0)
    },
  })
  filename = await world.file(original)
  await failure(world.upload('k', filename), 'source-changed', /keeps changing/)
  assert.equal((await world.unfinished()).length, 1)
})

test('changed between two calls, at the same size and with its old times: only what differs is sent', async (t) => {
  const world = await createWorld(t)
  const filename = await world.file(original)
  world.stopAtPart(5)
  await failure(world.upload('k', filename), 'denied')
  const before = await stat(filename)
  const changed = Buffer.from(original)
  changed.write('other bytes', PART + 7)
  overwrite(filename, changed.subarray(PART, 2 * PART), PART)
  await utimes(filename, before.atime, before.mtime)
  const uploading = world.upload('k', filename)
  assert.deepEqual((await uploading).parts, { kept: 3, sent: 2 })
  assert.equal(countOf(uploading, 'part-refuted'), 1)
  assert.deepEqual(await world.objectBytes('k'), changed)
})

for (const { name, disturb, code, after } of disturbances) {
  test(`one PutObject while the file is ${name}`, async (t) => {
    const { world, filename } = await disturbed(t, { operation: 'PutObject' }, disturb)
    const options = { multipartThreshold: 2 * size }
    await failure(world.upload('k', filename, options), code)
    if (after === undefined) return
    await world.upload('k', filename, options)
    assert.deepEqual(await world.objectBytes('k'), after)
    assert.deepEqual(world.stored(), [])
  })
}

test('one PutObject while the file is written to: the object is what the file is in the end', async (t) => {
  const patch = Buffer.from('written while it was uploaded')
  const { world, filename } = await disturbed(t, { operation: 'PutObject' }, (file) =>
    overwrite(file, patch, 9),
  )
  await world.upload('k', filename, { multipartThreshold: 2 * size })
  const expected = Buffer.from(original)
  patch.copy(expected, 9)
  assert.deepEqual(await world.objectBytes('k'), expected)
  assert.equal(world.asked('PutObject').length, 2)
})
