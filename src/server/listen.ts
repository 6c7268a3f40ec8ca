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
import {
  CONNECT_REFUSED,
  checkingIntervalMs,
  DRAIN_MS,
  errorOfParser,
  HTTP_LIMITS,
  type HttpLimits,
  type SaidLast,
  sayLast,
  TOO_MANY_CONNECTIONS,
} from './http-limits.js'
import { type Body, bodyOf } from './request-body.js'

export interface ListenOptions {
  readonly handler: Handler
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  /** Default: those of `HTTP_LIMITS`. */
  readonly limits?: Partial<HttpLimits>
  /** Told when a connection could not be taken, for want of file handles, say. */
  readonly onFailure?: (error: unknown) => void
  /** Told of each answer to what never became a request. Must not throw. */
  readonly onSaidLast?: (said: SaidLast) => void
}

export interface Listener {
  readonly port: number
  /** Open at this moment. */
  connections(): Promise<number>
  /** No new requests; those under way have `graceMs` to end before their connections are cut. */
  close(graceMs: number): Promise<void>
}

/** Up to this much more body is simply read, and the connection kept. */
const SMALL_REST = 1024 * 1024
const BODIED: ReadonlySet<string> = new Set(['POST', 'PUT'])
/** How much is read of a body that nobody wants, while the client finds the answer. */
const DRAIN_BYTES = 256 * 1024 * 1024

/** Rejects when the address can't be listened on. */
export async function listen(options: ListenOptions): Promise<Listener> {
  const { handler, host, port, onFailure, onSaidLast } = options
  const limits: HttpLimits = { ...HTTP_LIMITS, ...options.limits }
  const underWay = new Set<Promise<void>>()
  const lines = new WeakMap<Socket, Line>()
  const server = createServer({
    // A slow body is not an error, however large; only a connection that never says what it wants is one.
    requestTimeout: 0,
    headersTimeout: limits.headersMs,
    connectionsCheckingInterval: checkingIntervalMs(limits),
    keepAliveTimeout: limits.keepAliveMs,
    maxHeaderSize: limits.headersSize,
    noDelay: true,
  })
  server.timeout = limits.idleMs
  // Beyond even those that are told that they are too many.
  server.maxConnections = limits.connections * 2
  let connections = 0

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
    const body = bodyOf(request, limits.bodyMs, () => {
      if (expectsContinue) response.writeContinue()
    })
    try {
      await serve({ handler, request, response, expectsContinue, body })
    } catch {
      // Whatever went wrong, this connection can't be used any more, and other connections can.
      socket.destroy()
    }
    await hasLeft
  }

  function onRequest(request: IncomingMessage, response: NodeResponse, expectsContinue: boolean): void {
    const line = lines.get(request.socket)
    // One too many, and told so: it is only read on until its client has read that.
    if (line === undefined) return void request.resume()
    if (line.waiting >= limits.ahead) return void request.socket.destroy()
    line.waiting += 1
    line.newest = { request, response }
    const exchange = inTurn(request, response, expectsContinue, line.last).finally(() => {
      line.waiting -= 1
      underWay.delete(exchange)
    })
    underWay.add(exchange)
    line.last = exchange
  }

  server.on('request', (request, response) => onRequest(request, response, false))
  server.on('checkContinue', (request, response) => onRequest(request, response, true))
  server.on('connection', (socket: Socket) => {
    if (connections >= limits.connections) return sayLast(socket, TOO_MANY_CONNECTIONS, onSaidLast)
    connections += 1
    socket.once('close', () => {
      connections -= 1
    })
    lines.set(socket, { waiting: 0 })
  })
  server.on('connect', (_request, socket) => sayLast(socket, CONNECT_REFUSED, onSaidLast))
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const line = lines.get(socket as Socket)
    // The parser stumbles again over whatever follows.
    if (line === undefined || line.isOver) return
    line.isOver = true
    const said = errorOfParser(error)
    // A connection opened beforehand and never used is closed without a word, which its client may take for an answer.
    const isUnused = said?.code === 'RequestTimeout' && (socket as Socket).bytesRead === 0
    if (said === undefined || isUnused || !socket.writable)
      return void socket.destroy(isUnused ? undefined : error)
    const { waiting, newest, last } = line
    if (newest === undefined || waiting === 0) return sayLast(socket, said, onSaidLast)
    // Those before it get their answers first, or it would pass for one of them.
    if (newest.request.complete) return void last?.then(() => sayLast(socket, said, onSaidLast))
    if (waiting === 1 && !newest.response.headersSent) return sayLast(socket, said, onSaidLast)
    socket.destroy(error)
  })

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

/** The requests of one connection, in their order. */
interface Line {
  waiting: number
  last?: Promise<void>
  newest?: { readonly request: IncomingMessage; readonly response: NodeResponse }
  /** What came after them is no request. */
  isOver?: true
}

async function serve(exchange: {
  readonly handler: Handler
  readonly request: IncomingMessage
  readonly response: NodeResponse
  readonly expectsContinue: boolean
  readonly body: Body
}): Promise<void> {
  const { handler, request, response, expectsContinue, body } = exchange
  const answer = await handler({
    method: request.method ?? 'GET',
    target: request.url ?? '/',
    headers: headersOf(request),
    ...(request.socket.remoteAddress === undefined ? {} : { peer: request.socket.remoteAddress }),
    body,
  })
  // What announces a body where there is none, as oss2 lets a GET do, would have the next request read in its place.
  const mayCome = BODIED.has(request.method ?? '')
  const rest = restOf(request, body.bytesRead())
  const isSmall = mayCome && !expectsContinue && !body.hasStalled() && rest <= SMALL_REST
  if (request.complete || isSmall) {
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

function headersOf(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return headers
}
