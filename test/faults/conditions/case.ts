/** One bad condition, told so that it can stand as a line of a table: what is done, what has to come of it, what came. */
import type { TestContext } from 'node:test'
import { luckFrom } from '../seed.js'

export interface Seen {
  readonly cases: number
  /** What came of it, in a few words. */
  readonly seen: string
  /** The longest time until it was noticed, in milliseconds, where a time is promised. */
  readonly noticedMs?: number
}

export interface Condition {
  readonly name: string
  readonly expected: string
  /** The stated time, where one is promised: in words, and the longest in milliseconds. */
  readonly bound?: { readonly words: string; readonly ms: number }
  /** Takes its real, long time, and no CPU: those run side by side, and only in the full run. */
  readonly isLong?: boolean
  /** Rejects when something else came of it than has to. */
  run(place: Place): Promise<Seen>
}

/** What a condition may use. It registers what has to be undone. */
export interface Place extends Pick<TestContext, 'after'> {
  readonly luck: () => number
  /** So many times, of the full run's count. */
  times(full: number): number
}

/** All of them in the full run, else as many as the share grants, from a place left to luck on. */
export function chooseSome<T>({ luck, times }: Place, all: readonly T[]): readonly T[] {
  const from = Math.floor(luck() * all.length)
  return [...all.slice(from), ...all.slice(0, from)].slice(0, times(all.length))
}

export interface Told extends Seen {
  readonly condition: Condition
}

/** No condition may take longer, whatever it waits for: a hang is a failure. */
const longestMs = 600_000
/** What a busy machine may add to a stated time. */
const graceMs = 10_000

/** @throws Error when something else came of it than has to */
export async function tryCondition(
  condition: Condition,
  { seed, share }: { readonly seed: number; readonly share: number },
): Promise<Told> {
  const undo: (() => unknown)[] = []
  const place: Place = {
    luck: luckFrom(seed),
    times: (full) => Math.max(1, Math.ceil(full * share)),
    after: (fn) => void (fn !== undefined && undo.push(fn as () => unknown)),
  }
  let late: NodeJS.Timeout | undefined
  const hung = new Promise<never>((_, reject) => {
    late = setTimeout(() => reject(new Error(`it hangs: no end within ${longestMs / 1000} s`)), longestMs)
  })
  try {
    const seen = await Promise.race([condition.run(place), hung])
    if (condition.bound !== undefined && (seen.noticedMs ?? 0) > condition.bound.ms + graceMs) {
      throw new Error(`noticed after ${Math.round(seen.noticedMs ?? 0)} ms, and not ${condition.bound.words}`)
    }
    return { condition, ...seen }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`${condition.name} (seed ${seed}): ${why}`, { cause })
  } finally {
    clearTimeout(late)
    for (const each of undo.reverse()) await each()
  }
}
