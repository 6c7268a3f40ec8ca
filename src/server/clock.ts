/** The server's clock. Whoever sleeps on it is woken when the server is cut off, so that no wait keeps it from closing. */
import { type Clock, ConnectionDropped } from './exchange.js'

/** The longest that a timer of the platform can wait; beyond it, it would not wait at all. */
const LONGEST_SLEEP_MS = 2 ** 31 - 1

export interface StoppableClock extends Clock {
  /** Those who sleep are woken with `ConnectionDropped`; from now on nobody sleeps. */
  stop(): void
}

/** @param given in place of the machine's */
export function createStoppableClock(given?: Clock): StoppableClock {
  const sleepers = new Set<() => void>()
  let isStopped = false

  function sleepHere(ms: number): { readonly done: Promise<void>; cancel(): void } {
    if (given !== undefined) return { done: given.sleep(ms), cancel() {} }
    let timer: NodeJS.Timeout | undefined
    const done = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, Math.min(ms, LONGEST_SLEEP_MS))
    })
    return { done, cancel: () => clearTimeout(timer) }
  }

  return {
    now: given === undefined ? () => Date.now() : () => given.now(),
    async sleep(ms) {
      if (isStopped) throw new ConnectionDropped('the server is closing')
      const own = sleepHere(ms)
      let wake: () => void = () => undefined
      const woken = new Promise<never>((_, reject) => {
        wake = () => reject(new ConnectionDropped('the server is closing'))
      })
      sleepers.add(wake)
      try {
        await Promise.race([own.done, woken])
      } finally {
        sleepers.delete(wake)
        own.cancel()
      }
    },
    stop() {
      isStopped = true
      for (const wake of sleepers) wake()
    },
  }
}
