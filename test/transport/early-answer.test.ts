/**
 * A client that is busy reading and hashing must still see why a service refused its body, although the service resets
 * the connection right after its answer. The service runs on a thread of its own, since it must answer while we are busy.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import type { RequestBody } from '../../src/protocol/message.js'
import { createNodeTransport } from '../../src/transport/node.js'

const refusingServer = `
  const { parentPort } = require('node:worker_threads')
  const server = require('node:net').createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => {
      socket.pause()
      socket.write('HTTP/1.1 403 Forbidden\\r\\ncontent-length: 6\\r\\n\\r\\ndenied', () => socket.resetAndDestroy())
    })
  })
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))
`

test('a busy sender sees the answer that a reset follows', async (t) => {
  const worker = new Worker(refusingServer, { eval: true })
  t.after(() => worker.terminate())
  const port = await new Promise<number>((resolve) => worker.once('message', resolve))
  const { transport, close } = createNodeTransport()
  t.after(close)
  const origin = `http://127.0.0.1:${port}`
  let seen = 0
  for (let round = 0; round < 20; round += 1) {
    try {
      const response = await transport({
        method: 'PUT',
        origin,
        target: '/',
        headers: { host: 'x' },
        body: busyBody(),
      })
      assert.equal(response.status, 403)
      await response.body.bytes(10)
      seen += 1
    } catch {
      // The reset can overtake the answer between a look at the socket and the write after it.
    }
  }
  // Without a look at the socket before each write: none.
  assert.ok(seen >= 10, `${seen} of 20 answers seen`)
})

/** Each block costs time before it is offered, as reading and hashing do. */
function busyBody(): RequestBody {
  const block = new Uint8Array(65_536)
  const pump: RequestBody['pump'] = async (sink) => {
    for (let count = 0; count < 100; count += 1) {
      const start = performance.now()
      while (performance.now() - start < 5);
      await sink(block)
    }
  }
  return { size: 100 * block.length, pump }
}
