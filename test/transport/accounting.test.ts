/**
 * After hundreds of exchanges with every kind of end nothing may be missing: each connection can be used again, each block
 * is home, and no listener or timer is left. What a leak costs would show only after days.
 */
import assert from 'node:assert/strict'
import { getEventListeners, setMaxListeners } from 'node:events'
import type * as http from 'node:http'
import { test } from 'node:test'
import { createBlockPool } from '../../src/sources/pool.js'
import { sliceOf } from '../../src/sources/pump.js'
import { createNodeTransport } from '../../src/transport/node.js'
import { testCertificate } from './certificate.js'
import { serve } from './servers.js'

const maxSockets = 8
const blocks = 6

type Answering = (req: http.IncomingMessage, res: http.ServerResponse) => void

const endings: readonly Answering[] = [
  (req, res) => req.resume().on('end', () => res.end('ok')),
  (req) => req.socket.destroy(),
  (req) => req.once('data', () => req.socket.destroy()),
  (req) => req.resume().on('end', () => req.socket.destroy()),
  (_req, res) => res.writeHead(403).end('no'),
  (_req, res) => res.writeHead(503, { connection: 'close' }).end('no'),
  (req, res) => {
    res.flushHeaders()
    req.resume().on('end', () => res.end('early'))
  },
  (req, res) => {
    res.flushHeaders()
    req.once('data', () => req.socket.destroy())
  },
  (req, res) => {
    req.resume()
    res.writeHead(200, { 'content-length': 10 }).write('abc')
    setImmediate(() => req.socket.destroy())
  },
  (req, res) => {
    req.resume()
    res.end('before the body')
  },
  (req) => void req.resume(), // never answers
]

const words: readonly Answering[] = [
  (req, res) => {
    res.writeContinue()
    req.resume().on('end', () => res.end('ok'))
  },
  (req, res) => {
    res.writeProcessing()
    res.writeContinue()
    req.resume().on('end', () => res.end('ok'))
  },
  (_req, res) => res.writeHead(417).end(),
  (_req, res) => res.end('a final answer instead'),
  (req) => req.socket.destroy(),
]

for (const secure of [false, true]) {
  test(`no end of an exchange costs a connection, a block or a listener, over ${secure ? 'TLS' : 'TCP'}`, async (t) => {
    let answer: Answering | undefined
    let count = 0
    const turn = (kinds: readonly Answering[]): Answering => {
      return (req, res) => {
        req.on('error', () => {})
        count += 1
        const kind = answer ?? kinds[count % kinds.length]
        kind?.(req, res)
      }
    }
    const origin = await serve(t, turn(endings), { secure, checkContinue: turn(words) })
    const { transport, close } = createNodeTransport({
      maxSockets,
      ca: testCertificate,
      stallLimits: { answerMs: 100, answerPauseMs: 100, hiddenBytes: 0, continueMs: 30 },
    })
    t.after(close)
    const pool = createBlockPool({ blockSize: 16_384, blocks })
    const shared = new AbortController()
    setMaxListeners(0, shared.signal)
    const exchange = async (turn: number) => {
      const own = new AbortController()
      const aborts = turn % 3 === 0
      const size = [0, 1, 16_384, 400_000][turn % 4] ?? 0
      const slice = sliceOf({ start: 0, end: size }, async (offset, end, signal) => {
        const block = await pool.lease(signal)
        return {
          bytes: block.subarray(0, Math.min(block.length, end - offset)),
          giveBack: () => pool.give(block),
        }
      })
      const request = { method: 'PUT', origin, target: '/', headers: { host: 'x' }, body: slice }
      const timer = aborts ? setTimeout(() => own.abort(new Error('stop')), turn % 13) : undefined
      try {
        const signal = aborts ? own.signal : shared.signal
        const response = await transport(request, { signal, expectContinue: turn % 5 === 0 })
        if (turn % 7 === 0) response.body.discard()
        else await response.body.bytes(100)
      } catch {
        // Every end is as good as any other here.
      }
      clearTimeout(timer)
    }
    let begun = 0
    const runner = async () => {
      for (let turn = begun++; turn < 330; turn = begun++) await exchange(turn)
    }
    await Promise.all(Array.from({ length: 2 * maxSockets }, runner))

    // Now each answer waits until as many requests are there as there may be: one lost connection, and none ever comes.
    const waiting: (() => void)[] = []
    answer = (req, res) => {
      waiting.push(() => req.resume().on('end', () => res.end('ok')))
      if (waiting.length === maxSockets) for (const go of waiting) go()
    }
    const last = Array.from({ length: maxSockets }, async () => {
      // The first waits for the last, and a busy machine takes its time for eight handshakes.
      const request = { method: 'PUT', origin, target: '/', headers: { host: 'x' } }
      const response = await transport(request, { patience: 300 })
      assert.equal((await response.body.bytes(10)).length, 2)
    })
    await Promise.all(last)
    await close()
    assert.equal(pool.free, blocks)
    assert.equal(getEventListeners(shared.signal, 'abort').length, 0)
    assert.equal(process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length, 0)
  })
}
