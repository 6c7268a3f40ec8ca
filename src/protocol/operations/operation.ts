/** The form every operation has: four pure functions between typed values and the wire, two for each side. */
import type { Query, WireHeaders } from '../message.js'

/** A request before addressing and signing: what is asked, of which bucket and key. */
export interface WireRequest {
  readonly method: string
  readonly bucket?: string
  /** Decoded. */
  readonly key?: string
  readonly query: Query
  readonly headers: WireHeaders
  /** Only bodies that belong to the protocol (XML); object bytes travel beside it. */
  readonly body?: Uint8Array
}

/** An answer whose body belongs to the protocol. */
export interface WireAnswer {
  readonly status: number
  readonly headers: WireHeaders
  readonly body: Uint8Array
}

/**
 * One OSS operation. A client calls `encodeRequest` and `decodeAnswer`, a server `decodeRequest` and `encodeAnswer`.
 * `decode…` throws `ProtocolError` when what it reads is not what the operation allows.
 */
export interface Operation<Input, Output> {
  /** As OSS names it, such as `InitiateMultipartUpload`. */
  readonly name: string
  encodeRequest(input: Input): WireRequest
  decodeRequest(request: WireRequest): Input
  encodeAnswer(output: Output, input: Input): WireAnswer
  /** Called only for an answer of success. */
  decodeAnswer(answer: WireAnswer): Output
}
