/** Puts what was measured into docs/performance.md, each measure in its own place, and the chart beside it. */
import { writeFileSync } from 'node:fs'
import { measuredOn, writeFigures } from '../../test/support/figures.js'
import { fixture } from '../../test/support/paths.js'
import { verdictTable } from '../verdicts.js'
import { barChart } from './chart.js'
import type { Absent } from './contestants.js'
import type { Measure, Section } from './measure.js'

export interface Measured {
  readonly measure: Measure
  readonly section: Section
}

export function writePage(
  measured: readonly Measured[],
  { absent, processor }: { readonly absent: readonly Absent[]; readonly processor: string },
): void {
  for (const { measure, section } of measured) {
    const missing = absent
      .filter(({ name }) => measure.contestants.includes(name))
      .map(({ name, reason }) => `Missing on this machine: ${name} (${oneLine(reason)}).`)
    const under = `${capital(section.how)}. ${processor}, ${measuredOn()}; \`npm run bench -- --only ${measure.name} --write\``
    writeFigures(
      { page: 'performance', name: measure.name },
      [
        `**${section.title}**`,
        section.table,
        ...(section.note === undefined ? [] : [section.note]),
        verdictTable(section.verdicts),
        ...missing,
        under,
      ].join('\n\n'),
    )
  }
}

/** All groups of the chart share one scale, so it is drawn anew as a whole. */
export function writeChart(measured: readonly Measured[]): void {
  const groups = measured.flatMap(({ section: { title, rates = [] } }) =>
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

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').slice(0, 200)
}
