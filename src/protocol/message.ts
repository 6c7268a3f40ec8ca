/** Requests and responses as plain values, the same for client and server. A transport is one function between them. */

/** Lower-case names. A value is what stands on the wire, one character per byte (latin1), as HTTP/1.1 carries it. */
export type WireHeaders = Readonly<Record<string, string>>

/** Query parameters, decoded. `undefined` or `''` is a bare key. Order carries no meaning. */
export type Query = Readonly<Record<string, string | undefined>>

/** The part of an AbortSignal that a transport reads. */
export interface TransportSignal {
  readonly aborted: boolean
  readonly reason: unknown
  addEventListener(type: 'abort', listener: () => void): void
  removeEventListener(type: 'abort', listener: () => void): void
}

/** A request body of known size whose blocks are lent to the sink until its promise settles. */
export interface RequestBody {
  readonly size: number
  pump(sink: (block: Uint8Array) => Promise<void>, signal?: TransportSignal): Promise<void>
}

/** Bytes that are there already, as a body. */
export function bodyOfBytes(bytes: Uint8Array): RequestBody {
  return {
    size: bytes.length,
    async pump(sink) {
      if (bytes.length > 0) await sink(bytes)
    },
  }
}

export interface HttpRequest {
  readonly method: string
  /** `http://host:port` or `https://host`, without a path. */
  readonly origin: string
  /** Percent-encoded path and query, as it goes on the request line. */
  readonly target: string
  /** Includes `host`. `content-length` is set by the transport from the body. */
  readonly headers: WireHeaders
  /** Absent: no body. Bytes: a small body kept whole. */
  readonly body?: Uint8Array | RequestBody
}

export interface HttpResponse {
  readonly status: number
  readonly headers: WireHeaders
  /** Read it to the end or call `discard`, else the connection is lost to others. */
  readonly body: ResponseBody
}

export interface ResponseBody {
  /** The whole body; rejects when it exceeds `limit` bytes. */
  bytes(limit: number): Promise<Uint8Array>
  /** The body as it comes. */
  chunks(): AsyncIterable<Uint8Array>
  discard(): void
}

export interface TransportOptions {
  readonly signal?: TransportSignal
  /** Bytes of the request body that the socket has taken so far. */
  readonly onSent?: (bytes: number) => void
  /** Multiplies the time without movement after which the request counts as stalled. Default 1. */
  readonly patience?: number
  /** Ask the server for its word before the body is sent (`Expect: 100-continue`). */
  readonly expectContinue?: boolean
}

/** One exchange. Rejects with `TransportError`, or with the signal's reason on abort. Never retries. */
export type Transport = (request: HttpRequest, options?: TransportOptions) => Promise<HttpResponse>

/**
 * Why an exchange ended without an answer. `connect`: nothing was sent. `reset`: the connection broke, the request may
 * have taken effect. `stalled`: we ended it, since nothing moved for too long. `garbled`: what came is no HTTP. `refused`:
 * a proxy on the way does not let it through, so trying again will not help. `no-such-host`, `untrusted`: the name stands
 * for no address, or whoever answers to it has no certificate that we believe; nothing was sent.
 */
export type TransportFailure =
  | 'connect'
  | 'no-such-host'
  | 'untrusted'
  | 'reset'
  | 'stalled'
  | 'garbled'
  | 'refused'

export class TransportError extends Error {
  override readonly name = 'TransportError'
  readonly failure: TransportFailure
  /** Bytes of the request body handed to the socket before the end. */
  readonly bodyBytesSent: number

  constructor(
    failure: TransportFailure,
    message: string,
    options: { cause?: unknown; bodyBytesSent?: number } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.failure = failure
    this.bodyBytesSent = options.bodyBytesSent ?? 0
  }
}
