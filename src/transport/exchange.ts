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
import { Stop } from './stop.js'
import { whyBroken, whyUnreached } from './unreached.js'

export interface ExchangeSetting {
  /** Opens the request; nothing is sent before a body is written or the request is ended, but for headers with `asksFirst`. */
  readonly open: () => ClientRequest
  /** The headers go out at once and ask for the server's word before the body. */
  readonly asksFirst: boolean
  readonly secure: boolean
  readonly limits: StallLimits
  readonly monotonic: () => number
}

export class Exchange {
  /** Rejects with `TransportError`, the signal's reason, or what the body's pump failed with. */
  readonly answer: Promise<HttpResponse>
  /** The connection is closed or back with its agent, and every block is home. Never rejects. */
  readonly over: Promise<void>
  readonly #setting: ExchangeSetting
  readonly #request: HttpRequest
  readonly #options: TransportOptions
  readonly #patience: number
  readonly #outgoing: ClientRequest
  readonly #stopPump = new Stop()
  #resolve: (answer: HttpResponse) => void = () => {}
  #reject: (reason: unknown) => void = () => {}
  #isOver: () => void = () => {}
  #incoming: IncomingMessage | undefined
  #ending: { readonly reason: unknown } | undefined
  #connected = false
  /** The whole body is with the socket, and every block is home; or there is none. */
  #isSent = false
  #isConcluded = false
  #corked = false
  #lender: Lender | undefined
  #watch: SendWatch | undefined
  #deadline: Deadline | undefined
  /** Ends the wait for the server's word. */
  #heard: () => void = () => {}

  /** Throws when the request cannot be put on the wire, such as for a header with a line break. */
  constructor(setting: ExchangeSetting, request: HttpRequest, options: TransportOptions) {
    this.#setting = setting
    this.#request = request
    this.#options = options
    this.#patience = options.patience ?? 1
    const outgoing = setting.open()
    this.#outgoing = outgoing
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.over = new Promise((resolve) => {
      this.#isOver = resolve
    })
    outgoing.on('error', (error) => this.#broke(error))
    outgoing.on('socket', (socket) => this.#connecting(socket))
    outgoing.on('response', (incoming) => this.#answered(incoming))
    outgoing.on('close', () => this.#closed())
    options.signal?.addEventListener('abort', this.#abort)
    this.#expect('connection', setting.limits.connectMs * this.#patience)
  }

  /** Destroys the connection; the answer, or the reading of its body, rejects with the reason. */
  end(reason: unknown): void {
    if (this.#ending) return
    this.#ending = { reason }
    this.#stop(reason)
    this.#reject(reason)
    this.#outgoing.destroy()
  }

  /** Is it still moving, and in time? To be asked now and then. */
  look(nowMs: number): void {
    if (this.#watch !== undefined && this.#lender !== undefined) {
      const { takenBytes, queuedBytes } = this.#lender
      this.#options.onSent?.(takenBytes)
      if (this.#watch.stalled({ nowMs, takenBytes, queuedBytes })) {
        this.end(this.#error('stalled', `${this.#request.origin} takes no more of the body`))
      }
    }
    const deadline = this.#deadline
    if (deadline === undefined || nowMs < deadline.atMs) return
    // After a time in which this process did not run (it was stopped, or busy), timers fire before the event loop reads what
    // has arrived meanwhile: what is there must win.
    setImmediate(() => {
      if (this.#deadline === deadline) this.end(this.#late(deadline))
    })
  }

  readonly #abort = (): void => this.end(this.#options.signal?.reason)

  /** The connection failed by itself. With an answer in hand this only ends the sending. */
  #broke(cause: unknown): void {
    if (this.#incoming) this.#stop(cause)
    else this.end(this.#failure(cause))
  }

  #stop(reason: unknown): void {
    this.#deadline = undefined
    this.#watch = undefined
    this.#heard()
    this.#lender?.stop(reason)
    this.#stopPump.stop(reason)
  }

  // The steps before the body.

  #connecting(socket: Socket): void {
    const { secure } = this.#setting
    if (isReady(socket, secure)) this.#begin(socket)
    else socket.once(secure ? 'secureConnect' : 'connect', () => this.#begin(socket))
  }

  #begin(socket: Socket): void {
    if (this.#ending) return
    this.#connected = true
    this.#deadline = undefined
    const { body } = this.#request
    if (body === undefined) {
      this.#isSent = true
      this.#outgoing.end()
      this.#expectAnswer(0, 0)
    } else {
      const whole = body instanceof Uint8Array ? bodyOfBytes(body) : body
      this.#deliver(whole, socket).catch((error: unknown) => this.end(error))
    }
  }

  async #deliver(body: RequestBody, socket: Socket): Promise<void> {
    if (this.#setting.asksFirst) {
      await this.#word()
      if (this.#ending) return
    }
    // Whatever it says, an answer in the place of the server's word means that it does not want the body.
    if (this.#incoming === undefined) await this.#send(body, socket)
    this.#conclude()
  }

  /** The server's word where it is wanted, or that none comes; Node has sent the headers. */
  async #word(): Promise<void> {
    const { continueMs } = this.#setting.limits
    await new Promise<void>((resolve) => {
      const callOff = afterPolling(continueMs, resolve)
      this.#heard = () => {
        callOff()
        resolve()
      }
      this.#outgoing.once('continue', this.#heard)
    })
  }

  // The body.

  async #send(body: RequestBody, socket: Socket): Promise<void> {
    // Headers and first block leave in one write.
    this.#corked = true
    this.#outgoing.cork()
    // An empty block brings the headers out. `flushHeaders` would too, but writes UTF-8 where the wire has one byte per character.
    if (!this.#setting.asksFirst) this.#outgoing.write(noBytes)
    const lender = new Lender(this.#outgoing, socket, socket.bytesWritten)
    this.#lender = lender
    const { limits, monotonic } = this.#setting
    const startMs = monotonic()
    this.#watch = new SendWatch(limits, this.#patience, { nowMs: startMs, takenBytes: 0, queuedBytes: 0 })
    const { onSent } = this.#options
    let offeredBytes = 0
    const sink = (block: Uint8Array): Promise<void> => {
      offeredBytes += block.length
      if (offeredBytes > body.size) {
        return Promise.reject(new Error(`A body of ${body.size} bytes offers more than that`))
      }
      const home = lender.lend(block)
      this.#uncork()
      return onSent === undefined ? home : home.then(() => onSent(lender.takenBytes))
    }
    try {
      await body.pump(sink, this.#stopPump)
      if (offeredBytes < body.size)
        throw new Error(`A body of ${body.size} bytes ended after ${offeredBytes}`)
    } catch (error) {
      // Either we stopped the pump, or it failed by itself: a source that cannot be read.
      if (this.#incoming === undefined) this.end(error)
      return
    }
    this.#isSent = true
    this.#watch = undefined
    this.#uncork()
    this.#outgoing.end()
    this.#expectAnswer(body.size, monotonic() - startMs)
  }

  #uncork(): void {
    if (this.#corked) this.#outgoing.uncork()
    this.#corked = false
  }

  // The answer.

  #expectAnswer(bytes: number, durationMs: number): void {
    if (this.#incoming || this.#ending) return
    this.#expect(
      'answer',
      answerDeadlineMs(this.#setting.limits, { bytes, durationMs, patience: this.#patience }),
    )
  }

  #expect(what: Deadline['what'], waitMs: number): void {
    this.#deadline = { what, waitMs, atMs: this.#setting.monotonic() + waitMs }
  }

  #late({ what, waitMs }: Deadline): TransportError {
    const { origin } = this.#request
    return what === 'connection'
      ? this.#error('connect', `No connection to ${origin} within the time allowed`)
      : this.#error('stalled', `${origin} did not answer within ${Math.round(waitMs / 1000)} s`)
  }

  /** One of failure makes the rest of the body pointless; one of success waits for it. */
  #answered(incoming: IncomingMessage): void {
    this.#incoming = incoming
    incoming.on('error', () => {}) // told to whoever reads the body
    this.#heard()
    if (this.#isSent || (incoming.statusCode ?? 0) >= 300) this.#conclude()
  }

  /** Hands the answer out, once it is there. */
  #conclude(): void {
    const incoming = this.#incoming
    if (incoming === undefined || this.#isConcluded) return
    this.#isConcluded = true
    if (!this.#outgoing.writableEnded) this.#keepBody(incoming)
    this.#deadline = undefined
    const headers = flatHeaders(incoming)
    this.#resolve({
      status: incoming.statusCode ?? 0,
      headers,
      body: new AnswerBody(incoming, {
        isEmpty: headers['content-length'] === '0',
        pauseMs: this.#setting.limits.answerPauseMs * this.#patience,
        windowBytes: this.#setting.limits.windowBytes,
        monotonic: this.#setting.monotonic,
        reason: () => this.#ending?.reason,
        end: (reason) => this.end(reason),
      }),
    })
  }

  /** An answer came and the body is not all sent: the connection cannot carry another request after this one. */
  #keepBody(incoming: IncomingMessage): void {
    this.#stop(new Error('The answer came before the whole body was sent'))
    incoming.once('close', () => this.#outgoing.destroy())
  }

  // The end.

  #closed(): void {
    const { socket } = this.#outgoing
    if (socket?.destroyed && !socket.closed) socket.once('close', () => this.#finish())
    else this.#finish()
  }

  #finish(): void {
    this.#options.signal?.removeEventListener('abort', this.#abort)
    if (this.#incoming === undefined || !this.#isSent) {
      const closed = this.#failure(undefined)
      if (this.#incoming === undefined) this.end(closed)
      this.#stop(closed)
      this.#lender?.bringHome(closed)
    }
    // Else as most end: nothing is on loan, and an error that nobody reads costs its stack.
    this.#deadline = undefined
    this.#isOver()
  }

  #failure(cause: unknown): TransportError {
    if (cause instanceof TransportError) return cause // from whoever opened the connection
    const { origin } = this.#request
    const { failure, message } = this.#connected ? whyBroken(origin, cause) : whyUnreached(origin, cause)
    return this.#error(failure, message, cause)
  }

  #error(failure: TransportError['failure'], message: string, cause?: unknown): TransportError {
    return new TransportError(failure, message, { cause, bodyBytesSent: this.#lender?.handedBytes ?? 0 })
  }
}

interface Deadline {
  readonly what: 'connection' | 'answer'
  readonly waitMs: number
  /** By the monotonic clock. */
  readonly atMs: number
}

const noBytes = new Uint8Array()

/** Can requests be written to it? A connection that an aborted request left behind may still be opening. */
function isReady(socket: Socket, secure: boolean): boolean {
  return secure ? (socket as TLSSocket).getFinished() !== undefined : !socket.connecting
}
