/** What a part's tests came to: counted, and as the table that stands in docs/compatibility.md. */
import { markdownTable } from '../support/figures.js'
import type { Outcome, TestResult } from './part.js'

export type Counts = Readonly<Record<Outcome, number>>

export function countOutcomes(results: readonly TestResult[]): Counts {
  const counts = { pass: 0, explained: 0, 'not applicable': 0, failed: 0 }
  for (const { outcome } of results) counts[outcome] += 1
  return counts
}

/** `51 passed, 2 explained, 41 not applicable`; what is none is left out, but for the passed. */
export function describeCounts(counts: Counts): string {
  const words: readonly (readonly [Outcome, string])[] = [
    ['pass', 'passed'],
    ['explained', 'explained'],
    ['not applicable', 'not applicable'],
    ['failed', 'failed'],
  ]
  return words
    .filter(([outcome]) => outcome === 'pass' || counts[outcome] > 0)
    .map(([outcome, word]) => `${counts[outcome]} ${word}`)
    .join(', ')
}

/** One row per test in the order they are first met, one column per way, and the reasons of what did not pass. */
export function resultTable(results: readonly TestResult[]): string {
  const ways = [...new Set(results.map(({ way }) => way))]
  const tests = [...new Set(results.map(({ test }) => test))].sort(
    (a, b) => rank(results, a) - rank(results, b),
  )
  const rows = tests.map((test) => {
    const own = results.filter((result) => result.test === test)
    const reasons = [...new Set(own.flatMap(({ because }) => because ?? []))]
    const cells = ways.map((way) => own.find((result) => result.way === way)?.outcome ?? '–')
    return [escapeCell(test), ...cells, reasons.map(escapeCell).join(' ')]
  })
  const hasReasons = rows.some((row) => row.at(-1) !== '')
  const columns = [{ title: 'test' }, ...ways.map((title) => ({ title })), { title: 'why' }]
  if (hasReasons) return markdownTable(columns, rows)
  return markdownTable(
    columns.slice(0, -1),
    rows.map((row) => row.slice(0, -1)),
  )
}

/** What is not applicable comes last: nobody looks for it. */
function rank(results: readonly TestResult[], test: string): number {
  return results.some((result) => result.test === test && result.outcome !== 'not applicable') ? 0 : 1
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}
