/** What the versions of signatures have in common: who may sign, how two signatures are compared, and what is told of a wrong one. */
import { timingSafeEqual } from 'node:crypto'
import { fromWire, wireToBytes } from '../protocol/encode.js'
import type { ErrorToSay } from '../protocol/errors.js'
import type { Query, WireHeaders } from '../protocol/message.js'
import type { Address } from './addressing.js'
import { INVALID_TOKEN, TOKEN_EXPIRED } from './auth-errors.js'
import type { ServerCredentials } from './exchange.js'

export interface AuthRequest {
  readonly method: string
  readonly query: Query
  readonly headers: WireHeaders
  /** What it may mean; the signature decides. */
  readonly addresses: readonly Address[]
}

export interface AuthRules {
  readonly credentials: readonly ServerCredentials[]
  readonly region: string
  /** Milliseconds since the epoch. */
  readonly now: number
  /** A header that clients must send, and that nothing depends on, is missed. */
  readonly strict?: boolean
}

export type Verdict =
  | { readonly kind: 'signed'; readonly accessKeyId: string; readonly address: Address }
  /** Nobody signed it. What it may do is for the bucket's settings to say. */
  | { readonly kind: 'anonymous'; readonly address: Address }
  | { readonly kind: 'refused'; readonly error: ErrorToSay }

/** A signed text for one reading of the address. */
export interface Attempt {
  readonly address: Address
  readonly expected: string
  readonly stringToSign: string
  readonly canonicalRequest?: string
}

export function verify(
  said: { readonly accessKeyId: string; readonly signature: string },
  attempts: Iterable<Attempt>,
  /** Absent where none is known. */
  ec?: string,
): Verdict {
  let first: Attempt | undefined
  for (const attempt of attempts) {
    if (equalText(attempt.expected, said.signature)) {
      return { kind: 'signed', accessKeyId: said.accessKeyId, address: attempt.address }
    }
    first ??= attempt
  }
  const stringToSign = first?.stringToSign ?? ''
  return refused({
    code: 'SignatureDoesNotMatch',
    ...(ec === undefined ? {} : { ec }),
    fields: {
      OSSAccessKeyId: said.accessKeyId,
      SignatureProvided: said.signature,
      StringToSign: fromWire(stringToSign),
      StringToSignBytes: hexBytes(stringToSign),
      ...(first?.canonicalRequest === undefined
        ? {}
        : {
            CanonicalRequest: fromWire(first.canonicalRequest),
            CanonicalRequestBytes: hexBytes(first.canonicalRequest),
          }),
    },
  })
}

/** Takes the same time wherever the texts differ; their length is no secret. */
export function equalText(a: string, b: string): boolean {
  const left = Buffer.from(a, 'latin1')
  const right = Buffer.from(b, 'latin1')
  return left.length === right.length && timingSafeEqual(left, right)
}

function hexBytes(wire: string): string {
  return Array.from(wireToBytes(wire), (byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join(' ')
}

export function findCredentials(
  rules: AuthRules,
  accessKeyId: string,
  token: string | undefined,
): ServerCredentials | ErrorToSay {
  const found = rules.credentials.filter((each) => each.accessKeyId === accessKeyId)
  // One key id may stand there several times: once for itself, once with each of its tokens.
  const match = found.find((each) => equalText(each.securityToken ?? '', token ?? ''))
  if (match?.expiration !== undefined && rules.now >= match.expiration) return TOKEN_EXPIRED
  if (match !== undefined) return match
  if (token && found.some((each) => each.securityToken !== undefined)) return INVALID_TOKEN
  return {
    code: 'InvalidAccessKeyId',
    // A token says that the key is a temporary one, and no such key is known, though a lasting one may be.
    ...(token ? { ec: '0002-00000002' } : {}),
    fields: { OSSAccessKeyId: accessKeyId },
  }
}

/** Each version has a place of its own for it; a client's SDK for Python puts it into a header called as the parameter is. */
export function tokenOf({ headers, query }: AuthRequest): string | undefined {
  return (
    headers['x-oss-security-token'] ??
    query['x-oss-security-token'] ??
    query['security-token'] ??
    headers['security-token']
  )
}

export function refused(error: ErrorToSay): Verdict {
  return { kind: 'refused', error }
}
