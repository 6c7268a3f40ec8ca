/**
 * An agent whose connections lead through a proxy: CONNECT, then TLS with the origin inside. What the rest of the transport
 * gets is the same kind of socket as without a proxy, since Node puts TLS on the tunnel's own handle.
 */
import * as http from 'node:http'
import * as https from 'node:https'
import { isIP, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ConnectionOptions } from 'node:tls'
import { TransportError } from '../protocol/message.js'
import type { HttpProxy } from './proxy.js'
import { whyUnreached } from './unreached.js'

export interface TunnelOptions extends https.AgentOptions {
  readonly proxy: HttpProxy
  /** For the proxy's own certificate, where it is reached over TLS. */
  readonly trust: ConnectionOptions
  /** Longest wait for the proxy's answer, in milliseconds. */
  readonly answerMs: number
}

export class TunnelAgent extends https.Agent {
  readonly #tunnel: TunnelOptions
  readonly #opening = new Set<http.ClientRequest>()

  constructor(options: TunnelOptions) {
    const { proxy, trust, answerMs, ...own } = options
    super({ ...own, ...trust })
    this.#tunnel = options
  }

  override createConnection(
    options: https.RequestOptions,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    const done = callback as (error: Error | null, stream?: Duplex) => void
    this.#open(options)
      .then((socket) => super.createConnection({ ...options, socket } as https.RequestOptions))
      .then((stream) => done(null, stream ?? undefined), done)
    return undefined
  }

  override destroy(): void {
    for (const request of this.#opening) request.destroy(new Error('The transport was closed'))
    super.destroy()
  }

  #open({ host, port }: https.RequestOptions): Promise<Socket> {
    const { proxy, trust, answerMs } = this.#tunnel
    const name = isIP(host ?? '') === 6 ? `[${host}]:${port}` : `${host}:${port}`
    const request = (proxy.secure ? https : http).request({
      ...(proxy.secure ? { ...trust, servername: serverName(proxy.host) } : {}),
      host: proxy.host,
      port: proxy.port,
      agent: false,
      method: 'CONNECT',
      path: name,
      headers: { host: name, ...proxyHeaders(proxy) },
      setHost: false,
    })
    this.#opening.add(request)
    const late = setTimeout(() => request.destroy(new Error('it did not answer in time')), answerMs)
    return new Promise<Socket>((resolve, reject) => {
      request.once('connect', ({ statusCode = 0, statusMessage = '' }, socket: Socket) => {
        if (statusCode >= 200 && statusCode < 300) return resolve(socket)
        socket.destroy()
        reject(refusal(proxy, { statusCode, statusMessage, what: `a tunnel to ${name}` }))
      })
      request.once('error', (cause) => {
        const { failure, message } = whyUnreached(
          `the proxy ${proxy.name}`,
          cause,
          `through the proxy ${proxy.name}`,
        )
        reject(new TransportError(failure, message, { cause }))
      })
      request.end()
    }).finally(() => {
      clearTimeout(late)
      this.#opening.delete(request)
    })
  }
}

export function proxyHeaders({ authorization }: HttpProxy): Record<string, string> {
  return authorization === undefined ? {} : { 'proxy-authorization': authorization }
}

/** Addresses are no server names. */
export function serverName(host: string): string {
  return isIP(host) === 0 ? host : ''
}

/** What to do, where a proxy says that asking again is no use. */
function adviceFor({ authorization }: HttpProxy, statusCode: number): string | undefined {
  if (statusCode === 403 || statusCode === 405) return 'it does not allow that'
  if (statusCode !== 407) return undefined
  return authorization === undefined
    ? "put the user name and password for it into the proxy's URL"
    : "check the user name and password in the proxy's URL"
}

interface Refused {
  readonly statusCode: number
  readonly statusMessage: string
  /** What was asked of it. */
  readonly what: string
}

export function refusal(proxy: HttpProxy, { statusCode, statusMessage, what }: Refused): TransportError {
  const advice = adviceFor(proxy, statusCode)
  const told = `The proxy ${proxy.name} answered ${statusCode} ${statusMessage}`.trim()
  return advice === undefined
    ? new TransportError('connect', `${told} to the request for ${what}`)
    : new TransportError('refused', `${told} to the request for ${what}: ${advice}`)
}
