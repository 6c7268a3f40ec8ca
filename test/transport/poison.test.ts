/**
 * No block is ever overwritten while its bytes can still be sent. Whatever a server receives must be a prefix of the body,
 * however the request ends: whole, aborted, reset, or crawling along a full pipe.
 */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { createNodeTransport } from '../../src/transport/node.js'
import { limitRate, RateLimit } from '../../src/transport/rate.js'
import { testCertificate } from './certificate.js'
import { Arrival, lentBody } from './lent-body.js'
import { serve } from './servers.js'

interface Story {
  readonly size: number
  readonly blockSize: number
  /** After so many bytes the server... */
  readonly turn: number
  readonly server: 'reads on' | 'resets' | 'refuses' | 'reads slowly'
  /** The client aborts when so many blocks were lent. */
  readonly abortAfter: number | undefined
  readonly limited: boolean
}

const stories: fc.Arbitrary<Story> = fc.record({
  size: fc.oneof(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 500_000, max: 12_000_000 })),
  blockSize: fc.constantFrom(1000, 65_536, 1_000_000, 3_000_000),
  turn: fc.integer({ min: 0, max: 6_000_000 }),
  server: fc.constantFrom('reads on', 'resets', 'refuses', 'reads slowly'),
  abortAfter: fc.option(fc.integer({ min: 1, max: 8 }), { nil: undefined }),
  limited: fc.boolean(),
})

for (const secure of [false, true]) {
  test(`a server never receives a byte of a block that came home, over ${secure ? 'TLS' : 'TCP'}`, async (t) => {
    const world = await openWorld(t, secure)
    let arrived = 0
    let whole = 0
    const tell = async (story: Story) => {
      const smallBlocks = story.size / story.blockSize > 200
      const arrival = await world(smallBlocks ? { ...story, blockSize: 65_536 } : story)
      assert.equal(arrival.wrongAt, undefined, `a wrong byte of ${arrival.size}`)
      arrived += arrival.size
      if (arrival.size === story.size) whole += 1
    }
    await fc.assert(fc.asyncProperty(stories, tell), { numRuns: 60, endOnFailure: true })
    assert.ok(
      arrived > 10_000_000 && whole > 5,
      `${arrived} bytes told too little, ${whole} bodies came whole`,
    )
  })
}

async function openWorld(t: TestContext, secure: boolean): Promise<(story: Story) => Promise<Arrival>> {
  // By target: what an aborted request left in the pipe may be read when the next one is long under way.
  const told = new Map<string, { readonly story: Story; readonly arriving: Arrival }>()
  const origin = await serve(
    t,
    (req, res) => {
      const of = told.get(req.url ?? '')
      assert.ok(of, 'a request that nobody sent')
      const { story, arriving } = of
      let turned = false
      const turn = () => {
        if (turned || arriving.size < story.turn) return
        turned = true
        if (story.server === 'resets' && secure)
          req.socket.destroy() // unread data makes a reset of it
        else if (story.server === 'resets') req.socket.resetAndDestroy()
        if (story.server === 'refuses') res.writeHead(503).end()
        if (story.server === 'reads slowly') {
          req.pause()
          setTimeout(() => req.resume(), 30)
        }
      }
      turn()
      req.on('data', (bytes: Uint8Array) => {
        arriving.add(bytes)
        turn()
      })
      req.on('end', () => res.end())
    },
    { secure },
  )
  const { transport, close } = createNodeTransport({ ca: testCertificate, maxSockets: 2 })
  t.after(close)
  const clock = {
    monotonic: () => performance.now(),
    sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
  }
  const slow = limitRate(transport, new RateLimit(200_000_000, clock))
  return async (present) => {
    const arrival = new Arrival()
    const target = `/${told.size}`
    told.set(target, { story: present, arriving: arrival })
    const body = lentBody(present.size, present.blockSize)
    const stop = new AbortController()
    const watched = {
      size: body.size,
      pump: (sink: (block: Uint8Array) => Promise<void>, signal?: AbortSignal) =>
        body.pump((block) => {
          const home = sink(block)
          if (body.lent === present.abortAfter) setImmediate(() => stop.abort(new Error('stop')))
          return home
        }, signal),
    }
    const request = { method: 'PUT', origin, target, headers: { host: 'x' } }
    const send = present.limited ? slow : transport
    try {
      const response = await send({ ...request, body: watched }, { signal: stop.signal })
      await response.body.bytes(10)
      if (response.status === 200) assert.equal(arrival.size, present.size)
    } catch {
      // Aborted or reset: only what arrived counts.
    }
    for (let tries = 0; body.home < body.lent; tries += 1) {
      assert.ok(tries < 5000, 'a block never came home')
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    await new Promise((resolve) => setTimeout(resolve, 2)) // what is still in the pipe arrives
    return arrival
  }
}
