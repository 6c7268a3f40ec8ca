/**
 * The answer of a service as it is read. Its flow is judged only while somebody waits for the next piece, and by the bytes
 * that came: one byte now and then is a stall as well.
 */
import type { IncomingMessage } from 'node:http'
import { type ResponseBody, TransportError, type WireHeaders } from '../protocol/message.js'
import { afterPolling } from './deadline.js'

export interface AnswerSetting {
  /** The headers say that there is no body. */
  readonly isEmpty: boolean
  /** Longest wait for the next `windowBytes` of the body, or for its end, in milliseconds. */
  readonly pauseMs: number
  readonly windowBytes: number
  readonly monotonic: () => number
  /** Why the exchange was ended, when it was. */
  readonly reason: () => unknown
  /** Ends the exchange and its connection. */
  readonly end: (reason: unknown) => void
}

export class AnswerBody implements ResponseBody {
  readonly #incoming: IncomingMessage
  readonly #setting: AnswerSetting
  /** How long was waited for bytes of the present window, and how many came. */
  #waitedMs = 0
  #windowBytes = 0

  constructor(incoming: IncomingMessage, setting: AnswerSetting) {
    this.#incoming = incoming
    this.#setting = setting
  }

  async *chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    const pieces = this.#incoming[Symbol.asyncIterator]()
    try {
      for (let piece = await this.#next(pieces); !piece.done; piece = await this.#next(pieces)) {
        yield piece.value
      }
    } finally {
      await pieces.return?.()
    }
    if (!this.#incoming.complete) throw this.#broken()
  }

  bytes(limit: number): Promise<Uint8Array> {
    return this.#setting.isEmpty ? this.#nothing() : this.#all(limit)
  }

  async #all(limit: number): Promise<Uint8Array> {
    const pieces: Uint8Array[] = []
    let size = 0
    for await (const piece of this.chunks()) {
      size += piece.length
      if (size > limit) {
        const error = new TransportError(
          'garbled',
          `The answer is larger than the ${limit} bytes it may have`,
        )
        this.#setting.end(error)
        throw error
      }
      pieces.push(piece)
    }
    return Buffer.concat(pieces, size)
  }

  /** All of it is there with the headers; an iterator over it cost more than the answer. */
  async #nothing(): Promise<Uint8Array> {
    const incoming = this.#incoming
    if (!incoming.readableEnded && !incoming.closed) {
      await new Promise<void>((resolve) => {
        incoming.once('end', resolve)
        incoming.once('close', resolve)
        incoming.resume()
      })
    }
    const reason = this.#setting.reason()
    if (reason !== undefined) throw reason
    if (!incoming.complete) throw this.#broken()
    return new Uint8Array()
  }

  discard(): void {
    if (this.#incoming.closed) return
    this.#incoming.once(
      'close',
      afterPolling(this.#setting.pauseMs, () => this.#setting.end(this.#pause())),
    )
    this.#incoming.resume()
  }

  async #next(pieces: AsyncIterator<Uint8Array>): Promise<IteratorResult<Uint8Array>> {
    const { monotonic, pauseMs } = this.#setting
    const startMs = monotonic()
    const inTime = afterPolling(pauseMs - this.#waitedMs, () => this.#setting.end(this.#pause()))
    try {
      const piece = await pieces.next()
      this.#count(piece.done ? 0 : piece.value.length, monotonic() - startMs)
      const reason = this.#setting.reason()
      if (reason !== undefined) throw reason
      return piece
    } catch (cause) {
      throw this.#setting.reason() ?? this.#broken(cause)
    } finally {
      inTime()
    }
  }

  #count(bytes: number, waitedMs: number): void {
    this.#waitedMs += waitedMs
    this.#windowBytes += bytes
    if (this.#windowBytes < this.#setting.windowBytes) return
    this.#waitedMs = 0
    this.#windowBytes = 0
  }

  #pause(): TransportError {
    return new TransportError('stalled', 'The service stopped, or nearly so, in the middle of its answer')
  }

  #broken(cause?: unknown): TransportError {
    return new TransportError('reset', 'The connection broke in the middle of the answer', { cause })
  }
}

/** Node's headers in the wire form: one string each. */
export function flatHeaders({ headers }: IncomingMessage): WireHeaders {
  const { 'set-cookie': cookies, ...others } = headers
  // Only these does Node leave apart.
  if (cookies === undefined) return headers as WireHeaders
  return { ...(others as WireHeaders), 'set-cookie': cookies.join(', ') }
}
