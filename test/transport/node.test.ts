/** The node transport against real sockets: answers, connections, ends of every kind. */
import assert from 'node:assert/strict'
import type * as http from 'node:http'
import type * as net from 'node:net'
import { type TestContext, test } from 'node:test'
import { type HttpRequest, TransportError, type TransportFailure } from '../../src/protocol/message.js'
import { createNodeTransport, type NodeTransportOptions } from '../../src/transport/node.js'
import { limitRate, RateLimit } from '../../src/transport/rate.js'
import { until } from '../support/until.js'
import { testCertificate } from './certificate.js'
import { Arrival, type LentBody, lentBody } from './lent-body.js'
import { serve, serveRaw } from './servers.js'

function open(t: TestContext, options: NodeTransportOptions = {}) {
  const { transport, close } = createNodeTransport(options)
  t.after(close)
  return transport
}

function put(origin: string, body?: HttpRequest['body']): HttpRequest {
  const headers = { host: new URL(origin).host }
  return { method: 'PUT', origin, target: '/b/k?partNumber=1', headers, ...(body ? { body } : {}) }
}

function failsWith(failure: TransportFailure) {
  return (error: unknown) => {
    assert.ok(error instanceof TransportError, String(error))
    assert.equal(error.failure, failure, error.message)
    return true
  }
}

for (const secure of [false, true]) {
  const name = secure ? 'TLS' : 'TCP'

  for (const size of [0, 1, 65_536, 300_001]) {
    test(`a body of ${size} bytes arrives whole over ${name}, with its length and not chunked`, async (t) => {
      const arrival = new Arrival()
      let headers: Record<string, unknown> = {}
      const origin = await serve(
        t,
        (req, res) => {
          headers = req.headers
          req.on('data', (bytes: Uint8Array) => arrival.add(bytes))
          // Node joins headers and a text body, and then writes both as UTF-8: hence bytes.
          req.on('end', () => res.setHeader('x-word', 'caf\u00e9').end(Buffer.from('stored')))
        },
        { secure },
      )
      const transport = open(t, { ca: testCertificate })
      const body = lentBody(size, 65_536)
      let sent = 0
      const request = put(origin, body)
      const said = { ...request.headers, 'x-oss-meta-word': 'na\u00efve' }
      const response = await transport(
        { ...request, headers: said },
        {
          onSent: (bytes) => {
            assert.ok(bytes >= sent, 'onSent only grows')
            sent = bytes
          },
        },
      )
      assert.equal(response.status, 200)
      assert.equal(response.headers['x-word'], 'caf\u00e9')
      assert.equal(Buffer.from(await response.body.bytes(100)).toString(), 'stored')
      assert.equal(headers['x-oss-meta-word'], 'na\u00efve')
      assert.equal(headers['content-length'], String(size))
      assert.equal(headers['transfer-encoding'], undefined)
      assert.deepEqual(arrival, Object.assign(new Arrival(), { size, wrongAt: undefined }))
      assert.equal(sent, size)
      assert.equal(body.home, body.lent)
    })
  }

  test(`what the socket took of one large block is told while it goes, over ${name}`, async (t) => {
    const read: (() => void)[] = []
    const handler = (req: http.IncomingMessage, res: http.ServerResponse) => {
      read.push(() => req.resume())
      req.on('end', () => res.end())
    }
    const origin = await serve(t, handler, { secure })
    const transport = open(t, { ca: testCertificate, stallLimits: { sampleMs: 5 } })
    const size = 40_000_000
    const told: number[] = []
    const onSent = (bytes: number) => {
      told.push(bytes)
      if (told.length === 50) read[0]?.()
    }
    const response = await transport(put(origin, lentBody(size, size)), { onSent })
    await response.body.bytes(0)
    assert.ok(
      told.some((bytes) => bytes > 0 && bytes < size),
      told.join(' '),
    )
    assert.equal(told.at(-1), size)
  })

  test(`an untrusted or missing peer is told as that over ${name}`, async (t) => {
    const origin = secure ? await serve(t, () => {}, { secure }) : 'http://127.0.0.1:1'
    const transport = open(t)
    const failure = secure ? 'untrusted' : 'connect'
    await assert.rejects(transport(put(origin, lentBody(10, 10))), failsWith(failure))
  })
}

test('requests one after another share one connection, and leave no listener behind', async (t) => {
  const sockets = new Set<unknown>()
  const origin = await serve(t, (req, res) => {
    sockets.add(req.socket)
    req.resume().on('end', () => res.end('ok'))
  })
  const transport = open(t, { maxSockets: 1 })
  const warnings: Error[] = []
  const warn = (warning: Error) => warnings.push(warning)
  process.on('warning', warn)
  const signal = countingSignal()
  for (let count = 0; count < 500; count += 1) {
    const response = await transport(put(origin, new Uint8Array(100)), { signal })
    await response.body.bytes(10)
  }
  await new Promise((resolve) => setTimeout(resolve, 20))
  process.off('warning', warn)
  assert.equal(sockets.size, 1)
  assert.deepEqual(warnings, [])
  assert.equal(signal.listeners, 0)
})

test('no more requests than sockets are under way, and one that waits can be aborted', async (t) => {
  let running = 0
  let most = 0
  const finish: (() => void)[] = []
  const origin = await serve(t, (req, res) => {
    running += 1
    most = Math.max(most, running)
    req.resume()
    finish.push(() => {
      running -= 1
      res.end()
    })
  })
  const transport = open(t, { maxSockets: 2 })
  const ask = async (signal?: AbortSignal) => {
    const response = await transport(put(origin), signal ? { signal } : {})
    await response.body.bytes(10)
  }
  const first = [ask(), ask()]
  const stop = new AbortController()
  const aborted = ask(stop.signal)
  const later = [ask(), ask(), ask()]
  const reason = new Error('enough')
  stop.abort(reason)
  await assert.rejects(aborted, (error) => error === reason)
  // On a busy machine the first could be over before the second has arrived.
  for (let waits = 0; running < 2 && waits < 10_000; waits += 1) {
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  for (let ended = 0; ended < 5; ended += 1) {
    for (let turns = 0; finish.length === 0; turns += 1) {
      assert.ok(turns < 10_000, `only ${ended} of five requests arrived`)
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    finish.shift()?.()
  }
  await Promise.all([...first, ...later])
  assert.equal(most, 2)
})

test('an answer of failure ends the sending and is delivered, though the rest of the body never goes out', async (t) => {
  const origin = await serve(t, (_req, res) => {
    res.statusCode = 403
    res.end('no')
  })
  const transport = open(t, { maxSockets: 1 })
  const body = lentBody(64 * 1024 * 1024, 65_536)
  const response = await transport(put(origin, body))
  assert.equal(response.status, 403)
  assert.equal(Buffer.from(await response.body.bytes(10)).toString(), 'no')
  // The connection carried half a body; the next request must not meet the other half.
  const next = await transport(put(origin))
  assert.equal(next.status, 403)
  await next.body.bytes(10)
  assert.equal(body.home, body.lent)
  assert.ok(body.lent * 65_536 < body.size)
})

test('an answer of success that comes early waits for the body', async (t) => {
  const arrival = new Arrival()
  const origin = await serve(t, (req, res) => {
    res.flushHeaders()
    req.on('data', (bytes: Uint8Array) => arrival.add(bytes))
    req.on('end', () => res.end('ok'))
  })
  const response = await open(t)(put(origin, lentBody(5_000_000, 65_536)))
  assert.equal(arrival.wrongAt, undefined)
  await response.body.bytes(10)
  assert.equal(arrival.size, 5_000_000)
})

test('a connection that breaks before the answer is a reset and says what was sent', async (t) => {
  const origin = await serveRaw(t, (socket) => {
    socket.once('data', () => socket.resetAndDestroy())
  })
  const body = lentBody(10_000_000, 65_536)
  await assert.rejects(open(t)(put(origin, body)), (error) => {
    failsWith('reset')(error)
    assert.ok(error instanceof TransportError && error.bodyBytesSent > 0)
    return true
  })
  await allHome(body)
})

test('a kept connection that the server closed is a reset and is not retried here', async (t) => {
  let requests = 0
  const origin = await serveRaw(t, (socket) => {
    socket.on('data', () => {
      requests += 1
      if (requests === 1) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
      else socket.destroy()
    })
  })
  const transport = open(t, { maxSockets: 1 })
  await (await transport(put(origin))).body.bytes(0)
  await assert.rejects(transport(put(origin)), failsWith('reset'))
  assert.equal(requests, 2)
})

test('what is no HTTP is garbled; an answer that ends early is a reset', async (t) => {
  const garbled = await serveRaw(t, (socket) => socket.once('data', () => socket.end('SSH-2.0-x\r\n\r\n')))
  const short = await serveRaw(t, (socket) =>
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc')),
  )
  const transport = open(t)
  await assert.rejects(transport(put(garbled)), failsWith('garbled'))
  const response = await transport(put(short))
  await assert.rejects(response.body.bytes(100), failsWith('reset'))
})

test('an answer beyond its limit is refused, one at the limit is not', async (t) => {
  const origin = await serve(t, (_req, res) => res.end(Buffer.alloc(1000)))
  const transport = open(t)
  assert.equal((await (await transport(put(origin))).body.bytes(1000)).length, 1000)
  await assert.rejects((await transport(put(origin))).body.bytes(999), failsWith('garbled'))
})

test('a discarded answer frees its connection', async (t) => {
  const origin = await serve(t, (_req, res) => res.end(Buffer.alloc(100_000)))
  const transport = open(t, { maxSockets: 1 })
  for (let count = 0; count < 3; count += 1) (await transport(put(origin))).body.discard()
  assert.equal((await (await transport(put(origin))).body.bytes(100_000)).length, 100_000)
})

const impatient = {
  windowMs: 150,
  windowBytes: 1000,
  sampleMs: 10,
  answerMs: 100,
  answerPauseMs: 100,
  hiddenBytes: 0,
}

test('a peer that takes nothing, never answers, or stops in its answer has stalled', async (t) => {
  const deaf = await serveRaw(t, (socket) => void socket.pause())
  const mute = await serve(t, (req) => void req.resume())
  const broken = await serve(t, (_req, res) => {
    res.setHeader('content-length', 100)
    res.write('begun')
  })
  const transport = open(t, { stallLimits: impatient })
  const body = lentBody(100_000_000, 1_000_000)
  await assert.rejects(transport(put(deaf, body)), failsWith('stalled'))
  await allHome(body)
  await assert.rejects(transport(put(mute, lentBody(10, 10))), failsWith('stalled'))
  const response = await transport(put(broken))
  await assert.rejects(response.body.bytes(100), failsWith('stalled'))
})

test('a body that waits for its source or for a rate limit does not stall', async (t) => {
  const arrival = new Arrival()
  const origin = await serve(t, (req, res) => {
    req.on('data', (bytes: Uint8Array) => arrival.add(bytes))
    req.on('end', () => res.end())
  })
  const clock = {
    monotonic: () => performance.now(),
    sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
  }
  const stallLimits = { ...impatient, windowMs: 60, windowBytes: 1_000_000 }
  const transport = limitRate(open(t, { stallLimits }), new RateLimit(4000, clock))
  const response = await transport(put(origin, lentBody(1500, 1000)))
  await response.body.bytes(0)
  assert.equal(arrival.size, 1500)
  assert.equal(arrival.wrongAt, undefined)
})

test('with expectContinue a refused body is never read, a welcome one is sent', async (t) => {
  const arrival = new Arrival()
  const origin = await serve(
    t,
    (req, res) => {
      req.on('data', (bytes: Uint8Array) => arrival.add(bytes))
      req.on('end', () => res.end())
    },
    {
      checkContinue: (req, res) => {
        if (req.headers['x-welcome'] === undefined) {
          res.statusCode = 403
          res.end()
          return
        }
        res.writeContinue()
        req.on('data', (bytes: Uint8Array) => arrival.add(bytes))
        req.on('end', () => res.end())
      },
    },
  )
  const transport = open(t, { maxSockets: 1 })
  const refused = lentBody(100, 10)
  const response = await transport(put(origin, refused), { expectContinue: true })
  assert.equal(response.status, 403)
  await response.body.bytes(0)
  assert.equal(refused.lent, 0)
  const request = put(origin, lentBody(100_000, 1000))
  const welcome = await transport(
    { ...request, headers: { ...request.headers, 'x-welcome': '1' } },
    { expectContinue: true },
  )
  assert.equal(welcome.status, 200)
  await welcome.body.bytes(0)
  assert.equal(arrival.size, 100_000)
})

test('a header beyond ASCII is sent as it was signed, so without expectContinue', async (t) => {
  let headers: Record<string, unknown> = {}
  const origin = await serve(t, (req, res) => {
    headers = req.headers
    req.resume().on('end', () => res.end())
  })
  const request = put(origin, lentBody(5, 5))
  const said = { ...request.headers, 'x-oss-meta-word': 'na\u00efve' }
  await open(t)({ ...request, headers: said }, { expectContinue: true })
  assert.equal(headers['x-oss-meta-word'], 'na\u00efve')
  assert.equal(headers['expect'], undefined)
})

test('a server that knows no 100-continue gets the body after a while', async (t) => {
  const origin = await serveRaw(t, (socket) => {
    let text = ''
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1')
      if (text.includes('\r\n\r\n') && text.split('\r\n\r\n')[1]?.length === 5) {
        socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
      }
    })
  })
  const transport = open(t, { stallLimits: { continueMs: 20 } })
  const response = await transport(put(origin, lentBody(5, 5)), { expectContinue: true })
  assert.equal(response.status, 200)
})

test('an abort rejects with its reason at once; blocks come home when the socket is closed', async (t) => {
  let connection: net.Socket | undefined
  const origin = await serveRaw(t, (socket) => {
    connection = socket.pause()
  })
  const transport = open(t)
  const stop = new AbortController()
  const reason = new Error('stop')
  const body = lentBody(200_000_000, 4_000_000)
  const answer = transport(put(origin, body), { signal: stop.signal })
  await until('two blocks are lent', () => body.lent - body.home >= 2)
  await new Promise((resolve) => setTimeout(resolve, 30)) // the kernel's buffers are full now
  stop.abort(reason)
  await assert.rejects(answer, (error) => error === reason)
  assert.ok(body.home < body.lent, 'a block came home before its socket was closed')
  await allHome(body)
  connection?.destroy()
})

test('an abort in the middle of the answer reaches its reader', async (t) => {
  const origin = await serve(t, (_req, res) => {
    res.setHeader('content-length', 100)
    res.write('begun')
  })
  const stop = new AbortController()
  const response = await open(t)(put(origin), { signal: stop.signal })
  const reason = new Error('stop')
  setTimeout(() => stop.abort(reason), 10)
  await assert.rejects(response.body.bytes(100), (error) => error === reason)
  await assert.rejects(open(t)(put(origin), { signal: stop.signal }), (error) => error === reason)
})

test('a source that fails ends the request with its own error', async (t) => {
  const origin = await serve(t, (req) => void req.resume())
  const failure = new Error('the disk is gone')
  const pump = async (sink: (block: Uint8Array) => Promise<void>) => {
    await sink(new Uint8Array(10))
    throw failure
  }
  const transport = open(t)
  await assert.rejects(transport(put(origin, { size: 100, pump })), (error) => error === failure)
  const short = { size: 100, pump: (sink: (block: Uint8Array) => Promise<void>) => sink(new Uint8Array(99)) }
  await assert.rejects(transport(put(origin, short)), /ended after 99/)
  const long = { size: 100, pump: (sink: (block: Uint8Array) => Promise<void>) => sink(new Uint8Array(101)) }
  await assert.rejects(transport(put(origin, long)), /more than that/)
})

test('close ends what is under way and refuses what comes', async (t) => {
  const origin = await serve(t, (req) => void req.resume())
  const { transport, close } = createNodeTransport()
  const body = lentBody(1000, 100)
  const answer = transport(put(origin, body))
  const refused = assert.rejects(answer, failsWith('reset'))
  await until('all blocks are home', () => body.home >= 10)
  await close()
  await refused
  assert.equal(body.home, body.lent)
  await assert.rejects(transport(put(origin)), failsWith('connect'))
})

test('a header that cannot be sent fails the request and costs no connection', async (t) => {
  const origin = await serve(t, (req, res) => req.resume().on('end', () => res.end()))
  const transport = open(t, { maxSockets: 1 })
  const request = put(origin)
  const broken = { ...request, headers: { ...request.headers, 'x-oss-meta-a': 'a\r\nb: c' } }
  await assert.rejects(transport(broken))
  assert.equal((await transport(request)).status, 200)
})

async function allHome(body: LentBody): Promise<void> {
  for (let tries = 0; body.home < body.lent; tries += 1) {
    assert.ok(tries < 2000, `${body.lent - body.home} blocks never came home`)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

function countingSignal() {
  return {
    aborted: false,
    reason: undefined,
    listeners: 0,
    addEventListener() {
      this.listeners += 1
    },
    removeEventListener() {
      this.listeners -= 1
    },
  }
}
