/**
 * Limits the bytes of request bodies to so many a second over all requests together. Bytes wait here and not in the
 * socket, so a limited request has nothing queued and never looks stalled.
 */
import type { HttpRequest, RequestBody, Transport, TransportSignal } from '../protocol/message.js'

/** The part of the engine's `Runtime` that a limit needs. */
export interface RateClock {
  /** Milliseconds that never go back. */
  monotonic(): number
  /** Resolves after `ms`; rejects with the signal's reason when that aborts first. */
  sleep(ms: number, signal?: TransportSignal): Promise<void>
}

/** The grain of the flow in milliseconds: so much of the rate leaves at once, and no more is ever caught up. */
const grainMs = 50

/** `bytesPerSecond` above 0. Over any time t at most `bytesPerSecond * (t + 0.1 s)` bytes go out. */
export function limitRate(transport: Transport, bytesPerSecond: number, clock: RateClock): Transport {
  const grainBytes = Math.max(1, Math.floor((bytesPerSecond * grainMs) / 1000))
  const pace = createPace(bytesPerSecond, clock)
  return (request, options) => transport(limited(request, grainBytes, pace), options)
}

type Pace = (bytes: number, signal?: TransportSignal) => Promise<void>

/** Gives each caller its moment on one line of time, in the order they came. */
function createPace(bytesPerSecond: number, clock: RateClock): Pace {
  let nextFreeMs = Number.NEGATIVE_INFINITY
  return async (bytes, signal) => {
    const nowMs = clock.monotonic()
    const startMs = Math.max(nextFreeMs, nowMs - grainMs)
    nextFreeMs = startMs + (bytes * 1000) / bytesPerSecond
    if (startMs > nowMs) await clock.sleep(startMs - nowMs, signal)
  }
}

function limited(request: HttpRequest, grainBytes: number, pace: Pace): HttpRequest {
  const { body } = request
  if (body === undefined) return request
  const whole: RequestBody = body instanceof Uint8Array ? bodyOf(body) : body
  const pump: RequestBody['pump'] = (sink, signal) => {
    let before: Promise<void> = Promise.resolve()
    const send = async (block: Uint8Array) => {
      for (let start = 0; start < block.length; start += grainBytes) {
        const grain = block.subarray(start, start + grainBytes)
        await pace(grain.length, signal)
        await sink(grain)
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

function bodyOf(bytes: Uint8Array): RequestBody {
  return { size: bytes.length, pump: (sink) => sink(bytes) }
}
