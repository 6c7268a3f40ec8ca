/** A store that can't be used is said before anything is sent; one that fails later costs a warning, not the upload. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync, rmSync } from 'node:fs'
import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { journalStore } from '../../src/checkpoints/journal.js'
import type { CheckpointStore } from '../../src/index.js'
import {
  bytesFrom,
  countOf,
  createWorld,
  failure,
  MiB,
  PART,
  partNumbers,
  type Uploading,
  type World,
} from './world.js'

async function assertNothingSent(
  world: World,
  store: string | CheckpointStore,
  message: RegExp,
): Promise<void> {
  const filename = await world.file(bytesFrom(1, 3 * PART))
  for (const multipartThreshold of [0, MiB]) {
    const error = await failure(
      world.upload('k', filename, { store, multipartThreshold }),
      'store-unusable',
      message,
    )
    assert.equal(error.retryable, false)
  }
  assert.equal(world.server.requests.entries().length, 0)
}

test('a file in the place of the folder, or above it', async (t) => {
  const world = await createWorld(t)
  const file = await world.file(bytesFrom(1, 1), 'file')
  await assertNothingSent(world, file, /file.*store/)
  await assertNothingSent(world, join(file, 'below'), /file.*store/)
})

test('a symbolic link in the place of the folder', async (t) => {
  const world = await createWorld(t)
  const real = join(world.folder, 'real')
  await mkdir(real)
  await symlink(real, join(world.folder, 'link'))
  await assertNothingSent(world, join(world.folder, 'link'), /symbolic link/)
})

/** Makes a folder that not even root may write to. Gives what undoes it; `undefined` where it can't be done. */
async function makeReadOnly(folder: string): Promise<(() => Promise<void>) | undefined> {
  if (process.getuid?.() !== 0) {
    await chmod(folder, 0o555)
    return () => chmod(folder, 0o755)
  }
  try {
    execFileSync('chattr', ['+i', folder], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  return async () => void execFileSync('chattr', ['-i', folder])
}

test('a folder that may not be written to', async (t) => {
  const world = await createWorld(t)
  const store = join(world.folder, 'read-only')
  await mkdir(store)
  const undo = await makeReadOnly(store)
  if (undo === undefined) {
    t.skip('root may write everywhere on this file system')
    return
  }
  try {
    await assertNothingSent(world, store, /may not write/)
    await assertNothingSent(world, join(store, 'below'), /may not write/)
  } finally {
    await undo()
  }
})

test('a disk that is really full', async (t) => {
  const world = await createWorld(t)
  const disk = join(world.folder, 'disk')
  await mkdir(disk)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', disk], { stdio: 'ignore' })
  } catch {
    t.skip('no file system can be mounted here; the same is tested with a store that is out of space')
    return
  }
  try {
    const store = join(disk, 'store')
    await mkdir(store, { mode: 0o700 })
    await writeFile(join(disk, 'filling'), bytesFrom(1, 64 * 1024)).catch(() => {})
    const filename = await world.file(bytesFrom(1, 3 * PART))
    await failure(world.upload('k', filename, { store }), 'store-unusable', /full/)
    assert.deepEqual(world.asked('InitiateMultipartUpload'), [])
    await rm(join(disk, 'filling'))
    assert.equal((await world.upload('k', filename, { store })).parts.sent, 3)
  } finally {
    execFileSync('umount', [disk])
  }
})

/** A store whose disk is full from the n-th write on, counted from 1. */
function fullFrom(folder: string, firstFailing: number): CheckpointStore {
  let writes = 0
  return journalStore(folder, {
    async write(handle, bytes) {
      writes += 1
      if (writes < firstFailing) return handle.appendFile(bytes)
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
    },
  })
}

test('full before the beginning is written down: nothing is begun', async (t) => {
  const world = await createWorld(t)
  const filename = await world.file(bytesFrom(1, 3 * PART))
  const store = fullFrom(world.store, 1)
  await failure(world.upload('k', filename, { store }), 'store-unusable', /full/)
  assert.deepEqual(world.asked('InitiateMultipartUpload'), [])
})

test('full when the new upload is to be written down: it is aborted again, for nobody could find it', async (t) => {
  const world = await createWorld(t)
  const filename = await world.file(bytesFrom(1, 3 * PART))
  const store = fullFrom(world.store, 2)
  await failure(world.upload('k', filename, { store }), 'store-unusable', /full/)
  assert.equal(world.asked('InitiateMultipartUpload').length, 1)
  assert.deepEqual(world.asked('UploadPart'), [])
  assert.deepEqual(await world.unfinished(), [])
  assert.equal((await world.upload('k', filename)).parts.sent, 3, 'with space again it goes')
})

test('full later: a warning, and the object; what was not written down is learned from the service', async (t) => {
  const world = await createWorld(t)
  const filename = await world.file(bytesFrom(1, 5 * PART))
  const uploading = world.upload('a', filename, { store: fullFrom(world.store, 3) })
  assert.equal((await uploading).parts.sent, 5)
  assert.ok(countOf(uploading, 'checkpoint-warning') > 0)
  assert.deepEqual(world.stored(), [])

  world.stopAtPart(4)
  await failure(world.upload('b', filename, { store: fullFrom(world.store, 4) }), 'denied')
  assert.deepEqual((await world.upload('b', filename)).parts, { kept: 3, sent: 2 })
})

/** Starts an upload whose store loses its folder, or what is in it, when the service has done something. */
async function robbed(
  t: TestContext,
  moment: { readonly operation: string; readonly partNumber?: number },
  what: 'the folder' | 'its files',
): Promise<{ world: World; uploading: Uploading }> {
  let rob: (() => void) | undefined
  const world = await createWorld(t, {
    onRequest({ operation, partNumber }) {
      if (operation !== moment.operation || partNumber !== moment.partNumber) return
      rob?.()
      rob = undefined
    },
  })
  const filename = await world.file(bytesFrom(1, 5 * PART))
  rob = () => {
    if (what === 'the folder') rmSync(world.store, { recursive: true })
    else for (const name of readdirSync(world.store)) rmSync(join(world.store, name))
  }
  return { world, uploading: world.upload('k', filename) }
}

test('the folder is removed before the new upload is written down: it is aborted again', async (t) => {
  const { world, uploading } = await robbed(t, { operation: 'InitiateMultipartUpload' }, 'the folder')
  await failure(uploading, 'store-unusable', /disappeared/)
  assert.deepEqual([await world.unfinished(), world.asked('UploadPart'), world.stored()], [[], [], []])
})

for (const partNumber of [2, 5]) {
  test(`the folder is removed at part ${partNumber}: a warning that names the upload, and the object`, async (t) => {
    const { world, uploading } = await robbed(t, { operation: 'UploadPart', partNumber }, 'the folder')
    const { uploadId = '' } = await uploading
    const warnings = uploading.events.flatMap((event) =>
      event.type === 'checkpoint-warning' ? [event.message] : [],
    )
    assert.match(warnings[0] ?? '', new RegExp(uploadId))
    assert.deepEqual(partNumbers(world.asked('UploadPart')), [1, 2, 3, 4, 5])
    assert.deepEqual(await world.objectBytes('k'), bytesFrom(1, 5 * PART))
    assert.deepEqual([await world.unfinished(), world.stored()], [[], []])
  })
}

for (const moment of [{ operation: 'InitiateMultipartUpload' }, { operation: 'UploadPart', partNumber: 2 }]) {
  test(`the files in the folder are removed at ${moment.operation}: it stops at once and names the upload`, async (t) => {
    const { world, uploading } = await robbed(t, moment, 'its files')
    const error = await failure(uploading, 'locked', /removed from the store.*stays at the service/)
    assert.deepEqual([error.uploadId], await world.unfinished())
    // A part's line is written while the next part is sent, so that one may be under way when it is noticed.
    const sent = world.asked('UploadPart').length
    const { partNumber } = moment
    if (partNumber === undefined) assert.equal(sent, 0)
    else assert.ok(sent === partNumber || sent === partNumber + 1, `${sent} parts were sent`)
  })
}
