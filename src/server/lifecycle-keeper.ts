/** Sees to it that a running server does what its buckets' lifecycle rules say: one run at a time, until it is stopped. */
import { type Clock, ConnectionDropped } from './exchange.js'
import { type LifecycleRun, runLifecycle } from './lifecycle-run.js'
import { type Storage, StorageError } from './storage/storage.js'

const BETWEEN_RUNS_MS = 3_600_000

export interface LifecycleKeeper {
  /** Waits for a run under way, then does another. */
  run(): Promise<LifecycleRun>
  /** Resolves when nothing is done any more. The clock has to wake whoever sleeps on it. */
  stop(): Promise<void>
}

/** Begins with a run at once. @param options.hourly and goes on with one an hour, by the clock */
export function keepLifecycle(options: {
  readonly storage: Storage
  readonly clock: Clock
  readonly hourly: boolean
  readonly onFailure: (error: unknown) => void
}): LifecycleKeeper {
  const { storage, clock, hourly, onFailure } = options
  let isStopped = false
  let last: Promise<unknown> = Promise.resolve()

  function run(): Promise<LifecycleRun> {
    const next = last.then(() => runLifecycle(storage, { now: clock.now(), isStopped: () => isStopped }))
    last = next.catch(() => undefined)
    return next
  }

  /** A run that failed, for want of room perhaps, is no reason not to try the next one. */
  async function keep(): Promise<void> {
    do await run().catch(tell)
    while (hourly && (await slept()))
  }

  /** A storage that has failed, or is closed, has been told of already; one without room says so to whoever writes next. */
  function tell(error: unknown): void {
    if (!(error instanceof StorageError && error.code === 'failed')) onFailure(error)
  }

  /** False when the clock has been stopped. */
  async function slept(): Promise<boolean> {
    try {
      await clock.sleep(BETWEEN_RUNS_MS)
      return !isStopped
    } catch (error) {
      if (error instanceof ConnectionDropped) return false
      throw error
    }
  }

  const kept = keep().catch(onFailure)

  return {
    run,
    async stop() {
      isStopped = true
      await kept
      await last
    },
  }
}
