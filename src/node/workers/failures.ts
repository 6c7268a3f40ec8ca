/** Errors on their way between threads, in both directions. Causes stay behind; what is decided by stays whole. */
import { ServiceError, UploadError } from '../../engine/errors.js'
import type { ClonedFailure } from './messages.js'

export function toClone(error: unknown): ClonedFailure {
  if (error instanceof ServiceError) {
    const { meaning, message, status, serviceCode, ec, requestId, retryAfterMs } = error
    return {
      kind: 'service',
      meaning,
      message,
      details: { status, serviceCode, ec, requestId, retryAfterMs },
    }
  }
  if (error instanceof UploadError) return { kind: 'upload', code: error.code, message: error.message }
  return { kind: 'bug', message: error instanceof Error ? (error.stack ?? error.message) : String(error) }
}

/** @param reason of the signal, for what was aborted */
export function fromClone(failure: ClonedFailure, reason: unknown): unknown {
  switch (failure.kind) {
    case 'service':
      return new ServiceError(failure.meaning, failure.message, failure.details)
    case 'upload':
      return new UploadError(failure.code, failure.message)
    case 'aborted':
      return reason
    case 'bug':
      return new Error(`In a worker thread: ${failure.message}`)
  }
}
