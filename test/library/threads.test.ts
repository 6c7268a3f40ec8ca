/** `numThreads`: so many parts are in flight at once, with connections to match, all seen from the server's side. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRateLimit, type RateLimit, type UploadEvent } from '../../src/index.js'
import type { ServerCredentials } from '../../src/server/index.js'
import { createRecorder } from './recorder.js'
import { bytesFrom, bytesOf, createWorld, failure, PART } from './world.js'

/** Connections beside those for parts: listing and settling do not wait for a part. */
const SPARE = 2

for (const [numThreads, inFlight] of [
  [undefined, 1],
  [1, 1],
  [4, 4],
  ['auto', 4],
  [100, 100],
] as const) {
  test(`numThreads ${numThreads ?? 'by default'}: ${inFlight} parts in flight, and connections for them`, async (t) => {
    const world = await createWorld(t)
    const recorder = await createRecorder(world.server)
    t.after(() => recorder.close())
    const bytes = bytesFrom(1, (inFlight + 3) * PART)
    const filename = await world.file(bytes)
    const { gathered, release } = recorder.gather(inFlight)
    const bucket = world.bucketWith({ endpoint: recorder.endpoint })
    const uploading = world.upload('k', filename, { bucket, numThreads })
    // Either as many arrive as are wanted, or the upload is stuck and this test runs into its limit.
    await Promise.race([gathered, uploading])
    release()
    await uploading
    assert.equal(recorder.parts.most, inFlight)
    assert.ok(recorder.connections.most >= inFlight, `${recorder.connections.most} connections`)
    assert.ok(recorder.connections.most <= inFlight + SPARE, `${recorder.connections.most} connections`)
    assert.deepEqual(await world.objectBytes('k'), bytes)
  })
}

test('fewer parts than threads', async (t) => {
  const world = await createWorld(t)
  await world.upload('k', await world.file(bytesFrom(1, PART + 1)), { numThreads: 100 })
  assert.deepEqual(await world.objectBytes('k'), bytesFrom(1, PART + 1))
  assert.equal(world.asked('UploadPart').length, 2)
})

test('another number of threads goes on with the same upload', async (t) => {
  const world = await createWorld(t)
  const filename = await world.file(bytesFrom(1, 6 * PART))
  world.stopAtPart(3)
  await failure(world.upload('k', filename, { numThreads: 1 }), 'denied')
  const result = await world.upload('k', filename, { numThreads: 8 })
  assert.deepEqual([result.resumed, result.parts], [true, { kept: 2, sent: 4 }])
})

test('what is no number of threads is refused before anything is sent', async (t) => {
  const world = await createWorld(t)
  const filename = await world.file(bytesFrom(1, 1))
  for (const numThreads of [0, -1, 101, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 'many' as 'auto']) {
    await failure(world.upload('k', filename, { numThreads }), 'invalid-argument', /numThreads/)
  }
  assert.equal(world.server.requests.entries().length, 0)
})

test('keys that end while 16 parts are in flight are asked for once, and every part arrives', async (t) => {
  const old = { accessKeyId: 'STS.old', accessKeySecret: 'old', securityToken: 'old' }
  const fresh = { accessKeyId: 'STS.fresh', accessKeySecret: 'fresh', securityToken: 'fresh' }
  const accepted: ServerCredentials[] = [old]
  const world = await createWorld(t, { credentials: accepted })
  const recorder = await createRecorder(world.server)
  t.after(() => recorder.close())
  const bytes = bytesFrom(1, 20 * PART)
  const filename = await world.file(bytes)
  let asked = 0
  const credentials = async () => {
    asked += 1
    await new Promise((resolve) => setTimeout(resolve, 20))
    return asked === 1 ? old : fresh
  }
  const { gathered, release } = recorder.gather(16)
  const bucket = world.bucketWith({ endpoint: recorder.endpoint, credentials })
  const uploading = world.upload('k', filename, { bucket, numThreads: 16 })
  await Promise.race([gathered, uploading])
  accepted.splice(0, 1, fresh)
  release()
  await uploading
  assert.equal(asked, 2)
  const refused = world.server.requests.entries().filter(({ status }) => status === 403)
  assert.equal(refused.length, 16)
  const reader = world.bucketWith({ credentials: fresh })
  assert.deepEqual(await bytesOf(reader, 'k'), bytes)
})

test('keys that are refused and come again the same are denied', async (t) => {
  const world = await createWorld(t)
  let asked = 0
  const credentials = () => {
    asked += 1
    return { accessKeyId: world.server.accessKeyId, accessKeySecret: 'wrong' }
  }
  const bucket = world.bucketWith({ credentials })
  await failure(world.upload('k', await world.file(bytesFrom(1, PART)), { bucket }), 'denied', /secret/)
  assert.ok(asked <= 2, `asked ${asked} times`)
})

test('a function that gives no keys ends the upload in its own words', async (t) => {
  const world = await createWorld(t)
  const credentials = () => {
    throw Object.assign(new Error('the role was taken away'), { code: 'denied' })
  }
  const bucket = world.bucketWith({ credentials })
  const work = world.upload('k', await world.file(bytesFrom(1, PART)), { bucket })
  await failure(work, 'denied', /the role was taken away/)
})

test('limitRate holds over all parts together, roughly', async (t) => {
  const world = await createWorld(t)
  const size = 10 * PART
  const filename = await world.file(bytesFrom(1, size))
  const began = performance.now()
  await world.upload('k', filename, { limitRate: size, numThreads: 4 })
  assert.ok(performance.now() - began >= 400, 'a second of bytes took no time')
  for (const limitRate of [0, -1, Number.NaN, {} as RateLimit]) {
    await failure(world.upload('k', filename, { limitRate }), 'invalid-argument', /limitRate/)
  }
})

test('two uploads share one limit, and a change of it reaches both while they run', {
  timeout: 10_000,
}, async (t) => {
  const world = await createWorld(t)
  const filename = await world.file(bytesFrom(1, 10 * PART))
  // At a byte a second a part takes a day.
  const limitRate = createRateLimit(1)
  const opened: Promise<void>[] = []
  const uploads = ['a', 'b'].map((key) => {
    const { promise, onEvent } = whenTold('opened')
    opened.push(promise)
    return world.upload(key, filename, { limitRate, numThreads: 2, onEvent })
  })
  await Promise.all(opened)
  for (const { events } of uploads) assert.ok(!events.some(({ type }) => type === 'part-stored'))
  limitRate.set(100 * PART)
  await Promise.all(uploads)
  for (const key of ['a', 'b']) assert.deepEqual(await world.objectBytes(key), bytesFrom(1, 10 * PART))
})

function whenTold(type: UploadEvent['type']): {
  readonly promise: Promise<void>
  onEvent(event: UploadEvent): void
} {
  let tell = (): void => {}
  const promise = new Promise<void>((resolve) => {
    tell = resolve
  })
  return { promise, onEvent: (event) => void (event.type === type && tell()) }
}
