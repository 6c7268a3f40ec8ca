/** A runtime whose sleeps pass at once in virtual time. It counts them, so that whoever waits for ever is found out. */
import type { CancelSignal, Runtime } from '../../src/engine/ports.js'

/** More sleeps than any sound run of these tests needs. */
const maxSleeps = 2000

export interface VirtualClock {
  readonly runtime: Runtime
  /** Virtual milliseconds that have passed. */
  now(): number
  pass(ms: number): void
  readonly sleeps: number[]
}

export function createClock(options: { readonly onSleep?: () => void } = {}): VirtualClock {
  let now = 0
  const sleeps: number[] = []
  const sleep = async (ms: number, signal?: CancelSignal): Promise<void> => {
    if (sleeps.length >= maxSleeps) throw new Error(`slept ${maxSleeps} times: this never ends`)
    sleeps.push(ms)
    options.onSleep?.()
    await new Promise<void>((resolve) => setImmediate(resolve))
    if (signal?.aborted) throw signal.reason
    now += ms
  }
  return {
    now: () => now,
    pass: (ms) => {
      now += ms
    },
    sleeps,
    runtime: {
      monotonic: () => 5_000 + now,
      // A machine whose own clock is hours off.
      wallClock: () => 1_600_000_000_000 + now,
      sleep,
      random: () => 0.5,
    },
  }
}
