/** An upload one can hold: pause it, let it go on, give it up. `done` settles once, whatever happened in between. */
import { createScope } from './cancel.js'
import { UploadError } from './errors.js'
import type { CancelSignal } from './ports.js'
import type { UploadResult } from './upload.js'

export interface Upload {
  /** Resolves when the object exists; rejects with an `UploadError`. */
  readonly done: Promise<UploadResult>
  /** Stops what is in flight and keeps what was acknowledged. Resolves when nothing runs any more. `done` stays open. */
  pause(): Promise<void>
  /** Goes on after a pause; does nothing otherwise. */
  resume(): void
  /** Stops, aborts the upload at the service and forgets it. `done` rejects with `cancelled`. */
  discard(): Promise<void>
}

export interface UploadMeans {
  run(signal: CancelSignal): Promise<UploadResult>
  discard(): Promise<void>
  readonly signal?: CancelSignal | undefined
}

type Wish = 'run' | 'pause' | 'discard'

export function createUpload({ run, discard, signal }: UploadMeans): Upload {
  let wish: Wish = 'run'
  let stopRun: (reason: unknown) => void = () => {}
  let running: Promise<void> = Promise.resolve()
  let settled = false
  let succeed: (result: UploadResult) => void = () => {}
  let fail: (error: unknown) => void = () => {}
  const done = new Promise<UploadResult>((resolve, reject) => {
    succeed = resolve
    fail = reject
  })
  // A caller who only pauses or discards need not look at `done`.
  done.catch(() => {})

  const start = (): void => {
    const scope = createScope(signal)
    stopRun = scope.cancel
    running = run(scope.signal)
      .then((result) => {
        settled = true
        succeed(result)
      })
      .catch((error: unknown) => {
        if (wish === 'pause' && signal?.aborted !== true && isCancelled(error)) return
        settled = true
        fail(error)
      })
      .finally(() => scope.close())
  }
  const onOuterAbort = (): void => {
    if (wish !== 'pause' || settled) return
    settled = true
    fail(
      new UploadError('cancelled', 'The upload was stopped while it was paused.', { cause: signal?.reason }),
    )
  }
  signal?.addEventListener('abort', onOuterAbort)
  done.catch(() => {}).finally(() => signal?.removeEventListener('abort', onOuterAbort))
  start()

  return {
    done,
    async pause() {
      if (settled || wish !== 'run') return
      wish = 'pause'
      stopRun(new Error('paused'))
      await running
    },
    resume() {
      if (settled || wish !== 'pause') return
      wish = 'run'
      // A pause that is still stopping its run must have ended before the target can be held again.
      running = running.then(() => {
        if (wish === 'run' && !settled) start()
      })
    },
    async discard() {
      if (wish === 'discard') return
      wish = 'discard'
      stopRun(new Error('discarded'))
      await running
      if (!settled) {
        settled = true
        fail(new UploadError('cancelled', 'The upload was discarded.'))
      }
      await discard()
    },
  }
}

function isCancelled(error: unknown): boolean {
  return error instanceof UploadError && error.code === 'cancelled'
}
