/** Many files in one call, over a real socket: what is done stays done, what fails stops nobody, one limit holds for all. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  forgetRun,
  type ManyEvent,
  type ManySource,
  pendingRuns,
  resumableUploadMany,
  UploadManyError,
  type UploadManyOptions,
} from '../../src/index.js'
import { bytesFrom, createWorld, KiB, PART, type World } from './world.js'

async function filesIn(world: World, count: number, size = 3 * KiB): Promise<readonly ManySource[]> {
  const folder = join(world.folder, 'files')
  await mkdir(folder, { recursive: true })
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const filename = join(folder, `file-${String(index).padStart(3, '0')}`)
      await writeFile(filename, bytesFrom(index, size + index))
      return { filename, key: `p/file-${index}` }
    }),
  )
}

function uploader(world: World): {
  readonly events: ManyEvent[]
  many(sources: readonly ManySource[], options?: UploadManyOptions): ReturnType<typeof resumableUploadMany>
} {
  const events: ManyEvent[] = []
  const options = {
    store: world.store,
    multipartThreshold: PART,
    partSize: PART,
    onEvent: (event: ManyEvent) => void events.push(event),
  }
  return {
    events,
    many: (sources, more) => resumableUploadMany(world.bucket, sources, { ...options, ...more }),
  }
}

const refuse = (world: World, key: string): void =>
  void world.server.faults.add({ key, effect: 'error', code: 'AccessDenied', status: 403 })

const unexpected = (): never => assert.fail('it should have been rejected')

test('small files and a large one become their objects, and nothing is left in the store', async (t) => {
  const world = await createWorld(t)
  const large = { filename: await world.file(bytesFrom(99, 5 * PART + 7)), key: 'large' }
  const small = await filesIn(world, 20)
  const { many, events } = uploader(world)
  const summary = await many([large, ...small], { numThreads: 3 })
  assert.deepEqual([summary.uploaded, summary.skipped, summary.failed], [21, 0, 0])
  assert.equal(summary.bytes.sent, summary.bytes.uploaded)
  assert.deepEqual(await world.objectBytes('large'), Buffer.from(bytesFrom(99, 5 * PART + 7)))
  assert.deepEqual(await world.objectBytes('p/file-7'), Buffer.from(bytesFrom(7, 3 * KiB + 7)))
  assert.equal(world.asked('UploadPart').length, 6)
  assert.equal(world.asked('PutObject').length, 20)
  assert.deepEqual(world.stored(), [])
  const last = events.at(-1)
  assert.equal(last?.type, 'run-progress')
  assert.ok(last?.type === 'run-progress' && last.consumedBytes === last.totalBytes && last.allKnown)
})

test('a file that fails is told with its code, stops no other, and is taken up by the same call', async (t) => {
  const world = await createWorld(t)
  const sources = await filesIn(world, 12)
  refuse(world, 'p/file-5')
  const first = uploader(world)
  const summary = await first.many([...sources, { filename: join(world.folder, 'absent'), key: 'absent' }])
  assert.deepEqual([summary.uploaded, summary.failed], [11, 2])
  assert.deepEqual(summary.codes, { denied: 1, 'source-missing': 1 })
  const failed = summary.failures.map(({ key, error }) => [key, error.code]).sort()
  assert.deepEqual(failed, [
    ['absent', 'source-missing'],
    ['p/file-5', 'denied'],
  ])
  const [run] = await pendingRuns(world.store)
  assert.deepEqual([run?.done, run?.failed, run?.ended], [11, 2, true])
  const { code, source, at } = run?.lastError ?? {}
  const told = [
    { code: 'source-missing', source: join(world.folder, 'absent') },
    { code: 'denied', source: sources[5]?.filename },
  ]
  assert.deepEqual(
    { code, source },
    told.find((each) => each.code === code),
    'it names its file',
  )
  assert.ok(at !== undefined && at <= Date.now())

  world.server.faults.clear()
  const again = await uploader(world).many(sources)
  assert.deepEqual([again.uploaded, again.skipped, again.failed], [1, 11, 0])
  assert.deepEqual(world.stored(), [], 'the run is done, and forgotten')
})

test('what changed is sent again: another state, or other headers', async (t) => {
  const world = await createWorld(t)
  const sources = await filesIn(world, 4)
  const keep = { keepManifest: true }
  await uploader(world).many(sources, keep)
  await writeFile(sources[2]?.filename ?? '', 'something else')
  const second = uploader(world)
  const summary = await second.many(sources, keep)
  assert.deepEqual([summary.uploaded, summary.skipped], [1, 3])
  assert.deepEqual(await world.objectBytes('p/file-2'), Buffer.from('something else'))
  const third = await uploader(world).many(sources, { ...keep, headers: { 'x-oss-meta-a': 'b' } })
  assert.deepEqual([third.uploaded, third.skipped], [4, 0])
  const [run] = await pendingRuns(world.store)
  assert.ok(run !== undefined)
  await forgetRun(run, { store: world.store })
  assert.deepEqual(world.stored(), [])
})

test('a stop keeps what is done, and the same call sends only the rest', async (t) => {
  const world = await createWorld(t)
  const sources = await filesIn(world, 30)
  const stop = new AbortController()
  let uploaded = 0
  const run = uploader(world).many(sources, {
    signal: stop.signal,
    onEvent(event) {
      if (event.type !== 'file-uploaded') return
      uploaded += 1
      if (uploaded === 10) stop.abort(new Error('enough'))
    },
  })
  const error = await run.then(unexpected, (reason: unknown) => reason)
  assert.ok(error instanceof UploadManyError)
  assert.equal(error.code, 'cancelled')
  assert.equal(error.summary.uploaded, uploaded)
  assert.equal(error.summary.failed, 0)
  const before = world.asked('PutObject').length
  const { events, many } = uploader(world)
  const summary = await many(sources)
  assert.equal(summary.uploaded + summary.skipped, 30)
  assert.ok(summary.skipped >= uploaded)
  assert.equal(world.asked('PutObject').length - before, summary.uploaded)
  const [resumed] = events.filter((event) => event.type === 'run-resumed')
  assert.equal(resumed?.done, summary.skipped)
})

test('two sources of one key: the second fails, unless it is the same file again', async (t) => {
  const world = await createWorld(t)
  const [a, b] = await filesIn(world, 2)
  assert.ok(a !== undefined && b !== undefined)
  const summary = await uploader(world).many([a, { ...b, key: a.key }, a], { numThreads: 1 })
  assert.deepEqual([summary.uploaded, summary.failed, summary.skipped], [1, 1, 1])
  assert.deepEqual(summary.codes, { conflict: 1 })
})

test('no more files are open than there are hands for, a large one beside small ones', async (t) => {
  const world = await createWorld(t)
  const large = { filename: await world.file(bytesFrom(1, 9 * PART)), key: 'large' }
  const small = await filesIn(world, 25)
  let running = 0
  let most = 0
  world.server.faults.add({ effect: 'delay', ms: 5 })
  const { many } = uploader(world)
  const summary = await many([large, ...small], {
    numThreads: 2,
    onEvent(event) {
      if (event.type === 'file-started') most = Math.max(most, ++running)
      if (event.type === 'file-uploaded') running -= 1
    },
  })
  assert.equal(summary.uploaded, 26)
  assert.ok(most <= 4, `${most} files open at once`)
  assert.equal(world.asked('UploadPart').length, 9)
})

test('maxFailures ends the run, and what it did stays', async (t) => {
  const world = await createWorld(t)
  const sources = await filesIn(world, 20)
  for (const { key } of sources.slice(3)) refuse(world, key)
  const error = await uploader(world)
    .many(sources, { maxFailures: 2, numThreads: 1 })
    .then(unexpected, (reason: unknown) => reason)
  assert.ok(error instanceof UploadManyError)
  assert.equal(error.code, 'denied')
  assert.match(error.message, /^Stopped after 2 failures\. The last one: /)
  assert.ok(error.summary.uploaded >= 3 && error.summary.failed >= 2 && error.summary.failed < 6)
})

test('skip: the same content, or anything of that name', async (t) => {
  const world = await createWorld(t)
  const sources = await filesIn(world, 6)
  await uploader(world).many(sources.slice(0, 4))
  await writeFile(sources[0]?.filename ?? '', bytesFrom(77, 3 * KiB))
  const existing = await uploader(world).many(sources.slice(0, 5), { skip: 'existing' })
  assert.deepEqual([existing.uploaded, existing.skipped], [1, 4])
  const same = await uploader(world).many(sources, { skip: 'same' })
  assert.deepEqual([same.uploaded, same.skipped], [2, 4], 'file 0 differs, file 5 is new')
  const others = await uploader(world).many(sources, { skip: 'same', headers: { 'content-type': 'text/x' } })
  assert.deepEqual([others.uploaded, others.skipped], [6, 0])
})

test('a run that holds the manifest keeps another of its name out', async (t) => {
  const world = await createWorld(t)
  const sources = await filesIn(world, 3)
  let second: Promise<unknown> | undefined
  await uploader(world).many(sources, {
    onEvent(event) {
      if (event.type !== 'file-started') return
      second ??= uploader(world)
        .many(sources)
        .then(unexpected, (reason: { code: string }) => reason.code)
    },
  })
  assert.equal(await second, 'locked')
  assert.equal((await uploader(world).many(sources, { manifest: 'another' })).uploaded, 3)
})

test('sources are pulled as there is room, and a list that breaks off ends the run', async (t) => {
  const world = await createWorld(t)
  const sources = await filesIn(world, 40)
  let pulled = 0
  let ended = 0
  let furthest = 0
  async function* told(): AsyncGenerator<ManySource> {
    for (const source of sources) {
      pulled += 1
      furthest = Math.max(furthest, pulled - ended)
      yield source
    }
    throw new Error('the disk went away')
  }
  const error = await resumableUploadMany(world.bucket, told(), {
    store: world.store,
    numThreads: 2,
    onEvent(event) {
      if (event.type === 'file-uploaded') ended += 1
    },
  }).then(unexpected, (reason: unknown) => reason)
  assert.ok(error instanceof UploadManyError)
  assert.match(error.message, /^The list of sources broke off: the disk went away$/)
  assert.equal(error.code, 'source-missing')
  assert.ok(furthest <= 5, `${furthest} were pulled and not ended`)
  assert.ok(readdirSync(world.store).some((name) => name.endsWith('.manifest')))
  await rm(world.store, { recursive: true })
})

test('wrong options are refused before anything is sent', async (t) => {
  const world = await createWorld(t)
  const { many } = uploader(world)
  const sources = await filesIn(world, 1)
  for (const wrong of [
    { skip: 'no' },
    { maxFailures: 0 },
    { manifest: 3 },
    { adopt: 'id' },
    { numThreads: 0 },
  ]) {
    await assert.rejects(many(sources, wrong as unknown as UploadManyOptions), { code: 'invalid-argument' })
  }
  await assert.rejects(many(7 as unknown as readonly ManySource[]), { code: 'invalid-argument' })
  assert.deepEqual(world.server.requests.entries(), [])
})
