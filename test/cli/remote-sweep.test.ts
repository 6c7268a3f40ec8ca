/** `discard --remote` when uploads are old, by a server whose clock the test moves: list, consent, outcome, exit code. */
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { UsageError } from '../../src/cli/failure.js'
import { type SweepFlags, sweepRemote } from '../../src/cli/remote-sweep.js'
import type { World as CliWorld } from '../../src/cli/world.js'
import { bytesFrom, createWorld, failure, PART, type World } from '../library/world.js'

const dayMs = 86_400_000

interface Stage {
  readonly world: World
  readonly lines: string[]
  readonly errors: string[]
  readonly old: readonly string[]
  readonly young: string
  readonly known: string
  sweep(flags?: Partial<SweepFlags>, ask?: CliWorld['ask']): Promise<number>
}

/** Two uploads of eight days ago that no store knows, one that ours does, and one of today. */
async function openStage(t: TestContext): Promise<Stage> {
  let offsetMs = 0
  const clock = { now: () => Date.now() + offsetMs, sleep: async () => {} }
  const world = await createWorld(t, { clock })
  const elsewhere = join(world.folder, 'elsewhere')
  const filename = await world.file(bytesFrom(1, 3 * PART))
  const stopped = async (key: string, store: string): Promise<string> => {
    const before = new Set(await world.unfinished())
    world.stopAtPart(2)
    await failure(world.upload(key, filename, { store }), 'denied')
    world.server.faults.clear()
    return (await world.unfinished()).find((id) => !before.has(id)) ?? ''
  }
  const old = [await stopped('a', elsewhere), await stopped('b', elsewhere)]
  const known = await stopped('c', world.store)
  offsetMs = 8 * dayMs
  const young = await stopped('d', elsewhere)
  await rm(elsewhere, { recursive: true })

  const lines: string[] = []
  const errors: string[] = []
  const { server } = world
  const cli: CliWorld = {
    screen: {
      out: (line) => void lines.push(line),
      outBytes: async () => true,
      err: (line) => void errors.push(line),
      status() {},
      clearStatus() {},
      moving: false,
      columns: () => 80,
      rows: () => 24,
      flush: async () => {},
    },
    environment: { OSS_ACCESS_KEY_ID: server.accessKeyId, OSS_ACCESS_KEY_SECRET: server.accessKeySecret },
    script: '',
    program: 'longhaul',
    args: [],
    signal: new AbortController().signal,
    stoppedBy: () => undefined,
    atSuddenEnd: () => () => {},
  }
  const given: SweepFlags = {
    remote: 'oss://examplebucket/',
    endpoint: server.endpoint,
    store: world.store,
    olderThan: 7 * dayMs,
  }
  const sweep: Stage['sweep'] = (flags = {}, ask) =>
    sweepRemote({ ...given, ...flags }, ask === undefined ? cli : { ...cli, ask })
  return { world, lines, errors, old, young, known, sweep }
}

async function assertLeft({ world }: Stage, ids: readonly string[]): Promise<void> {
  assert.deepEqual(new Set(await world.unfinished()), new Set(ids))
}

test('with consent the old ones are aborted: not the younger one, nor one that the store here knows', async (t) => {
  const stage = await openStage(t)
  assert.equal(await stage.sweep({ yes: true }), 0)
  await assertLeft(stage, [stage.known, stage.young])
  const text = stage.lines.join('\n')
  assert.match(
    text,
    /2 uploads at .*, 200\.0 KiB, without a new part for 7 d\. Left out: 1 that .* knows, 1 younger\./,
  )
  for (const id of stage.old) assert.match(text, new RegExp(`Aborted oss://examplebucket/[ab] ${id}`))
  assert.equal(stage.lines.at(-1), 'Aborted 2 of 2 uploads.')
  assert.ok(!text.includes(stage.known) && !text.includes(stage.young))
})

test('at a terminal the list comes first, then the question; anything but yes aborts nothing', async (t) => {
  const stage = await openStage(t)
  for (const answer of ['', 'n', 'yeah']) {
    const exitCode = await stage.sweep({}, async (question) => {
      assert.match(question, /Abort these 2\?.*\[y\/N\]/)
      for (const id of stage.old) assert.ok(stage.lines.join('\n').includes(id), 'asked before the list')
      return answer
    })
    assert.equal(exitCode, 0)
    assert.equal(stage.lines.at(-1), 'Nothing was aborted.')
  }
  await assertLeft(stage, [...stage.old, stage.known, stage.young])
  assert.equal(await stage.sweep({ quiet: true }, async () => 'Y'), 0)
  await assertLeft(stage, [stage.known, stage.young])
})

test('without a terminal, and with --json, consent has to be given beforehand', async (t) => {
  const stage = await openStage(t)
  await assert.rejects(stage.sweep(), UsageError)
  await assert.rejects(
    stage.sweep({ json: true }, async () => 'y'),
    /add --yes/,
  )
  assert.equal(await stage.sweep({ dryRun: true }), 0)
  assert.equal(stage.world.asked('AbortMultipartUpload').length, 0)
  await assertLeft(stage, [...stage.old, stage.known, stage.young])
})

test('--json tells the list, each outcome and the sum', async (t) => {
  const stage = await openStage(t)
  assert.equal(await stage.sweep({ json: true, yes: true, remote: 'oss://examplebucket/a' }), 0)
  const [listed, result, summary] = stage.lines.map((line) => JSON.parse(line))
  const [id] = stage.old
  assert.equal(stage.lines.length, 3)
  assert.deepEqual([listed.type, listed.v, listed.uploadId, listed.whose], ['remote-upload', 1, id, 'others'])
  assert.deepEqual(result, {
    type: 'result',
    v: 1,
    bucket: 'examplebucket',
    key: 'a',
    uploadId: id,
    outcome: 'aborted',
  })
  assert.deepEqual(summary, { type: 'summary', v: 1, exitCode: 0, count: 1, done: 1, failed: 0, touched: 0 })
})

test('what fails is told: 3 when some did, the common code when all did', async (t) => {
  const stage = await openStage(t)
  const refuse = (key?: string): void =>
    stage.world.server.faults.add({
      operation: 'AbortMultipartUpload',
      effect: 'error',
      code: 'AccessDenied',
      status: 403,
      times: null,
      ...(key === undefined ? {} : { key }),
    })
  refuse()
  assert.equal(await stage.sweep({ yes: true }), 6)
  stage.world.server.faults.clear()
  refuse('b')
  assert.equal(await stage.sweep({ yes: true }), 3)
  assert.equal(stage.lines.at(-1), 'Aborted 1 of 2 uploads.')
  assert.equal(stage.errors.length, 3)
  await assertLeft(stage, [stage.old[1] ?? '', stage.known, stage.young])
})
