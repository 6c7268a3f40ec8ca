/**
 * One upload by real processes, each killed at its planned moment, and a last one that is left alone. Whatever the plan
 * says, that one must finish, and nothing that the server had acknowledged before a life began is sent again in it.
 */
import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { journalStore } from '../../src/index.js'
import type { FaultRule, RequestLogEntry } from '../../src/server/index.js'
import { bytesFrom, createWorld, type Scope, temporaryFolder, type World } from '../library/world.js'
import { type Place, placeOfDeath } from './death.js'
import { type KillPlan, type Moment, momentInWords } from './kill-plan.js'
import type { UploadJob } from './uploader.js'
import { type Ended, type Running, startUploader } from './uploader-process.js'

export interface KilledUpload {
  readonly deaths: readonly Place[]
  /** Bytes of parts that the server received more than once. */
  readonly sentTwice: number
  /** What the deaths allow for: as many parts as were in flight. */
  readonly mayBeSentTwice: number
}

/** An upload from its beginning until it is done or nothing more is known of it. */
interface Cycle {
  /** Requests before it. */
  readonly from: number
  deaths: number
}

const KEY = 'dir/object.dat'

/** @throws AssertionError naming the promise that was broken, and the deaths before */
export async function playKills(
  scope: Scope,
  plan: KillPlan,
  say: (line: string) => void = () => {},
): Promise<KilledUpload> {
  const story: string[] = []
  const tell = (line: string): void => {
    story.push(line)
    say(line)
  }
  try {
    return await play(scope, plan, tell)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new assert.AssertionError({ message: `${why}\n  ${story.join('\n  ')}` })
  }
}

async function play(scope: Scope, plan: KillPlan, tell: (line: string) => void): Promise<KilledUpload> {
  const stage = await createStage(scope, plan)
  const { world, bytes } = stage
  const requests = (): readonly RequestLogEntry[] => world.server.requests.entries()
  const deaths: Place[] = []
  let cycle: Cycle = { from: 0, deaths: 0 }
  let sentTwice = 0
  let mayBeSentTwice = 0

  const close = (): void => {
    const parts = requests()
      .slice(cycle.from)
      .filter(({ operation }) => operation === 'UploadPart')
    const twice = parts.reduce((sum, { bytesIn }) => sum + bytesIn, 0) - plan.size
    const allowed = cycle.deaths * plan.numThreads * plan.partSize
    assert.ok(twice <= allowed, `${twice} bytes were sent twice, and at most ${allowed} may`)
    sentTwice += Math.max(twice, 0)
    mayBeSentTwice += allowed
    cycle = { from: requests().length, deaths: 0 }
  }

  for (const moment of [...plan.moments, undefined]) {
    const before = acknowledged(requests().slice(cycle.from))
    const from = requests().length
    const names = new Set(world.stored())
    const linesBefore = (await kindsOf(world))?.length ?? 0

    const { killed, due, end, told } = await stage.live(moment)
    assert.ok(!killed || due, 'the process hung until it was ended')
    const answered = requests().slice(from)
    assertNoneAgain(answered, before)
    for (const message of told) {
      assert.notEqual(message.type, 'orphans-suspected', 'uploads of lost Initiates were left behind')
    }
    if (!killed) {
      tell(`it ended by itself: ${JSON.stringify(end)}`)
      assert.equal(end?.type, 'result', 'a plain run did not finish')
      close()
      await assertDone(world, bytes)
      return { deaths, sentTwice, mayBeSentTwice }
    }
    if (moment === undefined) break
    cycle.deaths += 1
    const kinds = await kindsOf(world)
    const completed = requests()
      .slice(cycle.from)
      .some(({ operation, status }) => operation === 'CompleteMultipartUpload' && status === 200)
    const ownLock = world.stored().some((name) => !name.endsWith('.journal') && !names.has(name))
    const where = placeOfDeath({ kinds, linesBefore, ownLock, answered, completed })
    deaths.push(where)
    tell(`killed ${momentInWords(moment)}: ${where}, ${answered.length} answers, ${kinds?.length ?? 0} lines`)
    if (where === 'removed') {
      // All was done, only nobody was told. The next life knows nothing and is an upload of its own.
      assert.deepEqual(
        await world.objectBytes(KEY),
        bytes,
        'the checkpoint was removed before the object was right',
      )
      assert.deepEqual(await world.unfinished(), [], 'the checkpoint was removed before the service was tidy')
      close()
    }
  }
  throw new Error('The last life was killed.')
}

interface Stage {
  readonly world: World
  readonly bytes: Buffer
  /** `due`: the moment came, and the process was sent its SIGKILL. */
  live(moment: Moment | undefined): Promise<Ended & { readonly due: boolean }>
}

async function createStage(scope: Scope, plan: KillPlan): Promise<Stage> {
  let onAnswer = (_: RequestLogEntry): void => {}
  const dataDir = plan.onDisk ? { dataDir: join(await temporaryFolder(scope), 'data') } : {}
  const world = await createWorld(scope, {
    ...dataDir,
    faults: delays(plan),
    onRequest: (entry) => onAnswer(entry),
  })
  const bytes = bytesFrom(plan.number, plan.size)
  const job: UploadJob = {
    endpoint: world.server.endpoint,
    bucket: 'examplebucket',
    key: KEY,
    filename: await world.file(bytes),
    options: {
      store: world.store,
      multipartThreshold: 0,
      partSize: plan.partSize,
      numThreads: plan.numThreads,
    },
  }
  const environment = {
    OSS_ACCESS_KEY_ID: world.server.accessKeyId,
    OSS_ACCESS_KEY_SECRET: world.server.accessKeySecret,
  }
  return {
    world,
    bytes,
    async live(moment) {
      const { kind } = moment?.mark ?? {}
      let due = false
      const kill = (running: Running): void => {
        if (moment === undefined) return
        killLater(running, moment.laterUs)
        due = true
      }
      let answers = 0
      const { limitRate } = plan
      const options =
        moment === undefined || limitRate === undefined ? job.options : { ...job.options, limitRate }
      const running = startUploader(
        { ...job, options },
        {
          environment,
          onMessage: ({ type }) => {
            if (type === kind) kill(running)
          },
        },
      )
      if (kind === 'start') kill(running)
      onAnswer = (entry) => {
        answers += 1
        if (moment?.mark.kind === 'answer' && moment.mark.nth === answers) kill(running)
        if (moment?.mark.kind === 'operation' && moment.mark.operation === entry.operation) kill(running)
      }
      try {
        return { ...(await running.ended), due }
      } finally {
        onAnswer = () => {}
      }
    },
  }
}

function delays({ delaysMs: { initiate, complete } }: KillPlan): readonly FaultRule[] {
  const times = null
  const rule = (operation: string, ms: number): readonly FaultRule[] =>
    ms === 0 ? [] : [{ operation, effect: 'delay', ms, times }]
  return [...rule('InitiateMultipartUpload', initiate), ...rule('CompleteMultipartUpload', complete)]
}

/** To the microsecond as far as the event loop lets us: a timer alone would be late by a whole millisecond. */
function killLater(running: Running, laterUs: number): void {
  if (laterUs === 0) {
    running.kill()
    return
  }
  const until = performance.now() + laterUs / 1000
  const look = (): void => {
    const leftMs = until - performance.now()
    if (leftMs <= 0) running.kill()
    else if (leftMs > 2) setTimeout(look, leftMs - 2)
    else setImmediate(look)
  }
  look()
}

function acknowledged(entries: readonly RequestLogEntry[]): ReadonlySet<number> {
  const parts = entries.filter(({ operation, status }) => operation === 'UploadPart' && status === 200)
  return new Set(parts.map(({ partNumber = 0 }) => partNumber))
}

function assertNoneAgain(entries: readonly RequestLogEntry[], before: ReadonlySet<number>): void {
  const again = entries.filter(
    ({ operation, partNumber = 0 }) => operation === 'UploadPart' && before.has(partNumber),
  )
  assert.deepEqual(
    again.map(({ partNumber }) => partNumber),
    [],
    'parts were sent again although the server had acknowledged them',
  )
}

/** As the journal store itself reads them. */
async function kindsOf(world: World): Promise<readonly string[] | undefined> {
  if (!existsSync(world.store)) return undefined
  const [summary] = await journalStore(world.store).list()
  return summary?.lines.map(({ kind }) => String(kind))
}

async function assertDone(world: World, bytes: Buffer): Promise<void> {
  assert.deepEqual(readdirSync(world.store), [], 'the store folder is not empty')
  assert.deepEqual(await world.unfinished(), [], 'an upload was left behind at the service')
  assert.ok(bytes.equals(await world.objectBytes(KEY)), 'the object is not the file')
}
