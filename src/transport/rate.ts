/**
 * Limits bytes to so many a second, over all that share one limit, and can be changed at any moment. Bytes wait here and
 * not in the socket, so a limited request has nothing queued and never looks stalled.
 */
import { UploadError } from '../engine/errors.js'
import {
  bodyOfBytes,
  type HttpRequest,
  type RequestBody,
  type Transport,
  type TransportSignal,
} from '../protocol/message.js'

/** The part of the engine's `Runtime` that a limit needs. */
export interface RateClock {
  /** Milliseconds that never go back. */
  monotonic(): number
  /** Resolves after `ms`; rejects with the signal's reason when that aborts first. */
  sleep(ms: number, signal?: TransportSignal): Promise<void>
}

/** The grain of the flow in milliseconds: so much of the rate leaves at once. */
const grainMs = 25
/** What late timers and a busy process missed is caught up, but for so many milliseconds, and only so much faster than the rate. */
const catchUp = { mostMs: 500, speed: 1.04 }
/** So much of it may come at once: timers are late by some milliseconds all the time. */
const lateMs = 30

interface Waiter {
  readonly wanted: number
  readonly grant: (bytes: number) => void
}

/**
 * Over any time t in which the limit does not change, at most `bytesPerSecond * (1.04 * t + 0.06 s)` bytes go, or one byte
 * more: in a second 1.1 times the rate. Over a longer time it is the rate and at most half a second's worth more.
 */
export class RateLimit {
  readonly #clock: RateClock
  readonly #waiting = new Set<Waiter>()
  #bytesPerSecond: number
  /** When all that went so far is paid for: at the rate, and at the speed of catching up. */
  #paidMs: number
  #paidFastMs = Number.NEGATIVE_INFINITY
  #serving = false

  /** @throws UploadError `invalid-argument` */
  constructor(bytesPerSecond: number, clock: RateClock) {
    this.#bytesPerSecond = checkRate(bytesPerSecond)
    this.#clock = clock
    this.#paidMs = clock.monotonic()
  }

  /** `Infinity` while there is no limit. */
  get bytesPerSecond(): number {
    return this.#bytesPerSecond
  }

  /**
   * Holds from now on, also for what is under way: what waits goes at the new rate within 25 ms, below 40 bytes a second
   * within a second.
   *
   * @param bytesPerSecond at least 1; `Infinity` for no limit
   * @throws UploadError `invalid-argument`
   */
  set(bytesPerSecond: number): void {
    this.#bytesPerSecond = checkRate(bytesPerSecond)
    const latestMs = this.#clock.monotonic() + Math.max(grainMs, 1000 / bytesPerSecond)
    this.#paidMs = Math.min(this.#paidMs, latestMs)
    this.#paidFastMs = Math.min(this.#paidFastMs, latestMs)
  }

  /**
   * Waits for its turn and resolves with how many bytes may go now: at least one, at most `wanted`. Who sends something
   * beside the uploads can so share their limit. Rejects with the signal's reason on abort, and then has taken nothing.
   */
  take(wanted: number, signal?: TransportSignal): Promise<number> {
    if (signal?.aborted) return Promise.reject(signal.reason)
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        signal?.removeEventListener('abort', leave)
        this.#waiting.delete(waiter)
        reject(signal?.reason)
      }
      const waiter: Waiter = {
        wanted,
        grant: (bytes) => {
          signal?.removeEventListener('abort', leave)
          resolve(bytes)
        },
      }
      signal?.addEventListener('abort', leave)
      this.#waiting.add(waiter)
      if (!this.#serving) void this.#serve()
    })
  }

  /** In the order they came. The rate is looked at again after each wait, never longer than a grain or one byte takes. */
  async #serve(): Promise<void> {
    this.#serving = true
    for (const waiter of this.#waiting) {
      for (let waitMs = this.#waitMs(); waitMs > 0; waitMs = this.#waitMs()) await this.#clock.sleep(waitMs)
      if (!this.#waiting.delete(waiter)) continue
      const bytes = Math.min(waiter.wanted, Math.max(1, Math.floor((this.#bytesPerSecond * grainMs) / 1000)))
      const nowMs = this.#clock.monotonic()
      const costMs = (bytes * 1000) / this.#bytesPerSecond
      this.#paidMs = Math.max(this.#paidMs, nowMs - catchUp.mostMs) + costMs
      this.#paidFastMs = Math.max(this.#paidFastMs, nowMs - lateMs) + costMs / catchUp.speed
      waiter.grant(bytes)
    }
    this.#serving = false
  }

  #waitMs(): number {
    return Math.max(this.#paidMs, this.#paidFastMs) - this.#clock.monotonic()
  }
}

function checkRate(bytesPerSecond: number): number {
  if (typeof bytesPerSecond === 'number' && bytesPerSecond >= 1) return bytesPerSecond
  throw new UploadError(
    'invalid-argument',
    `A rate limit must be at least 1 byte a second, or Infinity for none, not ${String(bytesPerSecond)}.`,
  )
}

/** The bodies of all requests keep within the limit together. */
export function limitRate(transport: Transport, limit: RateLimit): Transport {
  return (request, options) => transport(limited(request, limit), options)
}

function limited(request: HttpRequest, limit: RateLimit): HttpRequest {
  const { body } = request
  if (body === undefined) return request
  const whole: RequestBody = body instanceof Uint8Array ? bodyOfBytes(body) : body
  const pump: RequestBody['pump'] = (sink, signal) => {
    let before: Promise<void> = Promise.resolve()
    const send = async (block: Uint8Array) => {
      for (let rest = block; rest.length > 0; ) {
        const bytes = await limit.take(rest.length, signal)
        await sink(rest.subarray(0, bytes))
        rest = rest.subarray(bytes)
      }
    }
    // A pump may offer a block while the one before is still on its way: their grains must not mix.
    return whole.pump((block) => {
      before = before.then(() => send(block))
      return before
    }, signal)
  }
  return { ...request, body: { size: whole.size, pump } }
}
