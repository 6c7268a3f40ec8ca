/** What only a disk can do: outlive its process, fill up with leftovers, be opened twice, fail. */
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { DataFolderError, openDiskStorage } from '../../src/server/index.js'
import { coalesced } from '../../src/server/storage/disk-contents.js'
import { nodeDisk } from '../../src/server/storage/disk-port.js'
import { type Contents, DurabilityError } from '../../src/server/storage/ledger.js'
import { createMemoryContents, createMemoryLedger } from '../../src/server/storage/memory.js'
import type { Storage } from '../../src/server/storage/storage.js'
import { createStore } from '../../src/server/storage/store.js'
import {
  AWKWARD_KEYS,
  addBucket,
  addPart,
  begin,
  finish,
  objectOf,
  put,
  readObject,
} from './storage-contract.js'
import { bytesFrom } from './world.js'

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-disk-'))
  try {
    await work(join(folder, 'deep', 'data'))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const openAt = (folder: string): Promise<Storage> => openDiskStorage({ folder, durability: 'durable' })

async function contentFiles(folder: string): Promise<string[]> {
  const names = await readdir(join(folder, 'contents'), { recursive: true })
  return names.filter((name) => name.length > 2).sort()
}

test('a restart keeps objects, unfinished uploads and their parts', () =>
  inFolder(async (folder) => {
    const first = await openAt(folder)
    await addBucket(first, 'one')
    for (const [index, key] of AWKWARD_KEYS.entries()) await put(first, 'one', key, bytesFrom(index, 100))
    const ref = await begin(first, 'one', 'big', 'U1')
    await addPart(first, ref, 1, bytesFrom(1, 3_000_000))
    await first.close()

    const second = await openAt(folder)
    for (const [index, key] of AWKWARD_KEYS.entries()) {
      assert.deepEqual(await readObject(second, 'one', key), Buffer.from(bytesFrom(index, 100)))
    }
    assert.equal((await second.getUpload(ref))?.initiated, 2)
    await addPart(second, ref, 2, bytesFrom(2, 5))
    await finish(second, ref, [1, 2])
    await second.close()

    const third = await openAt(folder)
    const whole = Buffer.concat([bytesFrom(1, 3_000_000), bytesFrom(2, 5)])
    assert.deepEqual(await readObject(third, 'one', 'big'), whole)
    await third.close()
  }))

test('no key makes a file outside the folder, or one with its name', () =>
  inFolder(async (folder) => {
    const storage = await openAt(folder)
    await addBucket(storage, 'one')
    for (const key of AWKWARD_KEYS) await put(storage, 'one', key, bytesFrom(1, 1))
    for (const file of await contentFiles(folder)) assert.match(file, /^([0-9a-f]{2})[/\\]\1[0-9a-f]{30}$/)
    assert.deepEqual((await readdir(folder)).sort(), ['contents', 'metadata'])
    assert.deepEqual(await readdir(join(folder, '..')), ['data'])
    await storage.close()
  }))

test('what nobody refers to any more leaves the disk', () =>
  inFolder(async (folder) => {
    const storage = await openAt(folder)
    await addBucket(storage, 'one')
    await put(storage, 'one', 'k', bytesFrom(1, 10))
    await put(storage, 'one', 'k', bytesFrom(2, 10))
    const ref = await begin(storage, 'one', 'big', 'U1')
    for (const number of [1, 2, 2, 3]) await addPart(storage, ref, number, bytesFrom(number, 5))
    await finish(storage, ref, [1, 2])
    const other = await begin(storage, 'one', 'other', 'U2')
    await addPart(storage, other, 1, bytesFrom(1, 5))
    await storage.abortUpload(other)
    const unwanted = storage.receive()
    await unwanted.write(bytesFrom(1, 2_000_000))
    await unwanted.discard()
    await storage.close()
    assert.equal((await contentFiles(folder)).length, 3)
  }))

test('a start removes contents that nothing refers to, and nothing else', () =>
  inFolder(async (folder) => {
    const first = await openAt(folder)
    await addBucket(first, 'one')
    for (let index = 0; index < 40; index += 1) await put(first, 'one', `k${index}`, bytesFrom(index, 10))
    // Received, sealed by nobody: what a crash leaves.
    await first.receive().write(bytesFrom(1, 2_000_000))
    await first.close()
    const orphans = ['00', '7f', 'ff'].map((fan) => join(folder, 'contents', fan, fan + '0'.repeat(30)))
    for (const path of orphans) await writeFile(path, 'x')
    const stranger = join(folder, 'contents', '00', 'notes.txt')
    await writeFile(stranger, 'x')
    assert.equal((await contentFiles(folder)).length, 45)

    const second = await openAt(folder)
    assert.equal((await contentFiles(folder)).length, 41)
    assert.ok((await contentFiles(folder)).some((name) => name.endsWith('notes.txt')))
    for (let index = 0; index < 40; index += 1) {
      assert.deepEqual(await readObject(second, 'one', `k${index}`), Buffer.from(bytesFrom(index, 10)))
    }
    await second.close()
  }))

test('a folder that is open already is refused with a clear error, and free again after', () =>
  inFolder(async (folder) => {
    const first = await openAt(folder)
    await assert.rejects(
      openAt(folder),
      (error) => error instanceof DataFolderError && /has the data folder/.test(error.message),
    )
    await addBucket(first, 'one')
    await first.close()
    const second = await openAt(folder)
    assert.ok(await second.getBucket('one'))
    await second.close()
  }))

test('a folder that can not be made is an error', () =>
  inFolder(async (folder) => {
    await mkdir(join(folder, '..'))
    await writeFile(folder, 'a file')
    await assert.rejects(openAt(folder), DataFolderError)
  }))

/** A storage over memory whose parts can be made to fail. */
function failing(): {
  storage: Storage
  fail: { at?: 'write' | 'seal' | 'commit' }
  failures: Error[]
  contents: Contents
} {
  const fail: { at?: 'write' | 'seal' | 'commit' } = {}
  const ledger = createMemoryLedger()
  const contents = createMemoryContents()
  const failures: Error[] = []
  const storage = createStore({
    ledger: {
      ...ledger,
      async commit(changes) {
        if (fail.at === 'commit') throw new Error('EIO')
        await ledger.commit(changes)
      },
    },
    contents: {
      ...contents,
      async create() {
        const writer = await contents.create()
        return {
          ...writer,
          async write(chunk) {
            if (fail.at === 'write') throw new Error('ENOSPC')
            await writer.write(chunk)
          },
          async seal() {
            await writer.seal()
            if (fail.at === 'seal') throw new DurabilityError('fdatasync failed')
          },
        }
      },
    },
    onFailure: (error) => failures.push(error),
  })
  return { storage, fail, failures, contents }
}

for (const at of ['seal', 'commit'] as const) {
  test(`after a failed ${at} nothing is acknowledged any more, although the disk says it is well again`, async () => {
    const { storage, fail, failures, contents } = failing()
    await addBucket(storage, 'one')
    fail.at = at
    await assert.rejects(put(storage, 'one', 'k', bytesFrom(1, 1)), { code: 'failed' })
    delete fail.at
    await assert.rejects(put(storage, 'one', 'k', bytesFrom(1, 1)), { code: 'failed' })
    await assert.rejects(storage.getBucket('one') as Promise<unknown>, { code: 'failed' })
    assert.equal(failures.length, 1)
    const left: string[] = []
    for await (const id of contents.ids()) left.push(id)
    assert.equal(left.length, 1, 'the bytes stay: the commit may have reached the disk')
  })
}

test('a full disk fails the request, not the storage', async () => {
  const { storage, fail, failures, contents } = failing()
  await addBucket(storage, 'one')
  fail.at = 'write'
  const incoming = storage.receive()
  await assert.rejects(incoming.write(bytesFrom(1, 1)), { code: 'failed' })
  await incoming.discard()
  delete fail.at
  await put(storage, 'one', 'k', bytesFrom(1, 1))
  assert.deepEqual(failures, [])
  const left: string[] = []
  for await (const id of contents.ids()) left.push(id)
  assert.equal(left.length, 1)
})

test('coalesced work that began before a call does not count for it', async () => {
  const started: string[] = []
  const finish: (() => void)[] = []
  const run = coalesced((name) => {
    started.push(name)
    return new Promise((resolve) => finish.push(resolve))
  })
  const done: number[] = []
  const calls = [1, 2, 3].map((number) => run('a').then(() => done.push(number)))
  const other = run('b')
  assert.deepEqual(started, ['a', 'b'])
  finish[0]?.()
  await calls[0]
  assert.deepEqual(done, [1])
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(started, ['a', 'b', 'a'])
  finish[1]?.()
  finish[2]?.()
  await Promise.all([...calls, other])
  assert.deepEqual(done.sort(), [1, 2, 3])
  assert.equal(started.length, 3)
})

test('contents whose metadata is lost are kept, and the folder is refused', () =>
  inFolder(async (folder) => {
    const first = await openAt(folder)
    await addBucket(first, 'one')
    await put(first, 'one', 'k', bytesFrom(1, 10))
    await first.close()
    const aside = join(folder, '..', 'aside')
    await rename(join(folder, 'metadata'), aside)
    await assert.rejects(
      openAt(folder),
      (error) => error instanceof DataFolderError && /metadata/.test(error.message),
    )
    assert.equal((await contentFiles(folder)).length, 1)
    await rm(join(folder, 'metadata'), { recursive: true })
    await rename(aside, join(folder, 'metadata'))
    const second = await openAt(folder)
    assert.deepEqual(await readObject(second, 'one', 'k'), Buffer.from(bytesFrom(1, 10)))
    await second.close()
  }))

test('one folder under two names is one folder', () =>
  inFolder(async (folder) => {
    const first = await openAt(folder)
    const alias = join(folder, '..', 'alias')
    await symlink(folder, alias)
    await assert.rejects(openAt(alias), DataFolderError)
    await first.close()
    await (await openAt(alias)).close()
  }))

test('bytes that come one by one arrive whole and in order', () =>
  inFolder(async (folder) => {
    const storage = await openAt(folder)
    await addBucket(storage, 'one')
    const bytes = bytesFrom(1, 3000)
    const incoming = storage.receive()
    for (const byte of bytes) await incoming.write(Uint8Array.of(byte))
    await storage.putObject('one', objectOf('k', bytes.length), incoming, { ifAbsent: false })
    assert.deepEqual(await readObject(storage, 'one', 'k'), Buffer.from(bytes))
    await storage.close()
  }))

test('a folder that is taken away while the server runs costs requests, never a false yes', () =>
  inFolder(async (folder) => {
    const storage = await openAt(folder)
    await addBucket(storage, 'one')
    await put(storage, 'one', 'before', bytesFrom(1, 10))
    await rm(folder, { recursive: true })
    await assert.rejects(put(storage, 'one', 'k', bytesFrom(1, 10)), { code: 'failed' })
    await assert.rejects(put(storage, 'one', 'empty', new Uint8Array()), { code: 'failed' })
    await storage.close()
  }))

test('a folder that can not be opened for want of a handle fails the request, not the storage', async () => {
  const gone = join(tmpdir(), 'longhaul-absent', 'folder')
  await assert.rejects(nodeDisk().syncFolder(gone), (error) => !(error instanceof DurabilityError))
})
