/**
 * A real uploading process is killed with SIGKILL again and again, and started again. The server counts what it was sent:
 * nothing that it had acknowledged before a start comes again after it, and the object is the file.
 */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { pendingUploads } from '../../src/index.js'
import type { RequestLogEntry } from '../../src/server/index.js'
import { bytesFrom, createWorld, KiB, MiB, type World } from '../library/world.js'
import { chooseSeed, luckFrom } from './seed.js'
import type { UploadJob } from './uploader.js'
import { type Ended, startUploader } from './uploader-process.js'

const KILLS = 10
const PARTS = 70
const THREADS = 3
const PART = 300 * KiB
const size = PARTS * PART - 1
/** Bytes a second; slow enough that a process often dies in the midst of its parts. */
const RATE = 4 * MiB

/** A process dies when the server is about to send its n-th answer, counted from 1, or some milliseconds later. */
interface Moment {
  readonly answer: number
  readonly laterMs: number
}

interface Place {
  readonly world: World
  readonly job: UploadJob
  readonly bytes: Buffer
  /** Runs one process until it ends by itself or `isMoment` says so. */
  live(isMoment: (entry: RequestLogEntry, answers: number) => number | undefined): Promise<Ended>
}

async function createPlace(t: TestContext, limits: { readonly limitRate?: number } = {}): Promise<Place> {
  let onAnswer = (_: RequestLogEntry): void => {}
  const world = await createWorld(t, { onRequest: (entry) => onAnswer(entry) })
  const bytes = bytesFrom(1, size)
  const job: UploadJob = {
    endpoint: world.server.endpoint,
    bucket: 'examplebucket',
    key: 'dir/object.dat',
    filename: await world.file(bytes),
    options: {
      store: world.store,
      multipartThreshold: 0,
      partSize: PART,
      numThreads: THREADS,
      ...limits,
    },
  }
  const environment = {
    OSS_ACCESS_KEY_ID: world.server.accessKeyId,
    OSS_ACCESS_KEY_SECRET: world.server.accessKeySecret,
  }
  return {
    world,
    job,
    bytes,
    async live(isMoment) {
      let answers = 0
      const running = startUploader(job, { environment })
      onAnswer = (entry) => {
        answers += 1
        const laterMs = isMoment(entry, answers)
        if (laterMs === 0) running.kill()
        else if (laterMs !== undefined) setTimeout(running.kill, laterMs)
      }
      try {
        return await running.ended
      } finally {
        onAnswer = () => {}
      }
    },
  }
}

function acknowledged(entries: readonly RequestLogEntry[]): Set<number> {
  const parts = entries.filter(({ operation, status }) => operation === 'UploadPart' && status === 200)
  return new Set(parts.map(({ partNumber = 0 }) => partNumber))
}

function assertNotAgain(
  entries: readonly RequestLogEntry[],
  before: ReadonlySet<number>,
  when: string,
): void {
  const again = entries.filter(
    ({ operation, partNumber = 0 }) => operation === 'UploadPart' && before.has(partNumber),
  )
  assert.deepEqual(
    again.map(({ partNumber }) => partNumber),
    [],
    `sent again ${when}`,
  )
}

test(`killed at ${KILLS} moments by chance, nothing acknowledged is sent again, and the bytes are right`, async (t) => {
  const seed = chooseSeed()
  t.diagnostic(`LONGHAUL_SEED=${seed}`)
  const luck = luckFrom(seed)
  const { world, live, bytes, job } = await createPlace(t, { limitRate: RATE })
  for (let kill = 1; kill <= KILLS; kill += 1) {
    const moment: Moment = {
      answer: 1 + Math.floor(luck() * 8),
      laterMs: luck() < 0.5 ? 0 : Math.floor(luck() * 100),
    }
    t.diagnostic(`kill ${kill}: at answer ${moment.answer}, ${moment.laterMs} ms later`)
    const before = acknowledged(world.server.requests.entries())
    const from = world.server.requests.entries().length
    const { killed } = await live((_, answers) => (answers === moment.answer ? moment.laterMs : undefined))
    assert.ok(killed, `process ${kill} ended by itself`)
    assertNotAgain(world.server.requests.entries().slice(from), before, `after kill ${kill - 1}`)
  }
  const before = acknowledged(world.server.requests.entries())
  const from = world.server.requests.entries().length
  const { end } = await live(() => undefined)
  assert.equal(end?.type, 'result', JSON.stringify(end))
  assertNotAgain(world.server.requests.entries().slice(from), before, `after kill ${KILLS}`)

  // Whatever was sent twice was in flight when its process died.
  const sent = world.asked('UploadPart').reduce((sum, { bytesIn }) => sum + bytesIn, 0)
  const most = KILLS * THREADS * PART
  t.diagnostic(`${sent - size} of at most ${most} bytes were sent twice`)
  assert.ok(sent - size <= most, `${sent - size} bytes were sent twice`)
  assert.deepEqual(await world.objectBytes(job.key), bytes)
  assert.deepEqual([world.stored(), await world.unfinished()], [[], []])
})

/** Answers that are lost with the process that waits for them: the work is done, and nobody was told. */
for (const operation of ['InitiateMultipartUpload', 'CompleteMultipartUpload'] as const) {
  test(`killed when ${operation} is done and not yet answered`, async (t) => {
    const { world, live, bytes, job } = await createPlace(t)
    const { killed } = await live((entry) => (entry.operation === operation ? 0 : undefined))
    assert.ok(killed)
    const before = acknowledged(world.server.requests.entries())
    const { end } = await live(() => undefined)
    assert.ok(end?.type === 'result', JSON.stringify(end))
    assert.equal(world.asked('InitiateMultipartUpload').length, 1, 'the upload was found again')
    assert.equal(world.asked('UploadPart').length, PARTS)
    assert.equal(before.size, operation === 'InitiateMultipartUpload' ? 0 : PARTS)
    assert.deepEqual(await world.objectBytes(job.key), bytes)
    assert.deepEqual([world.stored(), await world.unfinished()], [[], []])
  })
}

test('what a killed process had written down is in its checkpoint, and its hold is not', async (t) => {
  const { world, live } = await createPlace(t)
  const { told } = await live((entry, answers) =>
    entry.operation === 'UploadPart' && answers > 20 ? 0 : undefined,
  )
  const stored = told.filter(({ type }) => type === 'part-stored').length
  assert.ok(stored > THREADS, `only ${stored} parts were told of: too few to tell a line from none`)
  const [pending] = await pendingUploads(world.store)
  assert.equal(pending?.state, 'open')
  // Each sender may be one line ahead of the disk: what it sent meanwhile is found by asking the service.
  assert.ok(pending.partsStored >= stored - THREADS, `${pending.partsStored} of ${stored}`)
  assert.equal(pending.heldBy, undefined)
})
