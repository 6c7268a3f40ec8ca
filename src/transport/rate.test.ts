import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { HttpRequest, RequestBody, Transport } from '../protocol/message.js'
import { limitRate, RateLimit } from './rate.js'

/** Time passes only in sleep; sleepers wake in order of time. */
function virtualClock() {
  let nowMs = 0
  const sleepers: { atMs: number; wake: () => void }[] = []
  return {
    monotonic: () => nowMs,
    sleep: (ms: number, signal?: { readonly aborted: boolean; readonly reason: unknown }) =>
      new Promise<void>((resolve, reject) => {
        const wake = () => (signal?.aborted ? reject(signal.reason) : resolve())
        sleepers.push({ atMs: nowMs + ms, wake })
      }),
    async run(until: Promise<unknown>) {
      let over = false
      const settled = until
        .catch(() => {})
        .then(() => {
          over = true
        })
      for (let step = 0; step < 100_000; step += 1) {
        await new Promise((resolve) => setImmediate(resolve))
        if (over) break
        sleepers.sort((a, b) => a.atMs - b.atMs)
        const next = sleepers.shift()
        if (next === undefined) continue
        nowMs = next.atMs
        next.wake()
      }
      await settled
    },
  }
}

function request(body: HttpRequest['body']): HttpRequest {
  return { method: 'PUT', origin: 'http://x', target: '/', headers: {}, ...(body ? { body } : {}) }
}

interface Grain {
  readonly atMs: number
  readonly bytes: Uint8Array
}

/** Takes every grain at once and notes when. */
function noting(clock: { monotonic(): number }, logs: readonly Grain[][]): Transport {
  return async ({ body }, options) => {
    if (body instanceof Uint8Array) throw new Error('a limited body is pumped')
    await body?.pump(async (grain) => {
      for (const log of logs) log.push({ atMs: clock.monotonic(), bytes: grain.slice() })
    }, options?.signal)
    return {
      status: 200,
      headers: {},
      body: { bytes: async () => new Uint8Array(), chunks: async function* () {}, discard() {} },
    }
  }
}

/** Offers its blocks all at once, as a pump that reads ahead does. */
function eager(blocks: readonly Uint8Array[]): RequestBody {
  const size = blocks.reduce((sum, block) => sum + block.length, 0)
  return { size, pump: async (sink) => void (await Promise.all(blocks.map(sink))) }
}

test('in no stretch of time do more bytes leave than the rate allows, and none is lost or out of order', async () => {
  const blocks = fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 3000 }),
      fc.array(blocks, { minLength: 1, maxLength: 4 }),
      async (rate, bodies) => {
        const grainBytes = Math.max(1, Math.floor(rate / 40))
        const clock = virtualClock()
        const all: Grain[] = []
        const logs = bodies.map((): Grain[] => [])
        // One limit over all: the requests differ in their targets, by which each finds its own log.
        const limited = limitRate(
          (asked, options) => noting(clock, [all, logs[Number(asked.target)] ?? []])(asked, options),
          new RateLimit(rate, clock),
        )
        const answers = bodies.map((body, index) =>
          limited({ ...request(eager(body)), target: String(index) }),
        )
        await clock.run(Promise.all(answers))
        await Promise.all(answers)
        for (const [index, body] of bodies.entries()) {
          const sent = Buffer.concat((logs[index] ?? []).map(({ bytes }) => bytes))
          assert.deepEqual(sent, Buffer.concat(body))
        }
        for (const entry of all) assert.ok(entry.bytes.length <= grainBytes)
        for (let from = 0; from < all.length; from += 1) {
          let sum = 0
          for (let to = from; to < all.length; to += 1) {
            sum += all[to]?.bytes.length ?? 0
            const seconds = ((all[to]?.atMs ?? 0) - (all[from]?.atMs ?? 0)) / 1000
            assert.ok(
              sum <= rate * (1.04 * seconds + 0.0312) + grainBytes + 1e-6,
              `${sum} bytes in ${seconds} s`,
            )
          }
        }
      },
    ),
    { numRuns: 50 },
  )
})

test('the rate is reached: ten seconds worth take ten seconds', async () => {
  const clock = virtualClock()
  const limited = limitRate(noting(clock, []), new RateLimit(1000, clock))
  const answer = limited(request(new Uint8Array(10_000)))
  await clock.run(answer)
  await answer
  assert.ok(Math.abs(clock.monotonic() - 10_000) <= 100, `${clock.monotonic()} ms`)
})

test('an abort ends the wait for bytes with its reason', async () => {
  const clock = virtualClock()
  const stop = new AbortController()
  const limited = limitRate(noting(clock, []), new RateLimit(10, clock))
  const answer = limited(request(new Uint8Array(1000)), { signal: stop.signal })
  const reason = new Error('stop')
  const refused = assert.rejects(answer, (error) => error === reason)
  setTimeout(() => stop.abort(reason), 1)
  await clock.run(answer)
  await refused
})

test('a request without a body passes as it is', async () => {
  const asked = request(undefined)
  let seen: HttpRequest | undefined
  const limited = limitRate(async (passed) => {
    seen = passed
    throw new Error('seen')
  }, new RateLimit(1, virtualClock()))
  await assert.rejects(limited(asked), /seen/)
  assert.equal(seen, asked)
})

/** Four takers who want all they can get, for so long; what each got, and when. */
async function takeAll(options: {
  readonly limit: (clock: ReturnType<typeof virtualClock>) => RateLimit
  readonly forMs: number
  readonly change?: { readonly afterMs: number; readonly to: number }
}): Promise<{ readonly atMs: number; readonly bytes: number; readonly taker: number }[]> {
  const { forMs, change } = options
  const clock = virtualClock()
  const limit = options.limit(clock)
  const grants: { atMs: number; bytes: number; taker: number }[] = []
  const taking = async (taker: number) => {
    while (clock.monotonic() < forMs) {
      const bytes = await limit.take(1_000_000)
      grants.push({ atMs: clock.monotonic(), bytes, taker })
    }
  }
  const changing = async () => {
    if (change === undefined) return
    await clock.sleep(change.afterMs)
    limit.set(change.to)
  }
  await clock.run(Promise.all([...[0, 1, 2, 3].map(taking), changing()]))
  return grants
}

function bytesBetween(
  grants: readonly { readonly atMs: number; readonly bytes: number }[],
  fromMs: number,
  toMs: number,
): number {
  return grants.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).reduce((sum, { bytes }) => sum + bytes, 0)
}

test('ten seconds carry the rate within five per cent, and no second more than 1.1 times, however late timers are', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1000, max: 100_000_000 }),
      fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 50 }),
      async (rate, lateMs) => {
        let slept = 0
        const grants = await takeAll({
          forMs: 10_000,
          limit: (clock) =>
            new RateLimit(rate, {
              monotonic: clock.monotonic,
              // Once the process does not run for a while.
              sleep: (ms) => clock.sleep(ms + (slept++ === 40 ? 400 : (lateMs[slept % lateMs.length] ?? 0))),
            }),
        })
        const all = bytesBetween(grants, 0, 10_000)
        assert.ok(Math.abs(all / (rate * 10) - 1) <= 0.05, `${all} bytes at ${rate}`)
        for (const { atMs } of grants) {
          const second = bytesBetween(grants, atMs, atMs + 1000)
          assert.ok(second <= rate * 1.1 + 1, `${second} bytes in a second at ${rate}`)
        }
        for (const taker of [0, 1, 2, 3]) {
          const own = bytesBetween(
            grants.filter((grant) => grant.taker === taker),
            0,
            10_000,
          )
          assert.ok(Math.abs(own / (all / 4) - 1) <= 0.05, `one of four got ${own} of ${all}`)
        }
      },
    ),
    { numRuns: 5 },
  )
})

test('a changed limit holds at once, for those who wait already too, upwards and downwards', async () => {
  for (const [before, after] of [
    [1000, 2_000_000],
    [2_000_000, 1000],
  ] as const) {
    const grants = await takeAll({
      forMs: 8000,
      change: { afterMs: 2000, to: after },
      limit: (clock) => new RateLimit(before, clock),
    })
    const first = bytesBetween(grants, 0, 2000)
    assert.ok(Math.abs(first / (before * 2) - 1) <= 0.05, `${first} bytes in two seconds at ${before}`)
    // A grain of the old rate may leave in the moment of the change.
    const then = bytesBetween(grants, 2025, 7025)
    assert.ok(Math.abs(then / (after * 5) - 1) <= 0.05, `${then} bytes in five seconds at ${after}`)
  }
})

test('a limit of a byte a second does not hold up a faster one that follows for longer than a second', async () => {
  const clock = virtualClock()
  const limit = new RateLimit(1, clock)
  await clock.run(limit.take(10))
  const waiting = [limit.take(1000), limit.take(1000)]
  limit.set(1_000_000)
  await clock.run(Promise.all(waiting))
  assert.deepEqual(await Promise.all(waiting), [1000, 1000])
  assert.ok(clock.monotonic() <= 1000, `${clock.monotonic()} ms`)
})

test('without a limit nobody waits, and a limit that comes later holds', async () => {
  const clock = virtualClock()
  const limit = new RateLimit(Number.POSITIVE_INFINITY, clock)
  for (let taken = 0; taken < 100; taken += 1) assert.equal(await limit.take(1_000_000), 1_000_000)
  limit.set(1000)
  assert.equal(limit.bytesPerSecond, 1000)
  const answer = limitRate(noting(clock, []), limit)(request(new Uint8Array(2000)))
  await clock.run(answer)
  assert.ok(Math.abs(clock.monotonic() - 2000) <= 100, `${clock.monotonic()} ms`)
})

test('who gives up waiting takes nothing from those behind', async () => {
  const clock = virtualClock()
  const limit = new RateLimit(1000, clock)
  await limit.take(25)
  const stop = new AbortController()
  const refused = assert.rejects(limit.take(25, stop.signal), /enough/)
  const behind = limit.take(25)
  stop.abort(new Error('enough'))
  await refused
  await clock.run(behind)
  assert.equal(await behind, 25)
  assert.ok(clock.monotonic() <= 25, `${clock.monotonic()} ms`)
  await assert.rejects(limit.take(25, stop.signal), /enough/)
})

test('what is no rate is refused', () => {
  for (const rate of [0, -1, 0.5, Number.NaN, '5' as unknown as number]) {
    assert.throws(() => new RateLimit(rate, virtualClock()), { code: 'invalid-argument' })
    assert.throws(() => new RateLimit(5, virtualClock()).set(rate), { code: 'invalid-argument' })
  }
})
