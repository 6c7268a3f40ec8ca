/** Calls functions of the caller so that their failures stay theirs: none of them may cost an upload, or a process. */
import type { OnEvent } from './events.js'

/** A listener that throws is its own problem: it must not cost an upload. */
export function quietly(onEvent: OnEvent | undefined): OnEvent {
  if (onEvent === undefined) return () => {}
  return (event) => {
    try {
      quietlyAwait(onEvent(event), () => {})
    } catch {
      // There is nobody left to tell.
    }
  }
}

/** For what a caller's function returned: a promise is not awaited, but its failure must not end the process. */
export function quietlyAwait(answer: unknown, onFailure: (error: unknown) => void): void {
  if (typeof answer !== 'object' || answer === null || !('then' in answer)) return
  const { then } = answer
  if (typeof then === 'function') then.call(answer, undefined, onFailure)
}
