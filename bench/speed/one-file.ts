/** One file from the page cache in parts: over plain HTTP with 1 and 4 in flight, and over HTTPS with 4. */
import { join } from 'node:path'
import { markdownTable } from '../../test/support/figures.js'
import type { Contestant, ContestantName } from './contestants.js'
import { type Goal, judge } from './goals.js'
import { randomFile } from './material.js'
import { type Bench, type Measure, megabytesPerSecond, type Section } from './measure.js'
import { race, type Standing } from './race.js'
import { runContestant } from './run.js'

const MiB = 1024 * 1024
const partSize = 8 * MiB

interface Form {
  readonly scheme: 'http' | 'https'
  readonly parallel: number
  readonly goals: readonly Goal[]
  /** Who takes part beside ours. */
  readonly peers: readonly ContestantName[]
}

const plain = (parallel: number, goals: readonly Goal[]): Form => ({
  scheme: 'http',
  parallel,
  goals,
  peers: goals.map(({ against }) => against),
})

const loopbackForms: readonly Form[] = [
  plain(1, [
    { against: 'curl', speed: 0.8 },
    { against: 'go', speed: 2.2, cpu: 0.6 },
    { against: 'ali-oss', speed: 3.5 },
    { against: 'lib-storage', speed: 6 },
    { against: 'oss2', speed: 8 },
  ]),
  plain(4, [
    { against: 'curl', speed: 0.8 },
    { against: 'go', speed: 1.3, cpu: 0.6 },
    { against: 'ali-oss', speed: 1.6 },
    { against: 'lib-storage', speed: 6 },
    { against: 'oss2', speed: 8 },
  ]),
]

const httpsForm: Form = {
  scheme: 'https',
  parallel: 4,
  goals: [{ against: 'go', speed: 1, cpu: 0.9 }],
  peers: ['curl', 'go'],
}

export const loopback: Measure = {
  name: 'loopback',
  contestants: ['longhaul', 'curl', 'go', 'ali-oss', 'lib-storage', 'oss2'],
  run: (bench) => runForms(bench, loopbackForms),
}

export const https: Measure = {
  name: 'https',
  contestants: ['longhaul', 'curl', 'go'],
  run: (bench) => runForms(bench, [httpsForm]),
}

async function runForms(bench: Bench, forms: readonly Form[]): Promise<readonly Section[]> {
  const material = randomFile(join(bench.folder, 'one.bin'), (bench.quick ? 128 : 1024) * MiB)
  await bench.server.know([material.knowledge('one.bin', partSize)])
  const sections: Section[] = []
  for (const { scheme, parallel, goals, peers } of forms) {
    const endpoint = bench.server[scheme]
    const { file, size } = material
    const title = `${scheme.toUpperCase()}, ${size / MiB} MiB from the page cache, parts of 8 MiB, ${parallel} in flight`
    bench.say(title)
    const asked = {
      kind: 'one',
      endpoint,
      bucket: 'bench',
      key: 'one.bin',
      file,
      partSize,
      parallel,
    } as const
    const isIn = ({ name }: Contestant): boolean => name === 'longhaul' || peers.includes(name)
    const standings = await race(
      bench.contestants.filter(isIn),
      (contestant) => runContestant(contestant, asked, bench),
      bench,
    )
    sections.push({
      title,
      table: tableOf(size, standings),
      verdicts: judge(`${scheme.toUpperCase()}, ${parallel} in flight`, goals, standings),
      rates: standings.map((standing) => ({
        label: standing.title,
        ours: standing.name === 'longhaul',
        megabytesPerSecond: megabytesPerSecond(size, standing),
      })),
    })
  }
  return sections
}

function tableOf(size: number, standings: readonly Standing[]): string {
  const rows = standings.map((standing) => [
    standing.title,
    megabytesPerSecond(size, standing).toFixed(0),
    standing.name === 'longhaul'
      ? '1'
      : `${standing.speedRatio.toFixed(2)} (${standing.spread.map((ratio) => ratio.toFixed(2)).join(' to ')})`,
    standing.cpuSeconds.toFixed(2),
    standing.cpuRatio.toFixed(2),
    standing.peakMiB?.toFixed(0) ?? '',
    standing.checksum,
  ])
  const right = (title: string) => ({ title, align: 'right' as const })
  return markdownTable(
    [
      { title: 'client' },
      right('MB/s'),
      right('ours is so many times as fast'),
      right('CPU s'),
      right('ours takes so many times the CPU'),
      right('peak MiB'),
      { title: 'checksum' },
    ],
    rows,
  )
}
