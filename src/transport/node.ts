/**
 * The transport over node:http and node:https: keep-alive connections, one pool per origin, blocks lent and not copied.
 * It never retries, and no request ever waits inside Node's agent.
 */
import * as http from 'node:http'
import * as https from 'node:https'
import {
  type HttpRequest,
  type HttpResponse,
  type RequestBody,
  type Transport,
  TransportError,
} from '../protocol/message.js'
import { Exchange } from './exchange.js'
import type { HttpProxy, ProxyChoice } from './proxy.js'
import { Rounds } from './rounds.js'
import { Slots } from './slots.js'
import { defaultStallLimits, type StallLimits } from './stall.js'
import { type Trust, tlsOptions } from './trust.js'
import { proxyHeaders, refusal, serverName, TunnelAgent } from './tunnel.js'

export interface NodeTransportOptions extends Trust {
  /** Connections per origin, and so requests in flight at once. Default 16. */
  readonly maxSockets?: number
  /** An unused connection is closed after this many milliseconds. Default 15000. */
  readonly idleTimeoutMs?: number
  /** Which proxy leads to an origin. Default: none. */
  readonly proxyFor?: ProxyChoice
  /** Replaces some of `defaultStallLimits`. */
  readonly stallLimits?: Partial<StallLimits>
}

export interface NodeTransport {
  readonly transport: Transport
  /** Ends all requests and connections; resolves when every borrowed block is home. */
  close(): Promise<void>
}

/** Largest head of an answer in bytes: 8 KiB of user metadata and the rest fit well. */
const maxAnswerHeadBytes = 64 * 1024

export function createNodeTransport(options: NodeTransportOptions = {}): NodeTransport {
  const limits: StallLimits = { ...defaultStallLimits, ...options.stallLimits }
  const routes = new Map<string, Route>()
  const monotonic = (): number => performance.now()
  const everyMs = Math.min(limits.sampleMs, limits.connectMs / 4, limits.answerMs / 4)
  const running = new Rounds<Exchange>({ everyMs, monotonic })
  let closed = false

  const transport: Transport = async (request, exchangeOptions = {}) => {
    const route = routeTo(request.origin, routes, { ...options, limits })
    const giveBack = await route.slots.take(exchangeOptions.signal)
    const asksFirst = exchangeOptions.expectContinue === true && canExpect(request)
    const setting = {
      open: () => openRequest(route, request, asksFirst),
      asksFirst,
      secure: route.secure,
      limits,
      monotonic,
    }
    try {
      if (closed) throw new TransportError('connect', 'This transport is closed')
      if (exchangeOptions.signal?.aborted) throw exchangeOptions.signal.reason
      const exchange = new Exchange(setting, request, exchangeOptions)
      running.add(exchange)
      exchange.over.then(() => {
        running.delete(exchange)
        giveBack()
      })
      const { answer } = exchange
      return route.reader === undefined ? answer : answer.then((response) => letThrough(route, response))
    } catch (error) {
      giveBack() // nothing was begun
      throw error
    }
  }

  const close = async () => {
    closed = true
    const ending = running.all
    for (const exchange of ending) exchange.end(new TransportError('reset', 'The transport was closed'))
    for (const route of routes.values()) route.agent.destroy()
    await Promise.all(ending.map((exchange) => exchange.over))
  }

  return { transport, close }
}

/** All that requests to one origin share. */
interface Route {
  /** Of the connection that requests are written to. */
  readonly secure: boolean
  readonly host: string
  readonly port: number
  readonly agent: http.Agent
  readonly slots: Slots
  /** Reads the requests themselves, and so wants the origin in each: only for origins without TLS. */
  readonly reader?: HttpProxy
}

interface RouteOptions extends NodeTransportOptions {
  readonly limits: StallLimits
}

function routeTo(origin: string, routes: Map<string, Route>, options: RouteOptions): Route {
  const known = routes.get(origin)
  if (known) return known
  const url = new URL(origin)
  const isSecureOrigin = url.protocol === 'https:'
  const proxy = options.proxyFor?.(origin)
  const maxSockets = options.maxSockets ?? 16
  const agentOptions = {
    keepAlive: true,
    maxSockets,
    maxFreeSockets: maxSockets,
    noDelay: true,
    timeout: options.idleTimeoutMs ?? 15_000,
  }
  const trust = isSecureOrigin || proxy?.secure ? tlsOptions(options) : {}
  const reader = isSecureOrigin ? undefined : proxy
  const secure = isSecureOrigin || reader?.secure === true
  const host = reader?.host ?? url.hostname.replace(/^\[|\]$/g, '')
  // Without a server name Node would hold the certificate against the Host header, whatever we connect to.
  const secureOptions = { ...agentOptions, ...trust, servername: serverName(host) }
  const answerMs = 2 * options.limits.connectMs
  const route: Route = {
    secure,
    host,
    port: reader?.port ?? Number(url.port || (secure ? 443 : 80)),
    agent: !secure
      ? new http.Agent(agentOptions)
      : proxy && isSecureOrigin
        ? new TunnelAgent({ ...secureOptions, proxy, trust, answerMs })
        : new https.Agent(secureOptions),
    slots: new Slots(maxSockets),
    ...(reader === undefined ? {} : { reader }),
  }
  routes.set(origin, route)
  return route
}

function openRequest(route: Route, request: HttpRequest, asksFirst: boolean): http.ClientRequest {
  const { body } = request
  const { reader } = route
  const headers: Record<string, string> = { ...request.headers, ...(reader && proxyHeaders(reader)) }
  if (body !== undefined) headers['content-length'] = String(bodySize(body))
  if (asksFirst) headers['expect'] = '100-continue'
  return (route.secure ? https : http).request({
    agent: route.agent,
    method: request.method,
    host: route.host,
    port: route.port,
    path: reader === undefined ? request.target : `${request.origin}${request.target}`,
    // A list is put on the wire as it is, a record taken apart and its names looked up. But without a body Node has to add to them.
    headers: body === undefined ? headers : listOf(headers),
    setHost: false,
    maxHeaderSize: maxAnswerHeadBytes,
  })
}

function listOf(headers: Readonly<Record<string, string>>): string[] {
  const list: string[] = []
  for (const name in headers) list.push(name, headers[name] ?? '')
  return list
}

/** The answer, unless it is the proxy's own, that it knows too little of us. */
function letThrough({ reader }: Route, response: HttpResponse): HttpResponse {
  if (reader === undefined || response.status !== 407) return response
  response.body.discard()
  throw refusal(reader, { statusCode: 407, statusMessage: '', what: 'a request' })
}

/** Node writes the headers of such a request as UTF-8, which is not what was signed where one goes beyond ASCII. */
function canExpect({ body, headers }: HttpRequest): boolean {
  return body !== undefined && bodySize(body) > 0 && Object.values(headers).every(isAscii)
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) > 0x7f) return false
  return true
}

function bodySize(body: Uint8Array | RequestBody): number {
  return body instanceof Uint8Array ? body.length : body.size
}
