/**
 * The law of references: whatever is copied, replaced and deleted at once, after each single commit (so after a crash at
 * any moment) the counts in the ledger are those of its records, and what they count is there.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FOLDS } from '../../src/server/storage/fold.js'
import { afterAll } from '../../src/server/storage/keys.js'
import type { Change, Ledger } from '../../src/server/storage/ledger.js'
import { createMemoryContents, createMemoryLedger } from '../../src/server/storage/memory.js'
import type { StoredPiece } from '../../src/server/storage/pieces.js'
import { type Storage, StorageError } from '../../src/server/storage/storage.js'
import { createStore } from '../../src/server/storage/store.js'
import { addBucket, addPart, begin, finish, objectOf, partOf, put, readObject } from './storage-contract.js'
import { bytesFrom } from './world.js'

async function valuesUnder(ledger: Ledger, prefix: string): Promise<Map<string, string>> {
  const cursor = ledger.scan(prefix, afterAll(prefix))
  const values = new Map<string, string>()
  for (let found = await cursor.next(); found !== undefined; found = await cursor.next()) {
    values.set(found.key.slice(1), found.value)
  }
  return values
}

interface Holder {
  readonly content?: { in: string; id: string }
  readonly contentId?: string
  readonly pieces?: readonly StoredPiece[]
}

interface Leftover {
  readonly partsOf?: string
  readonly dropped?: readonly (readonly [id: string, count: number])[]
}

/** How often each content is named by objects, parts, and what is left over of them. */
async function namedIn(ledger: Ledger): Promise<Record<string, number>> {
  const manifests = await valuesUnder(ledger, 'm')
  const used = new Set<string>()
  const ids: string[] = []
  const leftovers = [...(await valuesUnder(ledger, 'l')).values()].map(
    (value) => JSON.parse(value) as Leftover,
  )
  for (const [id, count] of leftovers.flatMap(({ dropped = [] }) => dropped)) {
    for (let each = 0; each < count; each += 1) ids.push(id)
  }
  const parts = [...(await valuesUnder(ledger, 'p'))].filter(
    ([name]) => !leftovers.some(({ partsOf }) => partsOf !== undefined && name.startsWith(`${partsOf}\0`)),
  )
  const holders = [...(await valuesUnder(ledger, 'o')).values(), ...parts.map(([, value]) => value)]
  for (const { content, contentId, pieces = [] } of holders.map((value) => JSON.parse(value) as Holder)) {
    if (contentId !== undefined) ids.push(contentId)
    ids.push(...pieces.map(([id]) => id))
    if (content?.in === 'piece') ids.push(content.id)
    if (content?.in !== 'manifest') continue
    used.add(content.id)
    const manifest = JSON.parse(manifests.get(content.id) ?? '[]') as StoredPiece[]
    ids.push(...manifest.map(([id]) => id))
  }
  assert.deepEqual([...manifests.keys()].sort(), [...used].sort(), 'every manifest belongs to an object')
  return countsOf(ids)
}

function countsOf(ids: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const id of [...ids].sort()) counts[id] = (counts[id] ?? 0) + 1
  return counts
}

async function countedIn(ledger: Ledger): Promise<Record<string, number>> {
  const known = [...(await valuesUnder(ledger, 'c')).keys()]
  const beyond = await valuesUnder(ledger, 's')
  for (const id of beyond.keys()) assert.ok(known.includes(id), `${id} is shared, and referred to`)
  return Object.fromEntries(known.sort().map((id) => [id, 1 + Number(beyond.get(id) ?? 0)]))
}

function createWorld(atOnce: number): { storage: Storage; ledger: Ledger; left(): Promise<string[]> } {
  const ledger = createMemoryLedger()
  const contents = createMemoryContents()
  const left = async (): Promise<string[]> => {
    const ids: string[] = []
    for await (const id of contents.ids()) ids.push(id)
    return ids
  }
  /** One commit after the other, since to look at all of the ledger takes many steps. */
  let commits: Promise<void> = Promise.resolve()
  async function commitAndCheck(changes: readonly Change[]): Promise<void> {
    await ledger.commit(changes)
    const counted = await countedIn(ledger)
    assert.deepEqual(counted, await namedIn(ledger))
    const there = await left()
    for (const id of Object.keys(counted)) assert.ok(there.includes(id), `content ${id} is there`)
  }
  const storage = createStore({
    ledger: {
      ...ledger,
      commit(changes) {
        commits = commits.then(() => commitAndCheck(changes))
        return commits
      },
    },
    contents,
    atOnce,
  })
  return { storage, ledger, left }
}

const KEYS = ['a', 'b', 'c'] as const
const key = fc.constantFrom(...KEYS)
const number = fc.integer({ min: 1, max: 3 })
const step = fc.oneof(
  fc.record({ does: fc.constant('put' as const), key, seed: fc.nat(99) }),
  fc.record({ does: fc.constant('copy' as const), key, from: key, cut: fc.nat(40), slow: fc.boolean() }),
  fc.record({ does: fc.constant('part' as const), number, seed: fc.nat(99) }),
  fc.record({ does: fc.constant('part-copy' as const), number, from: key, cut: fc.nat(40) }),
  fc.record({ does: fc.constant('complete' as const), key, again: fc.boolean() }),
  fc.record({ does: fc.constant('append' as const), key, times: fc.constantFrom(1, 3, FOLDS[0].pieces) }),
  fc.record({ does: fc.constant('delete' as const), key }),
)

/** One upload after the other, all under the key `u`, so that parts and Complete meet. */
function createRunner(storage: Storage) {
  let uploads = 0
  let ref = { bucket: 'one', key: 'u', uploadId: '' }
  const beginNext = async (): Promise<void> => {
    uploads += 1
    ref = await begin(storage, 'one', 'u', `U${uploads}`)
  }

  async function run(each: typeof step extends fc.Arbitrary<infer Step> ? Step : never): Promise<void> {
    if (each.does === 'put') return put(storage, 'one', each.key, bytesFrom(each.seed, 50))
    if (each.does === 'delete') return storage.deleteObject('one', each.key)
    if (each.does === 'append') {
      for (let time = 0; time < each.times; time += 1) await append(storage, each.key, bytesFrom(time, 5))
      return
    }
    if (each.does === 'part') return addPart(storage, ref, each.number, bytesFrom(each.seed, 50))
    if (each.does === 'complete') {
      const finished = ref
      const { entries } = await storage.listParts(finished, { after: 0, limit: 9 })
      const numbers = entries.map((part) => part.partNumber).slice(each.again ? 0 : 1)
      await finish(storage, finished, numbers)
      return beginNext()
    }
    const opened = await storage.openObject('one', each.from)
    if (opened === undefined) return
    try {
      const { size } = opened.record
      const start = Math.min(each.cut, size)
      const bytes = opened.bytes(start, size)
      if (each.does === 'part-copy') {
        await storage.putPart(ref, partOf(each.number, bytes.size), bytes)
        return
      }
      // Time for others to replace and delete what was opened.
      if (each.slow) for (let turn = 0; turn < 40; turn += 1) await undefined
      const before = Buffer.concat(await collected(opened.read(start, size)))
      await storage.putObject(
        'one',
        { ...objectOf(each.key, bytes.size), etag: before.toString('hex') },
        bytes,
        {
          ifAbsent: false,
        },
      )
    } finally {
      opened.close()
    }
  }

  return { run, beginNext, uploadRef: () => ref }
}

/** The ETag says what the bytes are, wherever it is known. */
async function append(storage: Storage, key: string, bytes: Uint8Array): Promise<void> {
  const incoming = storage.receive()
  await incoming.write(bytes.slice())
  await storage.appendObject('one', key, incoming, (current = { ...objectOf(key, 0), etag: '' }) => ({
    ...current,
    size: current.size + bytes.length,
    etag: current.etag === 'E' ? 'E' : `${current.etag}${Buffer.from(bytes).toString('hex')}`,
  }))
}

async function collected(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const all: Uint8Array[] = []
  for await (const chunk of chunks) all.push(chunk)
  return all
}

test('counts are right after every commit, copies have the bytes of their source, and nothing is left over', () =>
  fc.assert(
    fc.asyncProperty(
      fc.constantFrom(1, 2, 64),
      fc.array(fc.array(step, { maxLength: 5 }), { maxLength: 8 }),
      async (atOnce, rounds) => {
        const { storage, ledger, left } = createWorld(atOnce)
        await addBucket(storage, 'one')
        const runner = createRunner(storage)
        await runner.beginNext()
        for (const round of rounds) {
          const outcomes = await Promise.allSettled(round.map((each) => runner.run(each)))
          for (const outcome of outcomes) {
            if (outcome.status === 'fulfilled') continue
            const { reason } = outcome
            // An upload that another of this round completed is gone; anything else is wrong.
            assert.ok(reason instanceof StorageError && reason.code === 'no-such-upload', String(reason))
          }
          for (const each of KEYS) {
            const bytes = await readObject(storage, 'one', each)
            const record = await storage.getObject('one', each)
            assert.equal(bytes?.length, record?.size)
            if (record !== undefined && record.etag !== 'E') assert.equal(bytes?.toString('hex'), record.etag)
          }
          await storage.settled()
          const there = await left()
          assert.deepEqual(there, Object.keys(await countedIn(ledger)))
        }

        for (const each of [...KEYS, 'u']) await storage.deleteObject('one', each)
        const { entries } = await storage.listUploads('one', {
          prefix: '',
          delimiter: '',
          limit: 99,
          after: undefined,
        })
        for (const entry of entries) {
          if (entry.kind === 'upload') {
            await storage.abortUpload({ bucket: 'one', key: 'u', uploadId: entry.upload.uploadId })
          }
        }
        await storage.settled()
        await storage.close()
        assert.deepEqual(await left(), [])
        assert.deepEqual(
          [...(await valuesUnder(ledger, 'p')).keys(), ...(await valuesUnder(ledger, 'l')).keys()],
          [],
        )
        assert.deepEqual([...(await valuesUnder(ledger, 's')).keys()], [])
      },
    ),
    { numRuns: 150 },
  ))
