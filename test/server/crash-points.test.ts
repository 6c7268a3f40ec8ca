/** A crash at every single step of the storage: what was acknowledged is there after it, what was not is whole or absent. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Contents, Ledger } from '../../src/server/storage/ledger.js'
import { createMemoryContents, createMemoryLedger } from '../../src/server/storage/memory.js'
import type { Storage } from '../../src/server/storage/storage.js'
import { createStore } from '../../src/server/storage/store.js'
import { addBucket, addPart, begin, finish, put, readObject } from './storage-contract.js'
import { bytesFrom } from './world.js'

/** A disk that stops at a given step: before or after taking effect, never to answer again. */
function createDisk(): {
  open(crashAt: number, crashAfter: boolean): { storage: Storage; crashed: Promise<'crashed'> }
  ids(): Promise<string[]>
} {
  const ledger = createMemoryLedger()
  const contents = createMemoryContents()
  return {
    open(crashAt, crashAfter) {
      let step = 0
      const never = new Promise<never>(() => undefined)
      let crash: (value: 'crashed') => void = () => undefined
      const crashed = new Promise<'crashed'>((resolve) => {
        crash = resolve
      })
      async function at<T>(work: () => Promise<T>): Promise<T> {
        step += 1
        const own = step
        if (own > crashAt || (own === crashAt && !crashAfter)) {
          setImmediate(() => crash('crashed'))
          return never
        }
        const done = await work()
        if (own < crashAt) return done
        // What does not wait for this step may still go on, up to its own next one.
        setImmediate(() => crash('crashed'))
        return never
      }
      const crashing: { ledger: Ledger; contents: Contents } = {
        ledger: { ...ledger, commit: (changes) => at(() => ledger.commit(changes)) },
        contents: {
          ...contents,
          async create() {
            const writer = await at(() => contents.create())
            return {
              ...writer,
              write: (chunk) => at(() => writer.write(chunk)),
              seal: () => at(() => writer.seal()),
            }
          },
          remove: (id) => at(() => contents.remove(id)),
        },
      }
      return { storage: createStore(crashing), crashed }
    },
    async ids() {
      const ids: string[] = []
      for await (const id of contents.ids()) ids.push(id)
      return ids
    },
  }
}

interface Told {
  object?: number
  upload?: boolean
  parts: Map<number, number>
  completed?: boolean
  aborted?: boolean
  deleted?: boolean
}

/** One life: an object, its overwrite, an upload with a part sent twice, Complete over the object, an abort, a delete. */
async function live(storage: Storage, told: Told): Promise<void> {
  await addBucket(storage, 'one')
  await put(storage, 'one', 'k', bytesFrom(1, 100))
  told.object = 1
  await put(storage, 'one', 'k', bytesFrom(2, 100))
  told.object = 2
  const ref = await begin(storage, 'one', 'k', 'U')
  told.upload = true
  for (const [number, seed] of [
    [1, 11],
    [2, 12],
    [1, 13],
  ] as const) {
    await addPart(storage, ref, number, bytesFrom(seed, 50))
    told.parts.set(number, seed)
  }
  await finish(storage, ref, [1, 2])
  told.completed = true
  const other = await begin(storage, 'one', 'other', 'V')
  await addPart(storage, other, 1, bytesFrom(21, 50))
  await storage.abortUpload(other)
  told.aborted = true
  await storage.deleteObject('one', 'k')
  told.deleted = true
}

const same = (bytes: Buffer | undefined, ...seeds: number[]): boolean =>
  bytes !== undefined &&
  [100, 50].some((size) => bytes.equals(Buffer.concat(seeds.map((seed) => bytesFrom(seed, size)))))

async function check(storage: Storage, told: Told, place: string): Promise<void> {
  const bytes = await readObject(storage, 'one', 'k')
  const isWhole = same(bytes, 13, 12)
  if (told.deleted) assert.equal(bytes, undefined, place)
  else if (told.completed) assert.ok(isWhole || bytes === undefined, place)
  else if (told.object === 2) assert.ok(same(bytes, 2) || isWhole, place)
  else if (told.object === 1) assert.ok(same(bytes, 1) || same(bytes, 2), place)
  else assert.ok(bytes === undefined || same(bytes, 1), place)

  const ref = { bucket: 'one', key: 'k', uploadId: 'U' }
  const upload = await storage.getUpload(ref)
  if (told.completed) assert.equal(upload, undefined, place)
  if (told.upload && !told.completed && !isWhole) {
    assert.ok(upload, place)
    const { entries } = await storage.listParts(ref, { after: 0, limit: 10 })
    for (const [number] of told.parts)
      assert.ok(
        entries.some((part) => part.partNumber === number),
        place,
      )
    if (told.parts.size === 2) {
      await finish(storage, ref, [1, 2])
      const completed = await readObject(storage, 'one', 'k')
      const seeds = told.parts.get(1) === 13 ? [13] : [11, 13]
      assert.ok(
        seeds.some((seed) => same(completed, seed, 12)),
        place,
      )
    }
  }
  if (told.aborted) {
    assert.equal(await storage.getUpload({ bucket: 'one', key: 'other', uploadId: 'V' }), undefined, place)
  }
}

test('after a crash at any step, what was acknowledged is there and the rest is whole or absent', async () => {
  let steps = 0
  for (let crashAt = 1; crashAt <= 200 && steps === 0; crashAt += 1) {
    for (const crashAfter of [false, true]) {
      const disk = createDisk()
      const told: Told = { parts: new Map() }
      const { storage, crashed } = disk.open(crashAt, crashAfter)
      const outcome = await Promise.race([live(storage, told).then(() => 'done' as const), crashed])
      const place = `step ${crashAt}, ${crashAfter ? 'after' : 'before'} its effect`
      await check(disk.open(Number.POSITIVE_INFINITY, false).storage, told, place)
      if (outcome === 'done' && told.deleted && !crashAfter) steps = crashAt
    }
  }
  assert.ok(steps > 20, `${steps} steps`)
})

test('a life without a crash leaves nothing on the disk', async () => {
  const disk = createDisk()
  const { storage } = disk.open(Number.POSITIVE_INFINITY, false)
  await live(storage, { parts: new Map() })
  await storage.close()
  assert.deepEqual(await disk.ids(), [])
})
