/** One file from the page cache in parts: over plain HTTP with 1 and 4 in flight, and over HTTPS with 4. */
import { join } from 'node:path'
import { markdownTable, right } from '../../test/support/figures.js'
import { spreadText } from '../rounds.js'
import { type ContestantName, yardstickNote, yardsticks } from './contestants.js'
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

const overHttps: Form = {
  scheme: 'https',
  parallel: 4,
  goals: [{ against: 'go', speed: 1, cpu: 0.9 }],
  peers: ['curl', 'go'],
}

export const http1 = measureOf(
  plain(1, [
    { against: 'curl', speed: 0.8 },
    { against: 'go', speed: 2.2, cpu: 0.6 },
    { against: 'ali-oss', speed: 3.5 },
    { against: 'lib-storage', speed: 6 },
    { against: 'oss2', speed: 8 },
  ]),
)

export const http4 = measureOf(
  plain(4, [
    { against: 'curl', speed: 0.8 },
    { against: 'go', speed: 1.3, cpu: 0.6 },
    { against: 'ali-oss', speed: 1.6 },
    { against: 'lib-storage', speed: 6 },
    { against: 'oss2', speed: 8 },
  ]),
)

export const https4 = measureOf(overHttps)

function measureOf(form: Form): Measure {
  return {
    name: `${form.scheme}-${form.parallel}`,
    contestants: ['longhaul', ...form.peers, ...yardsticks],
    run: (bench) => runForm(bench, form),
  }
}

async function runForm(bench: Bench, { scheme, parallel, goals, peers }: Form): Promise<Section> {
  const { file, size, knowledge } = randomFile(
    join(bench.folder, 'one.bin'),
    (bench.quick ? 128 : 1024) * MiB,
  )
  await bench.server.know([knowledge('one.bin', partSize)])
  const title = `${scheme.toUpperCase()}, ${size / MiB} MiB from the page cache, parts of 8 MiB, ${parallel} in flight`
  bench.say(title)
  const asked = {
    kind: 'one',
    endpoint: bench.server[scheme],
    bucket: 'bench',
    key: 'one.bin',
    file,
    partSize,
    parallel,
  } as const
  const inIt: readonly ContestantName[] = ['longhaul', ...peers, ...yardsticks]
  const standings = await race(
    bench.contestants.filter(({ name }) => inIt.includes(name)),
    (contestant) => runContestant(contestant, asked, bench),
    bench,
  )
  return {
    title,
    table: tableOf(size, standings),
    note: yardstickNote,
    how: `medians of ${bench.rounds} interleaved rounds`,
    verdicts: judge(`${scheme.toUpperCase()}, ${parallel} in flight`, goals, standings),
    rates: standings.map((standing) => ({
      label: standing.title,
      ours: standing.name === 'longhaul',
      megabytesPerSecond: megabytesPerSecond(size, standing),
    })),
  }
}

function tableOf(size: number, standings: readonly Standing[]): string {
  const rows = standings.map((standing) => [
    standing.title,
    megabytesPerSecond(size, standing).toFixed(0),
    standing.name === 'longhaul' ? '1' : `${standing.speedRatio.toFixed(2)} (${spreadText(standing.spread)})`,
    standing.cpuSeconds.toFixed(2),
    standing.cpuRatio.toFixed(2),
    standing.peakMiB?.toFixed(0) ?? '',
    standing.checksum,
  ])
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
