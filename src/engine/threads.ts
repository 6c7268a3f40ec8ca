/** `numThreads: 'auto'` at work: the places of the parts in flight follow what the window finds. */
import { ServiceError } from './errors.js'
import type { UploadEvent } from './events.js'
import { Gate } from './gate.js'
import type { CancelSignal, Runtime } from './ports.js'
import { type AutoThreads, partsInWords, Window, type WindowChange } from './window.js'

export interface Threads {
  begin(): void
  /** Takes a place for a part. Rejects with the signal's reason on abort, and then has none. */
  enter(signal: CancelSignal): Promise<void>
  /** Before a failed part is tried again: where there are too many in flight now, it waits for another place. */
  giveWay(signal: CancelSignal): Promise<void>
  leave(): void
  sent(bytes: number): void
  failed(error: unknown): void
}

export function createThreads(
  auto: AutoThreads,
  { runtime, emit }: { readonly runtime: Runtime; readonly emit: (event: UploadEvent) => void },
): Threads {
  const window = new Window(auto)
  const gate = new Gate(() => window.numThreads)
  let isFirst = true
  const tell = (change: WindowChange | undefined): void => {
    if (change === undefined) return
    emit({ type: 'window', ...change })
    gate.admit()
  }
  return {
    begin() {
      window.begin()
      const { numThreads } = window
      if (!isFirst) return
      isFirst = false
      tell({ numThreads, reason: 'start', message: `${partsInWords(numThreads)}, to begin with.` })
    },
    enter: (signal) => gate.enter(signal),
    giveWay: (signal) => gate.giveWay(signal),
    leave: () => gate.leave(),
    sent: (bytes) => tell(window.sent({ bytes, inFlight: gate.inside, nowMs: runtime.monotonic() })),
    failed(error) {
      if (error instanceof ServiceError) tell(window.failed(error.meaning, runtime.monotonic()))
    },
  }
}
