/** Shows progress to people: one moving line on a terminal, else a plain line now and then. Never on stdout. */
import type { UploadEvent } from '../index.js'
import { progressLine } from './progress-line.js'
import { applyBytes, applyEvent, startProgress } from './progress-state.js'
import type { Screen } from './screen.js'

/** How often the moving line is drawn. */
const redrawMs = 100
/** How often a plain line is written where nothing can move. */
const plainLineMs = 10_000
/** A plain line may be long; nobody draws over it. */
const plainColumns = 200

export interface ProgressDisplay {
  event(event: UploadEvent): void
  /** For transfers that have no events. */
  bytes(done: number, total: number): void
  close(): void
}

export function createProgressDisplay(screen: Screen): ProgressDisplay {
  let state = startProgress(0, performance.now())
  const draw = (): void => {
    const at = { nowMs: performance.now(), wallClock: Date.now() }
    if (!screen.moving) screen.err(progressLine(state, { ...at, columns: plainColumns }).trimStart())
    // The last column stays free: some terminals wrap as soon as it is written to.
    else screen.status(progressLine(state, { ...at, columns: screen.columns() - 1 }))
  }
  const timer = setInterval(draw, screen.moving ? redrawMs : plainLineMs)
  timer.unref()
  return {
    event(event) {
      state = applyEvent(state, event, performance.now())
    },
    bytes(done, total) {
      state = applyBytes(state, { done, total }, performance.now())
    },
    close() {
      clearInterval(timer)
      screen.clearStatus()
    },
  }
}

/** For `--quiet`, `--json` and `--no-progress`. */
export const noProgress: ProgressDisplay = { event() {}, bytes() {}, close() {} }
