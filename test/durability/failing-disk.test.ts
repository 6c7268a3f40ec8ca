/** A disk that is full, or fails, at each step in turn: what the client is told, what is kept, and when it goes on. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createHandler } from '../../src/server/index.js'
import { makeFolders, openIn } from '../../src/server/storage/disk.js'
import { openDiskLedger } from '../../src/server/storage/disk-ledger.js'
import { type Disk, nodeDisk } from '../../src/server/storage/disk-port.js'
import { DurabilityError } from '../../src/server/storage/ledger.js'
import { type Level, openLevel } from '../../src/server/storage/level.js'
import { type Ask, chunksOf, replyOf, seededRandom, wireOf } from '../server/world.js'
import { SERVE_KEYS } from './serve-process.js'

/** What the disk does wrong; each is a step of some request. */
type Step =
  | 'create'
  | 'write'
  | 'no room for contents'
  | 'no room for records'
  | 'datasync'
  | 'sync of a content folder'
  | 'sync of the ledger folder'
  | 'commit'

interface Machine {
  readonly failures: Error[]
  ask(asked: Ask): Promise<{ readonly status: number; readonly text: string }>
  /** Closes it and opens what is on the disk again. */
  restart(): Promise<Machine>
}

interface Trouble {
  step: Step | undefined
}

const coded = (code: string): Error => Object.assign(new Error(`${code}: made up`), { code })

function troubled(disk: Disk, trouble: Trouble): Disk {
  return {
    ...disk,
    async create(path) {
      if (trouble.step === 'create') throw coded('ENOSPC')
      const file = await disk.create(path)
      return {
        ...file,
        async write(chunks) {
          if (trouble.step !== 'write') return file.write(chunks)
          // Some of it still found room.
          await file.write(chunks.map((chunk) => chunk.subarray(0, chunk.length >> 1)))
          throw coded('ENOSPC')
        },
        async datasync() {
          if (trouble.step === 'datasync') throw coded('EIO')
          await file.datasync()
        },
      }
    },
    async freeBytes(folder) {
      const isLedger = folder.endsWith('metadata')
      if (trouble.step === 'no room for contents' && !isLedger) return 1000
      if (trouble.step === 'no room for records' && isLedger) return 1000
      return disk.freeBytes(folder)
    },
    async syncFolder(path) {
      const isLedger = path.endsWith('metadata')
      if (trouble.step === (isLedger ? 'sync of the ledger folder' : 'sync of a content folder')) {
        throw new DurabilityError('made up', { cause: coded('EIO') })
      }
      await disk.syncFolder(path)
    },
    async names(folder) {
      const names = await disk.names(folder)
      // As if LevelDB had begun a new log.
      const isNew = trouble.step === 'sync of the ledger folder' && folder.endsWith('metadata')
      return isNew ? [...names, 'new.log'] : names
    },
  }
}

/** Fails before it begins, or `late`, when it is done. */
function troubledLevel(level: Level, trouble: Trouble, when: 'at once' | 'late' = 'at once'): Level {
  return {
    get: (key) => level.get(key),
    getMany: (keys) => level.getMany(keys),
    iterator: (range) => level.iterator(range),
    values: (range) => level.values(range),
    close: () => level.close(),
    async batch(changes, options) {
      if (trouble.step === 'commit' && when === 'at once') throw coded('EIO')
      await level.batch(changes, options)
      if (trouble.step === 'commit') throw coded('EIO')
    },
  }
}

async function inner(folder: string, name: string): Promise<string> {
  await mkdir(join(folder, name))
  return join(folder, name)
}

/** @param mostSpares files made beforehand; where there are none, each request makes a file of its own */
async function start(folder: string, trouble: Trouble, mostSpares: number): Promise<Machine> {
  const ports = {
    disk: troubled(nodeDisk(), trouble),
    openLevel: async (path: string) => troubledLevel(await openLevel(path), trouble),
    newId: () => randomBytes(16).toString('hex'),
  }
  const failures: Error[] = []
  await makeFolders(folder, 'durable', ports)
  const onFailure = (error: Error): void => void failures.push(error)
  const storage = await openIn(folder, { durability: 'durable', onFailure, mostSpares }, ports)
  const handler = createHandler({
    storage,
    credentials: [SERVE_KEYS],
    clock: { now: () => Date.now(), sleep: async () => undefined },
    random: seededRandom(1),
  })
  return {
    failures,
    async ask(asked) {
      const { target, headers } = wireOf({ credentials: SERVE_KEYS, ...asked }, Date.now())
      const body = new TextEncoder().encode(String(asked.body ?? ''))
      return replyOf(await handler({ method: asked.method, target, headers, body: chunksOf(body) }))
    },
    async restart() {
      await storage.close()
      trouble.step = undefined
      return start(folder, trouble, mostSpares)
    },
  }
}

async function withMachine(
  work: (machine: Machine, trouble: Trouble) => Promise<Machine>,
  mostSpares = 0,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-failing-'))
  try {
    const trouble: Trouble = { step: undefined }
    const machine = await start(folder, trouble, mostSpares)
    assert.equal((await machine.ask({ method: 'PUT', bucket: 'one' })).status, 200)
    assert.equal((await machine.ask(put('kept', 'kept'))).status, 200)
    assert.equal((await machine.ask(put('removable', 'x'))).status, 200)
    const last = await work(machine, trouble)
    assert.equal((await last.ask(get('kept'))).text, 'kept')
    await last.restart().then((again) => again.restart())
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const put = (key: string, body: string): Ask => ({ method: 'PUT', bucket: 'one', key, body })
const get = (key: string): Ask => ({ method: 'GET', bucket: 'one', key })

const FULL: readonly Step[] = ['create', 'write', 'no room for contents', 'no room for records']
const FAILED: readonly Step[] = [
  'datasync',
  'sync of a content folder',
  'sync of the ledger folder',
  'commit',
]

for (const step of FULL) {
  test(`a full disk (${step}) costs the request, keeps what is there, and it goes on when there is room`, () =>
    withMachine(async (machine, trouble) => {
      trouble.step = step
      for (let attempt = 1; attempt <= 3; attempt += 1) {
        // What is free is looked at again only when some megabytes were written.
        const refused = await machine.ask(put('new', attempt === 1 ? 'x'.repeat(6_000_000) : 'new'))
        assert.equal(refused.status, 500)
        assert.match(refused.text, /<Code>InternalError</)
      }
      assert.equal((await machine.ask(put('kept', 'overwritten'))).status, 500)
      assert.equal((await machine.ask(get('kept'))).text, 'kept')
      assert.equal((await machine.ask(get('new'))).status, 404)
      // Room can be made through the server itself.
      assert.equal((await machine.ask({ method: 'DELETE', bucket: 'one', key: 'removable' })).status, 204)
      trouble.step = undefined
      assert.equal((await machine.ask(put('new', 'new'))).status, 200)
      assert.equal((await machine.ask(get('new'))).text, 'new')
      assert.deepEqual(machine.failures, [])
      const again = await machine.restart()
      assert.equal((await again.ask(get('new'))).text, 'new')
      assert.equal((await again.ask(get('removable'))).status, 404)
      return again
    }))
}

for (const step of FAILED) {
  test(`after a failed ${step} nothing is acknowledged, although the disk says it is well again`, () =>
    withMachine(async (machine, trouble) => {
      trouble.step = step
      assert.equal((await machine.ask(put('new', 'new'))).status, 500)
      trouble.step = undefined
      for (const asked of [
        put('other', 'other'),
        put('empty', ''),
        { method: 'DELETE', bucket: 'one', key: 'kept' },
        { method: 'PUT', bucket: 'two' },
        { method: 'POST', bucket: 'one', key: 'big', query: { uploads: '' } },
        get('kept'),
      ]) {
        const refused = await machine.ask(asked)
        assert.equal(refused.status, 500, `${asked.method} ${asked.key ?? asked.bucket}`)
        assert.match(refused.text, /<Code>InternalError</)
      }
      assert.equal(machine.failures.length, 1)
      assert.match(String(machine.failures[0]), /can't be relied on any more/)
      const again = await machine.restart()
      assert.equal((await again.ask(put('other', 'other'))).status, 200)
      return again
    }))
}

for (const [what, step] of [
  ['that fails', 'commit'],
  ['whose new log could not be entered in its folder', 'sync of the ledger folder'],
] as const) {
  test(`commits that wait behind one ${what} are not acknowledged either`, async () => {
    const trouble: Trouble = { step }
    let batches = 0
    const begun: (() => void)[] = []
    const level: Level = {
      get: async () => undefined,
      getMany: async () => [],
      iterator: () => ({ next: async () => undefined, seek: () => undefined, close: async () => undefined }),
      values: async () => [],
      close: async () => undefined,
      async batch() {
        batches += 1
        await new Promise<void>((resolve) => begun.push(resolve))
      },
    }
    const folder = await mkdtemp(join(tmpdir(), 'longhaul-failing-'))
    try {
      const ledger = await openDiskLedger({
        disk: troubled(nodeDisk(), trouble),
        folder: await inner(folder, 'metadata'),
        durable: true,
        openLevel: async () => troubledLevel(level, trouble, 'late'),
      })
      const commit = (key: string): Promise<void> => ledger.commit([{ type: 'put', key, value: '' }])
      const first = commit('a')
      const others = ['b', 'c'].map(commit)
      for (let turn = 0; begun.length === 0 && turn < 1000; turn += 1) await new Promise(setImmediate)
      begun[0]?.()
      const ended = await Promise.allSettled([first, ...others])
      assert.deepEqual(
        ended.map(({ status }) => status),
        ['rejected', 'rejected', 'rejected'],
      )
      trouble.step = undefined
      await assert.rejects(commit('d'))
      assert.equal(batches, 1, 'nothing is written behind what failed')
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
}

test('a folder sync that failed for an upload that was given up ends the acknowledgements, too', () =>
  withMachine(async (machine, trouble) => {
    trouble.step = 'sync of a content folder'
    // The digest is wrong, so the bytes are thrown away and nobody waits for their folder.
    const headers = { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' }
    assert.equal((await machine.ask({ ...put('given-up', 'bytes'), headers })).status, 400)
    trouble.step = undefined
    assert.equal((await machine.ask(put('new', 'new'))).status, 500)
    assert.equal((await machine.ask(put('empty', ''))).status, 500)
    return machine.restart()
  }))

test('a folder sync that failed for files made beforehand ends the acknowledgements, too', () =>
  withMachine(async (machine, trouble) => {
    trouble.step = 'sync of a content folder'
    const statuses: number[] = []
    for (let number = 0; number < 40; number += 1) {
      statuses.push((await machine.ask(put(`new-${number}`, 'new'))).status)
    }
    trouble.step = undefined
    const failedAt = statuses.indexOf(500)
    assert.ok(failedAt >= 0, 'more files were needed than there were')
    const last = await machine.ask(put('other', 'other'))
    assert.deepEqual(new Set([...statuses.slice(failedAt), last.status]), new Set([500]))
    const again = await machine.restart()
    for (const [number, status] of statuses.entries()) {
      if (status === 200) assert.equal((await again.ask(get(`new-${number}`))).text, 'new')
    }
    return again
  }, 16))

test('where no files can be made beforehand, what there are is used up, and then the request is refused', () =>
  withMachine(async (machine, trouble) => {
    for (let number = 0; number < 20; number += 1) {
      assert.equal((await machine.ask(put(`early-${number}`, 'early'))).status, 200)
    }
    trouble.step = 'create'
    const statuses: number[] = []
    for (let number = 0; number < 40; number += 1) {
      statuses.push((await machine.ask(put(`new-${number}`, 'new'))).status)
    }
    const refusedAt = statuses.indexOf(500)
    assert.ok(refusedAt > 0, `${refusedAt} were taken`)
    assert.deepEqual(new Set(statuses.slice(refusedAt)), new Set([500]))
    trouble.step = undefined
    assert.equal((await machine.ask(put('late', 'late'))).status, 200)
    assert.deepEqual(machine.failures, [])
    const again = await machine.restart()
    assert.equal((await again.ask(get(`new-${refusedAt - 1}`))).text, 'new')
    return again
  }, 16))
