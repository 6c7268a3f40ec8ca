/** A forward proxy on loopback: CONNECT and absolute-form requests, a password if wanted, and a knife for the line. */
import * as http from 'node:http'
import * as https from 'node:https'
import * as net from 'node:net'
import type { TestContext } from 'node:test'
import { testCertificate, testKey } from './certificate.js'

export interface LoopbackProxyOptions {
  /** `user:password` that it wants. */
  readonly userPassword?: string
  /** Is it reached over TLS? */
  readonly secure?: boolean
  /** Where every request goes, whatever host it names. Default: where it says. */
  readonly leadsTo?: number
  /** The status of every CONNECT. */
  readonly refuses?: number
  /** Takes a CONNECT and never answers. */
  readonly hangs?: boolean
}

export interface LoopbackProxy {
  readonly url: string
  /** What was asked, such as `CONNECT localhost:443`, in order. */
  readonly asked: readonly string[]
  /** Cuts the connection, once, when so many more bytes have come from clients. */
  cutAfter(bytes: number): void
  readonly cuts: () => number
}

export async function startProxy(
  t: Pick<TestContext, 'after'>,
  options: LoopbackProxyOptions = {},
): Promise<LoopbackProxy> {
  const asked: string[] = []
  const sockets = new Set<net.Socket>()
  let leftBytes = Number.POSITIVE_INFINITY
  let cuts = 0

  const keep = (socket: net.Socket): net.Socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => sockets.delete(socket))
    return socket
  }
  const isWelcome = ({ headers }: http.IncomingMessage): boolean =>
    options.userPassword === undefined ||
    headers['proxy-authorization'] === `Basic ${Buffer.from(options.userPassword).toString('base64')}`
  const count = (bytes: number, socket: net.Socket): void => {
    leftBytes -= bytes
    if (leftBytes > 0) return
    leftBytes = Number.POSITIVE_INFINITY
    cuts += 1
    socket.resetAndDestroy()
  }
  const placeOf = (host: string, port: string): net.TcpNetConnectOpts =>
    options.leadsTo === undefined
      ? { host: host.replace(/^\[|\]$/g, ''), port: Number(port) }
      : { host: '127.0.0.1', port: options.leadsTo }

  const onRequest: http.RequestListener = (request, response) => {
    asked.push(`${request.method} ${request.url}`)
    if (!isWelcome(request)) {
      request.resume()
      response.writeHead(407, { 'proxy-authenticate': 'Basic realm="p"' }).end('no')
      return
    }
    const url = new URL(request.url ?? '')
    const { 'proxy-authorization': _, ...headers } = request.headers
    const onward = http.request({
      ...placeOf(url.hostname, url.port || '80'),
      method: request.method,
      path: `${url.pathname}${url.search}`,
      headers,
      setHost: false,
    })
    onward.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => request.socket.destroy())
    request.on('data', (bytes: Buffer) => count(bytes.length, request.socket))
    request.on('error', () => onward.destroy())
    request.pipe(onward)
  }
  const server = options.secure
    ? https.createServer({ key: testKey, cert: testCertificate }, onRequest)
    : http.createServer(onRequest)
  server.on('connect', (request, client: net.Socket) => {
    keep(client)
    asked.push(`CONNECT ${request.url}`)
    if (options.hangs) return
    if (!isWelcome(request)) return client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
    if (options.refuses !== undefined) return client.end(`HTTP/1.1 ${options.refuses} No\r\n\r\n`)
    const [, host = '', port = ''] = /^(.*):([0-9]+)$/.exec(request.url ?? '') ?? []
    const far = keep(net.connect(placeOf(host, port)))
    far.once('connect', () => client.write('HTTP/1.1 200 Connection established\r\n\r\n'))
    client.on('data', (bytes: Buffer) => {
      count(bytes.length, client)
      if (!far.write(bytes)) {
        client.pause()
        far.once('drain', () => client.resume())
      }
    })
    far.pipe(client)
    client.once('close', () => far.destroy())
    far.once('close', () => client.destroy())
  })
  server.on('connection', keep)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as net.AddressInfo
  return {
    url: `${options.secure ? 'https' : 'http'}://127.0.0.1:${port}`,
    asked,
    cutAfter(bytes) {
      leftBytes = bytes
    },
    cuts: () => cuts,
  }
}
