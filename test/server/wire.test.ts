/** The listener over a raw socket: what no well-behaved client does, and what must not cost the others anything. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { createServer, type Handler } from '../../src/server/index.js'
import { type Listener, listen } from '../../src/server/listen.js'
import { until } from '../support/until.js'
import { bytesFrom, wireOf } from './world.js'

const bucket = 'examplebucket'

async function withListener(
  handler: Handler,
  work: (port: number, listener: Listener) => Promise<void>,
  idleMs?: number,
): Promise<void> {
  const options = { handler, host: '127.0.0.1', port: 0 }
  const listener = await listen(idleMs === undefined ? options : { ...options, limits: { idleMs } })
  try {
    await work(listener.port, listener)
  } finally {
    await listener.close(0)
  }
}

const nothing = new Uint8Array()
const said = (text: string) => {
  const body = Buffer.from(text)
  return { status: 200, headers: { 'content-length': String(body.length) }, body }
}

function head(method: string, target: string, headers: Record<string, string | number> = {}): string {
  const lines = Object.entries({ host: 'x', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`
}

/** What came until the connection ended or the text is there. */
async function readUntil(socket: Socket, text?: string): Promise<string> {
  let seen = ''
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    seen += (chunk as Buffer).toString('latin1')
    if (text !== undefined && seen.includes(text)) break
  }
  return seen
}

async function consume(body: AsyncIterable<Uint8Array>): Promise<number> {
  let size = 0
  for await (const chunk of body) size += chunk.length
  return size
}

function open(port: number): Socket {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  return socket
}

test('requests sent ahead are served one after the other, and answered in order', async () => {
  const trail: string[] = []
  const handler: Handler = async ({ target, body }) => {
    trail.push(`begin ${target}`)
    await consume(body)
    await new Promise((resolve) => setTimeout(resolve, target === '/1' ? 30 : 0))
    trail.push(`end ${target}`)
    return said(`answer ${target};`)
  }
  await withListener(handler, async (port) => {
    const socket = open(port)
    socket.write(
      `${head('PUT', '/1', { 'content-length': 5 })}first${head('GET', '/2')}${head('PUT', '/3', { 'content-length': 1 })}x`,
    )
    const seen = await readUntil(socket, 'answer /3;')
    assert.deepEqual(seen.match(/answer \/\d;/g), ['answer /1;', 'answer /2;', 'answer /3;'])
    assert.deepEqual(trail, ['begin /1', 'end /1', 'begin /2', 'end /2', 'begin /3', 'end /3'])
    socket.destroy()
  })
})

test('who sends ahead and goes away leaves no answer open and keeps nobody from closing', async () => {
  let opened = 0
  let closed = 0
  let begun = 0
  const handler: Handler = async ({ method }) => {
    begun += 1
    if (method === 'HEAD') {
      await new Promise((resolve) => setTimeout(resolve, 100))
      return { status: 200, headers: { 'content-length': '0' }, body: nothing }
    }
    opened += 1
    async function* bytes(): AsyncGenerator<Uint8Array> {
      try {
        for (let block = 1; block <= 64; block += 1) yield new Uint8Array(1024 * 1024)
      } finally {
        closed += 1
      }
    }
    const body = bytes()
    await body.next()
    return { status: 200, headers: { 'content-length': String(63 * 1024 * 1024) }, body }
  }
  await withListener(handler, async (port, listener) => {
    const socket = open(port)
    socket.write(head('HEAD', '/1') + head('GET', '/2') + head('GET', '/3'))
    await until('a request arrived', () => begun > 0)
    socket.resetAndDestroy()
    const other = open(port)
    other.write(head('GET', '/4'))
    await once(other, 'data')
    other.resetAndDestroy()
    await listener.close(1000)
    assert.equal(closed, opened)
  })
})

test('an answer that comes before its body was read goes out no faster than it is taken', async () => {
  let made = 0
  async function* bytes(): AsyncGenerator<Uint8Array> {
    for (let block = 1; block <= 256; block += 1) {
      made += 1
      yield new Uint8Array(1024 * 1024)
    }
  }
  const answer = { status: 200, headers: { 'content-length': String(256 * 1024 * 1024) } }
  await withListener(
    async () => ({ ...answer, body: bytes() }),
    async (port) => {
      const socket = open(port)
      socket.pause()
      socket.write(head('GET', '/', { 'content-length': 50_000_000 }))
      await until('the first block was made', () => made > 0)
      // It has come to rest when nothing more is made for a while.
      let before = -1
      while (made !== before && made < 256) {
        before = made
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
      assert.ok(made < 64, `${made} MiB were made for a client that reads nothing`)
      socket.destroy()
    },
  )
})

test('a body given up half-way, with little left of it, leaves the connection good', async () => {
  const handler: Handler = async ({ method, body }) => {
    if (method === 'GET') return said('next')
    for await (const _ of body) break
    return said('enough')
  }
  await withListener(handler, async (port) => {
    const socket = open(port)
    socket.write(head('PUT', '/', { 'content-length': 1_000_000 }))
    socket.write(new Uint8Array(200_000))
    await readUntil(socket, 'enough')
    socket.write(new Uint8Array(800_000))
    socket.write(head('GET', '/'))
    assert.match(await readUntil(socket, 'next'), /next$/)
    socket.destroy()
  })
})

test('a client that vanishes within its body is given up', async () => {
  let failure: unknown
  const handler: Handler = async ({ body }) => {
    await consume(body).catch((error: unknown) => {
      failure = error
      throw error
    })
    return said('')
  }
  await withListener(
    handler,
    async (port) => {
      const socket = open(port)
      socket.write(`${head('PUT', '/', { 'content-length': 10 })}half`)
      await once(socket, 'close')
      await until('the body failed', () => failure !== undefined)
    },
    50,
  )
})

test('lengths that contradict one another never reach the handler', async () => {
  let handled = 0
  const handler: Handler = async ({ body }) => {
    handled += 1
    await consume(body)
    return said('')
  }
  await withListener(handler, async (port) => {
    const lines = [
      'content-length: 3\r\ncontent-length: 4',
      'content-length: 3\r\ntransfer-encoding: chunked',
      'transfer-encoding: chunked, gzip',
      'content-length: -1',
      'content-length: 0x10',
      'bad name: 1',
      `x: ${'y'.repeat(70_000)}`,
    ]
    for (const line of lines) {
      const socket = open(port)
      socket.write(`PUT / HTTP/1.1\r\nhost: x\r\n${line}\r\n\r\nabcd`)
      assert.match(await readUntil(socket), /^HTTP\/1\.1 4(00|31) /, line.slice(0, 40))
    }
    assert.equal(handled, 0)
  })
})

test('a PUT and the GET after it, sent in one go to the server, see each other', async () => {
  const server = await createServer({ buckets: [bucket] })
  try {
    const { accessKeyId, accessKeySecret } = server
    const credentials = { accessKeyId, accessKeySecret }
    const body = bytesFrom(1, 200_000)
    const put = wireOf({ method: 'PUT', bucket, key: 'k', body, credentials }, Date.now())
    const get = wireOf({ method: 'GET', bucket, key: 'k', credentials }, Date.now())
    const socket = open(server.port)
    socket.write(head('PUT', put.target, put.headers))
    socket.write(body)
    socket.write(head('GET', `http://elsewhere${get.target}`, { ...get.headers, connection: 'close' }))
    const seen = await readUntil(socket)
    assert.deepEqual(seen.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 200'])
    assert.ok(seen.endsWith(Buffer.from(body).toString('latin1')))
  } finally {
    await server.close()
  }
})

test('a fault that waits long does not keep the server from closing', { timeout: 30_000 }, async () => {
  const server = await createServer({
    buckets: [bucket],
    faults: [{ effect: 'delay', ms: 1e12, operation: 'GetObject' }],
  })
  const { accessKeyId, accessKeySecret } = server
  const get = wireOf(
    { method: 'GET', bucket, key: 'k', credentials: { accessKeyId, accessKeySecret } },
    Date.now(),
  )
  const socket = open(server.port)
  // When the first of the two is answered, the other one has arrived.
  socket.write(head('HEAD', '/') + head('GET', get.target, get.headers))
  await once(socket, 'data')
  // The wait is far beyond what a timer can hold, and must not end at once for that.
  await new Promise((resolve) => setTimeout(resolve, 100))
  assert.equal(server.requests.count('GetObject'), 0)
  await server.close()
  const asked = server.requests.entries().map(({ operation, status }) => [operation, status])
  assert.deepEqual(asked.at(-1), ['GetObject', undefined])
})

test('many connections at once are all served, and closing under load ends', async () => {
  const server = await createServer({ buckets: [bucket] })
  const { accessKeyId, accessKeySecret } = server
  const credentials = { accessKeyId, accessKeySecret }
  const sockets = Array.from({ length: 300 }, () => open(server.port))
  const answers = sockets.map((socket, index) => {
    const body = bytesFrom(index, 1000)
    const put = wireOf({ method: 'PUT', bucket, key: `k${index}`, body, credentials }, Date.now())
    socket.write(head('PUT', put.target, put.headers))
    socket.write(body)
    return readUntil(socket, '\r\n\r\n')
  })
  for (const answer of await Promise.all(answers)) assert.match(answer, /^HTTP\/1\.1 200 /)
  for (const [index, socket] of sockets.entries()) {
    const get = wireOf({ method: 'GET', bucket, key: `k${index}`, credentials }, Date.now())
    socket.write(head('GET', get.target, get.headers))
  }
  await server.close()
  for (const socket of sockets) socket.destroy()
})

test('a body that breaks off, however it was announced, is not stored', async () => {
  const server = await createServer({ buckets: [bucket] })
  try {
    const { accessKeyId, accessKeySecret } = server
    const credentials = { accessKeyId, accessKeySecret }
    const framings = [
      { lines: { 'content-length': '10' }, body: 'half', isWhole: false },
      { lines: { 'transfer-encoding': 'chunked' }, body: '4\r\nhalf\r\n', isWhole: false },
      { lines: { 'transfer-encoding': 'chunked' }, body: '4\r\nhalf\r\nzz\r\n', isWhole: false },
      {
        lines: { 'transfer-encoding': 'chunked' },
        body: '4\r\nhalf\r\n3;x=y\r\n-ok\r\n0\r\na: b\r\n\r\n',
        isWhole: true,
      },
    ]
    for (const [index, { lines, body, isWhole }] of framings.entries()) {
      const key = `k${index}`
      const put = wireOf({ method: 'PUT', bucket, key, credentials }, Date.now())
      const { 'content-length': _, ...rest } = put.headers
      const socket = open(server.port)
      socket.end(head('PUT', put.target, { ...rest, ...lines, connection: 'close' }) + body)
      await readUntil(socket)
      await until('the request ended', () => server.requests.count('PutObject') > index)
      const get = wireOf({ method: 'GET', bucket, key, credentials }, Date.now())
      const reader = open(server.port)
      reader.write(head('GET', get.target, { ...get.headers, connection: 'close' }))
      assert.match(await readUntil(reader), isWhole ? /half-ok$/ : /^HTTP\/1\.1 404/)
    }
  } finally {
    await server.close()
  }
})
