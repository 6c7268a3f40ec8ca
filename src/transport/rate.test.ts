import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { HttpRequest, RequestBody, Transport } from '../protocol/message.js'
import { limitRate } from './rate.js'

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
        const grainBytes = Math.max(1, Math.floor(rate / 20))
        const clock = virtualClock()
        const all: Grain[] = []
        const logs = bodies.map((): Grain[] => [])
        // One limit over all: the requests differ in their targets, by which each finds its own log.
        const limited = limitRate(
          (asked, options) => noting(clock, [all, logs[Number(asked.target)] ?? []])(asked, options),
          rate,
          clock,
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
            assert.ok(sum <= rate * (seconds + 0.05) + grainBytes + 1e-6, `${sum} bytes in ${seconds} s`)
          }
        }
      },
    ),
    { numRuns: 50 },
  )
})

test('the rate is reached: ten seconds worth take ten seconds', async () => {
  const clock = virtualClock()
  const limited = limitRate(noting(clock, []), 1000, clock)
  const answer = limited(request(new Uint8Array(10_000)))
  await clock.run(answer)
  await answer
  assert.ok(Math.abs(clock.monotonic() - 10_000) <= 100, `${clock.monotonic()} ms`)
})

test('an abort ends the wait for bytes with its reason', async () => {
  const clock = virtualClock()
  const stop = new AbortController()
  const limited = limitRate(noting(clock, []), 10, clock)
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
  const limited = limitRate(
    async (passed) => {
      seen = passed
      throw new Error('seen')
    },
    1,
    virtualClock(),
  )
  await assert.rejects(limited(asked), /seen/)
  assert.equal(seen, asked)
})
