/**
 * What became of a request whose answer was lost or odd: the object is looked at, and the answer has three values. A size
 * alone, or an object that is merely there, has made other tools report success for somebody else's bytes.
 */
import { ServiceError } from './errors.js'
import { type Conversation, persist } from './life.js'
import type { ObjectInfo } from './ports.js'

/** What we would have stored, and the earliest moment at which it could have been stored. */
export interface Expected {
  readonly size: number
  readonly crc64: string
  /** By the service's clock, milliseconds; Last-Modified is in whole seconds. `undefined`: not known. */
  readonly notBefore: number | undefined
}

export type Settlement =
  | { readonly kind: 'ours'; readonly info: ObjectInfo }
  /** Nothing is there, or only what was there before we began. */
  | { readonly kind: 'absent' }
  /** Somebody else's object, stored since we began. */
  | { readonly kind: 'not-ours'; readonly info: ObjectInfo }
  | { readonly kind: 'unknown'; readonly why: ServiceError }

/** The object as it is now; `absent` when there is none, `unknown` when we may not look. */
export async function lookAtObject(
  life: Conversation,
): Promise<
  { readonly kind: 'found'; readonly info: ObjectInfo } | Extract<Settlement, { kind: 'absent' | 'unknown' }>
> {
  const { service } = life.ports
  const { key, headers } = life.request
  try {
    const info = await persist(
      life,
      { operation: 'HeadObject' },
      () => service.headObject(key, { headers, signal: life.signal }),
      ['object-missing', 'denied', 'refused', 'unsupported'],
    )
    return { kind: 'found', info }
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error
    return error.meaning === 'object-missing' ? { kind: 'absent' } : { kind: 'unknown', why: error }
  }
}

export async function settle(life: Conversation, expected: Expected): Promise<Settlement> {
  const seen = await lookAtObject(life)
  return seen.kind === 'found' ? judgeObject(seen.info, expected) : seen
}

/** Pure: whose object is this? */
export function judgeObject(info: ObjectInfo, expected: Expected): Settlement {
  const { notBefore } = expected
  if (notBefore !== undefined && info.lastModified < wholeSeconds(notBefore)) return { kind: 'absent' }
  if (info.size !== expected.size) return { kind: 'not-ours', info }
  if (info.crc64 === undefined) {
    return unknown('The service does not say which CRC-64 the object has, so nobody can tell whose it is.')
  }
  if (info.crc64 !== expected.crc64) return { kind: 'not-ours', info }
  if (notBefore === undefined) return unknown('The object has our bytes, but when we began is not known.')
  return { kind: 'ours', info }
}

function unknown(why: string): Settlement {
  return { kind: 'unknown', why: new ServiceError('odd-answer', why) }
}

export function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000
}
