/** An upload one can hold: pause it, let it go on, give it up. `done` settles once, whatever happened in between. */
import { createScope } from './cancel.js'
import { UploadError } from './errors.js'
import type { CancelSignal } from './ports.js'
import type { StateKeeper, UploadState } from './state.js'
import type { UploadResult } from './upload.js'

export interface Upload {
  /** Resolves when the object exists; rejects with an `UploadError`. */
  readonly done: Promise<UploadResult>
  /** Stops what is in flight and keeps what was acknowledged. Resolves when that has stopped. `done` stays open. */
  pause(): Promise<void>
  /** Goes on after a pause; does nothing otherwise. */
  resume(): void
  /**
   * Stops, aborts the upload at the service and forgets it. `done` rejects with `cancelled`. Rejects when the abort
   * failed; called again, it tries again.
   */
  discard(): Promise<void>
  /** What it is doing now: whether it waits, for what, since when, and when it tries next. */
  state(): UploadState
}

export interface UploadMeans {
  run(signal: CancelSignal): Promise<UploadResult>
  discard(): Promise<void>
  readonly signal?: CancelSignal | undefined
  /** Has to hear the events of `run` and `discard`. */
  readonly keeper: StateKeeper
}

/** One run of the engine, which may be stopped. */
interface Run {
  readonly stop: (reason: unknown) => void
  readonly ended: Promise<void>
}

export function createUpload({ run, discard, signal, keeper }: UploadMeans): Upload {
  let wish: 'run' | 'pause' | 'discard' = 'run'
  let current: Run | undefined
  let driving = false
  let discarding: Promise<void> | undefined
  let discarded = false
  let settled = false
  let settle: { succeed(result: UploadResult): void; fail(error: unknown): void } | undefined
  const done = new Promise<UploadResult>((succeed, fail) => {
    settle = { succeed, fail }
  })
  const finish = (how: (ends: NonNullable<typeof settle>) => void): void => {
    if (settled || settle === undefined) return
    settled = true
    signal?.removeEventListener('abort', onOuterAbort)
    how(settle)
  }
  const onOuterAbort = (): void => {
    if (wish !== 'pause' || current !== undefined) return
    const message = 'The upload was stopped while it was paused. What was sent is kept.'
    finish(({ fail }) => fail(new UploadError('cancelled', message, { cause: signal?.reason })))
  }

  /** One run after another for as long as that is the wish. Only ever once at a time, so no two runs meet. */
  const drive = async (): Promise<void> => {
    if (driving) return
    driving = true
    while (wish === 'run' && !settled) await runOnce()
    driving = false
    if (wish === 'pause' && signal?.aborted === true) onOuterAbort()
  }
  const runOnce = async (): Promise<void> => {
    const scope = createScope(signal)
    let stopped = false
    keeper.begin()
    const work = run(scope.signal).then(
      (result) => finish(({ succeed }) => succeed(result)),
      (error: unknown) => {
        // We stopped this run ourselves: whether another begins is for the wish to say.
        if (stopped && signal?.aborted !== true && isCancelled(error)) return
        finish(({ fail }) => fail(error))
      },
    )
    current = {
      stop: (reason) => {
        stopped = true
        scope.cancel(reason)
      },
      ended: work,
    }
    await work
    current = undefined
    scope.close()
  }
  const stopRun = async (reason: string): Promise<void> => {
    const stopping = current
    stopping?.stop(new Error(reason))
    await stopping?.ended
  }
  const discardOnce = async (): Promise<void> => {
    await stopRun('discarded')
    finish(({ fail }) => fail(new UploadError('cancelled', 'The upload was discarded.')))
    keeper.begin()
    await discard()
  }
  const kindNow = (isWaiting: boolean): UploadState['kind'] => {
    if (discarding !== undefined && !discarded) return 'discarding'
    if (settled) return 'ended'
    if (current === undefined && wish === 'pause') return 'paused'
    return isWaiting ? 'waiting' : 'running'
  }

  // A caller who only pauses or discards need not look at `done`.
  done.catch(() => {})
  signal?.addEventListener('abort', onOuterAbort)
  drive()

  return {
    done,
    async pause() {
      if (settled || wish === 'discard') return
      wish = 'pause'
      await stopRun('paused')
    },
    resume() {
      if (settled || wish !== 'pause') return
      wish = 'run'
      drive()
    },
    discard() {
      wish = 'discard'
      discarding ??= discardOnce().then(
        () => {
          discarded = true
        },
        (error: unknown) => {
          discarding = undefined
          throw error
        },
      )
      return discarding
    },
    state() {
      const { waiting, movedAt, isWaiting } = keeper.now()
      return { kind: kindNow(isWaiting), waiting, movedAt }
    },
  }
}

function isCancelled(error: unknown): boolean {
  return error instanceof UploadError && error.code === 'cancelled'
}
