/** The service's clock as its answers tell it, and the time that requests are signed with. */
import { ServiceError } from '../../engine/errors.js'

export interface Clock {
  /** Milliseconds that never go back. */
  monotonic(): number
  /** Milliseconds since the epoch, as far as this machine knows. */
  wallClock(): number
}

/** Half of the 15 minutes that the service allows: a request off by less was not refused for our clock. */
const toleranceMs = 7.5 * 60_000

export class ServiceClock {
  readonly #clock: Clock
  #heard: { readonly date: number; readonly atMs: number } | undefined
  /** What is added to the wall clock. It stays 0 unless the service refused our time: a cached Date must not mislead us. */
  #offsetMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The last Date and the time since. */
  now(): number | undefined {
    return this.#heard && this.#heard.date + (this.#clock.monotonic() - this.#heard.atMs)
  }

  hear(date: number): void {
    this.#heard = { date, atMs: this.#clock.monotonic() }
  }

  signingTime(): number {
    return this.#clock.wallClock() + this.#offsetMs
  }

  /** The service refused `signedFor` as too far from its time. Gives the error to throw, and corrects what it can. */
  refused(error: ServiceError, signedFor: number, serviceTime: number | undefined): ServiceError {
    if (serviceTime === undefined || Math.abs(signedFor - serviceTime) < toleranceMs) return error
    this.#offsetMs = serviceTime - this.#clock.wallClock()
    const minutes = Math.round((signedFor - serviceTime) / 60_000)
    const message = `This machine's clock is off by ${minutes} minutes; the service's time is used from now on.`
    const { status, serviceCode, ec, requestId } = error
    return new ServiceError('clock-skew', message, { status, serviceCode, ec, requestId, cause: error })
  }
}
