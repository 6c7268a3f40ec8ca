/** What tells a body's pump to stop. An AbortController, one per request, cost more than all else that a request begins with. */
import type { TransportSignal } from '../protocol/message.js'

export class Stop implements TransportSignal {
  readonly #listeners = new Set<() => void>()
  #stopped: { readonly reason: unknown } | undefined

  /** Only the first reason counts. */
  stop(reason: unknown): void {
    if (this.#stopped !== undefined) return
    this.#stopped = { reason }
    for (const listener of [...this.#listeners]) listener()
  }

  get aborted(): boolean {
    return this.#stopped !== undefined
  }

  get reason(): unknown {
    return this.#stopped?.reason
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.add(listener)
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.delete(listener)
  }
}
