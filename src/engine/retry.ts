/** Decides, alone in this code base, whether a failed request is tried again, when, and what a caller is told when not. */
import { type FailureMeaning, ServiceError, UploadError, type UploadErrorCode } from './errors.js'

/** First delay at most this, doubling from there. */
const baseDelayMs = 200
const maxDelayMs = 20_000

/** Wrong checksums for one part come from its way, not from chance: after so many the way is called broken. */
const maxCorruptAttempts = 5

/** Unreadable answers from something that never gave a good one: it is no object service. */
const maxOddFirstAttempts = 3

/** A name that stands for nothing and never did: mistyped. A few seconds, since a resolver may have a bad moment. */
const maxNamelessFirstAttempts = 6

export interface FailedAttempt {
  readonly error: ServiceError
  /** How many attempts failed so far, this one included. */
  readonly attempt: number
  /** How many of them for the same meaning. */
  readonly sameMeaning: number
  /** Has this service ever answered sensibly in this run? */
  readonly acquainted: boolean
  /** Did it answer in an earlier run, as the checkpoint shows? */
  readonly metBefore: boolean
  /** Milliseconds until the upload counts as interrupted; `Infinity` to sit out everything. */
  readonly patienceLeftMs: number
  /** Uniform in [0, 1). */
  readonly luck: number
}

export type Verdict =
  | { readonly kind: 'wait'; readonly delayMs: number }
  | { readonly kind: 'give-up'; readonly error: UploadError }

/** Meanings that trying again may cure. */
const curable: ReadonlySet<FailureMeaning> = new Set([
  'network',
  'no-such-host',
  'untrusted',
  'stalled',
  'unavailable',
  'throttled',
  'corrupt',
  'odd-answer',
  'credentials-rejected',
  'clock-skew',
])

export function isCurable(meaning: FailureMeaning): boolean {
  return curable.has(meaning)
}

/** Can the request not have reached the service? */
export function isUnsent({ meaning }: ServiceError): boolean {
  return meaning === 'no-such-host' || meaning === 'untrusted'
}

/** Was the request refused, and so not done, for something that has been put right since? The same again has a chance at once. */
export function isCured(error: unknown): error is ServiceError {
  return isServiceError(error, 'credentials-rejected', 'clock-skew')
}

export function judgeFailure(failed: FailedAttempt): Verdict {
  const { error, sameMeaning, patienceLeftMs } = failed
  if (!isCurable(error.meaning)) return { kind: 'give-up', error: asUploadError(error) }
  if (error.meaning === 'corrupt' && sameMeaning >= maxCorruptAttempts) {
    return { kind: 'give-up', error: asUploadError(error) }
  }
  if (error.meaning === 'odd-answer' && !failed.acquainted && sameMeaning >= maxOddFirstAttempts) {
    return { kind: 'give-up', error: uploadErrorFrom('invalid-argument', error.message, error) }
  }
  if (isHopelessHost(failed)) return { kind: 'give-up', error: asUploadError(error) }
  if (patienceLeftMs <= 0) return { kind: 'give-up', error: interrupted(error) }
  const delayMs = Math.max(backoff(failed), error.retryAfterMs ?? 0)
  return { kind: 'wait', delayMs: Math.min(delayMs, patienceLeftMs) }
}

/**
 * What a person has to put right: a host that never was there, or that could never prove to be the one. Of a service that
 * has spoken to us both are a bad network's doing, such as a hotel's that wants one to sign in first.
 */
function isHopelessHost({
  error,
  acquainted,
  metBefore,
  sameMeaning,
  patienceLeftMs,
}: FailedAttempt): boolean {
  if (acquainted) return false
  if (error.meaning === 'untrusted') return true
  // Whoever waits for ever wants to: for a network that is not up yet.
  const isPatient = metBefore || patienceLeftMs === Number.POSITIVE_INFINITY
  return error.meaning === 'no-such-host' && !isPatient && sameMeaning >= maxNamelessFirstAttempts
}

/** Full jitter: uniform between nothing and a ceiling that doubles. What was cured already is tried again at once. */
function backoff({ error, attempt, sameMeaning, luck }: FailedAttempt): number {
  if (isCured(error) && sameMeaning === 1) return 0
  return luck * Math.min(maxDelayMs, baseDelayMs * 2 ** Math.min(attempt - 1, 10))
}

const codes: Readonly<Record<FailureMeaning, UploadErrorCode>> = {
  network: 'interrupted',
  'no-such-host': 'interrupted',
  untrusted: 'denied',
  stalled: 'interrupted',
  unavailable: 'interrupted',
  throttled: 'interrupted',
  corrupt: 'integrity',
  'odd-answer': 'interrupted',
  'credentials-rejected': 'denied',
  'clock-skew': 'denied',
  denied: 'denied',
  'upload-gone': 'conflict',
  'invalid-part': 'integrity',
  'object-exists': 'conflict',
  'bucket-missing': 'not-found',
  'object-missing': 'not-found',
  'callback-failed': 'callback-failed',
  refused: 'invalid-argument',
  unsupported: 'unsupported',
}

/** What a caller is told when a request failed for good. */
export function asUploadError(error: ServiceError): UploadError {
  return uploadErrorFrom(codes[error.meaning], error.message, error)
}

export function uploadErrorFrom(code: UploadErrorCode, message: string, error: ServiceError): UploadError {
  return new UploadError(code, message, {
    cause: error,
    status: error.status,
    requestId: error.requestId,
    ec: error.ec,
  })
}

function interrupted(error: ServiceError): UploadError {
  return uploadErrorFrom(
    'interrupted',
    `No progress for the time allowed; the last failure was: ${error.message} What was sent is kept: run the same call again to go on.`,
    error,
  )
}

export function isServiceError(error: unknown, ...meanings: FailureMeaning[]): error is ServiceError {
  return error instanceof ServiceError && (meanings.length === 0 || meanings.includes(error.meaning))
}
