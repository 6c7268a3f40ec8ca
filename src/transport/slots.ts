/**
 * Admits at most so many requests at once, first come first served. The agent never queues for us: a request that
 * waits inside an agent and is then aborted gets no event at all.
 */
import type { TransportSignal } from '../protocol/message.js'

export class Slots {
  #free: number
  /** In the order of arrival; a waiter that gave up is simply gone. */
  readonly #waiting = new Set<() => void>()

  constructor(count: number) {
    this.#free = count
  }

  /** Resolves with the function that gives the slot back (once). Rejects with the signal's reason on abort. */
  take(signal?: TransportSignal): Promise<() => void> {
    if (signal?.aborted) return Promise.reject(signal.reason)
    if (this.#free > 0) {
      this.#free -= 1
      return Promise.resolve(this.#giveBackOnce())
    }
    return new Promise((resolve, reject) => {
      const admit = () => {
        signal?.removeEventListener('abort', leave)
        resolve(this.#giveBackOnce())
      }
      const leave = () => {
        signal?.removeEventListener('abort', leave)
        this.#waiting.delete(admit)
        reject(signal?.reason)
      }
      this.#waiting.add(admit)
      signal?.addEventListener('abort', leave)
    })
  }

  #giveBackOnce(): () => void {
    let mine = true
    return () => {
      if (!mine) return
      mine = false
      const [next] = this.#waiting
      if (next === undefined) {
        this.#free += 1
        return
      }
      this.#waiting.delete(next)
      next()
    }
  }
}
