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
  const listeners = new Set<() => void>()
  let aborted = false
  let reason: unknown
  const signal: CancelSignal = {
    get aborted() {
      return aborted
    },
    get reason() {
      return reason
    },
    addEventListener: (_type, listener) => void listeners.add(listener),
    removeEventListener: (_type, listener) => void listeners.delete(listener),
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
