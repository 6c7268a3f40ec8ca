/**
 * When does a request count as stalled? Pure: judged from samples of what the socket took, never from callbacks.
 * Waiting for bytes of our own (the disk, a rate limit) is not a stall: only time with bytes queued is judged.
 */

/** Every time is multiplied by the request's patience. */
export interface StallLimits {
  /** Name lookup, TCP and TLS together, in milliseconds. */
  readonly connectMs: number
  /** While sending, less than `windowBytes` in `windowMs` is a stall. */
  readonly windowMs: number
  readonly windowBytes: number
  /** How often the socket is looked at, in milliseconds. */
  readonly sampleMs: number
  /** From the last byte of the request to the answer's headers, on top of the allowance for bytes under way. */
  readonly answerMs: number
  /** What kernels and routers may hold after the socket took it, and the rate at which we allow it to drain. */
  readonly hiddenBytes: number
  readonly hiddenBytesPerSecond: number
  /** A proxy may pass a body on only when it has all of it: the time the sending took is granted again, up to this. */
  readonly longestRelayMs: number
  /** For the next `windowBytes` of the answer's body, or its end. */
  readonly answerPauseMs: number
  /** How long `Expect: 100-continue` waits for the server's word before the body goes out anyway. Not multiplied. */
  readonly continueMs: number
}

export const defaultStallLimits: StallLimits = {
  connectMs: 20_000,
  windowMs: 30_000,
  windowBytes: 30 * 1024,
  sampleMs: 500,
  answerMs: 30_000,
  hiddenBytes: 8 * 1024 * 1024,
  hiddenBytesPerSecond: 128 * 1024,
  longestRelayMs: 10 * 60_000,
  answerPauseMs: 30_000,
  continueMs: 1000,
}

export interface SocketSample {
  readonly nowMs: number
  /** Bytes the socket has taken so far. */
  readonly takenBytes: number
  /** Bytes handed over that the socket has not taken yet. */
  readonly queuedBytes: number
}

/** Watches one body on its way out. */
export class SendWatch {
  readonly #windowMs: number
  readonly #windowBytes: number
  readonly #sampleMs: number
  #last: SocketSample
  #takenAtStart: number
  #quietMs = 0

  constructor(limits: StallLimits, patience: number, first: SocketSample) {
    this.#windowMs = limits.windowMs * patience
    this.#windowBytes = limits.windowBytes
    this.#sampleMs = limits.sampleMs
    this.#last = first
    this.#takenAtStart = first.takenBytes
  }

  /** Takes the next sample; true when the body has stalled. */
  stalled(sample: SocketSample): boolean {
    // Time in which this process did not run (a suspended laptop, a busy loop) is not the peer's fault.
    const elapsedMs = Math.min(sample.nowMs - this.#last.nowMs, 2 * this.#sampleMs)
    const idle = sample.queuedBytes === 0 || this.#last.queuedBytes === 0
    this.#last = sample
    if (idle || sample.takenBytes - this.#takenAtStart >= this.#windowBytes) {
      this.#takenAtStart = sample.takenBytes
      this.#quietMs = 0
      return false
    }
    this.#quietMs += elapsedMs
    return this.#quietMs >= this.#windowMs
  }
}

/** How long to wait for the answer's headers once the socket has taken the whole body, in milliseconds. */
export function answerDeadlineMs(
  limits: StallLimits,
  sent: { readonly bytes: number; readonly durationMs: number; readonly patience: number },
): number {
  const hiddenMs = (Math.min(sent.bytes, limits.hiddenBytes) / limits.hiddenBytesPerSecond) * 1000
  const relayMs = Math.min(sent.durationMs, limits.longestRelayMs)
  return sent.patience * (limits.answerMs + hiddenMs + relayMs)
}
