/** `workers`: whole parts leave from threads of their own, and everything that is promised of an upload stays true. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ServiceError } from '../../src/engine/errors.js'
import type { ObjectService, SendOptions } from '../../src/engine/ports.js'
import { createNodeRuntime } from '../../src/node/runtime.js'
import type { WorkerSetting } from '../../src/node/workers/messages.js'
import { PartThread } from '../../src/node/workers/part-thread.js'
import { withThreads } from '../../src/node/workers/threaded-service.js'
import { type CredentialsProvider, createCredentials } from '../../src/services/credentials.js'
import { openFileSource } from '../../src/sources/file.js'
import { createBlockPool } from '../../src/sources/pool.js'
import { createNodeTransport } from '../../src/transport/node.js'
import { createRecorder } from './recorder.js'
import { bytesFrom, createWorld, failure, PART, type World } from './world.js'

const signal = new AbortController().signal

/** A thread for a file of this world, and an upload at the service to give it parts of. */
async function createThread(
  t: TestContext,
  world: World,
  how: {
    readonly bytes: Uint8Array
    readonly credentials?: CredentialsProvider
    readonly setting?: Partial<WorkerSetting>
    readonly program?: URL
  },
) {
  const path = await world.file(how.bytes)
  const { transport, close } = createNodeTransport()
  t.after(close)
  const service = world.bucket.serviceOver(transport)
  const { uploadId } = await service.createMultipartUpload('k', { headers: {}, signal })
  const { setting, credentials } = world.bucket.forWorkers()
  const source = await openFileSource(path, { pool: createBlockPool({ blocks: 1 }) })
  t.after(() => source.close())
  const { device, inode } = await source.identity()
  const thread = new PartThread(
    { ...setting, path, device, inode, parts: 4, ...how.setting },
    {
      credentials: how.credentials ?? credentials,
      ...(how.program === undefined ? {} : { program: how.program }),
    },
  )
  t.after(() => thread.close())
  const upload = { key: 'k', uploadId }
  const part = (partNumber: number, options: Partial<SendOptions> = {}) => {
    const start = (partNumber - 1) * PART
    const end = Math.min(start + PART, how.bytes.length)
    const task = { upload, partNumber, start, end, headers: {}, patience: 1 }
    return thread.uploadPart(task, { signal, onSent: () => {}, ...options })
  }
  return { path, service, thread, upload, part }
}

test('an upload with threads ends with the bytes of the file, and says how many there are', async (t) => {
  const world = await createWorld(t)
  const bytes = bytesFrom(1, 24 * PART + 7)
  const recorder = await createRecorder(world.server)
  t.after(() => recorder.close())
  const { gathered, release } = recorder.gather(6)
  let loopHadAll = false
  let isAnyThere = false
  let ready: () => void = () => {}
  const both = new Promise<void>((resolve) => {
    ready = resolve
  })
  const uploading = world.upload('k', await world.file(bytes), {
    bucket: world.bucketWith({ endpoint: recorder.endpoint }),
    numThreads: 6,
    workers: 2,
    onEvent(event) {
      if (event.type !== 'workers') return
      isAnyThere = true
      if (event.workers === 2) ready()
    },
  })
  void gathered.then(() => {
    loopHadAll = !isAnyThere
  })
  // The first parts are held until both threads are there; the others find them.
  await Promise.race([Promise.all([gathered, both]), uploading])
  release()
  const result = await uploading
  assert.deepEqual(await world.objectBytes('k'), bytes)
  assert.deepEqual(result.parts, { kept: 0, sent: 25 })
  assert.equal(world.asked('UploadPart').length, 25, 'each part goes once')
  const told = uploading.events.flatMap((event) => (event.type === 'workers' ? [event.workers] : []))
  assert.deepEqual(told, [1, 2])
  // Where a thread was there before, it had some of the six parts.
  const fewest = loopHadAll ? 7 : 6
  assert.ok(recorder.connections.most >= fewest, 'threads have connections of their own')
})

test('parts that a thread sends have the bytes, the CRC-64 and the progress that they would have here', async (t) => {
  const world = await createWorld(t)
  const bytes = bytesFrom(2, 3 * PART)
  const { service, thread, upload, part } = await createThread(t, world, { bytes })
  assert.equal(await thread.begun, undefined)
  const seen: number[] = []
  const parts = await Promise.all([part(1, { onSent: (count) => seen.push(count) }), part(2), part(3)])
  for (const { receipt, computed } of parts) {
    assert.equal(receipt.crc64, computed.crc64)
    assert.equal(computed.size, PART)
  }
  assert.equal(seen.at(-1), PART)
  assert.equal(thread.parts, 0)
  const receipts = parts.map(({ receipt }) => receipt)
  await service.completeMultipartUpload(upload, receipts, { headers: {}, signal })
  assert.deepEqual(await world.objectBytes('k'), bytes)
})

test('what the service refuses and what is stopped comes out of a thread as it would here', async (t) => {
  const world = await createWorld(t)
  const { thread, part } = await createThread(t, world, { bytes: bytesFrom(3, 3 * PART) })
  world.server.faults.add({
    operation: 'UploadPart',
    partNumber: 1,
    effect: 'error',
    code: 'SlowDown',
    status: 503,
  })
  await assert.rejects(part(1), (error) => {
    assert.ok(error instanceof ServiceError)
    return error.meaning === 'throttled' && error.status === 503 && error.serviceCode === 'SlowDown'
  })
  world.server.faults.add({ operation: 'UploadPart', partNumber: 2, effect: 'delay', ms: 3_600_000 })
  const stop = new AbortController()
  const stopped = part(2, { signal: stop.signal, onSent: () => stop.abort(new Error('enough')) })
  await assert.rejects(stopped, /^Error: enough$/)
  world.server.faults.clear()
  const already = AbortSignal.abort(new Error('before'))
  await assert.rejects(part(3, { signal: already }), /^Error: before$/)
  assert.equal(thread.parts, 0)
  await part(3)
})

test('keys are asked for where they are held, also after the service refused them', async (t) => {
  const world = await createWorld(t)
  const { accessKeyId, accessKeySecret } = world.server
  let asked = 0
  const credentials = createCredentials(() => {
    asked += 1
    return { accessKeyId, accessKeySecret: asked === 1 ? 'wrong' : accessKeySecret }
  }, createNodeRuntime())
  const { part } = await createThread(t, world, { bytes: bytesFrom(4, PART), credentials })
  await assert.rejects(part(1), { meaning: 'credentials-rejected' })
  await part(1)
  assert.equal(asked, 2)
  const none = createCredentials(() => {
    throw Object.assign(new Error('gone for good'), { code: 'denied' })
  }, createNodeRuntime())
  const other = await createThread(t, world, { bytes: bytesFrom(4, PART), credentials: none })
  await assert.rejects(other.part(1), { meaning: 'denied', message: /gone for good/ })
})

test('a thread reads no other file that has the name by now, nor waits for one that is gone', async (t) => {
  const world = await createWorld(t)
  const bytes = bytesFrom(5, 3 * PART)
  const { thread } = await createThread(t, world, { bytes, setting: { inode: '1' } })
  assert.match((await thread.begun) ?? '', /another file by now/)
  assert.equal(thread.state, 'ended')

  const gone = await createThread(t, world, { bytes, setting: { path: join(world.folder, 'gone') } })
  assert.match((await gone.thread.begun) ?? '', /does not exist/)
})

test('a thread that dies costs its parts one attempt, not the upload', async (t) => {
  const world = await createWorld(t)
  const bytes = bytesFrom(6, 3 * PART)
  const program = new URL(`data:text/javascript,${encodeURIComponent(dying)}`)
  const { thread, part } = await createThread(t, world, { bytes, program })
  assert.equal(await thread.begun, undefined)
  await assert.rejects(part(1), (error) => error instanceof ServiceError && error.meaning === 'network')
  assert.equal(thread.state, 'ended')
  await thread.close()
})

test('where a thread is gone, or none can begin, all parts are sent from the loop of the call', async (t) => {
  const world = await createWorld(t)
  const program = new URL(`data:text/javascript,${encodeURIComponent(dying)}`)
  const { thread, service, part } = await createThread(t, world, { bytes: bytesFrom(6, PART), program })
  const sent: number[] = []
  const told: string[] = []
  const counting: ObjectService = Object.assign(Object.create(null), service, {
    uploadPart: async (_upload: unknown, partNumber: number) => {
      sent.push(partNumber)
      return { receipt: { partNumber, etag: 'E' }, computed: { size: 1, crc64: '1' } }
    },
  })
  const slice = { start: 0, size: 1, pump: async () => {} }
  const options = { headers: {}, signal, onSent: () => {}, patience: 1 }
  await part(1).catch(() => {})
  const none = (): PartThread => {
    throw new Error('no threads here')
  }
  for (const begin of [() => thread, none]) {
    const threaded = withThreads(counting, {
      begin,
      threads: { count: 1 },
      changed: (_threads, message) => told.push(message),
      busy: () => 0,
      idleCores: () => 0,
      monotonic: () => 0,
      repeat: () => () => {},
    })
    const upload = { key: 'k', uploadId: 'u' }
    await Promise.all([1, 2].map((number) => threaded.service.uploadPart(upload, number, slice, options)))
    await threaded.close()
  }
  assert.deepEqual(sent, [1, 2, 1, 2])
  assert.match(told.at(-1) ?? '', /no threads here/)
})

test('a thread that dies is told, and counts no more', async (t) => {
  const world = await createWorld(t)
  const program = new URL(`data:text/javascript,${encodeURIComponent(dying)}`)
  const { thread, service, part } = await createThread(t, world, { bytes: bytesFrom(6, PART), program })
  const told: (readonly [number, string])[] = []
  const threaded = withThreads(service, {
    begin: () => thread,
    threads: { count: 1 },
    changed: (threads, message) => told.push([threads, message]),
    busy: () => 0,
    idleCores: () => 0,
    monotonic: () => 0,
    repeat: () => () => {},
  })
  await thread.begun
  await part(1).catch(() => {})
  assert.deepEqual(
    told.map(([threads]) => threads),
    [1, 0],
  )
  assert.match(told[1]?.[1] ?? '', /is gone/)
  await threaded.close()
})

const dying = `import { parentPort } from 'node:worker_threads'
parentPort.postMessage({ type: 'ready' })
parentPort.on('message', () => process.exit(1))`

test('what is no number of workers is refused, and a limit of the rate leaves all to one loop', async (t) => {
  const world = await createWorld(t)
  const filename = await world.file(bytesFrom(7, 3 * PART))
  for (const workers of [-1, 17, 1.5, 'many' as 'auto']) {
    await failure(world.upload('k', filename, { workers }), 'invalid-argument', /workers/)
  }
  const limited = world.upload('k', filename, { numThreads: 2, workers: 1, limitRate: 100 * PART })
  await limited
  assert.ok(!limited.events.some(({ type }) => type === 'workers'))
})
