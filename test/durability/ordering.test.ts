/** For every operation that is acknowledged: its bytes were synced, their name was, the commit was, and then it was said. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createHandler, type Handler, StorageError } from '../../src/server/index.js'
import { type DiskStorageOptions, makeFolders, openIn } from '../../src/server/storage/disk.js'
import { nodeDisk } from '../../src/server/storage/disk-port.js'
import { openLevel } from '../../src/server/storage/level.js'
import type { Storage } from '../../src/server/storage/storage.js'
import { chunksOf, replyOf, seededRandom, wireOf } from '../server/world.js'
import { createLuck } from '../simulation/world.js'
import { createContents } from './contents.js'
import { contentsIn, createRecorder, type DiskEvent, outOfOrder, type Recorder } from './disk-events.js'
import { createBucket } from './object-rows.js'
import { createRegisters } from './registers.js'
import { Nothing, type Row, type Scene } from './scene.js'
import { SERVE_KEYS } from './serve-process.js'
import { EVERY_WIRE_ROW } from './wire-more-rows.js'
import type { WireRow, WireScene, WireUpload } from './wire-rows.js'
import { ROWS } from './workload.js'

/** Luck may have to be asked often until an operation finds what it needs. */
const MOST_TRIES = 1_000

async function withStorage(
  durability: DiskStorageOptions['durability'],
  work: (storage: Storage, recorder: Recorder) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-ordering-'))
  const recorder = createRecorder()
  const ports = {
    disk: recorder.disk(nodeDisk()),
    openLevel: recorder.level(openLevel),
    newId: () => randomBytes(16).toString('hex'),
  }
  try {
    await makeFolders(folder, durability, ports)
    const storage = await openIn(folder, { durability }, ports)
    await work(storage, recorder)
    await storage.close()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const commitsIn = (events: readonly DiskEvent[]): number =>
  events.filter(({ did }) => did === 'commit').length

/** Does rows of the workload, one after the other, until each was acknowledged with something changed. */
async function doEveryRow(storage: Storage, recorder: Recorder): Promise<void> {
  const luck = createLuck(1)
  let numbers = 0
  const scene: Scene = {
    luck,
    contents: createContents(),
    registers: createRegisters(),
    uploads: [],
    next() {
      numbers += 1
      return numbers
    },
  }
  const missing = new Set<Row>(ROWS)
  for (let tries = 0; missing.size > 0 && tries < MOST_TRIES; tries += 1) {
    // A bucket has to be empty to be deleted, so that comes first.
    const early = [...missing].filter(({ name }) => name === 'delete bucket')
    const row = tries % 2 === 0 && tries < 60 ? createBucket : luck.pick(early.length > 0 ? early : ROWS)
    const attempt = row.plan(scene)
    if (attempt === undefined) continue
    const before = attempt.touches.map(({ register }) => scene.registers.candidates(register)[0])
    const from = recorder.events.length
    const change = scene.registers.begin(row.name, attempt.touches)
    try {
      await attempt.run(storage)
    } catch (error) {
      if (!(error instanceof Nothing || error instanceof StorageError)) throw error
      scene.registers.refuse(change)
      continue
    }
    recorder.events.push({ did: 'acknowledge', what: row.name })
    scene.registers.acknowledge(change)
    const isChange = attempt.touches.some(({ value }, index) => value !== before[index])
    const commits = commitsIn(recorder.events.slice(from))
    assert.ok(commits > 0 || !isChange, `${row.name} was acknowledged without a commit`)
    if (commits > 0 || attempt.touches.length === 0) missing.delete(row)
  }
  assert.deepEqual(
    [...missing].map(({ name }) => name),
    [],
    'acknowledged at least once',
  )
}

test('content synced, its folder synced, the record durable, then the acknowledgement: every operation of the storage', () =>
  withStorage('durable', async (storage, recorder) => {
    await doEveryRow(storage, recorder)
    assert.deepEqual(outOfOrder(recorder.events), [])
  }))

test('the same, to the 200: every operation on the wire', () =>
  withStorage('durable', async (storage, recorder) => {
    const handler: Handler = createHandler({
      storage,
      credentials: [SERVE_KEYS],
      clock: { now: () => Date.now(), sleep: async () => undefined },
      random: seededRandom(1),
    })
    const luck = createLuck(2)
    const scene: WireScene = {
      luck,
      contents: createContents(),
      registers: createRegisters(),
      tags: new Map(),
    }
    const uploads: WireUpload[] = []
    const missing = new Set(EVERY_WIRE_ROW)
    const send = async (row: string, attempt: ReturnType<WireRow['plan']>): Promise<boolean> => {
      if (attempt === undefined) return false
      const from = recorder.events.length
      const { target, headers } = wireOf({ credentials: SERVE_KEYS, ...attempt.ask }, Date.now())
      const body = attempt.ask.body ?? new Uint8Array()
      const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
      const { method } = attempt.ask
      const reply = await replyOf(await handler({ method, target, headers, body: chunksOf(bytes) }))
      if (reply.status >= 300) return false
      recorder.events.push({ did: 'acknowledge', what: row })
      scene.registers.acknowledge(scene.registers.begin(row, attempt.touches))
      attempt.onDone?.({ ...reply, bytes: Buffer.from(reply.bytes) })
      return commitsIn(recorder.events.slice(from)) > 0
    }
    await send('PutBucket', { touches: [], ask: { method: 'PUT', bucket: 'one' } })
    for (let tries = 0; missing.size > 0 && tries < MOST_TRIES; tries += 1) {
      const row = luck.pick(tries % 2 === 0 ? EVERY_WIRE_ROW : [...missing])
      if (await send(row.name, row.plan(scene, uploads))) missing.delete(row)
    }
    assert.deepEqual(
      [...missing].map(({ name }) => name),
      [],
      'acknowledged at least once, with a commit',
    )
    assert.deepEqual(outOfOrder(recorder.events), [])
  }))

test('an order that is wrong is seen: each thing left out, or done after what needs it', () =>
  withStorage('durable', async (storage, recorder) => {
    await doEveryRow(storage, recorder)
    const { events } = recorder
    const idOf = (event: DiskEvent): string | undefined =>
      event.did === 'commit' ? contentsIn(event.keys, 'put')[0] : undefined
    const commit = events.findIndex((event) => idOf(event) !== undefined)
    const id = events.flatMap((event) => idOf(event) ?? [])[0] ?? ''
    const story = events.slice(0, events.findIndex(({ did }, at) => at > commit && did === 'acknowledge') + 1)
    assert.deepEqual(outOfOrder(story), [])
    const without = (at: number): DiskEvent[] => story.filter((_, index) => index !== at)
    const late = (at: number): DiskEvent[] => [...without(at), ...story.slice(at, at + 1)]
    const datasync = story.findIndex((event) => event.did === 'datasync' && event.file === id)
    const fan = story.findLastIndex((event) => event.did === 'sync' && event.folder === id.slice(0, 2))
    assert.ok(datasync >= 0 && fan >= 0)
    for (const [what, wrong] of [
      ['the content is not synced', without(datasync)],
      ['the content is synced late', late(datasync)],
      ['the folder is not synced', without(fan)],
      ['the folder is synced late', late(fan)],
      ['the commit ends late', late(commit)],
    ] as const) {
      assert.notDeepEqual(outOfOrder(wrong), [], what)
    }
    const unsynced = story.map((event) => (event.did === 'commit' ? { ...event, sync: false } : event))
    assert.notDeepEqual(outOfOrder(unsynced), [])
    const logSync = story.findIndex((event) => event.did === 'sync' && event.folder === 'metadata')
    assert.notDeepEqual(outOfOrder(without(logSync)), [], "a new log's name is not synced")
  }))

test('fast asks for no sync at all', () =>
  withStorage('fast', async (storage, recorder) => {
    await doEveryRow(storage, recorder)
    const syncs = recorder.events.filter(
      (event) =>
        ['sync', 'syncing', 'datasync'].includes(event.did) || (event.did === 'commit' && event.sync),
    )
    assert.deepEqual(syncs, [])
    assert.ok(commitsIn(recorder.events) > ROWS.length)
  }))
