/**
 * One run of a server over a simulated machine. All that it asks of the machine waits in one place; one thing is done at a
 * time, drawn by luck, and only when every promise it woke has come to rest is the next one drawn. So one seed is one run.
 */
import { setImmediate as atRest } from 'node:timers/promises'
import type { Luck } from '../simulation/world.js'

export interface Life {
  /** Does `effect` at some moment and resolves at the same moment or a later one; never, once the life is over. */
  step<T>(name: string, effect: () => T): Promise<T>
  /** Steps done so far. */
  steps(): number
  /** From now on so many steps, then the end. */
  endIn(steps: number): void
  /** Until `work` is done, or the life is over: then some of what was asked for last has happened, and nobody hears of it. */
  run(work: Promise<unknown>): Promise<'done' | 'over'>
}

interface Waiting {
  readonly name: string
  /** Happens also when nobody will hear of it; without one, only the answer is still to come. */
  readonly effect: (() => unknown) | undefined
  readonly answer: (happened: () => unknown) => void
}

/** More steps than any life of ours needs. */
const MOST_STEPS = 100_000
/** The chance that others get their turn between a thing's effect and its answer. */
const ANSWERED_LATER = 0.3

export function createLife(luck: Luck, note: (line: string) => void = () => {}): Life {
  const waiting: Waiting[] = []
  let steps = 0
  let endsAt = Number.POSITIVE_INFINITY
  let isOver = false

  function take(): Waiting | undefined {
    return waiting.splice(luck.below(waiting.length), 1)[0]
  }

  function doOne(): void {
    const next = take()
    if (next === undefined) return
    const { name, effect, answer } = next
    if (effect === undefined) {
      answer(() => undefined)
      return
    }
    note(name)
    const happened = outcomeOf(effect)
    if (luck.chance(ANSWERED_LATER)) {
      waiting.push({ name, effect: undefined, answer: () => answer(happened) })
    } else {
      answer(happened)
    }
  }

  function end(): void {
    isOver = true
    for (let next = take(); next !== undefined; next = take()) {
      if (next.effect === undefined || luck.chance(0.5)) continue
      note(`${next.name}, unheard of`)
      outcomeOf(next.effect)
    }
  }

  return {
    step<T>(name: string, effect: () => T): Promise<T> {
      if (isOver) return new Promise(() => {})
      return new Promise((resolve, reject) => {
        waiting.push({
          name,
          effect,
          answer(happened) {
            try {
              resolve(happened() as T)
            } catch (error) {
              reject(error)
            }
          },
        })
      })
    },
    steps: () => steps,
    endIn(more) {
      endsAt = steps + more
    },
    async run(work) {
      let ended: (() => unknown) | undefined
      work.then(
        () => {
          ended = () => undefined
        },
        (error: unknown) => {
          ended = () => {
            throw error
          }
        },
      )
      for (;;) {
        await atRest()
        if (ended !== undefined) {
          ended()
          return 'done'
        }
        if (steps >= endsAt) {
          end()
          return 'over'
        }
        if (waiting.length === 0) throw new Error('It waits for nothing: two of it wait for one another.')
        if (steps >= MOST_STEPS) throw new Error(`It does not end: ${steps} steps.`)
        steps += 1
        doOne()
      }
    },
  }
}

/** What it gives or throws, to be had later. */
function outcomeOf(effect: () => unknown): () => unknown {
  try {
    const value = effect()
    return () => value
  } catch (error) {
    return () => {
      throw error
    }
  }
}
