/** Turns whatever was thrown into what people and programs are told. Nothing here loads the library. */
import type { UploadErrorCode } from '../index.js'
import { isErrorCode } from './exit-codes.js'

/** What was asked can't be: flags, names, settings. Raised before anything is sent. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly code = 'invalid-argument'
}

/** A failure that has a code but did not come out of the library. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly code: UploadErrorCode

  constructor(code: UploadErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options)
    this.code = code
  }
}

/** The facts of a failure, as a `--json` line carries them. */
export interface Failure {
  readonly code: UploadErrorCode
  /** One line. */
  readonly message: string
  readonly retryable: boolean
  readonly status?: number
  readonly requestId?: string
  readonly ec?: string
  readonly partNumber?: number
  readonly uploadId?: string
}

export function failureOf(error: unknown): Failure {
  const known = error instanceof Error && 'code' in error && isErrorCode(error.code)
  const fields: Record<string, unknown> = known ? { ...error, code: error.code } : {}
  return {
    code: isErrorCode(fields['code']) ? fields['code'] : 'internal',
    message: oneLine(error instanceof Error ? error.message : String(error)),
    retryable: fields['retryable'] === true,
    ...numberField(fields, 'status'),
    ...textField(fields, 'requestId'),
    ...textField(fields, 'ec'),
    ...numberField(fields, 'partNumber'),
    ...textField(fields, 'uploadId'),
  }
}

/** `longhaul: what happened (request id …)`; the id only where the sentence does not have it already. */
export function failureLine({ message, requestId }: Failure): string {
  const trace = requestId === undefined || message.includes(requestId) ? '' : ` (request id ${requestId})`
  return `longhaul: ${message}${trace}`
}

/** Names and messages come from files and services: control characters must not reach a terminal. */
export function oneLine(text: string): string {
  return printable(text.replace(/\s+/g, ' ')).trim()
}

/** The same for a name, whose blanks are its own. */
export function printable(name: string): string {
  return name.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '?')
}

function textField<Name extends string>(
  fields: Record<string, unknown>,
  name: Name,
): { [key in Name]?: string } {
  const value = fields[name]
  return typeof value === 'string' ? ({ [name]: value } as { [key in Name]: string }) : {}
}

function numberField<Name extends string>(
  fields: Record<string, unknown>,
  name: Name,
): { [key in Name]?: number } {
  const value = fields[name]
  return typeof value === 'number' ? ({ [name]: value } as { [key in Name]: number }) : {}
}
