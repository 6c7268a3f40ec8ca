/**
 * Keys for signing, fixed or from a function: refreshed before they end, by one call at a time, and once more for each
 * key that the service refuses. No message here holds any part of them.
 */
import { ServiceError, UploadError } from '../engine/errors.js'
import type { CancelSignal } from '../engine/ports.js'
import type { Credentials } from '../protocol/signing.js'

export interface GivenCredentials extends Credentials {
  /** When they end: a date, an ISO 8601 text, or milliseconds since the epoch. Absent: never. */
  readonly expiration?: Date | string | number | undefined
}

/** Fixed keys, or a function that is asked again whenever they end or are refused. */
export type CredentialsSource = GivenCredentials | (() => GivenCredentials | Promise<GivenCredentials>)

export interface CredentialsProvider {
  /** Keys that are good now, as far as can be known. Rejects with `ServiceError` `unavailable` or `denied`. */
  current(signal: CancelSignal): Promise<Credentials>
  /** The service refused these keys. True: there are others now. False: trying again will not help. */
  replace(refused: Credentials, signal: CancelSignal): Promise<boolean>
}

/** How long before their end keys are replaced, in milliseconds; half their life where that is shorter. */
const marginMs = 5 * 60_000
/** The function is not asked more often than this only because of time or for keys it gave again, in milliseconds. */
const leastAgeMs = 10_000
/** A function that has not answered by then is asked anew, in milliseconds. */
const longestAskMs = 60_000

/** @throws UploadError `invalid-argument` when fixed keys are no keys */
export function createCredentials(
  source: CredentialsSource,
  clock: { wallClock(): number },
): CredentialsProvider {
  return typeof source === 'function' ? new AskedCredentials(source, clock) : fixedCredentials(source)
}

function fixedCredentials(source: GivenCredentials): CredentialsProvider {
  const { credentials } = checked(source)
  return { current: async () => credentials, replace: async () => false }
}

interface Answer {
  readonly credentials: Credentials
  /** Milliseconds since the epoch; `Infinity` for never. */
  readonly refreshAt: number
  readonly end: number
}

class AskedCredentials implements CredentialsProvider {
  readonly #ask: () => GivenCredentials | Promise<GivenCredentials>
  readonly #clock: { wallClock(): number }
  #answer: Answer | undefined
  #asking: Promise<Answer> | undefined
  /** Keys that were refused, asked for again, and came again; and when. */
  #refused: { readonly keys: Credentials; readonly at: number } | undefined

  constructor(ask: () => GivenCredentials | Promise<GivenCredentials>, clock: { wallClock(): number }) {
    this.#ask = ask
    this.#clock = clock
  }

  async current(signal: CancelSignal): Promise<Credentials> {
    const known = this.#answer
    const now = this.#clock.wallClock()
    if (known && now < known.refreshAt) return known.credentials
    try {
      return (await unlessAborted(this.#refresh(), signal)).credentials
    } catch (error) {
      if (signal.aborted) throw signal.reason
      const later = this.#clock.wallClock()
      if (!known || later >= known.end) throw error
      // Still good: ask again a little later.
      if (this.#answer === known) this.#answer = { ...known, refreshAt: later + leastAgeMs }
      return known.credentials
    }
  }

  async replace(refused: Credentials, signal: CancelSignal): Promise<boolean> {
    const known = this.#answer?.credentials
    if (known && !sameKeys(known, refused)) return true // somebody replaced them meanwhile
    if (this.#cameAgain(refused)) return false
    const { credentials } = await unlessAborted(this.#refresh(), signal)
    if (!sameKeys(credentials, refused)) return true
    this.#refused = { keys: refused, at: this.#clock.wallClock() }
    return false
  }

  /** Only for a while: a later upload with the same bucket deserves another question. */
  #cameAgain(keys: Credentials): boolean {
    if (this.#refused === undefined || !sameKeys(this.#refused.keys, keys)) return false
    return Math.abs(this.#clock.wallClock() - this.#refused.at) < leastAgeMs
  }

  /** One call at a time, however many wait for it. */
  #refresh(): Promise<Answer> {
    this.#asking ??= this.#askNow().finally(() => {
      this.#asking = undefined
    })
    return this.#asking
  }

  async #askNow(): Promise<Answer> {
    const { credentials, end } = await this.#checkedAnswer()
    const now = this.#clock.wallClock()
    const lifeMs = end - now
    const refreshAt = now + Math.max(lifeMs - Math.min(marginMs, lifeMs / 2), leastAgeMs)
    this.#answer = { credentials, refreshAt, end }
    return this.#answer
  }

  async #checkedAnswer(): Promise<{ credentials: Credentials; end: number }> {
    let given: GivenCredentials
    try {
      given = await withinTime(this.#ask())
    } catch (cause) {
      const meaning = saysDenied(cause) ? 'denied' : 'unavailable'
      throw new ServiceError(meaning, `No credentials: ${lineOf(cause)}.`, { cause })
    }
    try {
      return checked(given)
    } catch (cause) {
      throw new ServiceError('refused', `The function that gives ${lineOf(cause)}.`, { cause })
    }
  }
}

function checked(given: GivenCredentials): { credentials: Credentials; end: number } {
  const { accessKeyId, accessKeySecret, securityToken, expiration } = given ?? {}
  for (const [name, value] of Object.entries({ accessKeyId, accessKeySecret })) {
    if (!isKeyText(value)) throw refuse(`credentials: ${name} has to be a text without white space.`)
  }
  if (securityToken !== undefined && securityToken !== '' && !isKeyText(securityToken)) {
    throw refuse('credentials: securityToken has to be a text without white space.')
  }
  const end = endOf(expiration)
  if (Number.isNaN(end)) throw refuse('credentials: expiration is no date.')
  return { credentials: { accessKeyId, accessKeySecret, ...(securityToken ? { securityToken } : {}) }, end }
}

/** What can stand in a header: printable, and no white space, which comes from copying. */
function isKeyText(value: unknown): boolean {
  return typeof value === 'string' && /^[\x21-\x7e]+$/.test(value)
}

function endOf(expiration: GivenCredentials['expiration'] | null): number {
  if (expiration === undefined || expiration === null) return Number.POSITIVE_INFINITY
  return typeof expiration === 'number' ? expiration : new Date(expiration).getTime()
}

function refuse(message: string): UploadError {
  return new UploadError('invalid-argument', message)
}

function sameKeys(a: Credentials, b: Credentials): boolean {
  return (
    a.accessKeyId === b.accessKeyId &&
    a.accessKeySecret === b.accessKeySecret &&
    a.securityToken === b.securityToken
  )
}

/** Does the function say that asking again is no use? */
function saysDenied(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'denied'
}

function lineOf(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : 'the function that gives them failed'
  return text.replace(/\s+/g, ' ').replace(/\.$/, '').slice(0, 200)
}

/** The answer, or a failure when it takes too long: a function that hangs must not hold all requests for ever. */
async function withinTime<T>(answer: T | Promise<T>): Promise<T> {
  let late: NodeJS.Timeout | undefined
  const tooLate = new Promise<never>((_, reject) => {
    const error = new Error(`the function that gives them did not answer within ${longestAskMs / 1000} s`)
    late = setTimeout(() => reject(error), longestAskMs)
  })
  try {
    return await Promise.race([answer, tooLate])
  } finally {
    clearTimeout(late)
  }
}

/** Leaves a shared task alone: only our waiting ends with the signal. */
function unlessAborted<T>(task: Promise<T>, signal: CancelSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = () => {
      signal.removeEventListener('abort', leave)
      reject(signal.reason)
    }
    task.finally(() => signal.removeEventListener('abort', leave)).then(resolve, reject)
    if (signal.aborted) leave()
    else signal.addEventListener('abort', leave)
  })
}
