/** Stopped at any moment: it says so, leaves nothing running, and the next call goes on without sending twice. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServiceError } from '../../src/engine/errors.js'
import type { CancelSignal } from '../../src/engine/ports.js'
import type { UploadResult } from '../../src/engine/upload.js'
import { assertDone, createWorld, failure, type Life, partSize, type TestWorld } from './world.js'

/** Counts every call of every port of a run, and acts at one of them. */
function atMoment(moment: number, act: () => void): { readonly life: Life; count(): number } {
  let moments = 0
  const pass = (): void => {
    moments += 1
    if (moments === moment) act()
  }
  return {
    count: () => moments,
    life: {
      tap: { before: pass, after: pass },
      storeTap: { read: pass, append: pass, held: pass, remove: pass, release: pass },
      fileHooks: { onCall: pass, onRead: pass },
      onSleep: pass,
    },
  }
}

interface Shape {
  readonly what: string
  readonly request: Life
  /** How often the object may be stored over both runs. */
  readonly mostStored?: number
  /** What happened before the run that is stopped. */
  readonly prepare?: (world: TestWorld) => Promise<void>
}

const shapes: readonly Shape[] = [
  { what: 'one at a time', request: {} },
  { what: 'three at once', request: { numThreads: 3 } },
  { what: 'as many as are found', request: { numThreads: { most: 8, paceMs: 10 } } },
  {
    what: 'forbidden to overwrite',
    request: { headers: { 'x-oss-forbid-overwrite': 'true' } },
  },
  { what: 'paranoid', request: { verify: 'paranoid', numThreads: 2 } },
  // Nothing is written down for it, so that the next run can but send it again.
  { what: 'one PutObject', request: { multipartThreshold: 1000 }, mostStored: 2 },
  {
    what: 'one PutObject that forbids overwriting',
    request: { multipartThreshold: 1000, headers: { 'x-oss-forbid-overwrite': 'true' } },
  },
  {
    what: 'going on',
    request: { numThreads: 2 },
    prepare: async (world) => {
      const controller = new AbortController()
      const before = ({ partNumber }: { partNumber?: number }): void => {
        if (partNumber === 4) controller.abort(new Error('before'))
      }
      await failure('cancelled', world.run({ signal: controller.signal, tap: { before } }))
      world.file.touch()
    },
  },
]

for (const { what, request, prepare, mostStored = 1 } of shapes) {
  test(`stopped at any call (${what}), a run is cancelled or done, and the next one ends it`, async () => {
    let last = 1
    for (let moment = 1; moment <= last; moment++) {
      const world = createWorld({ bytes: createWorld().file.bytes.slice(0, 5 * partSize - 3) })
      await prepare?.(world)
      const controller = new AbortController()
      const reason = new Error(`stopped at ${moment}`)
      const { life, count } = atMoment(moment, () => controller.abort(reason))
      const outcome = await world.run({ ...request, ...life, signal: controller.signal }).then(
        (result: UploadResult) => ({ result }),
        async (error: unknown) => {
          const cancelled = await failure('cancelled', Promise.reject(error))
          assert.equal(cancelled.cause, reason)
          assert.equal(cancelled.retryable, true)
          return undefined
        },
      )
      last = Math.max(last, Math.min(count(), 400))
      assert.equal(world.tapped.inFlight(), 0, `moment ${moment}: something is still running`)
      const calls = world.calls.length
      await new Promise((resolve) => setImmediate(resolve))
      assert.equal(world.calls.length, calls, `moment ${moment}: something went on`)

      const { result } = outcome ?? { result: await world.run(request) }
      assert.deepEqual(world.object()?.bytes, world.file.bytes, `moment ${moment}`)
      const stored = world.memory.history.length
      assert.ok(stored <= mostStored, `moment ${moment}: stored ${stored} times`)
      if (outcome === undefined) await assertDone(world, result)
      const twice = [...world.memory.received.values()].filter((count) => count > 1).length
      assert.ok(twice === 0, `moment ${moment}: ${twice} parts were sent again`)
    }
    assert.ok(last > 10, `only ${last} moments`)
  })
}

test('what was stopped before it began asks nobody anything', async () => {
  const world = createWorld()
  const reason = new Error('before')
  const error = await failure('cancelled', world.run({ signal: AbortSignal.abort(reason) }))
  assert.equal(error.cause, reason)
  assert.deepEqual(world.calls, [])
  assert.deepEqual(await world.store.list(), [])
})

test('nobody listens to the signal any more when a run has ended, however it ended', async () => {
  const world = createWorld()
  let listeners = 0
  const { signal: open } = new AbortController()
  const signal: CancelSignal = {
    aborted: false,
    reason: undefined,
    addEventListener: (...args) => {
      listeners += 1
      open.addEventListener(...args)
    },
    removeEventListener: (...args) => {
      listeners -= 1
      open.removeEventListener(...args)
    },
  }
  const denied = (call: { partNumber?: number }): void => {
    if (call.partNumber === 3) throw new ServiceError('denied', 'Not allowed.')
  }
  await failure('denied', world.run({ signal, numThreads: 2, tap: { before: denied } }))
  assert.equal(listeners, 0)
  await world.run({ signal, numThreads: 2 })
  assert.equal(listeners, 0)
})

test('any reason will do: an UploadError, a text, nothing', async () => {
  for (const reason of ['text', 0, new ServiceError('network', 'not a network failure')]) {
    const world = createWorld()
    const controller = new AbortController()
    const before = ({ partNumber }: { partNumber?: number }): void => {
      if (partNumber === 2) controller.abort(reason)
    }
    const error = await failure('cancelled', world.run({ signal: controller.signal, tap: { before } }))
    assert.equal(error.cause, reason)
  }
})

test('a stop while it waits to try again is heard at once', async () => {
  const world = createWorld()
  const controller = new AbortController()
  const before = (call: { operation: string }): void => {
    if (call.operation === 'UploadPart') throw new ServiceError('unavailable', '503')
  }
  await failure(
    'cancelled',
    world.run({
      signal: controller.signal,
      tap: { before },
      onSleep: () => controller.abort(new Error('enough')),
    }),
  )
  assert.equal(world.asked('UploadPart'), 1)
})

test('the failure of one part stops the others, and is what the caller is told', async () => {
  const world = createWorld()
  const before = async ({ partNumber }: { partNumber?: number }): Promise<void> => {
    if (partNumber === 2) throw new ServiceError('denied', 'Not allowed.', { status: 403 })
  }
  const error = await failure('denied', world.run({ tap: { before }, numThreads: 4 }))
  assert.equal(error.partNumber, 2)
  assert.equal(world.tapped.inFlight(), 0)
  assert.ok(world.asked('UploadPart') <= 4, 'the queue was drained after a fatal error')
})
