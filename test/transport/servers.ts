/** Small servers on loopback that misbehave in known ways, for the transport's tests. */
import * as http from 'node:http'
import * as https from 'node:https'
import * as net from 'node:net'
import type { TestContext } from 'node:test'
import { testCertificate, testKey } from './certificate.js'

/** The server's origin; it and its connections end with the test. */
export async function serve(
  t: Pick<TestContext, 'after'>,
  handler: http.RequestListener,
  options: { secure?: boolean; checkContinue?: http.RequestListener } = {},
): Promise<string> {
  const server = options.secure
    ? https.createServer({ key: testKey, cert: testCertificate }, handler)
    : http.createServer(handler)
  if (options.checkContinue) server.on('checkContinue', options.checkContinue)
  server.on('clientError', (_error, socket) => socket.destroy())
  const sockets = new Set<net.Socket>()
  server.on('connection', (socket: net.Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => sockets.delete(socket))
  })
  const port = await listen(server)
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `${options.secure ? 'https' : 'http'}://127.0.0.1:${port}`
}

/** A server of raw connections. */
export async function serveRaw(
  t: Pick<TestContext, 'after'>,
  onConnection: (socket: net.Socket) => void,
): Promise<string> {
  const sockets = new Set<net.Socket>()
  const server = net.createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => sockets.delete(socket))
    onConnection(socket)
  })
  const port = await listen(server)
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `http://127.0.0.1:${port}`
}

async function listen(server: net.Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
