/** Disks that are full or read-only under the store: said before anything is begun, a warning after, never an orphan. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { journalStore } from '../../../src/checkpoints/journal.js'
import type { CheckpointStore } from '../../../src/index.js'
import { bytesFrom, countOf, createWorld, failure, KiB, PART, partNumbers } from '../../library/world.js'
import { runUploader } from '../uploader-process.js'
import type { Condition, Place } from './case.js'

/** Nobody: a user whom root's folders keep out. */
const nobody = { uid: 65_534, gid: 65_534 }
const isRoot = process.getuid?.() === 0

/** A record of a checkpoint has to need another block of the disk, so that a full one is met wherever it is filled. */
const headers = Object.fromEntries([1, 2, 3].map((number) => [`x-oss-meta-${number}`, 'm'.repeat(1000)]))
const parts = 40
const bytes = bytesFrom(1, parts * PART)

interface Disk {
  readonly kind: string
  readonly store: string | CheckpointStore
  fill(): void
  free(): void
}

/** A small file system of its own where one can be mounted; else a store whose writes fail as on a full disk. */
function createDisk(place: Place, folder: string): Disk {
  const mountPoint = join(folder, 'disk')
  mkdirSync(mountPoint)
  const store = join(mountPoint, 'store')
  const filling = join(mountPoint, 'filling')
  if (!mount(place, mountPoint)) return createLimitedStore(join(folder, 'limited'))
  return {
    kind: 'a tmpfs of 256 KiB',
    store,
    fill() {
      try {
        writeFileSync(filling, bytesFrom(2, 256 * KiB))
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC')
      }
    },
    free: () => rmSync(filling, { force: true }),
  }
}

function createLimitedStore(folder: string): Disk {
  let isFull = false
  const store = journalStore(folder, {
    async write(handle, given) {
      if (!isFull) return handle.appendFile(given)
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
    },
  })
  const set = (value: boolean) => (): void => {
    isFull = value
  }
  return { kind: 'writes that fail with ENOSPC', store, fill: set(true), free: set(false) }
}

/** False where this user or this machine can't. */
function mount(place: Place, mountPoint: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k,mode=0777', 'none', mountPoint], {
      stdio: 'ignore',
    })
  } catch {
    return false
  }
  place.after(() => execFileSync('umount', [mountPoint]))
  return true
}

/** An upload whose disk becomes full when the service is about to say that it has done something. */
async function fillAt(place: Place, moment: { readonly operation: string; readonly partNumber?: number }) {
  let fill: (() => void) | undefined
  const world = await createWorld(place, {
    onRequest({ operation, partNumber }) {
      if (operation !== moment.operation || partNumber !== moment.partNumber) return
      fill?.()
      fill = undefined
    },
  })
  const disk = createDisk(place, world.folder)
  const filename = await world.file(bytes)
  return {
    world,
    disk,
    upload() {
      fill = disk.fill
      return world.upload('k', filename, { store: disk.store, headers, numThreads: 3 })
    },
    again: () => world.upload('k', filename, { store: disk.store, headers, numThreads: 3 }),
  }
}

const fullFromTheStart: Condition = {
  name: 'The disk of the store is full from the start',
  expected: '`store-unusable`, nothing begun; with space again it goes',
  async run(place) {
    const { world, disk, again } = await fillAt(place, { operation: 'none' })
    disk.fill()
    await failure(again(), 'store-unusable', /full/)
    assert.equal(world.asked('InitiateMultipartUpload').length, 0)
    disk.free()
    assert.equal((await again()).parts.sent, parts)
    return { cases: 1, seen: `so, on ${disk.kind}` }
  },
}

const fullBeforeOpened: Condition = {
  name: 'The disk of the store becomes full between Initiate and the `opened` line',
  expected: '`store-unusable`, the upload aborted, no part sent',
  async run(place) {
    const { world, disk, upload, again } = await fillAt(place, { operation: 'InitiateMultipartUpload' })
    await failure(upload(), 'store-unusable', /full/)
    assert.deepEqual([await world.unfinished(), world.asked('UploadPart')], [[], []])
    disk.free()
    assert.equal((await again()).parts.sent, parts)
    return { cases: 1, seen: `so, on ${disk.kind}` }
  },
}

const fullLater: Condition = {
  name: 'The disk of the store becomes full while parts are sent',
  expected: 'a warning, the upload ends right',
  async run(place) {
    const cases = place.times(4)
    let kind = ''
    for (let count = 0; count < cases; count += 1) {
      const partNumber = 1 + Math.floor(place.luck() * (parts - 20))
      const { world, disk, upload } = await fillAt(place, { operation: 'UploadPart', partNumber })
      const uploading = upload()
      await uploading
      assert.ok(countOf(uploading, 'checkpoint-warning') > 0, `no warning, full at part ${partNumber}`)
      assert.deepEqual(await world.objectBytes('k'), bytes)
      assert.deepEqual(await world.unfinished(), [])
      kind = disk.kind
    }
    return { cases, seen: `so, on ${kind}` }
  },
}

const fullAndStopped: Condition = {
  name: 'The disk of the store becomes full, and then the upload is stopped',
  expected: 'the next run keeps every acknowledged part, written down or not',
  async run(place) {
    const partNumber = 5 + Math.floor(place.luck() * 10)
    const { world, disk, upload, again } = await fillAt(place, { operation: 'UploadPart', partNumber })
    world.stopAtPart(partNumber + 15)
    await failure(upload(), 'denied')
    const acknowledged = new Set(
      partNumbers(world.asked('UploadPart').filter(({ status }) => status === 200)),
    )
    disk.free()
    world.server.requests.clear()
    const { parts: counted } = await again()
    assert.equal(counted.kept, acknowledged.size)
    assert.deepEqual(
      partNumbers(world.asked('UploadPart')).filter((each) => acknowledged.has(each)),
      [],
    )
    assert.deepEqual(await world.objectBytes('k'), bytes)
    return { cases: 1, seen: `${acknowledged.size} of ${acknowledged.size} kept, none sent again` }
  },
}

const readOnlyDisk: Condition = {
  name: 'The file system of the store is read-only, with an unfinished upload in it',
  expected: '`store-unusable`, nothing sent; writable again, it goes on',
  async run(place) {
    const world = await createWorld(place)
    const filename = await world.file(bytes)
    const mountPoint = join(world.folder, 'disk')
    mkdirSync(mountPoint)
    if (!mount(place, mountPoint)) return { cases: 0, seen: 'not tried: nothing can be mounted here' }
    const store = join(mountPoint, 'store')
    world.stopAtPart(10)
    await failure(world.upload('k', filename, { store }), 'denied')
    world.server.requests.clear()
    execFileSync('mount', ['-o', 'remount,ro', mountPoint])
    await failure(world.upload('k', filename, { store }), 'store-unusable', /read-only/)
    assert.equal(world.server.requests.entries().length, 0)
    execFileSync('mount', ['-o', 'remount,rw', mountPoint])
    assert.deepEqual((await world.upload('k', filename, { store })).parts, { kept: 9, sent: parts - 9 })
    return { cases: 1, seen: 'so, by a real remount' }
  },
}

/** Uploads in a process of a user who may write nowhere in the folder. */
async function asNobody(place: Place, which: 'store' | 'home') {
  const world = await createWorld(place)
  const filename = await world.file(bytes)
  const folder = join(world.folder, which)
  mkdirSync(folder)
  chmodSync(world.folder, 0o755)
  chmodSync(folder, 0o555)
  const options = { multipartThreshold: 0, partSize: PART, ...(which === 'store' ? { store: folder } : {}) }
  const { end } = await runUploader(
    { endpoint: world.server.endpoint, bucket: 'examplebucket', key: 'k', filename, options },
    {
      environment: {
        OSS_ACCESS_KEY_ID: world.server.accessKeyId,
        OSS_ACCESS_KEY_SECRET: world.server.accessKeySecret,
        HOME: folder,
        LONGHAUL_STORE: '',
      },
      ...(isRoot ? { user: nobody } : {}),
    },
  )
  assert.deepEqual(end, { type: 'error', code: 'store-unusable' })
  assert.equal(world.server.requests.entries().length, 0)
  const who = isRoot ? 'a process of another user' : 'this user without the right to write'
  return { cases: 1, seen: `so, by ${who}` }
}

const readOnlyStore: Condition = {
  name: 'The store belongs to another user',
  expected: '`store-unusable`, nothing sent',
  run: (place) => asNobody(place, 'store'),
}

const readOnlyHome: Condition = {
  name: 'No store is given, and the home folder is read-only',
  expected: '`store-unusable`, nothing sent',
  run: (place) => asNobody(place, 'home'),
}

export const disks: readonly Condition[] = [
  fullFromTheStart,
  fullBeforeOpened,
  fullLater,
  fullAndStopped,
  readOnlyDisk,
  readOnlyStore,
  readOnlyHome,
]
