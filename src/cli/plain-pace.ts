/**
 * When a plain line about a transfer is due, where nothing can move: a log is read later and by people, so there are few.
 * None for what ends soon, one now and then, one when the state of things has changed for good. Pure.
 */

/** What ends within so many milliseconds needs no line on the way. */
export const firstLineMs = 10_000
export const betweenLinesMs = 30_000
/** A new state that lasts as long is worth a line; shorter ones come and go. */
export const lastingMs = 3000

export interface PlainPace {
  /** @param phase one word for what is happening */
  isDue(phase: string, nowMs: number): boolean
}

/** @param nowMs any clock that never goes back; the same one in every call */
export function createPlainPace(nowMs: number): PlainPace {
  const startedMs = nowMs
  let saidMs = Number.NEGATIVE_INFINITY
  let saidPhase: string | undefined
  let phase: string | undefined
  let phaseSinceMs = nowMs
  return {
    isDue(present, now) {
      if (present !== phase) {
        phase = present
        phaseSinceMs = now
      }
      if (now - startedMs < firstLineMs) return false
      const changed = saidPhase !== undefined && saidPhase !== phase && now - phaseSinceMs >= lastingMs
      if (!changed && now - saidMs < betweenLinesMs) return false
      saidMs = now
      saidPhase = phase
      return true
    },
  }
}
