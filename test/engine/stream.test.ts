/** An input that comes once: sent in parts as it comes, and whatever ends it but success leaves no upload behind, or one that is remembered. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { discardUpload } from '../../src/engine/discard.js'
import { ServiceError, UploadError } from '../../src/engine/errors.js'
import type { UploadEvent } from '../../src/engine/events.js'
import { runStreamUpload, type StreamRequest } from '../../src/engine/stream-upload.js'
import type { UploadResult } from '../../src/engine/upload.js'
import { pendingUploads } from '../../src/node/pending.js'
import { createDigester } from '../../src/services/digester.js'
import { createBlockPool } from '../../src/sources/pool.js'
import { createStreamSource } from '../../src/sources/stream.js'
import { someBytes } from './file.js'
import { type Tap, tapService } from './tapped-service.js'
import {
  alwaysFailing,
  crcOf,
  createWorld,
  failing,
  failure,
  key,
  lostAnswer,
  partSize,
  stoppingAtPart,
  type TestWorld,
} from './world.js'

const abort = 'AbortMultipartUpload'

interface Streamed {
  readonly result: Promise<UploadResult>
  readonly events: UploadEvent[]
  readonly told: (readonly [number, number | undefined])[]
  calls(): readonly string[]
}

interface How extends Partial<StreamRequest> {
  readonly tap?: Tap
  /** Most bytes that come at a time. */
  readonly gulp?: number
  /** After so many bytes the input fails. */
  readonly breaksAt?: number
  readonly input?: AsyncIterable<Uint8Array>
}

async function* comes(bytes: Uint8Array, { gulp = 7, breaksAt }: How): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += gulp) {
    if (breaksAt !== undefined && start >= breaksAt) throw new Error('read EIO')
    yield bytes.subarray(start, Math.min(start + gulp, bytes.length))
  }
}

function stream(world: TestWorld, bytes: Uint8Array, how: How = {}): Streamed {
  const { tap = {}, gulp: _, breaksAt: __, input = comes(bytes, how), ...request } = how
  const { service, calls } = tapService(world.memory.service, tap)
  const events: UploadEvent[] = []
  const told: [number, number | undefined][] = []
  const source = createStreamSource(input, {
    name: 'the stream',
    folder: undefined,
    pool: () => createBlockPool({ blocks: 1 }),
  })
  const { runtime } = world.clock
  const result = runStreamUpload(
    {
      service,
      source,
      checkpoints: world.store,
      digester: createDigester(),
      runtime: {
        ...runtime,
        // No other sleep is as long as that one.
        random: () => 0.3,
        // The time that an abort may take: here it never runs out by itself.
        sleep: (ms, signal) => (ms === 10_000 ? new Promise(() => {}) : runtime.sleep(ms, signal)),
      },
    },
    {
      key,
      headers: {},
      multipartThreshold: partSize,
      partSize,
      numThreads: 2,
      restart: false,
      steal: false,
      noProgressForMs: 60_000,
      signal: new AbortController().signal,
      ...request,
      onEvent: (event) => {
        events.push(event)
        request.onEvent?.(event)
      },
      progressCallback: (done, total) => void told.push([done, total]),
    },
  ).finally(() => source.close())
  result.catch(() => {})
  return { result, events, told, calls: () => calls.map(({ operation }) => operation) }
}

async function assertNothingLeft(world: TestWorld): Promise<void> {
  assert.deepEqual(world.uploadIds(), [], 'an upload was left at the service')
  assert.deepEqual(await world.store.list(), [], 'a checkpoint was left in the store')
}

async function assertStored(world: TestWorld, bytes: Uint8Array, result: UploadResult): Promise<void> {
  assert.deepEqual(world.object()?.bytes, bytes)
  assert.equal(result.crc64, crcOf(bytes))
  assert.equal(result.size, bytes.length)
  assert.deepEqual(result.bytes, { kept: 0, sent: bytes.length })
  await assertNothingLeft(world)
}

test('an input of any length becomes an object of its bytes, cut into parts as it comes', async () => {
  for (const size of [0, 1, partSize - 1, partSize, partSize + 1, 5 * partSize, 5 * partSize + 3]) {
    for (const gulp of [1, 7, partSize, 1000]) {
      const world = createWorld()
      const bytes = someBytes(size)
      const { result, told, events } = stream(world, bytes, { gulp })
      const stored = await result
      await assertStored(world, bytes, stored)
      assert.equal(stored.parts.sent, size < partSize ? 1 : Math.ceil(size / partSize))
      assert.equal(stored.uploadId === undefined, size < partSize, `${size} bytes`)
      assert.deepEqual(told.at(-1), [size, size])
      assert.ok(told.every(([done], index) => done > (told[index - 1]?.[0] ?? -1)))
      const last = events.findLast(({ type }) => type === 'streaming')
      assert.deepEqual(last, { ...last, readBytes: size, ended: true })
    }
  }
})

test('never more parts are in flight than threads, and one more is kept', async () => {
  const world = createWorld()
  const bytes = someBytes(6 * partSize)
  let kept = 0
  let most = 0
  const gate = { read: 0, stored: 0 }
  const { result } = stream(world, bytes, {
    numThreads: 3,
    onEvent(event) {
      if (event.type === 'streaming') gate.read = event.readBytes
      if (event.type === 'part-stored') gate.stored += event.size
      kept = gate.read - gate.stored
      most = Math.max(most, kept)
    },
    tap: { before: () => new Promise((resolve) => setTimeout(resolve, 2)) },
  })
  await result
  assert.ok(most <= 4 * partSize, `${most} bytes were kept`)
  assert.ok(most > partSize)
})

test('a part that fails is sent again from what was kept', async () => {
  for (const error of [
    lostAnswer,
    () => new ServiceError('unavailable', '503', { status: 503 }),
    () => new ServiceError('corrupt', 'InvalidDigest'),
  ]) {
    const world = createWorld()
    const bytes = someBytes(5 * partSize + 5)
    let failures = 0
    const before: Tap['before'] = ({ operation, number }) => {
      if (operation !== 'UploadPart' || number % 2 === 0) return
      failures += 1
      throw error()
    }
    const { result } = stream(world, bytes, { tap: { before } })
    await assertStored(world, bytes, await result)
    assert.ok(failures > 3)
  }
})

test('an answer that is lost after the fact is settled: of Initiate, of a part, of Complete, of PutObject', async () => {
  for (const operation of ['InitiateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload'] as const) {
    const world = createWorld()
    const bytes = someBytes(3 * partSize)
    const { result } = stream(world, bytes, { tap: { after: failing(operation) } })
    await assertStored(world, bytes, await result)
  }
  const world = createWorld()
  const { result } = stream(world, someBytes(5), { tap: { after: failing('PutObject') } })
  await assertStored(world, someBytes(5), await result)
})

test('an input that fails leaves neither an object nor an upload', async () => {
  for (const breaksAt of [0, 7, partSize, 3 * partSize]) {
    const world = createWorld()
    const { result } = stream(world, someBytes(5 * partSize), { breaksAt })
    const error = await failure('source-missing', result)
    assert.match(error.message, /^Reading the stream failed: read EIO/)
    assert.equal(world.object(), undefined)
    await assertNothingLeft(world)
  }
})

test('text where bytes are needed is refused', async () => {
  const world = createWorld()
  async function* text(): AsyncGenerator<Uint8Array> {
    yield 'abc' as unknown as Uint8Array
  }
  await failure('invalid-argument', stream(world, someBytes(0), { input: text() }).result)
  await assertNothingLeft(world)
})

test('whoever is stopped aborts: while sending, while nothing comes, before Complete', async () => {
  const sending = createWorld()
  const stopped = stream(sending, someBytes(5 * partSize), stoppingAtPart(3))
  const error = await failure('cancelled', stopped.result)
  assert.match(error.message, /Nothing is kept/)
  assert.ok(stopped.calls().includes(abort))
  await assertNothingLeft(sending)

  const idle = createWorld()
  const controller = new AbortController()
  async function* stalls(): AsyncGenerator<Uint8Array> {
    yield someBytes(2 * partSize)
    setTimeout(() => controller.abort(new Error('stopped')), 5)
    await new Promise(() => {})
  }
  await failure(
    'cancelled',
    stream(idle, someBytes(0), { input: stalls(), signal: controller.signal }).result,
  )
  await assertNothingLeft(idle)

  const ending = createWorld()
  const late = new AbortController()
  async function* ends(): AsyncGenerator<Uint8Array> {
    yield someBytes(2 * partSize)
    // The key press that ended the producer: its end comes in first, the signal right after.
    setImmediate(() => late.abort(new Error('stopped')))
  }
  await failure('cancelled', stream(ending, someBytes(0), { input: ends(), signal: late.signal }).result)
  assert.equal(ending.object(), undefined)
  await assertNothingLeft(ending)
})

test('who fails while the last request is open is told that the object may be there, and who fails before is not', async () => {
  for (const operation of ['CompleteMultipartUpload', 'PutObject'] as const) {
    for (const when of ['before', 'after'] as const) {
      const world = createWorld()
      const controller = new AbortController()
      const bytes = someBytes(operation === 'PutObject' ? partSize / 2 : 3 * partSize)
      const strike = (call: { readonly operation: string }): void => {
        if (call.operation === operation) controller.abort(new Error('stopped'))
      }
      const run = stream(world, bytes, { tap: { [when]: strike }, signal: controller.signal })
      assert.match((await failure('cancelled', run.result)).message, /may have been stored/)
      assert.equal(world.object() !== undefined, when === 'after')
      assert.deepEqual(world.uploadIds(), [])
    }
  }
  const lost = createWorld()
  const tap: Tap = {
    after: ({ operation }) => {
      if (operation === 'CompleteMultipartUpload') throw lostAnswer()
    },
    before: alwaysFailing('HeadObject', () => new ServiceError('network', 'no route to host')),
  }
  const cut = stream(lost, someBytes(3 * partSize), { tap })
  assert.match((await failure('interrupted', cut.result)).message, /may have been stored/)

  const early = createWorld()
  const stopped = stream(early, someBytes(5 * partSize), stoppingAtPart(3))
  assert.doesNotMatch((await failure('cancelled', stopped.result)).message, /may have been stored/)
  const refused = createWorld()
  const denied = alwaysFailing(
    'CompleteMultipartUpload',
    () => new ServiceError('denied', 'no', { status: 403 }),
  )
  const run = stream(refused, someBytes(3 * partSize), { tap: { before: denied } })
  assert.doesNotMatch((await failure('denied', run.result)).message, /may have been stored/)
  for (const meaning of ['untrusted', 'no-such-host'] as const) {
    const unsent = createWorld()
    const before = alwaysFailing('PutObject', () => new ServiceError(meaning, 'nothing was sent'))
    const never = stream(unsent, someBytes(partSize / 2), { tap: { before } })
    const { message } = await failure('interrupted', never.result)
    assert.doesNotMatch(message, /may have been stored/, meaning)
  }
})

test('an abort that fails is owed: the next upload of the key does it, or a discard', async () => {
  const denied = (): ServiceError => new ServiceError('denied', 'Not allowed.', { status: 403 })
  for (const next of ['upload', 'discard', 'stream'] as const) {
    const world = createWorld()
    const run = stream(world, someBytes(5 * partSize), {
      breaksAt: 3 * partSize,
      tap: { before: alwaysFailing(abort, denied) },
    })
    await failure('source-missing', run.result)
    assert.ok(run.events.some(({ type }) => type === 'abort-pending'))
    const [uploadId] = world.uploadIds()
    const [pending] = await pendingUploads(world.store)
    assert.deepEqual([pending?.state, pending?.owedAborts], ['aborting', [uploadId]])
    if (next === 'upload') await world.run()
    else if (next === 'stream') await stream(world, someBytes(100)).result
    else assert.deepEqual(await world.discard(), { aborted: [uploadId], completed: false })
    await assertNothingLeft(world)
  }
})

test('a process that dies at any moment leaves what the next one cleans up', async () => {
  const bytes = someBytes(4 * partSize)
  for (let deadAt = 1; deadAt <= 12; deadAt++) {
    for (const when of ['before', 'after'] as const) {
      const world = createWorld()
      let calls = 0
      let die = (): void => {}
      const dead = new Promise<void>((resolve) => {
        die = resolve
      })
      // From then on nothing is answered, and nobody waits for it.
      const dies: Tap['before'] = () => {
        calls += 1
        if (calls >= deadAt) die()
        return calls >= deadAt ? new Promise(() => {}) : undefined
      }
      const run = stream(world, bytes, { tap: { [when]: dies } })
      await Promise.race([run.result, dead])
      // What was asked beside it comes as far as it can, which is where it is not answered either.
      for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve))
      const { service } = world.memory
      await discardUpload(
        { service, checkpoints: world.store, runtime: world.clock.runtime },
        { key, headers: {}, signal: new AbortController().signal, steal: true, noProgressForMs: 1000 },
      )
      const left = world.uploadIds()
      // An Initiate whose answer nobody heard is reported by discard, and left alone.
      const isUnheard = run.calls().at(-1) === 'InitiateMultipartUpload' && when === 'after'
      assert.equal(left.length, isUnheard ? 1 : 0, `dead ${when} call ${deadAt}: ${run.calls().join(' ')}`)
      assert.deepEqual(await world.store.list(), [])
    }
  }
})

test('an unfinished upload of a file is not thrown away, but by restart', async () => {
  const world = createWorld()
  await failure('cancelled', world.run(stoppingAtPart(3)))
  const error = await failure('conflict', stream(world, someBytes(100)).result)
  assert.match(error.message, /An unfinished upload of .* has this name/)
  assert.equal(world.uploadIds().length, 1)
  const { result } = stream(world, someBytes(100), { restart: true })
  await assertStored(world, someBytes(100), await result)
})

test('an upload that somebody removes, and one that never gets through, are told in the words of streams', async () => {
  const removed = createWorld()
  const before: Tap['before'] = ({ partNumber }) => {
    if (partNumber === 3) removed.memory.uploads.clear()
  }
  const gone = await failure(
    'interrupted',
    stream(removed, someBytes(6 * partSize), { tap: { before } }).result,
  )
  assert.match(gone.message, /Nothing is kept of an input that comes once: run the whole again\.$/)
  await assertNothingLeft(removed)

  const silent = createWorld()
  const tap = { before: alwaysFailing('UploadPart', lostAnswer) }
  const lost = await failure('interrupted', stream(silent, someBytes(6 * partSize), { tap }).result)
  assert.match(lost.message, /Nothing is kept/)
  await assertNothingLeft(silent)

  const unsure = createWorld()
  const completes: Tap = {
    before: alwaysFailing('HeadObject', () => new ServiceError('denied', 'No.', { status: 403 })),
    after: failing('CompleteMultipartUpload'),
  }
  const doubt = await failure('commit-unknown', stream(unsure, someBytes(99), { tap: completes }).result)
  assert.match(doubt.message, /Look at the object/)
  await assertNothingLeft(unsure)
})

test('an input larger than its parts can carry is given up, and the message says what to do', async () => {
  const world = createWorld()
  const tooLong = 101 * 1024
  const error = await failure('invalid-argument', stream(world, someBytes(tooLong), { gulp: 4096 }).result)
  assert.match(error.message, /more than the \d+ bytes .*expectedSize/)
  await assertNothingLeft(world)
  const { result } = stream(world, someBytes(100 * 1024), {
    gulp: 4096,
    partSize: undefined,
    expectedSize: 100 * 1024,
  })
  assert.equal((await result).parts.sent, 100)
})

test('two at once: the second says who holds the key', async () => {
  const world = createWorld()
  let second: Promise<unknown> | undefined
  const { result } = stream(world, someBytes(200), {
    onEvent: ({ type }) => {
      if (type === 'opened') second = failure('locked', stream(world, someBytes(5)).result)
    },
  })
  await result
  await second
})

test('in any weather: the object is what came, or there is none and nothing is left that is not remembered', async () => {
  let seed = 12_345
  const luck = (): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
    return seed / 2 ** 31
  }
  const meanings = [
    'network',
    'unavailable',
    'stalled',
    'odd-answer',
    'denied',
    'throttled',
    'corrupt',
  ] as const
  const ends = { stored: 0, failed: 0 }
  for (let round = 0; round < 300; round++) {
    const world = createWorld()
    const bytes = someBytes(Math.floor(luck() * 8 * partSize))
    const wickedness = luck() * 0.4
    const controller = new AbortController()
    const strike = (kinds: number) => (): void => {
      if (luck() < wickedness * 0.05) controller.abort(new Error('stopped'))
      if (luck() >= wickedness) return
      const meaning = meanings[Math.floor(luck() * kinds)] ?? 'network'
      throw new ServiceError(meaning, `failed: ${meaning}`)
    }
    const run = stream(world, bytes, {
      gulp: 1 + Math.floor(luck() * 50),
      numThreads: 1 + Math.floor(luck() * 4),
      tap: { before: strike(meanings.length), after: strike(4) },
      signal: controller.signal,
      ...(luck() < 0.1 ? { breaksAt: Math.floor(luck() * bytes.length) } : {}),
    })
    const outcome = await run.result.catch((error: unknown) => error)
    if (!(outcome instanceof Error)) {
      assert.deepEqual(world.object()?.bytes, bytes)
      ends.stored += 1
    } else {
      assert.ok(outcome instanceof UploadError, String(outcome))
      assert.notEqual(outcome.code, 'internal', outcome.message)
      const object = world.object()
      if (object !== undefined) assert.deepEqual(object.bytes, bytes, `half an object, round ${round}`)
      ends.failed += 1
    }
    const owed = (await pendingUploads(world.store)).flatMap(({ owedAborts }) => owedAborts)
    const unheard = run.events.some(({ type }) => type === 'orphans-suspected' || type === 'recovered')
    const intents = (await world.lines()).some(({ kind }) => kind === 'intent')
    for (const uploadId of world.uploadIds()) {
      assert.ok(
        owed.includes(uploadId) || unheard || intents,
        `round ${round} forgot ${uploadId}: ${String(outcome)}`,
      )
    }
  }
  assert.ok(ends.stored > 50 && ends.failed > 50, JSON.stringify(ends))
})
