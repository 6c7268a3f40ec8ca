/**
 * Virtual time and seeded luck. Everything that the world lets happen waits in one queue; one entry is taken at a time,
 * and only when every promise it woke has come to rest is the next one taken. So one seed is one run, to the letter.
 */

import type { Fault } from './faults.js'

export interface Luck {
  /** Uniform in [0, 1). */
  next(): number
  /** A whole number from 0 to below `end`. */
  below(end: number): number
  chance(probability: number): boolean
  pick<T>(items: readonly T[]): T
}

/** SplitMix32: small, and good enough to decide who is late. */
export function createLuck(seed: number): Luck {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x9e3779b9) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32
  }
  const below = (end: number): number => Math.floor(next() * end)
  return {
    next,
    below,
    chance: (probability) => next() < probability,
    pick: (items) => {
      const item = items[below(items.length)]
      if (item === undefined) throw new Error('nothing to pick from')
      return item
    },
  }
}

interface Entry {
  readonly at: number
  readonly order: number
  readonly act: () => void
}

/** One run of a process. Dead, it never hears of anything again: its promises stay open for ever. */
export interface SimulatedLife {
  readonly name: string
  alive: boolean
}

export interface World {
  readonly seed: number
  readonly luck: Luck
  /** Milliseconds of virtual time. */
  now(): number
  /** Does `act` later, unless the life it belongs to has died by then. */
  schedule(delayMs: number, act: () => void, life?: SimulatedLife): void
  /** Resolves later; never for a life that has died. */
  pause(delayMs: number, life: SimulatedLife): Promise<void>
  /** Until `done` says so; throws when the queue runs dry, or time or steps run out. */
  runUntil(
    done: () => boolean,
    bounds: { readonly maxSteps: number; readonly untilMs: number },
  ): Promise<void>
  /** What happened, one line each. */
  readonly trace: string[]
  /** A function where the words cost something and may not be wanted. */
  note(line: string | (() => string)): void
  readonly counts: Map<string, number>
  count(what: string): void
  /** A fault strikes. */
  strike(fault: Fault): void
  /** Has any of these struck so far? */
  met(...faults: readonly Fault[]): boolean
}

export interface WorldOptions {
  readonly traced: boolean
  /** Turns of the loop that code in this world may wait before it goes on. */
  readonly turns?: number
}

export function createWorld(seed: number, options: WorldOptions = { traced: false }): World {
  const { turns = 1 } = options
  const rest = async (): Promise<void> => {
    for (let turn = 0; turn < turns; turn++) await atRest()
  }
  const luck = createLuck(seed)
  const queue: Entry[] = []
  const trace: string[] = []
  const counts = new Map<string, number>()
  const struck = new Set<Fault>()
  const count = (what: string): void => {
    counts.set(what, (counts.get(what) ?? 0) + 1)
  }
  let now = 0
  let order = 0

  const schedule = (delayMs: number, act: () => void, life?: SimulatedLife): void => {
    order += 1
    const entry: Entry = {
      at: now + Math.max(0, delayMs),
      order,
      act: () => {
        if (life === undefined || life.alive) act()
      },
    }
    push(queue, entry)
  }
  return {
    seed,
    luck,
    trace,
    counts,
    now: () => now,
    schedule,
    pause: (delayMs, life) => new Promise((resolve) => schedule(delayMs, resolve, life)),
    note: (line) => {
      if (!options.traced) return
      trace.push(`${now.toFixed(1).padStart(10)} ${typeof line === 'string' ? line : line()}`)
    },
    count,
    strike(fault) {
      struck.add(fault)
      count(`fault: ${fault}`)
    },
    met: (...faults) => faults.some((fault) => struck.has(fault)),
    async runUntil(done, { maxSteps, untilMs }) {
      await rest()
      for (let step = 0; !done(); step++) {
        const entry = pop(queue)
        if (entry === undefined)
          throw new Error(`at ${now} ms nothing can happen any more, and it is not done`)
        if (step > maxSteps) throw new Error(`not done after ${maxSteps} steps, at ${now} ms`)
        if (entry.at > untilMs) throw new Error(`not done after ${untilMs} ms of virtual time`)
        now = entry.at
        entry.act()
        await rest()
      }
    },
  }
}

/** Resolves when every promise that could go on has gone on. */
function atRest(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

// A binary heap: earliest first, and in the order of scheduling at one time.

function before(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

function push(heap: Entry[], entry: Entry): void {
  heap.push(entry)
  for (let index = heap.length - 1; index > 0; ) {
    const parent = (index - 1) >> 1
    const above = heap[parent]
    if (above === undefined || !before(entry, above)) break
    heap[index] = above
    heap[parent] = entry
    index = parent
  }
}

function pop(heap: Entry[]): Entry | undefined {
  const top = heap[0]
  const last = heap.pop()
  if (top === undefined || last === undefined || heap.length === 0) return top
  let index = 0
  for (;;) {
    const left = heap[2 * index + 1]
    const right = heap[2 * index + 2]
    const child = right !== undefined && left !== undefined && before(right, left) ? right : left
    if (child === undefined || !before(child, last)) break
    const childIndex = child === left ? 2 * index + 1 : 2 * index + 2
    heap[index] = child
    index = childIndex
  }
  heap[index] = last
  return top
}
