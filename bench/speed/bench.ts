/** `npm run bench`: our client beside others, each a process of its own, against a server that throws away what it gets. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join, resolve } from 'node:path'
import {
  choose,
  endOnSignals,
  readCommand,
  refuse,
  tidyAtEnd,
  wholeNumber,
  workFolder,
} from '../../test/support/command.js'
import { testCertificate } from '../../test/transport/certificate.js'
import { verdictLine } from '../verdicts.js'
import { bringContestants, type ContestantName, yardsticks } from './contestants.js'
import { threads } from './cores.js'
import { smallFiles } from './many-files.js'
import type { Bench, Measure, Section } from './measure.js'
import { memory } from './memory.js'
import { http1, http4, https4 } from './one-file.js'
import { type Measured, writeChart, writePage } from './page.js'
import { startDiscardServer } from './server.js'
import { start } from './start-time.js'

const measures: readonly Measure[] = [http1, http4, https4, threads, smallFiles, start, memory]
/** The chart shows these beside one another, so it needs all of them from one run. */
const charted: readonly Measure[] = [http1, http4, https4]
/** What CI measures with: nothing that has to be compiled. */
const quickContestants: readonly ContestantName[] = [
  'longhaul',
  'curl',
  'ali-oss',
  'lib-storage',
  ...yardsticks,
]

const usage = `npm run bench [-- OPTION...]
  --only NAME      one measure: ${measures.map(({ name }) => name).join(', ')};
                   several times for several
  --rounds N       interleaved rounds, after one that does not count; default 5
  --quick          small sizes and 2 rounds, curl and what npm has: shows a collapse, no figures worth telling
  --folder DIR     where files and contestants are kept; default a temporary folder, removed at the end
  --write          puts the tables of what was measured into docs/performance.md, and the chart, when all of it was measured

Everything the others need is installed into the folder; who can't be had is named as missing. Needs 60 MB of downloads and
3 GB of disk. Exit code 1 when a run failed, or with --quick when speed collapsed; goals that are missed are said, not
punished: they depend on the machine.`

const { values } = readCommand(usage, {
  options: {
    only: { type: 'string', multiple: true, default: [] },
    rounds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    folder: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
})
const { quick, write } = values
const chosen = choose('measure', measures, values.only)
const rounds = wholeNumber('rounds', values.rounds ?? (quick ? '2' : '5'), { least: 1, most: 99 })
if (write && quick) refuse('--write needs full sizes: leave --quick away.')

endOnSignals()
const folder = workFolder('longhaul-bench-', values.folder === undefined ? undefined : resolve(values.folder))
const say = (line: string): void => console.log(line)
const names = new Set(chosen.flatMap(({ contestants }) => contestants))
const wanted = [...names].filter((name) => !quick || quickContestants.includes(name))
const { present, absent } = await bringContestants(wanted, { folder, say })
const runs = join(folder, 'runs')
mkdirSync(runs, { recursive: true })
const ca = join(runs, 'ca.pem')
writeFileSync(ca, testCertificate)
const clear = tidyAtEnd(() => rmSync(runs, { recursive: true, force: true, maxRetries: 5 }))
const server = await startDiscardServer()
const measured: Measured[] = []
try {
  const bench: Bench = { server, contestants: present, rounds, quick, folder: runs, ca, say }
  for (const measure of chosen) {
    say(`\n== ${measure.name}`)
    measured.push({ measure, section: await measure.run(bench) })
  }
} finally {
  server.end()
  clear()
}
const sections = measured.map(({ section }) => section)
for (const { title, table } of sections) say(`\n${title}\n\n${table}`)
say('')
for (const verdict of sections.flatMap(({ verdicts }) => verdicts)) say(verdictLine(verdict))
for (const { name, reason } of absent) say(`missing: ${name}: ${reason}`)
if (write) {
  writePage(measured, { absent, processor: cpus()[0]?.model.trim() ?? '' })
  if (charted.every((measure) => chosen.includes(measure))) writeChart(measured)
}
if (quick) guard(sections)

function guard(all: readonly Section[]): void {
  const collapsed = all.flatMap(({ verdicts }) => verdicts).filter(({ collapsed }) => collapsed === true)
  for (const { what, measured: told } of collapsed) console.error(`collapsed: ${what}: ${told}`)
  if (collapsed.length > 0) process.exitCode = 1
}
