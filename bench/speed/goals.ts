/** What ours aims at beside another client, and what it came to. */
import type { Verdict } from '../verdicts.js'
import type { ContestantName } from './contestants.js'
import type { Standing } from './race.js'

export interface Goal {
  readonly against: ContestantName
  /** At least so many times as fast. */
  readonly speed: number
  /** At most so many times the processor's time. */
  readonly cpu?: number
}

/** A share of the goal, in the best round of a run with small sizes on a machine that does much else. */
const COLLAPSE = 0.15

export function judge(what: string, goals: readonly Goal[], standings: readonly Standing[]): Verdict[] {
  return goals.flatMap(({ against, speed, cpu }) => {
    const standing = standings.find(({ name }) => name === against)
    const speedVerdict: Verdict = {
      what: `${what}: speed against ${standing?.title ?? against}`,
      bound: `at least ${speed} times`,
      measured: standing === undefined ? 'not measured' : `${standing.speedRatio.toFixed(2)} times`,
      holds: standing && standing.speedRatio >= speed,
      collapsed: standing !== undefined && standing.spread[1] < speed * COLLAPSE,
    }
    if (cpu === undefined) return [speedVerdict]
    return [
      speedVerdict,
      {
        what: `${what}: processor time against ${standing?.title ?? against}`,
        bound: `at most ${cpu} times`,
        measured: standing === undefined ? 'not measured' : `${standing.cpuRatio.toFixed(2)} times`,
        holds: standing && standing.cpuRatio <= cpu,
      },
    ]
  })
}
