/** Goals as rows of a table. */
import { markdownTable } from '../../test/support/figures.js'
import { type Verdict, word } from '../speed/goals.js'

export function verdictTable(verdicts: readonly Verdict[]): string {
  return markdownTable(
    [{ title: 'goal' }, { title: 'bound' }, { title: 'measured' }, { title: '' }],
    verdicts.map((verdict) => [verdict.what, verdict.bound, verdict.measured, word(verdict)]),
  )
}
