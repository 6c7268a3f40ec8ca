/**
 * Looks after all requests of one transport, with one timer: is one stalled, is a deadline over? A timer or two for each of
 * them, made and cleared again, took longer than what they watched over.
 */

export interface Watched {
  /** @param nowMs milliseconds that never go back */
  look(nowMs: number): void
}

export class Rounds<Each extends Watched> {
  readonly #everyMs: number
  readonly #monotonic: () => number
  /** No Set: see `engine/cancel.ts`. */
  readonly #watched: Each[] = []
  #timer: NodeJS.Timeout | undefined

  /** `everyMs`: how much later than it is due anything may be noticed. */
  constructor({ everyMs, monotonic }: { readonly everyMs: number; readonly monotonic: () => number }) {
    this.#everyMs = everyMs
    this.#monotonic = monotonic
  }

  add(each: Each): void {
    this.#watched.push(each)
    // What is watched has a connection, which keeps the process alive as long as it is needed.
    this.#timer ??= setInterval(() => this.#round(), this.#everyMs).unref()
  }

  delete(each: Each): void {
    const at = this.#watched.indexOf(each)
    if (at >= 0) this.#watched.splice(at, 1)
  }

  get all(): readonly Each[] {
    return [...this.#watched]
  }

  #round(): void {
    if (this.#watched.length === 0) {
      clearInterval(this.#timer)
      this.#timer = undefined
      return
    }
    const nowMs = this.#monotonic()
    // One may end another.
    for (const each of this.all) if (this.#watched.includes(each)) each.look(nowMs)
  }
}
