/** Puts what was measured into docs/performance.md, and the chart beside it. */
import { writeFileSync } from 'node:fs'
import { markdownTable, measuredOn, writeFigures } from '../../test/support/figures.js'
import { fixture } from '../../test/support/paths.js'
import { barChart } from './chart.js'
import type { Absent } from './contestants.js'
import { word } from './goals.js'
import type { Section } from './measure.js'

export function writePage(measured: {
  readonly sections: readonly Section[]
  readonly absent: readonly Absent[]
  readonly rounds: number
  readonly processor: string
}): void {
  const { sections, absent, rounds, processor } = measured
  const verdicts = sections.flatMap((section) => section.verdicts)
  const goals = markdownTable(
    [{ title: 'goal' }, { title: 'bound' }, { title: 'measured' }, { title: '' }],
    verdicts.map((verdict) => [verdict.what, verdict.bound, verdict.measured, word(verdict)]),
  )
  const missing = absent.map(({ name, reason }) => `Missing on this machine: ${name} (${oneLine(reason)}).`)
  const under = `Medians of ${rounds} interleaved rounds. ${processor}, ${measuredOn()}; \`npm run bench -- --write\``
  const tables = sections.map(({ title, table }) => `**${title}**\n\n${table}`)
  writeFigures(
    { page: 'performance', name: 'bench' },
    [`![Megabytes a second of each client](performance.svg)`, goals, ...tables, ...missing, under].join(
      '\n\n',
    ),
  )
  const groups = sections.flatMap(({ title, rates = [] }) =>
    rates.length === 0
      ? []
      : [
          {
            title,
            bars: rates.map(({ label, megabytesPerSecond, ours }) => ({
              label,
              value: megabytesPerSecond,
              ours,
            })),
          },
        ],
  )
  writeFileSync(fixture('docs/performance.svg'), barChart(groups, 'MB/s'))
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').slice(0, 200)
}
