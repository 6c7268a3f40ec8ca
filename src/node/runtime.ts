/** Time and luck as Node has them. */
import { randomBytes } from 'node:crypto'
import type { CancelSignal, Runtime } from '../engine/ports.js'

/** The longest delay a timer of Node can hold, in milliseconds. */
const longestTimerMs = 2 ** 31 - 1

export function createNodeRuntime(): Runtime {
  return {
    monotonic: () => performance.now(),
    wallClock: () => Date.now(),
    sleep,
    random: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
  }
}

function sleep(ms: number, signal?: CancelSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason)
      return
    }
    const onAbort = (): void => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(
      () => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      },
      Math.min(ms, longestTimerMs),
    )
    signal?.addEventListener('abort', onAbort)
  })
}
