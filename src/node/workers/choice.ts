/**
 * Whether more threads are worth it, by measurement alone: one is added when the loop is busy all the time while a
 * core is idle, and stays only if more bytes went out with it than without. So where the network, the disk or the cores are the limit, nothing is lost.
 */

/** What was seen in one interval. */
export interface Sample {
  /** Share of the time in which the event loop was busy, 0 to 1. */
  readonly busy: number
  /** Cores of the machine that nobody used; a part of one counts as such. */
  readonly idleCores: number
  readonly bytesPerSecond: number
  /** Parts in flight. */
  readonly parts: number
}

export interface ChoiceState {
  readonly threads: number
  readonly phase:
    | { readonly kind: 'watching'; readonly busyRates: readonly number[] }
    /** The newest thread opens its connections; its first interval says nothing. */
    | { readonly kind: 'warming'; readonly before: number }
    | { readonly kind: 'judging'; readonly before: number; readonly rates: readonly number[] }
    /** One more did not pay: none is tried for so many intervals. */
    | { readonly kind: 'resting'; readonly intervals: number }
}

export type Action = 'add' | 'drop' | 'stay'

export interface ChoiceLimits {
  /** Threads at most. */
  readonly most: number
}

/** At most so much of the loop's time is left when it is the limit. */
const busyFrom = 0.9
/** What a thread has to find free: where it would only take from others, among them a server on the same machine, none is tried. */
const idleFrom = 0.6
/** Intervals that have to be busy in a row, and intervals that a new thread is judged by. */
const enough = 2
/** What a thread has to bring: it costs memory and a share of the processor. */
const gain = 1.1
const restIntervals = 60

export const firstChoice: ChoiceState = { threads: 0, phase: { kind: 'watching', busyRates: [] } }

export function nextChoice(
  state: ChoiceState,
  sample: Sample,
  { most }: ChoiceLimits,
): { readonly state: ChoiceState; readonly action: Action } {
  const { threads, phase } = state
  const become = (next: ChoiceState['phase'], action: Action = 'stay', by = 0) => ({
    state: { threads: threads + by, phase: next },
    action,
  })
  switch (phase.kind) {
    case 'watching': {
      const isPossible = threads < most && sample.parts > threads + 1
      const mayHelp = isPossible && sample.busy >= busyFrom && sample.idleCores >= idleFrom
      const busyRates = mayHelp ? [...phase.busyRates, sample.bytesPerSecond] : []
      if (busyRates.length < enough) return become({ kind: 'watching', busyRates })
      return become({ kind: 'warming', before: mean(busyRates) }, 'add', 1)
    }
    case 'warming':
      return become({ kind: 'judging', before: phase.before, rates: [] })
    case 'judging': {
      const rates = [...phase.rates, sample.bytesPerSecond]
      if (rates.length < enough) return become({ ...phase, rates })
      if (mean(rates) >= gain * phase.before) return become({ kind: 'watching', busyRates: [] })
      return become({ kind: 'resting', intervals: restIntervals }, 'drop', -1)
    }
    case 'resting':
      return phase.intervals > 1
        ? become({ kind: 'resting', intervals: phase.intervals - 1 })
        : become({ kind: 'watching', busyRates: [] })
  }
}

/** A thread has died: whatever was being judged says nothing any more, and the next one may die as well. */
export function afterLoss({ threads }: ChoiceState): ChoiceState {
  return { threads: Math.max(threads - 1, 0), phase: { kind: 'resting', intervals: restIntervals } }
}

function mean(rates: readonly number[]): number {
  return rates.reduce((sum, rate) => sum + rate, 0) / rates.length
}
