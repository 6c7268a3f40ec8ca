/** A run of many sources over memory alone: what it does when the service fails, for one file, for a while or for good. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { memoryStore } from '../../src/checkpoints/memory.js'
import { memoryManifests } from '../../src/checkpoints/memory-manifests.js'
import { createScope } from '../../src/engine/cancel.js'
import { ServiceError, UploadError } from '../../src/engine/errors.js'
import type { CheckpointLine, ObjectService } from '../../src/engine/ports.js'
import { type ManyEvent, UploadManyError } from '../../src/many/events.js'
import type { ManySource } from '../../src/many/ports.js'
import { type ManyRequest, runMany } from '../../src/many/run.js'
import { textDigest } from '../../src/node/text-digest.js'
import { createDigester } from '../../src/services/digester.js'
import { createMemoryService } from '../../src/services/memory.js'
import { bytesSource } from '../../src/sources/bytes.js'
import { createClock } from './clock.js'
import { type Tap, tapService } from './tapped-service.js'

const partSize = 32
const limits = { minPartSize: 8, maxPartSize: 1024, maxParts: 100, maxObjectSize: 10_000, maxPutSize: 4096 }

function createMany() {
  const clock = createClock()
  const memory = createMemoryService({ clock: () => 1_700_000_000_000 + clock.now(), limits })
  const checkpoints = memoryStore({ runtime: clock.runtime })
  const manifests = memoryManifests()
  const files = new Map<string, Uint8Array>()
  const missing = (name: string): UploadError => new UploadError('source-missing', `${name} does not exist.`)
  const put = (name: string, size: number, fill = 1): ManySource => {
    files.set(name, new Uint8Array(size).fill(fill))
    return { filename: name, key: name }
  }
  const run = async (
    sources: Iterable<ManySource> | AsyncIterable<ManySource>,
    how: Partial<ManyRequest> & {
      readonly tap?: Tap
      readonly dress?: (service: ObjectService) => ObjectService
    } = {},
  ) => {
    const { tap = {}, dress = (service: ObjectService) => service, ...asked } = how
    const events: ManyEvent[] = []
    const tapped = tapService(memory.service, tap)
    const manifest = await manifests.acquire({ service: 'memory', bucket: 'b', name: 'n' }, { steal: true })
    const open = (name: string) => bytesSource(files.get(name) ?? new Uint8Array(), { name })
    try {
      const summary = await runMany(
        {
          service: dress(tapped.service),
          checkpoints,
          digester: createDigester(),
          runtime: clock.runtime,
          files: {
            async identity(name) {
              if (!files.has(name)) throw missing(name)
              return open(name).identity()
            },
            async open(name) {
              if (!files.has(name)) throw missing(name)
              return open(name)
            },
          },
          textDigest,
          manifest,
        },
        sources,
        {
          multipartThreshold: 64,
          partSize,
          numThreads: 2,
          verify: 'always',
          restart: false,
          steal: false,
          adopt: false,
          noProgressForMs: 60_000,
          skip: 'never',
          maxFailures: Number.POSITIVE_INFINITY,
          keepManifest: false,
          signal: createScope().signal,
          check: () => ({}),
          onEvent: (event) => void events.push(event),
          ...asked,
        },
      ).catch((error: unknown) => error)
      return { outcome: summary, events, calls: tapped.calls }
    } finally {
      await manifest.release()
    }
  }
  const lines = async (): Promise<readonly CheckpointLine[]> => {
    const all: CheckpointLine[] = []
    for (const { id } of await manifests.list()) await manifests.read(id, (line) => void all.push(line))
    return all
  }
  return { memory, files, put, run, clock, manifests, lines }
}

function assertSummary(
  outcome: unknown,
  counts: readonly [uploaded: number, skipped: number, failed: number],
) {
  assert.ok(!(outcome instanceof Error), String(outcome))
  const { uploaded, skipped, failed } = outcome as { uploaded: number; skipped: number; failed: number }
  assert.deepEqual([uploaded, skipped, failed], counts)
}

const down = (): never => {
  throw new ServiceError('network', 'connection refused')
}

const byKey = ([a]: readonly [string, number], [b]: readonly [string, number]): number => (a < b ? -1 : 1)

// A PutObject that takes effect while the stop comes is not heard of: the next run stores that file once more, as a
// file that goes by one request has no line to tell it by. What one was told of never is, and neither is what was
// completed: the next run finds that object.
test('whatever a run loses, the next ones send only what is not done, until all is', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 130 }), { minLength: 1, maxLength: 12 }),
      fc.array(
        fc.record({ after: fc.constantFrom('calls', 'events'), count: fc.integer({ min: 1, max: 30 }) }),
        { maxLength: 4 },
      ),
      async (sizes, stops) => {
        const { memory, put, run } = createMany()
        const sources = sizes.map((size, index) => put(`f${index}`, size, index + 1))
        const storesOf = (key: string): number => memory.history.filter((each) => each.key === key).length
        const unheard = new Map<string, number>()
        const dress = (inner: ObjectService): ObjectService => ({
          ...inner,
          async putObject(key, ...rest) {
            const before = storesOf(key)
            try {
              return await inner.putObject(key, ...rest)
            } catch (error) {
              unheard.set(key, (unheard.get(key) ?? 0) + storesOf(key) - before)
              throw error
            }
          },
        })
        const told: (readonly [key: string, stores: number])[] = []
        for (const stop of [...stops, undefined]) {
          const scope = createScope()
          const counts = { calls: 0, events: 0 }
          const countsAs = (what: 'calls' | 'events'): void => {
            counts[what] += 1
            if (stop?.after === what && counts[what] === stop.count) scope.cancel(new Error('stopped'))
          }
          const { outcome } = await run(sources, {
            signal: scope.signal,
            tap: { before: () => countsAs('calls') },
            dress,
            onEvent(event) {
              countsAs('events')
              if (event.type === 'file-uploaded') told.push([event.key, storesOf(event.key)])
            },
          })
          // A run that is done is forgotten.
          if (!(outcome instanceof Error)) break
        }
        for (const [index, size] of sizes.entries()) {
          const key = `f${index}`
          assert.deepEqual(memory.objects.get(key)?.bytes, new Uint8Array(size).fill(index + 1))
          assert.equal(storesOf(key), 1 + (unheard.get(key) ?? 0), `${key} was heard of and stored again`)
        }
        const once = sizes.map((_, index) => [`f${index}`, storesOf(`f${index}`)] as const)
        assert.deepEqual([...told].sort(byKey), [...once].sort(byKey), 'told twice, or told and stored again')
        assert.deepEqual(
          [...memory.received.values()].filter((count) => count > 1),
          [],
        )
      },
    ),
    { numRuns: 60 },
  )
})

test('never more bodies at once than the limit, small files beside the parts of a large one', async () => {
  const { put, run } = createMany()
  const sources = [
    put('large', 20 * partSize),
    ...Array.from({ length: 20 }, (_, index) => put(`s${index}`, 9)),
  ]
  let running = 0
  let most = 0
  const order: string[] = []
  const counted = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    running += 1
    most = Math.max(most, running)
    order.push(name)
    await new Promise((resolve) => setImmediate(resolve))
    return work().finally(() => {
      running -= 1
    })
  }
  const { outcome } = await run(sources, {
    numThreads: 3,
    dress: (inner) => ({
      ...inner,
      putObject: (key, slice, options) => counted('small', () => inner.putObject(key, slice, options)),
      uploadPart: (upload, partNumber, slice, options) =>
        counted('part', () => inner.uploadPart(upload, partNumber, slice, options)),
    }),
  })
  assertSummary(outcome, [21, 0, 0])
  assert.equal(most, 3)
  const lastSmall = order.lastIndexOf('small')
  assert.ok(order.slice(0, lastSmall).includes('part'), 'parts went before the last small file')
})

test('a network that is gone ends the run once, not once for every file, and the manifest tells of it', async () => {
  const { put, run, clock, lines } = createMany()
  const sources = Array.from({ length: 500 }, (_, index) => put(`f${index}`, 5))
  const { outcome, calls } = await run(sources, { tap: { before: down } })
  assert.ok(outcome instanceof UploadManyError)
  assert.equal(outcome.code, 'interrupted')
  assert.ok(outcome.summary.failed <= 4, `${outcome.summary.failed}`)
  assert.ok(calls.length < 200 && clock.now() < 10 * 60_000)
  const [stopped] = (await lines()).filter(({ kind }) => kind === 'stopped')
  assert.deepEqual([stopped?.['code'], stopped?.['message']], ['interrupted', outcome.message])
  assertSummary((await run(sources)).outcome, [500, 0, 0])
})

test('one file that the service never takes ends nobody else', async () => {
  const { put, run } = createMany()
  const sources = Array.from({ length: 40 }, (_, index) => put(`f${index}`, 5))
  const { outcome } = await run(sources, {
    dress: (inner) => ({
      ...inner,
      putObject: (key, slice, options) => (key === 'f7' ? down() : inner.putObject(key, slice, options)),
    }),
  })
  // While it waited, or after it: at the latest when it is the last one, nothing else goes forward.
  const { summary } =
    outcome instanceof UploadManyError ? outcome : { summary: outcome as UploadManyError['summary'] }
  assert.deepEqual([summary.uploaded, summary.failed], [39, 1])
})

test('what fails for all of the first fifty files is not tried for the rest', async () => {
  const { put, run } = createMany()
  const denied = (): never => {
    throw new ServiceError('denied', 'AccessDenied')
  }
  const sources = Array.from({ length: 300 }, (_, index) => put(`f${index}`, 5))
  const { outcome } = await run(sources, { tap: { before: denied } })
  assert.ok(outcome instanceof UploadManyError)
  assert.equal(outcome.code, 'denied')
  assert.match(outcome.message, /^The first 5\d files all failed, so the rest was not tried/)
  assert.ok(outcome.summary.failed < 60)
})

test('a single success is reason enough to go on', async () => {
  const { put, run } = createMany()
  const sources = Array.from({ length: 120 }, (_, index) => put(`f${index}`, 5))
  const { outcome } = await run(sources, {
    dress: (inner) => ({
      ...inner,
      putObject(key, slice, options) {
        if (key !== 'f3') throw new ServiceError('denied', 'AccessDenied')
        return inner.putObject(key, slice, options)
      },
    }),
  })
  assertSummary(outcome, [1, 0, 119])
})

test('the time in the line is not held against the service', async () => {
  const { put, run, clock } = createMany()
  const sources = Array.from({ length: 4 }, (_, index) => put(`f${index}`, 5))
  let failures = 0
  const { outcome } = await run(sources, {
    numThreads: 1,
    noProgressForMs: 1000,
    dress: (inner) => ({
      ...inner,
      async putObject(key, slice, options) {
        clock.pass(5000)
        // Each fails once: after more than the patience, had the line counted.
        if (failures < 4 && key === `f${failures}`) {
          failures += 1
          clock.pass(-5000)
          down()
        }
        return inner.putObject(key, slice, options)
      },
    }),
  })
  assertSummary(outcome, [4, 0, 0])
  assert.equal(failures, 4)
})

test('a source that is told with its error is a failure, and the next run finds it', async () => {
  const { put, run, manifests } = createMany()
  const error = new UploadError('source-missing', 'The folder may not be read.')
  const folder = { filename: 'locked', key: 'locked/', error }
  const { outcome } = await run([put('a', 5), folder])
  assertSummary(outcome, [1, 0, 1])
  assert.equal((await manifests.list()).length, 1)
  assertSummary((await run([put('a', 5), put('locked/b', 6)])).outcome, [1, 1, 0])
})

test('a file named twice for one key: the second is what has become of the first', async () => {
  const settled = (events: readonly ManyEvent[]): readonly string[] =>
    events.flatMap((event) => {
      if (event.type === 'file-skipped') return [event.reason]
      return event.type === 'file-failed' ? [event.error.code] : []
    })
  for (const between of [0, 40]) {
    const { put, run, memory } = createMany()
    const twice = (): readonly ManySource[] => {
      const source = put('f', 10)
      return [source, ...Array.from({ length: between }, (_, index) => put(`g${index}`, 9)), source]
    }
    assertSummary((await run(twice())).outcome, [1 + between, 1, 0])
    for (const skip of ['same', 'existing'] as const) {
      const { outcome, events } = await run(twice(), { skip })
      assertSummary(outcome, [0, 2 + between, 0])
      assert.deepEqual(
        [...new Set(settled(events))].filter((each) => each === 'conflict'),
        [],
      )
    }
    const dress = (inner: ObjectService): ObjectService => ({
      ...inner,
      putObject: (key, slice, options) => {
        if (key === 'f') throw new ServiceError('denied', 'not this one')
        return inner.putObject(key, slice, options)
      },
    })
    const { outcome, events } = await run(twice(), { dress })
    assertSummary(outcome, [between, 0, 2])
    assert.deepEqual(settled(events), ['denied', 'denied'])
    memory.objects.clear()
    // With other headers it would be another object, whether the first is still under way or not.
    const [one, ...rest] = twice()
    assert.ok(one !== undefined)
    const otherwise = [{ ...one, headers: { 'x-meta-a': '1' } }, ...rest]
    const mixed = await run(otherwise, { check: ({ headers = {} }) => headers })
    assertSummary(mixed.outcome, [1, between, 1])
    assert.deepEqual(
      settled(mixed.events).filter((each) => each !== 'done-before'),
      ['conflict'],
    )
    memory.objects.clear()
  }
})

test('a kept manifest is written anew once most of its lines are of files that are gone', async () => {
  const { files, put, run, manifests } = createMany()
  const counts: number[] = []
  for (let round = 1; round <= 4; round += 1) {
    files.clear()
    const sources = Array.from({ length: 600 }, (_, index) => put(`${round}-${index}`, 1))
    const { outcome } = await run(sources, { keepManifest: true })
    assertSummary(outcome, [600, 0, 0])
    const [manifest] = await manifests.list()
    let lines = 0
    await manifests.read(manifest?.id ?? '', () => {
      lines += 1
    })
    counts.push(lines)
  }
  assert.deepEqual(counts, [602, 1204, 601, 1203])
})

test('a listener that throws costs nothing', async () => {
  const { put, run } = createMany()
  const fail = (): never => {
    throw new Error('no')
  }
  const { outcome } = await run([put('a', 5)], { onEvent: fail, progressCallback: fail })
  assertSummary(outcome, [1, 0, 0])
})

test('twenty thousand sources are pulled one by one, and never more are held than there are hands for', async () => {
  const { files, run } = createMany()
  files.set('same', new Uint8Array(3))
  let told = 0
  let ended = 0
  let most = 0
  function* sources(): Generator<ManySource> {
    for (; told < 20_000; told += 1) {
      most = Math.max(most, told - ended)
      yield { filename: 'same', key: `k${told % 40}` }
    }
  }
  const { outcome } = await run(sources(), {
    onEvent(event) {
      if (event.type === 'file-uploaded' || event.type === 'file-skipped') ended += 1
    },
  })
  assertSummary(outcome, [40, 19_960, 0])
  assert.ok(most <= 5, `${most}`)
})
