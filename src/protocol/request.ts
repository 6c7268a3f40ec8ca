/** What every signature is made over: the parts of a request that say what is asked, independent of how it is addressed. */
import { headerValueToWire, toWire } from './encode.js'
import type { Query } from './message.js'

export interface Credentials {
  readonly accessKeyId: string
  readonly accessKeySecret: string
  /** Of temporary credentials (STS). */
  readonly securityToken?: string | undefined
}

export interface SignableRequest {
  readonly method: string
  /** Absent or empty: the service itself. */
  readonly bucket?: string | undefined
  /** Text, not percent-encoded. Absent or empty: the bucket itself. */
  readonly key?: string | undefined
  /** Text, not percent-encoded. */
  readonly query?: Query | undefined
  /**
   * Names in any case. A value with no character above U+00FF is a wire string, one character per byte, and is signed
   * as it stands. Any other value is text: it is signed, and must be sent, as UTF-8.
   */
  readonly headers: Readonly<Record<string, string>>
}

/** Trimmed wire values by lower-case name. */
export type SignedHeaders = ReadonlyMap<string, string>

export function signableHeaders(headers: Readonly<Record<string, string>>): Map<string, string> {
  const signable = new Map<string, string>()
  for (const [name, value] of Object.entries(headers)) signable.set(name.toLowerCase(), headerValue(value))
  return signable
}

/** As it is signed. */
export function headerValue(value: string): string {
  return trimmed(headerValueToWire(value))
}

/** Spaces and tabs alone, as HTTP trims: in a wire string the last byte of a UTF-8 character may look like another space. */
function trimmed(wire: string): string {
  if (!isBlank(wire.charCodeAt(0)) && !isBlank(wire.charCodeAt(wire.length - 1))) return wire
  return wire.replace(/^[ \t]+|[ \t]+$/g, '')
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}

/** `/`, `/bucket/` or `/bucket/key`, as a wire string. */
export function resourcePath(request: { bucket?: string | undefined; key?: string | undefined }): string {
  return toWire(request.bucket ? `/${request.bucket}/${request.key ?? ''}` : '/')
}

export function byName(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0
}
