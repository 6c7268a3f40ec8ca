/** What became of each mutant, from Stryker's report and the judges' verdicts; and whether every survivor is explained. */
import { type Column, markdownTable } from '../support/figures.js'
import type { Killer, Verdict } from './verdicts.js'

/** The part of Stryker's report that is read here (its schema is `mutation-testing-report-schema`). */
export interface StrykerReport {
  readonly files: Readonly<Record<string, StrykerFile>>
}

interface StrykerFile {
  readonly source: string
  readonly mutants: readonly StrykerMutant[]
}

interface Position {
  /** Both count from 1. */
  readonly line: number
  readonly column: number
}

interface StrykerMutant {
  readonly id: string
  readonly status: string
  readonly replacement?: string
  /** `end` is exclusive. */
  readonly location: { readonly start: Position; readonly end: Position }
}

export type Fate = Killer | 'survived'

export interface Mutant {
  /** From the project's root. */
  readonly file: string
  readonly line: number
  /** The same wherever the code moves to in its file: the line of the mutation, what was there, what came instead. */
  readonly change: string
  readonly fate: Fate
}

/** Why a mutant that nothing notices can't matter. */
export interface Explanation {
  readonly file: string
  /** As the command prints it. */
  readonly change: string
  readonly why: string
}

export function readMutants(report: StrykerReport, verdicts: ReadonlyMap<string, Verdict>): Mutant[] {
  return Object.entries(report.files).flatMap(([file, { source, mutants }]) =>
    mutants
      .map((mutant) => ({
        file,
        line: mutant.location.start.line,
        change: changeOf(mutant, source),
        fate: fateOf(mutant, verdicts),
      }))
      .sort((a, b) => a.line - b.line),
  )
}

/** Throws when a mutant was neither killed by something we know nor seen to survive: then the run proves nothing. */
function fateOf(mutant: StrykerMutant, verdicts: ReadonlyMap<string, Verdict>): Fate {
  if (mutant.status === 'Survived') return 'survived'
  if (mutant.status === 'Timeout') return 'limit'
  const verdict = verdicts.get(mutant.id)
  if (mutant.status !== 'Killed' || verdict === undefined) {
    throw new Error(`Mutant ${mutant.id} ended as ${mutant.status}, and nothing says what killed it.`)
  }
  return verdict.killer
}

const LONGEST = 100

function changeOf({ location, replacement }: StrykerMutant, source: string): string {
  const { start, end } = location
  const lines = source.split('\n')
  const text = lines.slice(start.line - 1, end.line)
  const last = text.length - 1
  text[last] = (text[last] ?? '').slice(0, end.column - 1)
  text[0] = (text[0] ?? '').slice(start.column - 1)
  const clip = (long: string): string => {
    const one = long.replace(/\s+/g, ' ').trim()
    return one.length > LONGEST ? `${one.slice(0, LONGEST)}…` : one
  }
  return `${clip(lines[start.line - 1] ?? '')} | ${clip(text.join('\n'))} -> ${clip(replacement ?? '')}`
}

export interface Disagreement {
  /** Survivors that no explanation names. */
  readonly unexplained: readonly Mutant[]
  /** Explanations, for files that were run, that no survivor needs. */
  readonly needless: readonly Explanation[]
}

export function compare(mutants: readonly Mutant[], explanations: readonly Explanation[]): Disagreement {
  const survivors = mutants.filter(({ fate }) => fate === 'survived')
  const run = new Set(mutants.map(({ file }) => file))
  const same = (a: Mutant | Explanation, b: Mutant | Explanation): boolean =>
    a.file === b.file && a.change === b.change
  return {
    unexplained: survivors.filter((mutant) => !explanations.some((explained) => same(explained, mutant))),
    needless: explanations.filter(
      (explained) => run.has(explained.file) && !survivors.some((mutant) => same(explained, mutant)),
    ),
  }
}

const columns: readonly Column[] = [
  { title: 'file' },
  { title: 'mutants', align: 'right' },
  { title: 'killed by tests', align: 'right' },
  { title: 'by the simulation', align: 'right' },
  { title: 'by the limits', align: 'right' },
  { title: 'survived, explained', align: 'right' },
  { title: 'score', align: 'right' },
]

export function scoreTable(mutants: readonly Mutant[]): string {
  const files = [...new Set(mutants.map(({ file }) => file))]
  const rows = files.map((file) =>
    rowOf(
      `\`${file}\``,
      mutants.filter((mutant) => mutant.file === file),
    ),
  )
  return markdownTable(columns, files.length > 1 ? [...rows, rowOf('all', mutants)] : rows)
}

function rowOf(title: string, mutants: readonly Mutant[]): readonly (string | number)[] {
  const count = (fate: Fate): number => mutants.filter((mutant) => mutant.fate === fate).length
  const survived = count('survived')
  const score = (100 * (mutants.length - survived)) / mutants.length
  const counts = [mutants.length, count('tests'), count('simulation'), count('limit'), survived]
  return [title, ...counts, `${score.toFixed(1)} %`]
}
