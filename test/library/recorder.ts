/**
 * A proxy that stands before the server and sees what really arrives on the wire: every request with its headers, and
 * how many connections are open. It can hold requests back until so many are there, so that nothing depends on time.
 */
import * as http from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { percentDecode } from '../../src/protocol/encode.js'
import { signV4 } from '../../src/protocol/signing.js'
import type { Server } from '../../src/server/index.js'

export type Kind = 'put' | 'initiate' | 'part' | 'complete' | 'abort' | 'list' | 'head' | 'other'

export interface Recorded {
  readonly kind: Kind
  readonly headers: Readonly<Record<string, string>>
}

export interface Recorder {
  readonly endpoint: string
  readonly requests: Recorded[]
  /** Connections that are open now, and the most there ever were at a time. */
  readonly connections: { open: number; most: number }
  /** Parts that are under way now, and the most there ever were at a time. */
  readonly parts: { underWay: number; most: number }
  of(kind: Kind): readonly Recorded[]
  /** From now on parts wait until `count` are under way. Resolves when they are; they go on when `release` is called. */
  gather(count: number): { readonly gathered: Promise<void>; release(): void }
  close(): Promise<void>
}

/**
 * @param options.without headers that the server does not do: taken out, and the request is signed again
 */
export async function createRecorder(
  server: Server,
  options: { readonly without?: RegExp } = {},
): Promise<Recorder> {
  const requests: Recorded[] = []
  const connections = { open: 0, most: 0 }
  const parts = { underWay: 0, most: 0 }
  const sockets = new Set<Socket>()
  const agent = new http.Agent({ keepAlive: true })
  let gate: { count: number; reached: () => void; released: Promise<void> } | undefined

  const proxy = http.createServer(async (request, response) => {
    const headers = headersOf(request)
    const kind = kindOf(request.method ?? '', request.url ?? '')
    requests.push({ kind, headers })
    if (kind === 'part') {
      parts.underWay += 1
      parts.most = Math.max(parts.most, parts.underWay)
      response.once('close', () => {
        parts.underWay -= 1
      })
      if (gate !== undefined) {
        if (parts.underWay >= gate.count) gate.reached()
        await gate.released
      }
    }
    const passed = options.without === undefined ? headers : signedWithout(server, request, options.without)
    forward(server, { request, response, headers: passed, agent })
  })
  proxy.on('connection', (socket) => {
    sockets.add(socket)
    connections.open += 1
    connections.most = Math.max(connections.most, connections.open)
    socket.once('close', () => {
      sockets.delete(socket)
      connections.open -= 1
    })
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    requests,
    connections,
    parts,
    of: (kind) => requests.filter((each) => each.kind === kind),
    gather(count) {
      let release = (): void => {}
      const released = new Promise<void>((resolve) => {
        release = resolve
      })
      const gathered = new Promise<void>((reached) => {
        gate = { count, reached, released }
      })
      return { gathered, release }
    },
    async close() {
      agent.destroy()
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => proxy.close(resolve))
    },
  }
}

function forward(
  server: Server,
  exchange: {
    readonly request: http.IncomingMessage
    readonly response: http.ServerResponse
    readonly headers: http.OutgoingHttpHeaders
    readonly agent: http.Agent
  },
): void {
  const { request, response, headers, agent } = exchange
  // The proxy has already let the client send its body.
  const { expect: _, ...passed } = headers
  const onward = http.request({
    host: server.host,
    port: server.port,
    method: request.method,
    path: request.url,
    headers: passed,
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

function signedWithout(
  server: Server,
  request: http.IncomingMessage,
  without: RegExp,
): Record<string, string> {
  const { authorization: _, ...given } = headersOf(request)
  const headers = Object.fromEntries(Object.entries(given).filter(([name]) => !without.test(name)))
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://proxy')
  const [, bucket = '', ...key] = pathname.split('/')
  const signed = signV4({
    method: request.method ?? '',
    bucket,
    key: percentDecode(key.join('/')),
    query: Object.fromEntries(searchParams),
    headers,
    credentials: { accessKeyId: server.accessKeyId, accessKeySecret: server.accessKeySecret },
    region: server.region,
    date: new Date(),
  })
  return { ...headers, ...signed.headers, authorization: signed.authorization }
}

function kindOf(method: string, target: string): Kind {
  const { searchParams } = new URL(target, 'http://proxy')
  const has = (name: string): boolean => searchParams.has(name)
  if (method === 'POST' && has('uploads')) return 'initiate'
  if (method === 'POST' && has('uploadId')) return 'complete'
  if (method === 'PUT') return has('partNumber') ? 'part' : 'put'
  if (method === 'DELETE' && has('uploadId')) return 'abort'
  if (method === 'GET' && has('uploadId')) return 'list'
  return method === 'HEAD' ? 'head' : 'other'
}

function headersOf(request: http.IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return headers
}
