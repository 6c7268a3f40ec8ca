/**
 * Whether a call to the file system is made on this thread or handed to the thread pool. What is answered from memory is
 * answered in microseconds, and to hand it over and hear of it again takes the processor three to ten times as long. So it
 * is made here as long as the file system answers at once, and by the pool while it does not.
 */

/** There already, or a promise of it. */
export type Soon<T> = T | Promise<T>

/** Longest that a call may take to count as answered at once, in milliseconds; and so many more for each byte it brings. */
const atOnceMs = 0.25
const atOnceMsPerByte = 0.5 / (1024 * 1024)

/**
 * One slow call says little: the processor may have been somebody else's meanwhile. Four in a row do, and so does one in
 * eight: each counts as much as the quick ones that make up for it.
 */
const quickPerSlow = 8
const mostSlow = 4 * quickPerSlow

/** For so long nothing is tried here then, in milliseconds; after that, one slow call more is enough. */
const pauseMs = 1000

/** What has been learned of one file system. */
export class Swift {
  readonly #now: () => number
  /** It has answered once. Until then it may be one that never does, and must not take this thread along. */
  #met = false
  #slow = 0
  #pausedUntilMs = Number.NEGATIVE_INFINITY

  /** @param now milliseconds that never go back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /**
   * One call. Throws or rejects with what it fails with; both ways must do the same.
   *
   * @param bytes how many it moves at most
   */
  call<T>(atOnce: () => T, pooled: () => Promise<T>, bytes = 0): Soon<T> {
    if (!this.#met) return this.meet(pooled)
    const beganMs = this.#now()
    if (beganMs < this.#pausedUntilMs) return pooled()
    try {
      return atOnce()
    } finally {
      this.#learn(this.#now(), beganMs, bytes)
    }
  }

  /** A call to what may lie on another file system than all before: by the pool, whatever is known. */
  async meet<T>(pooled: () => Promise<T>): Promise<T> {
    try {
      return await pooled()
    } finally {
      this.#met = true
    }
  }

  #learn(nowMs: number, beganMs: number, bytes: number): void {
    if (nowMs - beganMs <= atOnceMs + bytes * atOnceMsPerByte) {
      if (this.#slow > 0) this.#slow -= 1
      return
    }
    this.#slow += quickPerSlow
    if (this.#slow < mostSlow) return
    this.#slow = mostSlow - quickPerSlow
    this.#pausedUntilMs = nowMs + pauseMs
  }
}
