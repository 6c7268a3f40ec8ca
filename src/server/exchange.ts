/**
 * What goes into the server's handler and what comes out: plain values, so that a test or a simulation calls it as a
 * function, with no socket.
 */
import type { WireHeaders } from '../protocol/message.js'

export interface ServerRequest {
  readonly method: string
  /** Path and query as they stood on the request line. */
  readonly target: string
  /** Lower-case names; wire strings, one character per byte. */
  readonly headers: WireHeaders
  /** The other end's IP address; absent where there is no socket. */
  readonly peer?: string
  /** Read only once the request has been let in, so that a refusal comes before the body. Chunks are given away. */
  readonly body: AsyncIterable<Uint8Array>
}

export interface ServerResponse {
  readonly status: number
  readonly headers: WireHeaders
  /** A stream has to be read to its end, or its iterator returned, else what it reads from stays held. */
  readonly body: Uint8Array | AsyncIterable<Uint8Array>
}

export type Handler = (request: ServerRequest) => Promise<ServerResponse>

/** The handler wants the connection broken without an answer. */
export class ConnectionDropped extends Error {
  override readonly name = 'ConnectionDropped'
}

/** What an application's server is told when an upload is done. */
export interface CallbackRequest {
  /** Absolute, of http or https. */
  readonly url: string
  /** The Host header, where it is not the URL's. */
  readonly host?: string
  readonly contentType: string
  readonly body: string
  readonly bucket: string
  readonly requestId: string
}

export interface CallbackAnswer {
  readonly status: number
  readonly body: Uint8Array
}

/** Sends a callback once. Rejects with `CallbackFailure` when no answer came. */
export type SendCallback = (request: CallbackRequest) => Promise<CallbackAnswer>

export class CallbackFailure extends Error {
  override readonly name = 'CallbackFailure'
  /** `not-allowed`: it was not even tried. */
  readonly reason: 'not-allowed' | 'unreachable' | 'timed-out' | 'too-long'

  constructor(reason: CallbackFailure['reason'], message: string) {
    super(message)
    this.reason = reason
  }
}

/** The server's time. Both on the same scale: milliseconds since the epoch, and milliseconds. */
export interface Clock {
  now(): number
  sleep(ms: number): Promise<void>
}

/** A pair of keys that requests may be signed with. */
export interface ServerCredentials {
  readonly accessKeyId: string
  readonly accessKeySecret: string
  /** If given, requests have to carry exactly this token. */
  readonly securityToken?: string
  /** Milliseconds since the epoch from which on the token is refused. */
  readonly expiration?: number
}

/** What one request was and how it ended, for logs and for tests that count. */
export interface RequestLogEntry {
  /** Counts from 1. */
  readonly sequence: number
  readonly time: number
  /** `-` of one that was no readable request. */
  readonly method: string
  /** As OSS names it; absent when the request did not get that far. */
  readonly operation?: string
  readonly bucket?: string
  readonly key?: string
  readonly uploadId?: string
  readonly partNumber?: number
  /** Absent when the connection was dropped without an answer. */
  readonly status?: number
  /** The error's code, and OSS's number for it. */
  readonly code?: string
  readonly ec?: string
  readonly requestId: string
  /** Bytes of body read, and bytes of body promised in the answer. */
  readonly bytesIn: number
  readonly bytesOut: number
  readonly durationMs: number
  /** The faults that were applied, in order. */
  readonly faults?: readonly string[]
}
