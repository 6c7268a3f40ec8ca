/** What is passed from the judge of each mutant to the command that asked for all of them: a line per killed mutant. */
import { readFileSync } from 'node:fs'

/** `limit`: the mutant did not end, or took all memory. */
export type Killer = 'tests' | 'simulation' | 'limit'

export interface Verdict {
  /** Stryker's number of the mutant; `none` when the tests ran without one. */
  readonly mutant: string
  readonly killer: Killer
  /** The test that failed, or the first line of what the simulation said. */
  readonly what: string
}

/** Names the file; the judges inherit it. */
export const verdictsVariable = 'LONGHAUL_MUTATION_VERDICTS'

export function verdictsFile(): string {
  const path = process.env[verdictsVariable]
  if (path === undefined) throw new Error(`${verdictsVariable} is not set: run this by npm run mutation.`)
  return path
}

/** The mutant that is switched on in this process and its children. */
export function activeMutant(): string {
  return process.env['__STRYKER_ACTIVE_MUTANT__'] ?? 'none'
}

export function readVerdicts(path: string): ReadonlyMap<string, Verdict> {
  const lines = readFileSync(path, 'utf8').split('\n')
  const verdicts = lines.filter((line) => line !== '').map((line): Verdict => JSON.parse(line))
  return new Map(verdicts.map((verdict) => [verdict.mutant, verdict]))
}
