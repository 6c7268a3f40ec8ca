/** What is let go of and is much: it goes in small steps, also in a later life, and nobody sees it meanwhile. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { afterAll } from '../../src/server/storage/keys.js'
import type { Change, Ledger } from '../../src/server/storage/ledger.js'
import { createMemoryContents, createMemoryLedger } from '../../src/server/storage/memory.js'
import type { Storage } from '../../src/server/storage/storage.js'
import { StorageError } from '../../src/server/storage/storage.js'
import { createStore } from '../../src/server/storage/store.js'
import { addBucket, addPart, begin, finish, put, readObject } from './storage-contract.js'
import { bytesFrom } from './world.js'

const PARTS = 300
const MOST_CHANGES = 150

interface World {
  readonly ledger: Ledger
  /** How many changes each commit had. */
  readonly sizes: number[]
  open(): Storage
  /** From so many commits on, none is answered any more. */
  stopAfter(commits: number): void
  contents(): Promise<number>
  under(prefix: string): Promise<number>
}

function createWorld(): World {
  const ledger = createMemoryLedger()
  const contents = createMemoryContents()
  const sizes: number[] = []
  let left = Number.POSITIVE_INFINITY
  async function commit(changes: readonly Change[]): Promise<void> {
    left -= 1
    if (left < 0) return new Promise(() => undefined)
    sizes.push(changes.length)
    return ledger.commit(changes)
  }
  return {
    ledger,
    sizes,
    open() {
      left = Number.POSITIVE_INFINITY
      return createStore({ ledger: { ...ledger, commit }, contents })
    },
    stopAfter(commits) {
      left = commits
    },
    async contents() {
      let count = 0
      for await (const _ of contents.ids()) count += 1
      return count
    },
    under: async (prefix) => (await ledger.values(prefix, afterAll(prefix))).length,
  }
}

async function upload(storage: Storage, uploadId: string) {
  const ref = await begin(storage, 'one', 'key', uploadId)
  for (let number = 1; number <= PARTS; number += 1)
    await addPart(storage, ref, number, bytesFrom(number, 10))
  return ref
}

const allNumbers = Array.from({ length: PARTS }, (_, index) => index + 1)
const whole = Buffer.concat(allNumbers.map((number) => bytesFrom(number, 10)))

async function checkEmpty(world: World): Promise<void> {
  for (const prefix of ['p', 'm', 'c', 's', 'l']) assert.equal(await world.under(prefix), 0, prefix)
  assert.equal(await world.contents(), 0)
}

test('Complete, overwrite, delete and abort of many parts take few changes each, and leave nothing', async () => {
  const world = createWorld()
  const storage = world.open()
  await addBucket(storage, 'one')
  for (const uploadId of ['U1', 'U2']) await finish(storage, await upload(storage, uploadId), allNumbers)
  assert.deepEqual(await readObject(storage, 'one', 'key'), whole)
  await storage.deleteObject('one', 'key')
  assert.equal(await storage.getObject('one', 'key'), undefined)
  // Of so many parts all but one are dropped at once.
  await finish(storage, await upload(storage, 'U3'), [PARTS])
  await put(storage, 'one', 'key', bytesFrom(1, 5))
  await storage.abortUpload(await upload(storage, 'U4'))
  await storage.deleteObject('one', 'key')
  await storage.settled()
  await checkEmpty(world)
  assert.ok(Math.max(...world.sizes) < MOST_CHANGES, `${Math.max(...world.sizes)} changes`)
  await storage.close()
})

test('parts of an upload that has ended are not listed, not even some of them', async () => {
  const world = createWorld()
  const storage = world.open()
  await addBucket(storage, 'one')
  const ref = await upload(storage, 'U1')
  const finished = finish(storage, ref, allNumbers)
  for (let ended = false; !ended; ) {
    const page = await storage.listParts(ref, { after: 0, limit: 1000 }).catch((error: unknown) => {
      assert.ok(error instanceof StorageError && error.code === 'no-such-upload')
      return undefined
    })
    if (page === undefined) ended = true
    else assert.equal(page.entries.length, PARTS)
  }
  await finished
  assert.ok((await world.under('p')) > 0, 'some were still there')
  await storage.settled()
  assert.equal(await world.under('p'), 0)
  await storage.close()
})

test('whenever the machine stops, the next life takes away the rest, and no bytes in use', async () => {
  for (const commits of [1, 2, 3, 5]) {
    const world = createWorld()
    const first = world.open()
    await addBucket(first, 'one')
    await finish(first, await upload(first, 'U1'), allNumbers)
    await first.settled()
    const opened = await first.openObject('one', 'key')
    assert.ok(opened !== undefined)
    await first.putObject('one', { ...opened.record, key: 'copy' }, opened.bytes(0, whole.length), {
      ifAbsent: true,
    })
    opened.close()
    world.stopAfter(commits)
    await first.deleteObject('one', 'key')
    for (let turn = 0; turn < 2000; turn += 1) await undefined
    assert.ok((await world.under('l')) > 0, 'something is left over')

    const second = world.open()
    await second.settled()
    assert.equal(await world.under('l'), 0)
    assert.equal(await world.under('s'), 0, 'the copy alone has them')
    assert.deepEqual(await readObject(second, 'one', 'copy'), whole)
    await second.deleteObject('one', 'copy')
    await second.settled()
    await checkEmpty(world)
    await second.close()
  }
})

test('what is open can be read and copied while its references go', async () => {
  const world = createWorld()
  const storage = world.open()
  await addBucket(storage, 'one')
  await finish(storage, await upload(storage, 'U1'), allNumbers)
  const opened = await storage.openObject('one', 'key')
  assert.ok(opened !== undefined)
  await storage.deleteObject('one', 'key')
  await storage.settled()
  await storage.putObject('one', { ...opened.record, key: 'copy' }, opened.bytes(0, whole.length), {
    ifAbsent: true,
  })
  opened.close()
  assert.deepEqual(await readObject(storage, 'one', 'copy'), whole)
  // A copy onto itself changes no references, so nothing is left over.
  const again = await storage.openObject('one', 'copy')
  assert.ok(again !== undefined)
  await storage.putObject('one', again.record, again.bytes(0, whole.length), { ifAbsent: false })
  again.close()
  assert.equal(await world.under('l'), 0)
  assert.deepEqual(await readObject(storage, 'one', 'copy'), whole)
  await storage.deleteObject('one', 'copy')
  await storage.settled()
  await checkEmpty(world)
  await storage.close()
})
