/**
 * The handler behind a socket. The one hard thing here: a client that is still sending its body when the answer is ready
 * must get to read the answer. Closing at once would reset the connection and lose it. Requests of one connection are
 * served one after the other, also when they are sent ahead: a GET must see the PUT before it.
 */
import { createServer, type IncomingMessage, type ServerResponse as NodeResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Handler, ServerResponse } from './exchange.js'

export interface ListenOptions {
  readonly handler: Handler
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  /** Milliseconds in which neither side of a connection moves until it is cut. Default 10 minutes. */
  readonly idleMs?: number
  /** Told when a connection could not be taken, for want of file handles, say. */
  readonly onFailure?: (error: unknown) => void
}

export interface Listener {
  readonly port: number
  /** Open at this moment. */
  connections(): Promise<number>
  /** No new requests; those under way have `graceMs` to end before their connections are cut. */
  close(graceMs: number): Promise<void>
}

/** Above the idle times of usual clients (Go's is 90 s): the client closes an idle connection, never the server. */
const KEEP_ALIVE_MS = 125_000
const HEADERS_MS = 60_000
/** Slow is allowed, dead is not: a client that vanished within its body would hold its connection and file for ever. */
const IDLE_MS = 600_000
/** 8 KB of metadata, a long key in the target, a signature: well below this. */
const MAX_HEADER_SIZE = 64 * 1024

/** Up to this much more body is simply read, and the connection kept. */
const SMALL_REST = 1024 * 1024
/** How much, and how long, is read of a body that nobody wants, while the client finds the answer. */
const DRAIN_BYTES = 256 * 1024 * 1024
const DRAIN_MS = 5_000

/** Rejects when the address can't be listened on. */
export async function listen(options: ListenOptions): Promise<Listener> {
  const { handler, host, port, idleMs = IDLE_MS, onFailure } = options
  const underWay = new Set<Promise<void>>()
  const lastOf = new WeakMap<Socket, Promise<void>>()
  const server = createServer({
    // A slow body is not an error, however large; only a connection that never says what it wants is one.
    requestTimeout: 0,
    headersTimeout: HEADERS_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: MAX_HEADER_SIZE,
    noDelay: true,
  })
  server.timeout = idleMs

  async function inTurn(
    request: IncomingMessage,
    response: NodeResponse,
    expectsContinue: boolean,
    before: Promise<void> | undefined,
  ): Promise<void> {
    const { socket } = request
    const hasLeft = new Promise<void>((resolve) => response.once('close', () => resolve()))
    await before
    if (socket.destroyed) return
    try {
      await serve(handler, request, response, expectsContinue)
    } catch {
      // Whatever went wrong, this connection can't be used any more, and other connections can.
      socket.destroy()
    }
    await hasLeft
  }

  function onRequest(request: IncomingMessage, response: NodeResponse, expectsContinue: boolean): void {
    const before = lastOf.get(request.socket)
    const exchange = inTurn(request, response, expectsContinue, before).finally(() =>
      underWay.delete(exchange),
    )
    underWay.add(exchange)
    lastOf.set(request.socket, exchange)
  }

  server.on('request', (request, response) => onRequest(request, response, false))
  server.on('checkContinue', (request, response) => onRequest(request, response, true))

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  server.on('error', (error) => onFailure?.(error))

  return {
    port: (server.address() as AddressInfo).port,
    connections: () =>
      new Promise((resolve) => server.getConnections((error, count) => resolve(error ? 0 : count))),
    async close(graceMs) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeIdleConnections()
      const timer = setTimeout(() => server.closeAllConnections(), graceMs)
      // A connection that was busy a moment ago is idle now, and would be waited for.
      const sweep = setInterval(() => server.closeIdleConnections(), 50)
      await closed
      clearTimeout(timer)
      clearInterval(sweep)
      await Promise.allSettled(underWay)
    },
  }
}

async function serve(
  handler: Handler,
  request: IncomingMessage,
  response: NodeResponse,
  expectsContinue: boolean,
): Promise<void> {
  const body = bodyOf(request, () => {
    if (expectsContinue) response.writeContinue()
  })
  const answer = await handler({
    method: request.method ?? 'GET',
    target: request.url ?? '/',
    headers: headersOf(request),
    ...(request.socket.remoteAddress === undefined ? {} : { peer: request.socket.remoteAddress }),
    body,
  })
  if (request.complete || (!expectsContinue && restOf(request, body.bytesRead()) <= SMALL_REST)) {
    await send(answer, request, response)
  } else {
    await sendEarly(answer, request, response)
  }
}

async function send(answer: ServerResponse, request: IncomingMessage, response: NodeResponse): Promise<void> {
  response.writeHead(answer.status, answer.headers)
  if (answer.body instanceof Uint8Array) response.end(request.method === 'HEAD' ? undefined : answer.body)
  else await pipeline(streamOf(answer.body), response)
  // What is left of a body that was read in part would stand before the connection's next request.
  request.resume()
}

/** Its iterator is returned when the stream is destroyed, begun or not. */
function streamOf(chunks: AsyncIterable<Uint8Array>): Readable {
  return Readable.from(chunks, { highWaterMark: 1 })
}

/**
 * Says the whole answer and that nothing follows it, and goes on reading for a while. To end the response itself would
 * make Node close both directions; what the client still sends would then be answered with a reset.
 */
async function sendEarly(
  answer: ServerResponse,
  request: IncomingMessage,
  response: NodeResponse,
): Promise<void> {
  response.writeHead(answer.status, { ...answer.headers, connection: 'close' })
  response.flushHeaders()
  // A client that sends before it reads would wait for us, and we for it.
  request.resume()
  if (answer.body instanceof Uint8Array) {
    if (request.method !== 'HEAD' && answer.body.length > 0) response.write(answer.body)
  } else {
    await pipeline(streamOf(answer.body), response, { end: false })
  }
  request.socket.end()
  await drain(request)
  request.socket.destroy()
}

function drain(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let bytes = 0
    const timer = setTimeout(resolve, DRAIN_MS)
    const done = (): void => {
      clearTimeout(timer)
      resolve()
    }
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > DRAIN_BYTES) done()
    })
    request.once('end', done)
    request.once('close', done)
    request.once('error', done)
    request.resume()
  })
}

/** Bytes of body still to come. */
function restOf(request: IncomingMessage, read: number): number {
  const announced = request.headers['content-length']
  if (announced !== undefined) return Number(announced) - read
  return request.headers['transfer-encoding'] === undefined ? 0 : Number.POSITIVE_INFINITY
}

interface Body extends AsyncIterable<Uint8Array> {
  bytesRead(): number
}

/** The body, not asked for before it is read. Leaving it half read leaves the connection alone. */
function bodyOf(request: IncomingMessage, beforeFirst: () => void): Body {
  let bytes = 0
  async function* chunks(): AsyncGenerator<Uint8Array> {
    beforeFirst()
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      bytes += (chunk as Buffer).length
      yield chunk as Buffer
    }
  }
  return { [Symbol.asyncIterator]: chunks, bytesRead: () => bytes }
}

function headersOf(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return headers
}
