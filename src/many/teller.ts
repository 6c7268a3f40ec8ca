/** Tells what a run's listeners asked for: events as they come, and every now and then where the run is. */
import type { Runtime } from '../engine/ports.js'
import type { ProgressCallback } from '../engine/progress.js'
import { quietlyAwait } from '../engine/quiet.js'
import type { ManyEvent } from './events.js'
import type { Totals } from './totals.js'

/** How often a run tells where it is, in milliseconds. */
const tellEveryMs = 100

/** Tells events, none of which may cost the run anything, and every now and then where the run is. */
export function createTeller(
  {
    onEvent,
    progressCallback,
  }: {
    readonly onEvent?: ((event: ManyEvent) => void) | undefined
    readonly progressCallback?: ProgressCallback | undefined
  },
  totals: Pick<Totals, 'progress'>,
  runtime: Pick<Runtime, 'monotonic'>,
): (event: ManyEvent) => void {
  let toldAt = Number.NEGATIVE_INFINITY
  const call = (work: () => unknown): void => {
    try {
      quietlyAwait(work(), () => {})
    } catch {
      // A listener that throws is its own problem.
    }
  }
  return (event) => {
    if (onEvent !== undefined) call(() => onEvent(event))
    const now = runtime.monotonic()
    const isLast = event.type === 'run-progress'
    if (!isLast && now - toldAt < tellEveryMs) return
    toldAt = now
    const progress = totals.progress()
    if (!isLast && onEvent !== undefined) call(() => onEvent({ type: 'run-progress', ...progress }))
    if (progressCallback !== undefined) {
      call(() => progressCallback(progress.consumedBytes, progress.totalBytes))
    }
  }
}
