/** Connections that are slow, half-sent, oversized or no HTTP at all: each ends with a stated answer in a stated time. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import type { HttpLimits } from '../../src/server/http-limits.js'
import { createServer, type Handler } from '../../src/server/index.js'
import { listen } from '../../src/server/listen.js'
import { createWorld, type World, wireOf } from './world.js'

const AT = { bucket: 'examplebucket', key: 'k' } as const

async function withLimits(
  limits: Partial<HttpLimits>,
  work: (port: number, world: World) => Promise<void>,
  handler?: Handler,
): Promise<void> {
  const world = await createWorld()
  const listener = await listen({ handler: handler ?? world.handler, host: '127.0.0.1', port: 0, limits })
  try {
    await work(listener.port, world)
  } finally {
    await listener.close(0)
  }
}

function open(port: number): Socket {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  socket.on('error', () => undefined)
  return socket
}

/** All that comes until the other side ends, or until nobody should have to wait any longer. */
async function readAll(socket: Socket): Promise<string> {
  let seen = ''
  const timer = setTimeout(() => socket.destroy(new Error(`no end after: ${seen}`)), 60_000)
  try {
    for await (const chunk of socket) seen += (chunk as Buffer).toString('latin1')
  } finally {
    clearTimeout(timer)
  }
  return seen
}

/** Sends, and reads until the server ends the connection. */
async function tell(port: number, ...texts: readonly string[]): Promise<string> {
  const socket = open(port)
  for (const text of texts) socket.write(text, 'latin1')
  const seen = await readAll(socket)
  socket.destroy()
  return seen
}

/** `GET`-like head of a signed request; `extra` replaces or adds headers that are not signed. */
function headOf(world: World, method: string, extra: Record<string, string | undefined> = {}): string {
  const { target, headers } = wireOf({ method, ...AT, body: '' }, world.clock.time)
  const lines = Object.entries({ ...headers, ...extra })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value}\r\n`)
  return `${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`
}

/** Status and code of each answer in what came. */
function answersIn(seen: string): string[] {
  return seen
    .split(/(?=HTTP\/1\.1 )/)
    .filter((each) => each !== '')
    .map((each) =>
      `${/^HTTP\/1\.1 (\d+)/.exec(each)?.[1]} ${/<Code>(.*?)<\/Code>/.exec(each)?.[1] ?? ''}`.trim(),
    )
}

function assertLast(seen: string, answer: string): void {
  assert.equal(answersIn(seen).at(-1), answer, seen)
  assert.match(seen, /\r\nx-oss-request-id: [0-9A-F]{24}\r\n/)
  assert.match(seen, /\r\nconnection: close\r\n/i)
}

test('a connection that never says what it wants is told and closed', () =>
  withLimits({ headersMs: 200 }, async (port) => {
    assertLast(await tell(port, 'GET /examplebucket/k HTT'), '400 RequestTimeout')
    assertLast(await tell(port, 'GET / HTTP/1.1\r\nhost: x\r\nx-slow: '), '400 RequestTimeout')
  }))

test('a request line or headers that are too large are refused', () =>
  withLimits({ headersSize: 16 * 1024 }, async (port, world) => {
    const long = 'x'.repeat(17 * 1024)
    assertLast(await tell(port, `GET /${long} HTTP/1.1\r\nhost: x\r\n\r\n`), '400 InvalidRequest')
    assertLast(await tell(port, headOf(world, 'GET', { 'x-long': long })), '400 InvalidRequest')
    const endless = open(port)
    endless.write('GET / HTTP/1.1\r\nhost: x\r\n')
    const pump = setInterval(() => endless.write(`x-more: ${'y'.repeat(2000)}\r\n`), 1)
    const seen = await readAll(endless)
    clearInterval(pump)
    endless.destroy()
    assertLast(seen, '400 InvalidRequest')
  }))

test('what is no HTTP is refused', () =>
  withLimits({}, async (port) => {
    for (const text of [
      'HELLO\r\n\r\n',
      '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003',
      'GET / HTTP/9.9\r\nhost: x\r\n\r\n',
      'GET / HTTP/1.1\r\nhost: x\r\nno colon\r\n\r\n',
      'GET / HTTP/1.1\r\nhost: x\r\nbad name: y\r\n\r\n',
      'GET / HTTP/1.1\r\nhost: x\r\na: b\u0000c\r\n\r\n',
      'PUT /b/k HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n',
      'PUT /b/k HTTP/1.1\r\nhost: x\r\ncontent-length: 1x\r\n\r\n',
      'PUT /b/k HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n',
      'PUT /b/k HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n',
    ]) {
      assertLast(await tell(port, text), '400 InvalidRequest')
    }
  }))

test('CONNECT and expectations that nobody has are refused', () =>
  withLimits({}, async (port) => {
    assertLast(
      await tell(port, 'CONNECT other.example:443 HTTP/1.1\r\nhost: other.example\r\n\r\n'),
      '405 MethodNotAllowed',
    )
    const seen = await tell(
      port,
      'PUT /b/k HTTP/1.1\r\nhost: x\r\nexpect: a-wonder\r\nconnection: close\r\ncontent-length: 0\r\n\r\n',
    )
    assert.deepEqual(answersIn(seen), ['417'])
  }))

test('a body that stops coming is refused, and nothing of it is stored', () =>
  withLimits({ bodyMs: 200 }, async (port, world) => {
    const seen = await tell(port, headOf(world, 'PUT', { 'content-length': '1000' }), 'x'.repeat(500))
    assertLast(seen, '400 RequestTimeout')
    const [entry] = world.log
    assert.deepEqual([entry?.operation, entry?.status, entry?.bytesIn], ['PutObject', 400, 500])
    await world.expect(404, { method: 'GET', ...AT })
  }))

test('a body that only trickles is refused', () =>
  withLimits({ bodyMs: 300 }, async (port, world) => {
    const socket = open(port)
    socket.write(headOf(world, 'PUT', { 'content-length': '100000' }))
    const pump = setInterval(() => socket.write('x'), 10)
    const seen = await readAll(socket)
    clearInterval(pump)
    socket.destroy()
    assertLast(seen, '400 RequestTimeout')
    await world.expect(404, { method: 'GET', ...AT })
  }))

test('a slow body is no error as long as it comes', () =>
  withLimits({ bodyMs: 2_000 }, async (port, world) => {
    const socket = open(port)
    socket.write(headOf(world, 'PUT', { 'content-length': String(30 * 1024), connection: 'close' }))
    let sent = 0
    const pump = setInterval(() => {
      socket.write('x'.repeat(1024))
      sent += 1
      if (sent === 30) clearInterval(pump)
    }, 100)
    const seen = await readAll(socket)
    clearInterval(pump)
    socket.destroy()
    assert.deepEqual(answersIn(seen), ['200'])
    assert.equal((await world.expect(200, { method: 'GET', ...AT })).bytes.length, 30 * 1024)
  }))

test('a request that ends before it is complete is told so, and nothing is stored', () =>
  withLimits({}, async (port, world) => {
    for (const head of [
      headOf(world, 'PUT', { 'content-length': '10' }),
      headOf(world, 'PUT', { 'content-length': undefined, 'transfer-encoding': 'chunked' }),
    ]) {
      const socket = open(port)
      socket.end(`${head}5\r\nx`)
      assertLast(await readAll(socket), '400 RequestTimeout')
      socket.destroy()
    }
    await world.expect(404, { method: 'GET', ...AT })
  }))

test('more body than was announced is no request, and the request before it has its answer first', () =>
  withLimits({}, async (port, world) => {
    const seen = await tell(port, `${headOf(world, 'PUT', { 'content-length': '5' })}right, wrong`)
    assert.deepEqual(answersIn(seen), ['200', '400 InvalidRequest'])
    assert.equal((await world.expect(200, { method: 'GET', ...AT })).text, 'right')
  }))

test('odd ways of chunking that are right are taken, wrong ones refused', () =>
  withLimits({}, async (port, world) => {
    const head = headOf(world, 'PUT', {
      'content-length': undefined,
      'transfer-encoding': 'chunked',
      connection: 'close',
    })
    for (const body of [
      '5\r\nright\r\n0\r\n\r\n',
      '00005\r\nright\r\n0\r\n\r\n',
      '2;a=b\r\nri\r\n3;c="d"\r\nght\r\n0\r\nx-trailer: y\r\n\r\n',
    ]) {
      assert.deepEqual(answersIn(await tell(port, head, body)), ['200'], body)
      assert.equal((await world.expect(200, { method: 'GET', ...AT })).text, 'right')
    }
    await world.expect(204, { method: 'DELETE', ...AT })
    for (const body of [
      'x\r\nright\r\n0\r\n\r\n',
      '-5\r\nright\r\n0\r\n\r\n',
      'fffffffffffffffff\r\nright',
      '5\r\nrightX\r\n0\r\n\r\n',
    ]) {
      assertLast(await tell(port, head, body), '400 InvalidRequest')
      await world.expect(404, { method: 'GET', ...AT })
    }
  }))

test('a document that is announced as too large is refused unread', () =>
  withLimits({}, async (port, world) => {
    const { headers } = wireOf({ method: 'PUT', bucket: 'otherbucket', body: '' }, world.clock.time)
    const lines = Object.entries({ ...headers, 'content-length': String(5 * 1024 * 1024) }).map(
      ([name, value]) => `${name}: ${value}\r\n`,
    )
    assertLast(await tell(port, `PUT /otherbucket/ HTTP/1.1\r\n${lines.join('')}\r\n`), '400 MalformedXML')
  }))

test('connections beyond the limit are told so, and room that is made is given', () =>
  withLimits({ connections: 2 }, async (port, world) => {
    const held = [open(port), open(port)]
    for (const socket of held) {
      socket.write(headOf(world, 'HEAD'))
      await once(socket, 'data')
    }
    assertLast(await tell(port), '503 ServiceUnavailable')
    assertLast(await tell(port, headOf(world, 'GET')), '503 ServiceUnavailable')
    const [first, second] = held
    first?.destroy()
    for (let attempt = 1; ; attempt += 1) {
      const seen = await tell(port, headOf(world, 'GET', { connection: 'close' }))
      if (answersIn(seen)[0] === '404 NoSuchKey') break
      assert.ok(attempt < 500, seen)
    }
    second?.destroy()
  }))

test('a connection with too many requests ahead is cut', async () => {
  let asked = 0
  let release = (): void => {}
  const isReleased = new Promise<void>((resolve) => {
    release = resolve
  })
  const slow: Handler = async () => {
    asked += 1
    await isReleased
    return { status: 204, headers: {}, body: new Uint8Array() }
  }
  await withLimits(
    { ahead: 10 },
    async (port, world) => {
      const socket = open(port)
      socket.write(headOf(world, 'GET').repeat(11))
      assert.equal(await readAll(socket).catch(() => ''), '')
      release()
      assert.ok(asked <= 1)
    },
    slow,
  )
})

test('what never became a request is in the log, with the answer it got', async () => {
  const server = await createServer({ buckets: [AT.bucket] })
  try {
    const seen = await tell(server.port, 'no HTTP at all\r\n\r\n')
    assertLast(seen, '400 InvalidRequest')
    await fetch(`${server.endpoint}/${AT.bucket}/${AT.key}`)
    const [first, second, ...more] = server.requests.entries()
    assert.equal(more.length, 0)
    const { method, status, code, requestId, sequence, operation } = first ?? {}
    assert.deepEqual([method, status, code, sequence, operation], ['-', 400, 'InvalidRequest', 1, undefined])
    assert.match(seen, new RegExp(`\\r\\nx-oss-request-id: ${requestId}\\r\\n`))
    assert.deepEqual([second?.sequence, second?.method, second?.status], [2, 'GET', 403])
  } finally {
    await server.close()
  }
})

test('a connection opened beforehand and never used is closed without a word', () =>
  withLimits({ headersMs: 200 }, async (port) => {
    assert.equal(await tell(port), '')
  }))

test('a GET that announces a body and sends none is answered, and nothing is read in its place', () =>
  withLimits({}, async (port, world) => {
    await world.expect(200, { method: 'PUT', ...AT, body: 'hello' })
    const seen = await tell(port, headOf(world, 'GET', { 'content-length': '9' }))
    assert.match(seen, /^HTTP\/1.1 200 OK\r\n/)
    assert.match(seen, /\r\nconnection: close\r\n/i)
    assert.match(seen, /\r\n\r\nhello$/)
  }))
