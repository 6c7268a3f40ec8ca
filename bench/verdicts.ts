/** What we hold ourselves to, and whether it holds. */
import { markdownTable } from '../test/support/figures.js'

export interface Verdict {
  readonly what: string
  readonly bound: string
  readonly measured: string
  /** `undefined`: not measured. */
  readonly holds: boolean | undefined
  /** So far off that neither a busy machine nor small sizes explain it. */
  readonly collapsed?: boolean
}

export function word({ holds }: Verdict): string {
  if (holds === undefined) return 'not measured'
  return holds ? 'holds' : 'does not hold'
}

export function verdictLine(verdict: Verdict): string {
  return `${word(verdict)}: ${verdict.what}: ${verdict.measured} (${verdict.bound})`
}

export function verdictTable(verdicts: readonly Verdict[]): string {
  return markdownTable(
    [{ title: 'goal' }, { title: 'bound' }, { title: 'measured' }, { title: '' }],
    verdicts.map((verdict) => [verdict.what, verdict.bound, verdict.measured, word(verdict)]),
  )
}
