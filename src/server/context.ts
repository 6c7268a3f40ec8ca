/** What an operation of the server gets, and what it gives back. */
import type { ErrorToSay } from '../protocol/errors.js'
import type { WireHeaders } from '../protocol/message.js'
import type { WireRequest } from '../protocol/operations/operation.js'
import type { BeginDigest } from './digest.js'
import type { Clock, SendCallback, ServerCredentials } from './exchange.js'
import type { Storage } from './storage/storage.js'

export interface Service {
  readonly storage: Storage
  readonly clock: Clock
  /** Uniform in [0, 1). */
  readonly random: () => number
  /** Without `oss-`. */
  readonly region: string
  /** Bytes that every part but the last has at least. */
  readonly minPartSize: number
  /** For what is signed within a body. */
  readonly credentials: readonly ServerCredentials[]
  /** Absent: there are no callbacks. */
  readonly sendCallback?: SendCallback
  /** Checksums of a body that comes in. */
  readonly beginDigest: BeginDigest
}

/** Whoever signs with one of the server's keys is the owner of everything. */
export type Principal = 'owner' | 'anonymous'

export interface Exchange extends Service {
  /** Addressed and let in; its body is not read yet. */
  readonly request: WireRequest
  readonly requestId: string
  /** The Host the client asked for, with port. */
  readonly host: string
  /** `anonymous` was let in to this operation on this object, not to whatever else it may touch: see access.ts. */
  readonly principal: Principal
  readonly body: AsyncIterable<Uint8Array>
}

export interface Answer {
  readonly status: number
  readonly headers: WireHeaders
  readonly body: Uint8Array | AsyncIterable<Uint8Array>
}

/** An operation rejects with `Refusal`, `ProtocolError`, `StorageError` or whatever the body broke off with. */
export type Operate = (exchange: Exchange) => Promise<Answer>

/** The answer is an error document. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly error: ErrorToSay
  /** Beside those that every error has. */
  readonly headers: WireHeaders

  constructor(error: ErrorToSay, headers: WireHeaders = {}) {
    super(error.code)
    this.error = error
    this.headers = headers
  }
}

/** One owner for everything: this server knows no accounts. */
export const OWNER = { id: '1000000000000000', displayName: '1000000000000000' } as const
