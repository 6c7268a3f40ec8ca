/** A request's body as the handler reads it: asked for when it is read, and given up when it stops coming. */
import type { IncomingMessage } from 'node:http'
import { Refusal } from './context.js'
import { BODY_STALLED, LEAST_BODY } from './http-limits.js'
import { isSole } from './storage/blocks.js'

export interface Body extends AsyncIterable<Uint8Array> {
  bytesRead(): number
  /** It was given up: what is left of it may never come. */
  hasStalled(): boolean
}

/**
 * Leaving it half read leaves the connection alone.
 *
 * @param stallMs milliseconds in which at least 1 KiB, or the end, has to come while it is waited for
 */
export function bodyOf(request: IncomingMessage, stallMs: number, beforeFirst: () => void): Body {
  let bytes = 0
  let isAsked = false
  let isDone = false
  async function* chunks(): AsyncGenerator<Uint8Array> {
    beforeFirst()
    const source = request.iterator({ destroyOnReturn: false })
    const stall = createStall(stallMs)
    let noted = 0
    try {
      for (;;) {
        isAsked = true
        const result = await stall.orNever(source.next())
        isAsked = false
        if (result.done) return
        const chunk = result.value as Buffer
        bytes += chunk.length
        if (bytes - noted >= LEAST_BODY) {
          noted = bytes
          stall.moved()
        }
        yield isSole(chunk)
      }
    } finally {
      isDone = true
      stall.end()
      // What was asked for and did not come would be waited for here.
      const left = source.return?.()
      if (!isAsked) await left
    }
  }
  return { [Symbol.asyncIterator]: chunks, bytesRead: () => bytes, hasStalled: () => isDone && isAsked }
}

/** One timer for a whole body. Only the time in which the client is waited for counts, not that of a slow disk here. */
function createStall(ms: number): {
  orNever<T>(next: Promise<T>): Promise<T>
  moved(): void
  end(): void
} {
  let waitedMs = 0
  let since: number | undefined
  let giveUp: ((refusal: Refusal) => void) | undefined
  let timer: NodeJS.Timeout | undefined
  // While nobody waits no timer is set: a body that is left half read, and never returned, must leave nothing behind.
  const look = (): void => {
    timer = undefined
    if (giveUp === undefined || since === undefined) return
    const waited = waitedMs + performance.now() - since
    if (waited >= ms) giveUp(new Refusal(BODY_STALLED))
    else timer = setTimeout(look, Math.max(10, ms - waited)).unref()
  }
  return {
    async orNever(next) {
      timer ??= setTimeout(look, ms).unref()
      since = performance.now()
      try {
        return await new Promise((resolve, reject) => {
          giveUp = reject
          next.then(resolve, reject)
        })
      } finally {
        giveUp = undefined
        waitedMs += performance.now() - since
        since = undefined
      }
    },
    moved() {
      waitedMs = 0
    },
    end() {
      clearTimeout(timer)
    },
  }
}
