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
  readonly #watched = new Set<Each>()
  #timer: NodeJS.Timeout | undefined

  /** `everyMs`: how much later than it is due anything may be noticed. */
  constructor({ everyMs, monotonic }: { readonly everyMs: number; readonly monotonic: () => number }) {
    this.#everyMs = everyMs
    this.#monotonic = monotonic
  }

  add(each: Each): void {
    this.#watched.add(each)
    // What is watched has a connection, which keeps the process alive as long as it is needed.
    this.#timer ??= setInterval(() => this.#round(), this.#everyMs).unref()
  }

  delete(each: Each): void {
    this.#watched.delete(each)
  }

  get all(): readonly Each[] {
    return [...this.#watched]
  }

  #round(): void {
    if (this.#watched.size === 0) {
      clearInterval(this.#timer)
      this.#timer = undefined
      return
    }
    const nowMs = this.#monotonic()
    for (const each of this.#watched) each.look(nowMs)
  }
}
