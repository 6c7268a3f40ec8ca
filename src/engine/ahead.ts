/**
 * Has the first block of the part that a sender will probably take next read while the end of its last one is on the way.
 * Probably: it remains in the queue meanwhile, and whoever is free first takes it.
 */
import { type Plan, partRange } from './plan.js'
import type { EarlySlice, Slice, Source, SourceIdentity } from './ports.js'

export interface PartInTurn {
  readonly partNumber: number
  /** Read by this sender beforehand. */
  readonly early?: EarlyPart
}

export interface EarlyPart {
  readonly slice: EarlySlice
  /** The state of the source before any of it was read. */
  readonly before: SourceIdentity
}

/** Of one sender. */
export interface Ahead {
  /** Takes the next part out of the queue. */
  take(): PartInTurn | undefined
  /** The source's state has been found to be this. */
  saw(identity: SourceIdentity): void
  /** The same slice, with the next part begun when its last block goes to the sink. */
  watch(slice: Slice): Slice
  /** What was read beforehand is not wanted. */
  drop(): void
}

/**
 * For each sender of one queue.
 *
 * @param queue.toSend numbers of parts, in turn; parts are taken out of it, others may put some in
 */
export function createAheads({
  source,
  plan,
  toSend,
}: {
  readonly source: Source
  readonly plan: Plan
  readonly toSend: number[]
}): () => Ahead {
  /** Read beforehand by one sender or another. */
  const begun = new Set<number>()

  return () => {
    let held: (EarlyPart & { readonly partNumber: number }) | undefined
    let seen: SourceIdentity | undefined
    const letGo = () => {
      const early = held
      held = undefined
      if (early !== undefined) begun.delete(early.partNumber)
      return early
    }
    const drop = () => letGo()?.slice.drop()
    const begin = () => {
      const partNumber = toSend.find((number) => !begun.has(number))
      if (held !== undefined || seen === undefined || partNumber === undefined) return
      const { start, end } = partRange(plan, partNumber)
      const slice = source.earlySlice?.(start, end)
      if (slice === undefined) return
      begun.add(partNumber)
      held = { partNumber, slice, before: seen }
    }
    return {
      take() {
        const early = letGo()
        const at = early === undefined ? -1 : toSend.indexOf(early.partNumber)
        if (early !== undefined && at >= 0) {
          toSend.splice(at, 1)
          return { partNumber: early.partNumber, early }
        }
        early?.slice.drop() // somebody else was free first
        const others = toSend.findIndex((number) => !begun.has(number))
        const [partNumber] = toSend.splice(Math.max(others, 0), 1)
        return partNumber === undefined ? undefined : { partNumber }
      },
      saw(identity) {
        seen = identity
      },
      watch: (slice) => ({
        start: slice.start,
        size: slice.size,
        pump: (sink, signal) => slice.pump(sink, signal, begin),
      }),
      drop,
    }
  }
}
