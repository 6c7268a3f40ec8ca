/** Answers that come late or piece by piece: which still count, and which are a stall. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { TransportError } from '../../src/protocol/message.js'
import { createNodeTransport } from '../../src/transport/node.js'
import { serve } from './servers.js'

const limits = { answerMs: 100, answerPauseMs: 400, windowBytes: 1000, hiddenBytes: 0 }

function isStall(error: unknown): boolean {
  return error instanceof TransportError && error.failure === 'stalled'
}

function get(origin: string) {
  return { method: 'GET', origin, target: '/', headers: { host: 'x' } }
}

for (const [rhythm, stalls] of [
  [{ bytes: 1, everyMs: 20 }, true],
  [{ bytes: 500, everyMs: 20 }, false],
] as const) {
  test(`an answer of ${rhythm.bytes} bytes at a time ${stalls ? 'has stalled' : 'is read to its end'}`, async (t) => {
    const pieces = 40
    const origin = await serve(t, (_req, res) => {
      let written = 0
      const timer = setInterval(() => {
        res.write(Buffer.alloc(rhythm.bytes))
        written += 1
        if (written < pieces) return
        clearInterval(timer)
        res.end()
      }, rhythm.everyMs)
      t.after(() => clearInterval(timer))
    })
    const { transport, close } = createNodeTransport({ stallLimits: limits })
    t.after(close)
    const response = await transport(get(origin))
    if (stalls) await assert.rejects(response.body.bytes(100_000), isStall)
    else assert.equal((await response.body.bytes(100_000)).length, pieces * rhythm.bytes)
  })
}

test('the time a reader takes between two pieces is not the service’s', async (t) => {
  const origin = await serve(t, (_req, res) => {
    for (let count = 0; count < 30; count += 1) res.write(Buffer.alloc(20))
    res.end()
  })
  const { transport, close } = createNodeTransport({ stallLimits: { ...limits, answerPauseMs: 60 } })
  t.after(close)
  const response = await transport(get(origin))
  let size = 0
  for await (const piece of response.body.chunks()) {
    size += piece.length
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  assert.equal(size, 600)
})

const promptServer = `
  const { parentPort, workerData } = require('node:worker_threads')
  const server = require('node:http').createServer((req, res) => {
    parentPort.postMessage('asked')
    res.end('ok', () => Atomics.add(workerData, 0, 1))
  })
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))
`

test('an answer that came while this process did not run is no stall, though its time is over', async (t) => {
  const answered = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(promptServer, { eval: true, workerData: answered })
  t.after(() => worker.terminate())
  const port = await new Promise<number>((resolve) => worker.once('message', resolve))
  const { transport, close } = createNodeTransport({ stallLimits: limits })
  t.after(close)
  for (let round = 0; round < 5; round += 1) {
    const answer = transport(get(`http://127.0.0.1:${port}`))
    await new Promise((resolve) => worker.once('message', resolve))
    const startMs = performance.now()
    // Until the time is over and the answer is there, however busy the machine is.
    while (performance.now() - startMs < 150 || Atomics.load(answered, 0) <= round) {
      assert.ok(performance.now() - startMs < 30_000, 'the server never answered')
    }
    const response = await answer
    assert.equal((await response.body.bytes(10)).length, 2)
  }
})
