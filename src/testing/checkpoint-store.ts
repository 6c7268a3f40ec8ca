/** What every checkpoint store owes the engine. `make` opens the same store anew, as a later life of the process would. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UploadError, type UploadErrorCode } from '../engine/errors.js'
import type { CheckpointLine, CheckpointStore, Target } from '../engine/ports.js'

export interface StoreWorld {
  /** The store; each call opens it again over the same contents. */
  open(): CheckpointStore
  close(): Promise<void>
}

const target: Target = { service: 'cn-hangzhou', bucket: 'examplebucket', key: 'exampledir/object.dat' }

const ODD_KEYS = [
  '.',
  '..',
  '../../escape',
  '/',
  'a//b',
  'a/b',
  'a_b',
  'A/B',
  'CON',
  'ключ/目录/😀',
  'with space',
  'line\nbreak',
  'quote"back\\slash',
  '\ud800',
  'k'.repeat(1023),
  `${'k'.repeat(1022)}l`,
  'a.journal',
  '-rf',
]

export function checkpointStoreContract(name: string, make: () => Promise<StoreWorld>): void {
  const check = (title: string, body: (world: StoreWorld) => Promise<void>): void => {
    test(`${name}: ${title}`, async () => {
      const world = await make()
      try {
        await body(world)
      } finally {
        await world.close()
      }
    })
  }

  check('a target never seen before is empty, and taking hold of it lists nothing', async (world) => {
    const store = world.open()
    assert.deepEqual(await store.list(), [])
    const log = await store.acquire(target)
    assert.deepEqual(await log.read(), { lines: [], damaged: [] })
    assert.equal(await log.held(), true)
    assert.deepEqual(await store.list(), [])
    await log.release()
    assert.deepEqual(await store.list(), [])
  })

  check('appended lines come back in order, in this life and the next', async (world) => {
    const lines = Array.from({ length: 20 }, (_, index) => ({ kind: 'stored', partNumber: index + 1 }))
    const log = await world.open().acquire(target)
    for (const line of lines) await log.append(line)
    assert.deepEqual((await log.read()).lines, lines)
    await log.release()

    const later = await world.open().acquire(target)
    assert.deepEqual(await later.read(), { lines, damaged: [] })
    await later.append({ kind: 'completing' })
    assert.deepEqual((await later.read()).lines, [...lines, { kind: 'completing' }])
    await later.release()
  })

  check('appends made at once are all kept, in the order of the calls', async (world) => {
    const lines = Array.from({ length: 50 }, (_, index) => ({ partNumber: index + 1 }))
    const log = await world.open().acquire(target)
    await Promise.all(lines.map((line) => log.append(line)))
    await log.release()
    const later = await world.open().acquire(target)
    assert.deepEqual((await later.read()).lines, lines)
    await later.release()
  })

  check('any JSON object is kept as it is', async (world) => {
    const store = world.open()
    const lines: readonly CheckpointLine[] = [
      {},
      { '': null },
      { nested: { deep: [1, -0.5, 1e300, true, [[]], { '\u0000': '\u2028' }] } },
      { text: 'line\nbreak, "quotes", \\, \ud800, 😀, \u007f' },
      { 'a key\nwith a break': '' },
      { crc64: '18446744073709551615' },
      { long: 'x'.repeat(100_000) },
    ]
    const log = await store.acquire(target)
    try {
      for (const line of lines) await log.append(line)
      assert.equal(JSON.stringify((await log.read()).lines), JSON.stringify(lines))
      await log.remove()
    } finally {
      await log.release()
    }
  })

  check(
    'what is changed after it was appended, or after it was read, stays as it was written',
    async (world) => {
      const log = await world.open().acquire(target)
      const line = { kind: 'opened', headers: { a: '1' } }
      await log.append(line)
      line.headers.a = '2'
      const [read] = (await log.read()).lines
      Object.assign(read as Record<string, unknown>, { kind: 'changed' })
      assert.deepEqual((await log.read()).lines, [{ kind: 'opened', headers: { a: '1' } }])
      await log.release()
    },
  )

  check('odd keys are each their own target', async (world) => {
    const store = world.open()
    for (const key of ODD_KEYS) {
      const log = await store.acquire({ ...target, key })
      assert.deepEqual((await log.read()).lines, [], `nothing yet for ${JSON.stringify(key)}`)
      await log.append({ key })
      await log.release()
    }
    for (const key of ODD_KEYS) {
      const log = await store.acquire({ ...target, key })
      assert.deepEqual((await log.read()).lines, [{ key }])
      await log.release()
    }
    const summaries = await store.list()
    assert.equal(new Set(summaries.map(({ id }) => id)).size, ODD_KEYS.length)
    assert.deepEqual(new Set(summaries.map((summary) => summary.target?.key)), new Set(ODD_KEYS))
  })

  check('one key in another bucket or service is another target, held apart', async (world) => {
    const store = world.open()
    const targets: Target[] = [
      target,
      { ...target, bucket: 'other' },
      { ...target, service: 'http://127.0.0.1:9500' },
      { service: target.service, bucket: `${target.bucket}/exampledir`, key: 'object.dat' },
    ]
    const logs = []
    for (const each of targets) logs.push(await store.acquire(each))
    for (const [index, log] of logs.entries()) await log.append({ index })
    for (const [index, log] of logs.entries()) assert.deepEqual((await log.read()).lines, [{ index }])
    for (const log of logs) await log.release()
    assert.equal((await store.list()).length, targets.length)
  })

  check('a second hold is refused until the first is released', async (world) => {
    const first = await world.open().acquire(target)
    await rejectsWith('locked', () => world.open().acquire(target), true)
    await rejectsWith('locked', () => world.open().acquire(target, { steal: false }), true)
    await first.release()
    const second = await world.open().acquire(target)
    assert.equal(await first.held(), false)
    assert.equal(await second.held(), true)
    await second.release()
  })

  check('of many that ask at once exactly one gets it', async (world) => {
    const store = world.open()
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => store.acquire(target)))
    const winners = outcomes.filter((outcome) => outcome.status === 'fulfilled')
    assert.equal(winners.length, 1)
    for (const winner of winners) await winner.value.release()
  })

  check('whoever is stolen from knows it, and can change nothing any more', async (world) => {
    const robbed = await world.open().acquire(target)
    await robbed.append({ by: 'robbed' })
    const thief = await world.open().acquire(target, { steal: true })
    assert.equal(await robbed.held(), false)
    assert.equal(await thief.held(), true)
    await rejectsWith('locked', () => robbed.append({ by: 'robbed, again' }))
    await rejectsWith('locked', () => robbed.setAside())
    await rejectsWith('locked', () => robbed.remove())
    await thief.append({ by: 'thief' })
    await robbed.release()
    assert.equal(await thief.held(), true, 'the release of the robbed does not free what is the thief’s')
    await rejectsWith('locked', () => world.open().acquire(target))
    assert.deepEqual((await thief.read()).lines, [{ by: 'robbed' }, { by: 'thief' }])
    await thief.release()
  })

  check('what the robbed wrote durably while it was robbed, the thief reads', async (world) => {
    for (let round = 1; round <= 20; round += 1) {
      const robbed = await world.open().acquire(target)
      const durable: CheckpointLine[] = []
      const write = async (): Promise<void> => {
        for (const kind of ['intent', 'opened']) {
          await robbed.append({ kind, round })
          durable.push({ kind, round })
        }
      }
      const writing = write().catch((error: unknown) => {
        assert.equal((error as UploadError).code, 'locked')
      })
      const thief = await world.open().acquire(target, { steal: true })
      await writing
      assert.deepEqual((await thief.read()).lines, durable)
      await thief.remove()
      assert.deepEqual(await world.open().list(), [])
      await robbed.release()
      await thief.release()
    }
  })

  check('stealing what nobody holds is an ordinary hold', async (world) => {
    const log = await world.open().acquire(target, { steal: true })
    await log.append({ kind: 'intent' })
    await rejectsWith('locked', () => world.open().acquire(target))
    await log.release()
  })

  check('removing empties the log, keeps the hold, and can be done twice', async (world) => {
    const store = world.open()
    const log = await store.acquire(target)
    await log.append({ kind: 'opened' })
    await log.remove()
    await log.remove()
    assert.deepEqual(await log.read(), { lines: [], damaged: [] })
    assert.deepEqual(await store.list(), [])
    assert.equal(await log.held(), true)
    await rejectsWith('locked', () => world.open().acquire(target))
    await log.append({ kind: 'anew' })
    assert.deepEqual((await log.read()).lines, [{ kind: 'anew' }])
    await log.release()
  })

  check('what is set aside is out of the way, each time under its own name', async (world) => {
    const store = world.open()
    const log = await store.acquire(target)
    await rejectsWith('store-unusable', () => log.setAside())
    await log.append({ kind: 'opened', life: 1 })
    const first = await log.setAside()
    assert.deepEqual(await log.read(), { lines: [], damaged: [] })
    assert.deepEqual(await store.list(), [])
    await log.append({ kind: 'opened', life: 2 })
    const second = await log.setAside()
    assert.notEqual(first, second)
    await log.append({ kind: 'opened', life: 3 })
    assert.deepEqual((await log.read()).lines, [{ kind: 'opened', life: 3 }])
    await log.release()
  })

  check('a released log refuses changes, and may be released again', async (world) => {
    const log = await world.open().acquire(target)
    await log.append({ kind: 'opened' })
    await log.release()
    await log.release()
    assert.equal(await log.held(), false)
    await rejectsWith('locked', () => log.append({ kind: 'late' }))
    await rejectsWith('locked', () => log.remove())
    await rejectsWith('locked', () => log.setAside())
    const later = await world.open().acquire(target)
    assert.deepEqual((await later.read()).lines, [{ kind: 'opened' }])
    await later.release()
  })

  check('what was asked before the release is done before it', async (world) => {
    const log = await world.open().acquire(target)
    const appended = Promise.all([log.append({ n: 1 }), log.append({ n: 2 })])
    await log.release()
    await appended
    const later = await world.open().acquire(target)
    assert.deepEqual((await later.read()).lines, [{ n: 1 }, { n: 2 }])
    await later.release()
  })

  check('the list tells id, target, lines, time and holder', async (world) => {
    const store = world.open()
    const log = await store.acquire(target)
    const line: CheckpointLine = { kind: 'opened', uploadId: 'U' }
    await log.append(line)
    const [held, ...others] = await store.list()
    assert.equal(others.length, 0)
    assert.deepEqual(held?.lines, [line])
    assert.deepEqual(held?.target, target)
    assert.equal(typeof held?.heldBy, 'string')
    assert.ok(Number.isSafeInteger(held?.modified))
    await log.release()
    const [free] = await world.open().list()
    assert.equal(free?.id, held?.id)
    assert.equal(free !== undefined && 'heldBy' in free, false)
  })
}

async function rejectsWith(
  code: UploadErrorCode,
  work: () => Promise<unknown>,
  retryable?: boolean,
): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof UploadError, String(error))
    assert.equal(error.code, code)
    if (retryable !== undefined) assert.equal(error.retryable, retryable)
    assert.ok(error.message.length > 20 && !error.message.includes('\n'), error.message)
    return true
  })
}
