/**
 * How many parts should be in flight, found by measuring. Pure: it is told what was sent, what failed and when, and says
 * when the number changes and why.
 *
 * It climbs while more parts at once are faster: at first by doubling, which finds a long link's number in seconds, then in
 * steps of a quarter, with rests between that grow while nothing is won. What the service or the way refuses is taken back.
 * It never goes down in search of fewer: on a link that is full, fewer could only be slower.
 */
import type { FailureMeaning } from './errors.js'

export interface AutoThreads {
  /** Parts in flight at once, at most. */
  readonly most: number
  /** Milliseconds in which a new connection comes to its speed; every wait and every measurement is a multiple of it. */
  readonly paceMs: number
}

export type WindowReason =
  /** The transfer begins. */
  | 'start'
  /** More are tried. */
  | 'climb'
  /** More were not faster. */
  | 'no-gain'
  /** The service asked for less: 429, 503, SlowDown and their like. */
  | 'throttled'
  /** Connections broke or stood still. */
  | 'broken'

export interface WindowChange {
  /** Parts in flight at once from now on. */
  readonly numThreads: number
  readonly reason: WindowReason
  readonly message: string
}

const firstThreads = 4

/** By how much of what was must more be faster. Twice as many that win less will do with steps of a quarter. */
const gain = { doubling: 0.15, step: 0.05 }
/** In paces: until new connections are at their speed, and how long is measured then. */
const settling = { doubling: 1, step: 2 }
const measuring = { doubling: 2, step: 12 }
/** In paces: how long a number stays once more was not faster or was refused. Doubles from time to time. */
const rests = { afterDoubling: 6, shortest: 10, longest: 120 }
/** In paces: failures that come together have one cause. */
const sameFailure = 4

type Stage =
  /** How fast is it now? */
  | { readonly kind: 'measuring' }
  /** Are more faster than `base`, in bytes a millisecond, which `from` had? */
  | { readonly kind: 'trying'; readonly from: number; readonly base: number }
  | { readonly kind: 'resting'; readonly untilMs: number }

const refusals: ReadonlySet<FailureMeaning> = new Set(['throttled', 'unavailable'])
const breaks: ReadonlySet<FailureMeaning> = new Set([
  'network',
  'no-such-host',
  'untrusted',
  'stalled',
  'odd-answer',
])

export class Window {
  readonly #most: number
  readonly #paceMs: number
  #numThreads: number
  #stage: Stage = { kind: 'measuring' }
  #doubling = true
  #restPaces = rests.afterDoubling
  /** What is measured counts from here on. `undefined`: nothing was sent yet. */
  #fromMs: number | undefined
  #bytes = 0
  #deafUntilMs = Number.NEGATIVE_INFINITY

  constructor({ most, paceMs }: AutoThreads) {
    this.#most = most
    this.#paceMs = paceMs
    this.#numThreads = Math.min(firstThreads, most)
  }

  get numThreads(): number {
    return this.#numThreads
  }

  /** Sending begins, again perhaps: the time since something was sent last says nothing. */
  begin(): void {
    this.#fromMs = undefined
  }

  /** `bytes` that had not been sent before have left; `inFlight`: parts that have their place now. */
  sent(what: {
    readonly bytes: number
    readonly inFlight: number
    readonly nowMs: number
  }): WindowChange | undefined {
    const { bytes, inFlight, nowMs } = what
    if (this.#stage.kind === 'resting') {
      if (nowMs < this.#stage.untilMs) return undefined
      this.#stage = { kind: 'measuring' }
      this.#begin(nowMs)
    }
    // With other than the parts that were wanted there is nothing to learn.
    if (this.#fromMs === undefined || inFlight !== this.#numThreads) {
      this.#begin(nowMs + this.#inPaces(settling))
      return undefined
    }
    if (nowMs <= this.#fromMs) return undefined
    this.#bytes += bytes
    if (nowMs - this.#fromMs < this.#inPaces(measuring)) return undefined
    return this.#judge(this.#bytes / (nowMs - this.#fromMs), nowMs)
  }

  failed(meaning: FailureMeaning, nowMs: number): WindowChange | undefined {
    const refused = refusals.has(meaning)
    if (!refused && !breaks.has(meaning)) return undefined
    if (nowMs < this.#deafUntilMs) return undefined
    this.#deafUntilMs = nowMs + sameFailure * this.#paceMs
    const before = this.#numThreads
    const tried = this.#stage.kind === 'trying' ? this.#stage.from : undefined
    const fewer = refused ? Math.floor(before / 2) : before - Math.ceil(before / 4)
    this.#numThreads = tried ?? Math.max(1, fewer)
    // A break that nobody provoked says nothing about the number: soon it may be what it was.
    if (refused || tried !== undefined) this.#rest(nowMs)
    else this.#recover(nowMs)
    if (this.#numThreads === before) return undefined
    const why = refused ? 'the service asked for less' : 'a connection broke or stood still'
    return this.#changed(refused ? 'throttled' : 'broken', why)
  }

  #judge(rate: number, nowMs: number): WindowChange | undefined {
    const stage = this.#stage
    if (stage.kind !== 'trying') return this.#climb(rate, nowMs)
    const wanted = stage.base * (1 + (this.#doubling ? gain.doubling : gain.step))
    if (rate >= wanted) return this.#climb(rate, nowMs)
    const more = this.#numThreads
    this.#numThreads = stage.from
    this.#rest(nowMs)
    return this.#changed(
      'no-gain',
      `${more} were not faster, ${inWords(rate)} rather than ${inWords(stage.base)}`,
    )
  }

  #climb(base: number, nowMs: number): WindowChange | undefined {
    const from = this.#numThreads
    const more = this.#doubling ? 2 * from : from + Math.max(1, Math.ceil(from / 4))
    this.#numThreads = Math.min(more, this.#most)
    if (this.#numThreads === from) {
      this.#stage = { kind: 'resting', untilMs: Number.POSITIVE_INFINITY }
      return undefined
    }
    this.#stage = { kind: 'trying', from, base }
    this.#begin(nowMs + this.#inPaces(settling))
    return this.#changed('climb', `${from} carried ${inWords(base)}, and more may be faster`)
  }

  #rest(nowMs: number): void {
    this.#doubling = false
    this.#stage = { kind: 'resting', untilMs: nowMs + this.#restPaces * this.#paceMs }
    this.#restPaces = Math.min(Math.max(2 * this.#restPaces, rests.shortest), rests.longest)
  }

  #recover(nowMs: number): void {
    this.#doubling = true
    this.#restPaces = rests.afterDoubling
    this.#stage = { kind: 'resting', untilMs: nowMs + rests.afterDoubling * this.#paceMs }
  }

  #begin(fromMs: number): void {
    this.#fromMs = fromMs
    this.#bytes = 0
  }

  #inPaces(paces: { readonly doubling: number; readonly step: number }): number {
    return (this.#doubling ? paces.doubling : paces.step) * this.#paceMs
  }

  #changed(reason: WindowReason, why: string): WindowChange {
    return { numThreads: this.#numThreads, reason, message: `${partsInWords(this.#numThreads)}: ${why}.` }
  }
}

export function partsInWords(count: number): string {
  return count === 1 ? 'One part at a time' : `${count} parts at once`
}

function inWords(bytesPerMs: number): string {
  return `${((bytesPerMs * 1000) / 2 ** 20).toPrecision(3)} MiB/s`
}
