/** Lets as many in at once as there are places now. Who gives way waits before all who have not been in yet. */
import type { CancelSignal } from './ports.js'

export class Gate {
  readonly #places: () => number
  readonly #first = new Set<() => void>()
  readonly #others = new Set<() => void>()
  #inside = 0

  /** `places` may change at any time; after it has grown, call `admit`. */
  constructor(places: () => number) {
    this.#places = places
  }

  get inside(): number {
    return this.#inside
  }

  /** Rejects with the signal's reason on abort, and then is not in. */
  async enter(signal: CancelSignal): Promise<void> {
    await this.#pass(this.#others, signal)
  }

  /** Stays in where there is room, else leaves and comes in again later. Is in afterwards, even on abort. */
  async giveWay(signal: CancelSignal): Promise<void> {
    if (this.#inside <= this.#places()) return
    this.leave()
    try {
      await this.#pass(this.#first, signal)
    } catch (error) {
      this.#inside += 1
      throw error
    }
  }

  leave(): void {
    this.#inside -= 1
    this.admit()
  }

  admit(): void {
    while (this.#inside < this.#places()) {
      const queue = this.#first.size > 0 ? this.#first : this.#others
      const [next] = queue
      if (next === undefined) return
      queue.delete(next)
      this.#inside += 1
      next()
    }
  }

  #pass(queue: Set<() => void>, signal: CancelSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason)
    return new Promise((resolve, reject) => {
      const comeIn = (): void => {
        signal.removeEventListener('abort', giveUp)
        resolve()
      }
      const giveUp = (): void => {
        signal.removeEventListener('abort', giveUp)
        queue.delete(comeIn)
        reject(signal.reason)
      }
      signal.addEventListener('abort', giveUp)
      queue.add(comeIn)
      this.admit()
    })
  }
}
