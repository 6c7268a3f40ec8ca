/** What a caller is told at the end: always an `UploadError`, and `cancelled` when it was the caller who stopped it. */
import { ServiceError, UploadError } from './errors.js'
import type { Conversation } from './life.js'
import type { CancelSignal, CheckpointLog } from './ports.js'
import { asUploadError } from './retry.js'

export function asOutcome(error: unknown, signal: CancelSignal, stopped: string): UploadError {
  if (signal.aborted && (error === signal.reason || !(error instanceof UploadError))) {
    return new UploadError('cancelled', stopped, { cause: signal.reason })
  }
  if (error instanceof UploadError) return error
  if (error instanceof ServiceError) return asUploadError(error)
  const why = error instanceof Error ? error.message : String(error)
  return new UploadError('internal', `Something failed that should not be able to: ${why}`, { cause: error })
}

/** Letting go must neither turn success into failure nor hide why something failed. */
export async function letGo(log: CheckpointLog, emit: Conversation['emit']): Promise<void> {
  try {
    await log.release()
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    emit({ type: 'checkpoint-warning', message: `The lock could not be released: ${why}` })
  }
}
