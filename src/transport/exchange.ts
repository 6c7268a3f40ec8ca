/**
 * One request and its answer over a node:http connection. Two rules rule it: an answer that arrived beats whatever the
 * socket says later, and a block on loan comes home only when the socket is done with it.
 */
import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import {
  bodyOfBytes,
  type HttpRequest,
  type HttpResponse,
  type RequestBody,
  TransportError,
  type TransportOptions,
} from '../protocol/message.js'
import { AnswerBody, flatHeaders } from './answer.js'
import { afterPolling } from './deadline.js'
import { Lender } from './lender.js'
import { answerDeadlineMs, SendWatch, type StallLimits } from './stall.js'
import { codeOf, describe, whyUnreached } from './unreached.js'

export interface ExchangeSetting {
  /** Opens the request; nothing is sent before headers are flushed or the request is ended. */
  readonly open: () => ClientRequest
  readonly secure: boolean
  readonly limits: StallLimits
  readonly monotonic: () => number
}

export class Exchange {
  /** The connection is closed or back with its agent, and every block is home. Never rejects. */
  readonly over: Promise<void>
  readonly #setting: ExchangeSetting
  readonly #request: HttpRequest
  readonly #options: TransportOptions
  readonly #patience: number
  readonly #outgoing: ClientRequest
  readonly #stopPump = new AbortController()
  /** Any answer's headers. */
  readonly #answered: Promise<IncomingMessage>
  /** Headers of an answer that makes the rest of the body pointless. Stays pending otherwise. */
  readonly #refused: Promise<void>
  /** Rejects when the exchange ends without an answer. */
  readonly #failed: Promise<never>
  #reject: (reason: unknown) => void = () => {}
  #incoming: IncomingMessage | undefined
  #ending: { readonly reason: unknown } | undefined
  #connected = false
  /** The whole body is with the socket, and every block is home; or there is none. */
  #isSent = false
  #corked = false
  #lender: Lender | undefined
  /** Calls the running deadline off. */
  #disarm: () => void = () => {}
  #sampling: NodeJS.Timeout | undefined

  /** Throws when the request cannot be put on the wire, such as for a header with a line break. */
  constructor(setting: ExchangeSetting, request: HttpRequest, options: TransportOptions) {
    this.#setting = setting
    this.#request = request
    this.#options = options
    this.#patience = options.patience ?? 1
    this.#failed = new Promise((_, reject) => {
      this.#reject = reject
    })
    this.#failed.catch(() => {})
    this.#outgoing = setting.open()
    this.#outgoing.on('error', (error) => this.#broke(error))
    this.#answered = new Promise((resolve) => {
      this.#outgoing.once('response', (incoming) => {
        this.#incoming = incoming
        incoming.on('error', () => {}) // told to whoever reads the body
        resolve(incoming)
      })
    })
    this.#refused = new Promise((resolve) => {
      this.#answered.then((incoming) => {
        if ((incoming.statusCode ?? 0) >= 300) resolve()
      })
    })
    this.over = this.#untilOver()
  }

  /** The answer. Rejects with `TransportError`, the signal's reason, or what the body's pump failed with. */
  async run(): Promise<HttpResponse> {
    const { signal } = this.#options
    const abort = () => this.end(signal?.reason)
    signal?.addEventListener('abort', abort)
    this.over.then(() => signal?.removeEventListener('abort', abort))

    const socket = await this.#connection()
    const given = this.#request.body
    const body = given instanceof Uint8Array ? bodyOfBytes(given) : given
    if (body === undefined) {
      this.#isSent = true
      this.#outgoing.end()
      this.#expectAnswer(0, 0)
    } else if (await this.#welcome()) {
      await Promise.race([this.#send(body, socket), this.#refused, this.#failed])
      if (!this.#outgoing.writableEnded) this.#keepBody()
    }
    const incoming = await Promise.race([this.#answered, this.#failed])
    this.#disarm()
    return {
      status: incoming.statusCode ?? 0,
      headers: flatHeaders(incoming),
      body: new AnswerBody(incoming, {
        pauseMs: this.#setting.limits.answerPauseMs * this.#patience,
        windowBytes: this.#setting.limits.windowBytes,
        monotonic: this.#setting.monotonic,
        reason: () => this.#ending?.reason,
        end: (reason) => this.end(reason),
      }),
    }
  }

  /** Destroys the connection; the answer, or the reading of its body, rejects with the reason. */
  end(reason: unknown): void {
    if (this.#ending) return
    this.#ending = { reason }
    this.#stop(reason)
    this.#reject(reason)
    this.#outgoing.destroy()
  }

  /** The connection failed by itself. With an answer in hand this only ends the sending. */
  #broke(cause: unknown): void {
    if (this.#incoming) this.#stop(cause)
    else this.end(this.#failure(cause))
  }

  #stop(reason: unknown): void {
    this.#disarm()
    clearInterval(this.#sampling)
    this.#lender?.stop(reason)
    this.#stopPump.abort(reason)
  }

  // The steps before the body.

  async #connection(): Promise<Socket> {
    this.#arm(this.#setting.limits.connectMs * this.#patience, () =>
      this.#error('connect', `No connection to ${this.#request.origin} within the time allowed`),
    )
    const { secure } = this.#setting
    const connected = new Promise<Socket>((resolve) => {
      this.#outgoing.once('socket', (socket) => {
        if (isReady(socket, secure)) resolve(socket)
        else socket.once(secure ? 'secureConnect' : 'connect', () => resolve(socket))
      })
    })
    const socket = await Promise.race([connected, this.#failed])
    this.#connected = true
    this.#disarm()
    return socket
  }

  /** Waits for the server's word where it is wanted; Node has sent the headers. False: it refused, the body stays here. */
  async #welcome(): Promise<boolean> {
    if (!this.#outgoing.hasHeader('expect')) return true
    const word = new Promise<void>((resolve) => {
      this.#outgoing.once('continue', resolve)
      this.#answered.then(() => resolve())
      this.#disarm = afterPolling(this.#setting.limits.continueMs, resolve)
    })
    await Promise.race([word, this.#failed])
    this.#disarm()
    if (this.#incoming === undefined) return true
    this.#keepBody()
    return false
  }

  /** An answer came and the body is not all sent: the connection cannot carry another request after this one. */
  #keepBody(): void {
    this.#stop(new Error('The answer came before the whole body was sent'))
    this.#incoming?.once('close', () => this.#outgoing.destroy())
  }

  // The body.

  async #send(body: RequestBody, socket: Socket): Promise<void> {
    this.#cork()
    this.#sendHeaders()
    const lender = new Lender(this.#outgoing, socket, socket.bytesWritten)
    this.#lender = lender
    const startMs = this.#setting.monotonic()
    this.#watch(lender, startMs)
    let offeredBytes = 0
    const sink = async (block: Uint8Array) => {
      offeredBytes += block.length
      if (offeredBytes > body.size) throw new Error(`A body of ${body.size} bytes offers more than that`)
      const home = lender.lend(block)
      this.#uncork()
      await home
      this.#options.onSent?.(lender.takenBytes)
    }
    try {
      await body.pump(sink, this.#stopPump.signal)
      if (offeredBytes < body.size)
        throw new Error(`A body of ${body.size} bytes ended after ${offeredBytes}`)
    } catch (error) {
      // Either we stopped the pump, or it failed by itself: a source that cannot be read.
      if (this.#incoming === undefined) this.end(error)
      return
    }
    this.#isSent = true
    clearInterval(this.#sampling)
    this.#uncork()
    this.#outgoing.end()
    this.#expectAnswer(body.size, this.#setting.monotonic() - startMs)
  }

  /** An empty block brings them out. `flushHeaders` would too, but writes UTF-8 where the wire has one byte per character. */
  #sendHeaders(): void {
    if (!this.#outgoing.headersSent) this.#outgoing.write(new Uint8Array())
  }

  /** Headers and first block leave in one write. */
  #cork(): void {
    this.#corked = true
    this.#outgoing.cork()
  }

  #uncork(): void {
    if (this.#corked) this.#outgoing.uncork()
    this.#corked = false
  }

  #watch(lender: Lender, startMs: number): void {
    const { limits, monotonic } = this.#setting
    const watch = new SendWatch(limits, this.#patience, { nowMs: startMs, takenBytes: 0, queuedBytes: 0 })
    this.#sampling = setInterval(() => {
      const { takenBytes, queuedBytes } = lender
      this.#options.onSent?.(takenBytes)
      if (!watch.stalled({ nowMs: monotonic(), takenBytes, queuedBytes })) return
      this.end(this.#error('stalled', `${this.#request.origin} takes no more of the body`))
    }, limits.sampleMs)
  }

  // After the body.

  #expectAnswer(bytes: number, durationMs: number): void {
    if (this.#incoming || this.#ending) return
    const waitMs = answerDeadlineMs(this.#setting.limits, { bytes, durationMs, patience: this.#patience })
    this.#arm(waitMs, () =>
      this.#error('stalled', `${this.#request.origin} did not answer within ${Math.round(waitMs / 1000)} s`),
    )
  }

  #arm(ms: number, late: () => TransportError): void {
    this.#disarm()
    this.#disarm = afterPolling(ms, () => this.end(late()))
  }

  // The end.

  async #untilOver(): Promise<void> {
    await new Promise<void>((resolve) => this.#outgoing.once('close', resolve))
    const { socket } = this.#outgoing
    if (socket?.destroyed && !socket.closed) {
      await new Promise<void>((resolve) => socket.once('close', () => resolve()))
    }
    if (this.#incoming !== undefined && this.#isSent) {
      // As most end. Nothing is on loan, and an error that nobody reads costs its stack.
      this.#disarm()
      clearInterval(this.#sampling)
      return
    }
    const closed = this.#failure(undefined)
    if (this.#incoming === undefined) this.end(closed)
    this.#stop(closed)
    this.#lender?.bringHome(closed)
  }

  #failure(cause: unknown): TransportError {
    if (cause instanceof TransportError) return cause // from whoever opened the connection
    const { origin } = this.#request
    const detail = describe(cause)
    if (!this.#connected) {
      const { failure, message } = whyUnreached(origin, cause)
      return this.#error(failure, message, cause)
    }
    if (codeOf(cause)?.startsWith('HPE_')) {
      return this.#error('garbled', `What ${origin} answered is not HTTP: ${detail}`, cause)
    }
    return this.#error('reset', `The connection to ${origin} broke: ${detail}`, cause)
  }

  #error(failure: TransportError['failure'], message: string, cause?: unknown): TransportError {
    return new TransportError(failure, message, { cause, bodyBytesSent: this.#lender?.handedBytes ?? 0 })
  }
}

/** Can requests be written to it? A connection that an aborted request left behind may still be opening. */
function isReady(socket: Socket, secure: boolean): boolean {
  return secure ? (socket as TLSSocket).getFinished() !== undefined : !socket.connecting
}
