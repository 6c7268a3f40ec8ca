/** What many seeds met, added up by ring. Plain maps, so that it travels between processes. */
import type { Ring } from './faults.js'
import type { Outcome } from './scenario.js'

export interface RingTally {
  seeds: number
  /** Seeds with a multipart upload of three or more parts and at least one fault: only these count. */
  counted: number
  lives: number
  crashes: number
  faults: number
  /** Seeds that ended in success with a wrong object, and seeds that broke any other promise. */
  wrong: number
  broken: number
  /** Of the seeds that count. */
  readonly partsOf: Map<string, number>
  readonly livesOf: Map<string, number>
  readonly crashesOf: Map<string, number>
  readonly faultsOf: Map<string, number>
  readonly counts: Map<string, number>
}

export type Tally = ReadonlyMap<Ring, RingTally>

/** Every thirty-second seed is played over the real adapter and the real server, which takes ten times as long. */
export function ringOf(seed: number): Ring {
  return seed % 32 === 0 ? 2 : 1
}

export function createTally(): Tally {
  return new Map<Ring, RingTally>([
    [1, emptyRing()],
    [2, emptyRing()],
  ])
}

function emptyRing(): RingTally {
  return {
    seeds: 0,
    counted: 0,
    lives: 0,
    crashes: 0,
    faults: 0,
    wrong: 0,
    broken: 0,
    partsOf: new Map(),
    livesOf: new Map(),
    crashesOf: new Map(),
    faultsOf: new Map(),
    counts: new Map(),
  }
}

export function tally(sum: Tally, ring: Ring, outcome: Outcome): void {
  const of = sum.get(ring)
  if (of === undefined) return
  const { parts, lives, crashes, faults, counts } = outcome
  of.seeds += 1
  of.lives += lives
  of.crashes += crashes
  of.faults += faults
  for (const [what, count] of counts) add(of.counts, what, count)
  if (parts < 3 || faults === 0) return
  of.counted += 1
  add(of.partsOf, bucket(parts, [3, 5, 10], 3), 1)
  add(of.livesOf, bucket(lives, [1, 2, 4, 8], 1), 1)
  add(of.crashesOf, bucket(crashes, [0, 1, 3, 6], 0), 1)
  add(of.faultsOf, bucket(faults, [1, 3, 10, 30, 100], 1), 1)
}

/** Every check of a success that was not earned says so in these words. */
export function tallyFailure(sum: Tally, ring: Ring, message: string): void {
  const of = sum.get(ring)
  if (of === undefined) return
  of.seeds += 1
  if (message.includes('success, but')) of.wrong += 1
  else of.broken += 1
}

export function addTally(sum: Tally, part: Tally): void {
  for (const [ring, from] of part) {
    const to = sum.get(ring)
    if (to === undefined) continue
    for (const name of ['seeds', 'counted', 'lives', 'crashes', 'faults', 'wrong', 'broken'] as const)
      to[name] += from[name]
    for (const name of ['partsOf', 'livesOf', 'crashesOf', 'faultsOf', 'counts'] as const) {
      for (const [what, count] of from[name]) add(to[name], what, count)
    }
  }
}

function add(to: Map<string, number>, what: string, count: number): void {
  to.set(what, (to.get(what) ?? 0) + count)
}

/** `2`, `3 to 4`, `over 8`: by the upper ends of the classes, the first of which begins at `first`. */
function bucket(value: number, ends: readonly number[], first: number): string {
  let least = first
  for (const end of ends) {
    if (value <= end) return least >= end ? String(end) : `${least} to ${end}`
    least = end + 1
  }
  return `over ${ends.at(-1)}`
}
