/**
 * A server with bad manners, on a thread of its own, so that a busy client does not slow it. What is asked in the chosen
 * way it mistreats; everything else it passes on to the embedded server, so that an upload can end right afterwards.
 */
import * as http from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'
import { createServer, type ServerCredentials } from '../../../src/server/index.js'

export type Manner =
  /** Takes the connection and the head, reads nothing more and never answers. */
  | 'reads nothing'
  /** Reads everything and never answers. */
  | 'never answers'
  | 'reads a byte a second'
  | 'answers a byte of the head a second'
  | 'answers a byte of the body a second'
  /** 403 after the first block, and then the connection is reset, closed, or held without reading on. */
  | 'refuses and resets'
  | 'refuses and closes'
  | 'refuses and holds'

export type Victim = 'HeadObject' | 'InitiateMultipartUpload' | 'UploadPart'

/** `times` requests are treated so, after `skip` of them were treated well. */
export interface Mistreatment {
  readonly victim: Victim
  readonly manner: Manner
  readonly times: number
  readonly skip?: number
  /** Of a refusal. */
  readonly code?: string
}

export type Wish =
  | { readonly kind: 'mistreat'; readonly how: Mistreatment | undefined }
  /** Reads and forgets what is still under way, as it must to see that a connection has ended. */
  | { readonly kind: 'drain' }
  | { readonly kind: 'count' }

export interface Counts {
  readonly openConnections: number
  readonly receivedBytes: number
  /** Requests that are being mistreated, or were. */
  readonly mistreated: number
}

export interface DifficultServerData {
  readonly credentials: ServerCredentials
}

const tickMs = 1000
const sockets = new Set<Socket>()
const held = new Set<http.IncomingMessage>()
let how: Mistreatment | undefined
let left = 0
let toSkip = 0
let mistreated = 0
let receivedBytes = 0

const { credentials } = workerData as DifficultServerData
const real = await createServer({ buckets: ['examplebucket'], credentials })
const agent = new http.Agent({ keepAlive: true })
const front = http.createServer((request, response) => {
  request.on('error', () => {})
  if (how === undefined || left === 0 || victimOf(request) !== how.victim) {
    pass(request, response)
  } else if (toSkip > 0) {
    toSkip -= 1
    pass(request, response)
  } else {
    left -= 1
    mistreated += 1
    mistreat(request, response, how)
  }
})
front.on('connection', (socket) => {
  sockets.add(socket)
  socket.on('error', () => {})
  socket.on('data', (bytes) => {
    receivedBytes += bytes.length
  })
  socket.once('close', () => sockets.delete(socket))
})
await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve))
parentPort?.postMessage({ port: (front.address() as AddressInfo).port })

parentPort?.on('message', (wish: Wish) => {
  if (wish.kind === 'mistreat') {
    how = wish.how
    left = wish.how?.times ?? 0
    toSkip = wish.how?.skip ?? 0
  } else if (wish.kind === 'drain') {
    for (const request of held) request.resume()
  }
  const counts: Counts = { openConnections: sockets.size, receivedBytes, mistreated }
  parentPort?.postMessage(counts)
})

function victimOf({ method, url = '' }: http.IncomingMessage): Victim | undefined {
  if (method === 'HEAD') return 'HeadObject'
  if (method === 'POST' && /[?&]uploads/.test(url)) return 'InitiateMultipartUpload'
  return method === 'PUT' && url.includes('partNumber=') ? 'UploadPart' : undefined
}

function mistreat(request: http.IncomingMessage, response: http.ServerResponse, given: Mistreatment): void {
  held.add(request)
  request.once('close', () => held.delete(request))
  const every = (act: () => void): void => {
    const timer = setInterval(act, tickMs)
    request.socket.once('close', () => clearInterval(timer))
  }
  switch (given.manner) {
    case 'reads nothing':
      return
    case 'never answers':
      request.resume()
      return
    case 'reads a byte a second':
      every(() => void request.read(1))
      return
    case 'answers a byte of the head a second': {
      request.resume()
      const head = `HTTP/1.1 200 OK\r\nx-filling: ${'x'.repeat(1000)}\r\n`
      let sent = 0
      every(() => request.socket.write(head.charAt(sent++ % head.length)))
      return
    }
    case 'answers a byte of the body a second':
      request.resume()
      response.writeHead(200, { 'content-length': 1000, 'x-oss-request-id': 'R' })
      response.flushHeaders()
      every(() => response.write('x'))
      return
    default:
      refuse(request, given)
  }
}

/** As soon as the first block is there, in raw bytes: Node's own answer would wait for the body or close by itself. */
function refuse(request: http.IncomingMessage, { manner, code = 'AccessDenied' }: Mistreatment): void {
  const { socket } = request
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>Not you.</Message><RequestId>R</RequestId><HostId>h</HostId></Error>`
  const head = `HTTP/1.1 403 Forbidden\r\nx-oss-request-id: R\r\ncontent-type: application/xml\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n`
  request.once('data', () => {
    request.pause()
    socket.write(head + body, () => {
      if (manner === 'refuses and resets') socket.resetAndDestroy()
      if (manner === 'refuses and closes') socket.destroySoon()
    })
  })
}

function pass(request: http.IncomingMessage, response: http.ServerResponse): void {
  const { expect: _, ...headers } = request.headers
  const onward = http.request({
    host: real.host,
    port: real.port,
    method: request.method,
    path: request.url,
    headers,
    agent,
  })
  onward.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
    answer.pipe(response)
  })
  onward.on('error', () => request.socket.destroy())
  response.on('close', () => onward.destroy())
  request.pipe(onward)
}
