/** The exit codes, one table. A code that is not here counts as a failure for whoever reads it. */
import type { UploadErrorCode } from '../index.js'

export const success = 0
/** A failure without a code of its own, or failures of several kinds. */
export const failed = 1
/** Some of many sources failed. */
export const someFailed = 3

/** The signals that ask a command to stop. */
export type StopSignal = 'SIGHUP' | 'SIGINT' | 'SIGTERM'

const ofError: Readonly<Record<Exclude<UploadErrorCode, 'cancelled'>, number>> = {
  'invalid-argument': 2,
  'source-missing': 4,
  'source-changed': 4,
  interrupted: 5,
  denied: 6,
  'not-found': 7,
  integrity: 8,
  'commit-unknown': 8,
  locked: 9,
  conflict: 9,
  'options-changed': 9,
  'store-unusable': 10,
  'callback-failed': 11,
  unsupported: 1,
  internal: 1,
}

const ofSignal: Readonly<Record<StopSignal, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }

/** 128 and the signal's number, as shells have it. */
export function exitCodeOfSignal(signal: StopSignal): number {
  return ofSignal[signal]
}

export function exitCodeOfError(code: UploadErrorCode, stoppedBy: StopSignal | undefined): number {
  return code === 'cancelled' ? exitCodeOfSignal(stoppedBy ?? 'SIGINT') : ofError[code]
}

export function isErrorCode(code: unknown): code is UploadErrorCode {
  return typeof code === 'string' && (code === 'cancelled' || Object.hasOwn(ofError, code))
}

/** One code for several sources: theirs where they agree, 3 where only some failed, else 1. */
export function exitCodeOfMany(exitCodes: readonly number[]): number {
  const failures = exitCodes.filter((exitCode) => exitCode !== success)
  const first = failures[0]
  if (first === undefined) return success
  // A stop is told as such whatever was done before it.
  const stop = failures.find((exitCode) => Object.values(ofSignal).includes(exitCode))
  if (stop !== undefined) return stop
  if (failures.length < exitCodes.length) return someFailed
  return failures.every((exitCode) => exitCode === first) ? first : failed
}
