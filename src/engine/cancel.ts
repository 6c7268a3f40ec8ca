/** Cancellation within the engine: a scope ends when its parent does or when one of its own tasks fails. */
import type { CancelSignal } from './ports.js'

export interface CancelScope {
  readonly signal: CancelSignal
  /** Only the first reason counts. */
  cancel(reason: unknown): void
  /** Stops listening to the parent. */
  close(): void
}

export function createScope(parent?: CancelSignal): CancelScope {
  // No Set: its tables are linked from the older to the newer, so that one which has died among old objects keeps alive, for
  // V8's collector of young ones, whatever has listened since. Sets kept about half of what a part left there.
  const listeners: (() => void)[] = []
  let aborted = false
  let reason: unknown
  const signal: CancelSignal = {
    get aborted() {
      return aborted
    },
    get reason() {
      return reason
    },
    addEventListener(_type, listener) {
      if (!listeners.includes(listener)) listeners.push(listener)
    },
    removeEventListener(_type, listener) {
      const at = listeners.indexOf(listener)
      if (at >= 0) listeners.splice(at, 1)
    },
  }
  const cancel = (why: unknown): void => {
    if (aborted) return
    aborted = true
    reason = why
    for (const listener of [...listeners]) listener()
  }
  const onParent = (): void => cancel(parent?.reason)
  if (parent?.aborted) onParent()
  else parent?.addEventListener('abort', onParent)
  return { signal, cancel, close: () => parent?.removeEventListener('abort', onParent) }
}

export function throwIfCancelled(signal: CancelSignal): void {
  if (signal.aborted) throw signal.reason
}
