/** What a diagnosis finds: one line per check, and what to do where something is to be done. */
import type { UploadErrorCode } from '../engine/errors.js'

/** `skipped`: not tried, and the message says why. */
export type FindingState = 'ok' | 'warning' | 'failed' | 'skipped'

export interface Finding {
  /** Such as `clock` or `list parts`. */
  readonly check: string
  readonly state: FindingState
  /** One line. */
  readonly message: string
  /** One line; absent where there is nothing to do. */
  readonly advice?: string
  /** With which code an upload would fail for it. Only of what `failed`. */
  readonly code?: UploadErrorCode
}

export function fine(check: string, message: string): Finding {
  return { check, state: 'ok', message }
}

export function warned(check: string, message: string, advice: string): Finding {
  return { check, state: 'warning', message, advice }
}

export function skipped(check: string, message: string): Finding {
  return { check, state: 'skipped', message }
}

export function failed(
  check: string,
  {
    code,
    message,
    advice,
  }: { readonly code: UploadErrorCode; readonly message: string; readonly advice?: string },
): Finding {
  return { check, state: 'failed', code, message, ...(advice === undefined ? {} : { advice }) }
}
