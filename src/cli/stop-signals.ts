/**
 * What a signal that asks to stop means: one key press can arrive twice. A terminal gives Ctrl-C to every process it runs,
 * and npx, whose shell may have become this process, passes its own on. Pure.
 */
import type { StopSignal } from './exit-codes.js'

/** Milliseconds within which another signal is the same wish; a launcher passes it on in about one. */
export const sameWishMs = 500

/** `stop`: end what runs and keep what was sent. `same`: told already. `insist`: end at once. */
export type Wish = 'stop' | 'same' | 'insist'

export interface StopSignals {
  /** @param nowMs any clock that never goes back; the same one in every call */
  heard(signal: StopSignal, nowMs: number): Wish
  /** The first one. */
  readonly stoppedBy: StopSignal | undefined
}

export function createStopSignals(): StopSignals {
  let first: { readonly signal: StopSignal; readonly atMs: number } | undefined
  return {
    heard(signal, nowMs) {
      if (first !== undefined) return nowMs - first.atMs <= sameWishMs ? 'same' : 'insist'
      first = { signal, atMs: nowMs }
      return 'stop'
    },
    get stoppedBy() {
      return first?.signal
    },
  }
}
