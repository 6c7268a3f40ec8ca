/**
 * What a connection may take, in time and bytes, before a request of it reaches the handler; and the last words to one that
 * takes more. docs/compatibility.md has these numbers for people.
 */
import { randomBytes } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { formatHttpDate } from '../protocol/dates.js'
import { type ErrorToSay, encodeErrorDocument } from '../protocol/errors.js'
import type { RequestLogEntry } from './exchange.js'

export interface HttpLimits {
  /** Milliseconds from a connection's first moment, or a request's first byte, to the end of its headers. */
  readonly headersMs: number
  /** Milliseconds in which at least 1 KiB of a body comes, or its end. */
  readonly bodyMs: number
  /** Milliseconds in which neither side of a connection moves until it is cut: who does not read, for one. */
  readonly idleMs: number
  /** Milliseconds that a connection is kept between two requests. */
  readonly keepAliveMs: number
  /** Bytes of a request line and its headers. */
  readonly headersSize: number
  readonly connections: number
  /** Requests of one connection sent ahead of their answers. */
  readonly ahead: number
}

export const HTTP_LIMITS: HttpLimits = {
  headersMs: 60_000,
  bodyMs: 120_000,
  idleMs: 600_000,
  // Above the idle times of usual clients (Go's is 90 s): the client closes an idle connection, never the server.
  keepAliveMs: 125_000,
  // 8 KB of metadata, a long key in the target, a signature: well below this.
  headersSize: 64 * 1024,
  connections: 2_000,
  ahead: 1_000,
}

/** Less than this in `bodyMs` is no body that comes. */
export const LEAST_BODY = 1024

/** How often limits of time are looked at: a request may take this much longer than is said. */
export function checkingIntervalMs({ headersMs }: HttpLimits): number {
  return Math.max(10, Math.min(5_000, Math.floor(headersMs / 4)))
}

export const BODY_STALLED: ErrorToSay = { code: 'RequestTimeout' }
export const TOO_MANY_CONNECTIONS: ErrorToSay = {
  code: 'ServiceUnavailable',
  message: 'Too many connections. Please reduce your request rate.',
}
export const CONNECT_REFUSED: ErrorToSay = { code: 'MethodNotAllowed', fields: { Method: 'CONNECT' } }

/** What Node's parser gave up on, in OSS's words; `undefined` when nobody is left to hear it. */
export function errorOfParser(error: NodeJS.ErrnoException): ErrorToSay | undefined {
  const { code = '' } = error
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return { code: 'RequestTimeout' }
  if (code === 'HPE_HEADER_OVERFLOW') {
    return { code: 'InvalidRequest', message: 'The request line and the headers are too large.' }
  }
  if (code === 'HPE_INVALID_EOF_STATE') {
    return { code: 'RequestTimeout', message: 'The request ended before it was complete.' }
  }
  if (code.startsWith('HPE_')) return { code: 'InvalidRequest', message: 'The request is not valid HTTP.' }
  return undefined
}

/** How long is read what nobody wants, while the client finds the answer: closing at once would reset the connection. */
export const DRAIN_MS = 5_000

/** What a log can tell of such an answer. */
export type SaidLast = Pick<RequestLogEntry, 'method' | 'requestId' | 'status' | 'code' | 'ec' | 'bytesOut'>

/** A whole answer on a connection that has no request to answer. It ends with it, and is closed soon after. */
export function sayLast(
  socket: Duplex,
  error: ErrorToSay,
  onSaid: (said: SaidLast) => void = () => undefined,
): void {
  const requestId = randomBytes(12).toString('hex').toUpperCase()
  const { status, headers, body } = encodeErrorDocument(error, { requestId, hostId: '', head: false })
  const lines = {
    server: 'AliyunOSS',
    date: formatHttpDate(Date.now()),
    'x-oss-request-id': requestId,
    'x-oss-server-time': '0',
    ...headers,
    'content-length': String(body.length),
    connection: 'close',
  }
  const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(
    Buffer.concat([
      Buffer.from(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${head.join('')}\r\n`, 'latin1'),
      body,
    ]),
  )
  const ec = headers['x-oss-ec']
  onSaid({
    method: '-',
    requestId,
    status,
    code: error.code,
    ...(ec === undefined ? {} : { ec }),
    bytesOut: body.length,
  })
  const timer = setTimeout(() => socket.destroy(), DRAIN_MS)
  socket.once('close', () => clearTimeout(timer))
}
