/** What faults look like on the wire: error documents, proxies' pages, broken connections. Pure but for luck. */
import { formatHttpDate, formatIso } from '../../src/protocol/dates.js'
import { type ErrorToSay, encodeErrorDocument } from '../../src/protocol/errors.js'
import { type HttpResponse, TransportError, type WireHeaders } from '../../src/protocol/message.js'
import type { WireAnswer } from '../../src/protocol/operations/operation.js'
import type { RequestFault } from './faults.js'
import type { Luck } from './world.js'

export interface Forging {
  readonly luck: Luck
  /** The service's time, milliseconds since the epoch. */
  readonly now: number
  /** The time that the request was signed with. */
  readonly signedFor: number
  readonly head: boolean
  readonly bodyBytesSent: number
  /** What the service really answered, when it was asked. */
  readonly real: WireAnswer | undefined
}

export function responseOf({ status, headers, body }: WireAnswer): HttpResponse {
  return {
    status,
    headers,
    body: {
      async bytes(limit) {
        if (body.length > limit) throw new TransportError('garbled', `More than ${limit} bytes came.`)
        return body
      },
      async *chunks() {
        yield body
      },
      discard() {},
    },
  }
}

/** An error as the service itself says it. */
export function refusal(
  error: ErrorToSay,
  { luck, now, head }: Pick<Forging, 'luck' | 'now' | 'head'>,
  more: WireHeaders = {},
): WireAnswer {
  const requestId = Array.from({ length: 3 }, () => hex8(luck)).join('')
  const { status, headers, body } = encodeErrorDocument(error, { requestId, hostId: 'oss.test', head })
  return {
    status,
    headers: { ...headers, date: formatHttpDate(now), 'x-oss-request-id': requestId, ...more },
    body,
  }
}

/** @throws TransportError for what is no answer at all */
export function forge(fault: RequestFault, forging: Forging): HttpResponse {
  const { luck } = forging
  switch (fault) {
    case 'request lost':
      throw broken(luck.chance(0.3) ? 'connect' : 'reset', forging)
    case 'request late':
    case 'answer late':
      return late(forging)
    case 'request repeated':
      throw new Error('A repeated request is answered by the service.')
    case 'answer lost':
      return cutOff(forging)
    case '500':
    case '500 after it was done':
      return responseOf(
        luck.chance(0.7)
          ? refusal({ code: 'InternalError' }, forging)
          : pageOf(luck.pick([500, 502, 504]), forging),
      )
    case '503':
      return responseOf(unavailable(forging))
    case '429':
      return responseOf(throttled(forging))
    case '408':
      return responseOf(pageOf(408, forging))
    case 'token expired':
      return responseOf(refusal({ code: 'SecurityTokenExpired' }, forging))
    case 'token rejected again':
      return responseOf(
        refusal(
          { code: luck.pick(['InvalidAccessKeyId', 'InvalidSecurityToken', 'SignatureDoesNotMatch']) },
          forging,
        ),
      )
    case 'clock refused':
      return responseOf(skewed(forging))
    case '200 with an error, nothing done':
    case '200 with an error, and done':
      return responseOf({ ...refusal({ code: 'InternalError' }, forging), status: 200 })
    case 'garbage for an answer':
      return garbage(forging)
  }
}

/** A refusal that comes while the body is still being sent, and whether the keys were the reason. */
export function earlyError(forging: Forging): { readonly answer: WireAnswer; readonly aboutKeys: boolean } {
  const aboutKeys = forging.luck.chance(0.4)
  if (aboutKeys) return { answer: refusal({ code: 'SecurityTokenExpired' }, forging), aboutKeys }
  return { answer: forging.luck.chance(0.5) ? unavailable(forging) : throttled(forging), aboutKeys }
}

export function broken(failure: TransportError['failure'], { bodyBytesSent }: Forging): TransportError {
  return new TransportError(failure, `Simulated: ${failure}.`, { bodyBytesSent })
}

/** Sometimes with a wish to wait, in one of the ways in which that is said. */
function unavailable(forging: Forging): WireAnswer {
  return forging.luck.chance(0.2)
    ? pageOf(503, forging)
    : refusal({ code: 'ServiceUnavailable' }, forging, wishOf(forging))
}

function throttled(forging: Forging): WireAnswer {
  const { luck } = forging
  const error = luck.pick([{ code: 'TooManyRequests' }, { code: 'QpsLimitExceeded', status: 503 }])
  return refusal(error, forging, wishOf(forging))
}

function wishOf({ luck, now }: Forging): WireHeaders {
  const seconds = luck.below(4)
  return luck.pick<WireHeaders>([
    {},
    {},
    { 'retry-after': String(seconds) },
    { 'retry-after': formatHttpDate(now + seconds * 1000) },
    { 'x-oss-qos-delay-time': String(luck.below(2000)) },
  ])
}

/** One host of the service has a wrong clock, too far from the time that the request was signed with. */
function skewed(forging: Forging): WireAnswer {
  const { luck, signedFor } = forging
  const offMs = (16 + luck.below(30)) * 60_000 * (luck.chance(0.5) ? 1 : -1)
  const fields = { ServerTime: formatIso(signedFor + offMs) }
  return refusal({ code: 'RequestTimeTooSkewed', fields }, forging)
}

/** Of something between us and the service, whose clock may show any time. */
function pageOf(status: number, { luck, now, head }: Forging): WireAnswer {
  const text = `<html><head><title>${status}</title></head><body><hr></body></html>`
  return {
    status,
    headers: { 'content-type': 'text/html', date: formatHttpDate(now - luck.below(10) * 86_400_000) },
    body: new TextEncoder().encode(head ? '' : text),
  }
}

function late(forging: Forging): HttpResponse {
  throw broken('stalled', forging)
}

/** The connection breaks before the answer, or in its midst. */
function cutOff(forging: Forging): HttpResponse {
  const { real, luck } = forging
  if (real === undefined || real.body.length === 0 || luck.chance(0.5)) throw broken('reset', forging)
  const error = broken(luck.chance(0.7) ? 'reset' : 'stalled', forging)
  return {
    ...responseOf(real),
    body: {
      bytes: () => Promise.reject(error),
      async *chunks() {
        yield real.body.subarray(0, luck.below(real.body.length))
        throw error
      },
      discard() {},
    },
  }
}

/** A sign-in page, a document that stops short, an answer without what it must have. */
function garbage(forging: Forging): HttpResponse {
  const { luck, real } = forging
  // A refusal that turned into a good status would be a lie rather than garbage.
  const told = real !== undefined && real.status < 300 ? real : undefined
  if (told === undefined || luck.chance(0.3)) return responseOf(pageOf(200, forging))
  if (luck.chance(0.1)) throw broken('garbled', forging)
  const { 'x-oss-request-id': requestId = '', ...anonymous } = told.headers
  const { etag: _, ...nameless } = told.headers
  return responseOf(
    luck.pick<WireAnswer>([
      { ...told, status: 200, headers: anonymous },
      { ...told, status: 200, headers: { 'x-oss-request-id': requestId }, body: new Uint8Array() },
      { ...told, status: 200, headers: nameless, body: told.body.subarray(0, told.body.length >> 1) },
    ]),
  )
}

function hex8(luck: Luck): string {
  return luck
    .below(2 ** 32)
    .toString(16)
    .toUpperCase()
    .padStart(8, '0')
}
