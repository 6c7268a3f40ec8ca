/**
 * Hands borrowed blocks to one request's socket and knows when each is home. On a healthy connection that is its write
 * callback; once the connection was destroyed the callbacks lie, and only the socket's `close` brings blocks home.
 */
import type { ClientRequest } from 'node:http'
import type { Socket } from 'node:net'

export class Lender {
  readonly #outgoing: ClientRequest
  readonly #socket: Socket
  /** Position in the socket's stream at which the body begins. */
  readonly #start: number
  readonly #owed = new Set<(reason: unknown) => void>()
  #handedBytes = 0
  #takenBytes = 0
  #stopped: { readonly reason: unknown } | undefined

  /** `bodyStart`: the socket's `bytesWritten` once the headers are written. */
  constructor(outgoing: ClientRequest, socket: Socket, bodyStart: number) {
    this.#outgoing = outgoing
    this.#socket = socket
    this.#start = bodyStart
  }

  /** Writes the block; settles when the block may be used again. */
  lend(block: Uint8Array): Promise<void> {
    return this.#handedBytes === 0 ? this.#write(block) : nextPoll().then(() => this.#write(block))
  }

  #write(block: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#stopped) {
        reject(this.#stopped.reason)
        return
      }
      this.#owed.add(reject)
      this.#handedBytes += block.length
      this.#outgoing.write(block, (error) => {
        if (error || this.#socket.destroyed) return // it comes home on `close`
        this.#owed.delete(reject)
        resolve()
      })
    })
  }

  /** From now on no block is taken. Blocks on loan come home as before. */
  stop(reason: unknown): void {
    this.#stopped ??= { reason }
  }

  /** The socket is closed: what is still on loan is home, unsent for all we know. */
  bringHome(reason: unknown): void {
    this.stop(reason)
    for (const reject of this.#owed) reject(this.#stopped?.reason)
    this.#owed.clear()
  }

  /** Body bytes given to the socket object, sent or not. */
  get handedBytes(): number {
    return this.#handedBytes
  }

  /** Body bytes that the kernel took. Never falls. */
  get takenBytes(): number {
    if (this.#socket.destroyed) return this.#takenBytes // its counters mean nothing any more
    const taken = Math.min(takenBytes(this.#socket) - this.#start, this.#handedBytes)
    this.#takenBytes = Math.max(this.#takenBytes, taken)
    return this.#takenBytes
  }

  get queuedBytes(): number {
    return this.#handedBytes - this.takenBytes
  }
}

interface Handle {
  readonly writeQueueSize?: unknown
  /** Under TLS: the handle of the connection that carries it. */
  readonly _parent?: Handle | null
}

/** What Node keeps inside a socket: only with these is a large block's way visible before its callback. */
interface SocketInsides {
  readonly _bytesDispatched?: unknown
  readonly _handle?: Handle | null
}

/** Bytes of the connection's whole life that have left for the kernel. */
function takenBytes(socket: Socket): number {
  const { _bytesDispatched: dispatched, _handle: handle } = socket as SocketInsides
  // TLS counts a block as queued until all of it is gone; underneath one sees it shrink.
  const queued = lesser(handle?.writeQueueSize, handle?._parent?.writeQueueSize)
  if (typeof dispatched === 'number' && queued !== undefined) return dispatched - queued
  return socket.bytesWritten - socket.writableLength
}

/** Of what is a number. */
function lesser(one: unknown, other: unknown): number | undefined {
  if (typeof one !== 'number') return typeof other === 'number' ? other : undefined
  return typeof other === 'number' && other < one ? other : one
}

/**
 * Resolves after the event loop has looked at its sockets once more. An early answer is often followed by a reset:
 * if it has come while we read and hashed, it must be read before our next write finds the connection broken and Node
 * throws the answer away. Measured against a server that refuses and resets: 0 of 50 answers seen without, 50 with.
 */
function nextPoll(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
}
