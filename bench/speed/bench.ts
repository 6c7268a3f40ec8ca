/**
 * `npm run bench`: our client beside others, each a process of its own, against a server that throws away what it gets.
 * Everything the others need is installed into a temporary folder; who can't be had is named as missing.
 *
 *     -- --only NAME      one measure: loopback, https, cores, files, start or memory; several times for several
 *     -- --rounds N       interleaved rounds, after one that does not count; default 5
 *     -- --quick          small sizes and a few rounds, curl and what npm has: shows a collapse, no figures worth telling
 *     -- --folder DIR     where files and contestants are kept; default a temporary folder, removed at the end
 *     -- --write          puts the tables and the chart into docs/performance.md
 *
 * Needs 60 MB of downloads and 2 GB of disk. Exit code 1 when a run failed, or with --quick when speed collapsed; goals
 * that are missed are said, not punished: they depend on the machine.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { testCertificate } from '../../test/transport/certificate.js'
import { bringContestants, type ContestantName } from './contestants.js'
import { cores } from './cores.js'
import { word } from './goals.js'
import { files } from './many-files.js'
import type { Bench, Measure, Section } from './measure.js'
import { memory } from './memory.js'
import { https, loopback } from './one-file.js'
import { writePage } from './page.js'
import { startDiscardServer } from './server.js'
import { start } from './start-time.js'

const measures: readonly Measure[] = [loopback, https, cores, files, start, memory]
/** What CI measures with: nothing that has to be compiled. */
const quickContestants: readonly ContestantName[] = ['longhaul', 'curl', 'ali-oss', 'lib-storage']

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    rounds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    folder: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
})
const { quick, write } = values
const unknown = values.only.find((name) => !measures.some((measure) => measure.name === name))
if (unknown !== undefined) {
  refuse(`There is no measure ${unknown}, only: ${measures.map(({ name }) => name).join(', ')}.`)
}
const rounds = Number(values.rounds ?? (quick ? 2 : 5))
if (!Number.isInteger(rounds) || rounds < 1 || rounds > 99) refuse('--rounds takes a number from 1 to 99.')
if (write && (quick || values.only.length > 0)) {
  refuse('--write needs all measures in full: some would pass for the whole.')
}
const chosen = values.only.length === 0 ? measures : measures.filter(({ name }) => values.only.includes(name))

const folder =
  values.folder === undefined ? mkdtempSync(join(tmpdir(), 'longhaul-bench-')) : resolve(values.folder)
const say = (line: string): void => console.log(line)
try {
  const names = new Set(chosen.flatMap(({ contestants }) => contestants))
  const wanted = [...names].filter((name) => !quick || quickContestants.includes(name))
  const { present, absent } = await bringContestants(wanted, { folder, say })
  const runs = join(folder, 'runs')
  mkdirSync(runs, { recursive: true })
  const ca = join(runs, 'ca.pem')
  writeFileSync(ca, testCertificate)
  const server = await startDiscardServer()
  const sections: Section[] = []
  try {
    const bench: Bench = { server, contestants: present, rounds, quick, folder: runs, ca, say }
    for (const { name, run } of chosen) {
      say(`\n== ${name}`)
      sections.push(...(await run(bench)))
    }
  } finally {
    server.end()
    rmSync(runs, { recursive: true, force: true })
  }
  for (const { title, table } of sections) say(`\n${title}\n\n${table}`)
  say('')
  const verdicts = sections.flatMap((section) => section.verdicts)
  for (const verdict of verdicts) {
    say(`${word(verdict)}: ${verdict.what}: ${verdict.measured} (${verdict.bound})`)
  }
  for (const { name, reason } of absent) say(`missing: ${name}: ${reason}`)
  if (write) writePage({ sections, absent, rounds, processor: cpus()[0]?.model.trim() ?? '' })
  if (quick) guard(sections)
} finally {
  if (values.folder === undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}

function guard(all: readonly Section[]): void {
  const collapsed = all.flatMap(({ verdicts }) => verdicts).filter(({ collapsed }) => collapsed === true)
  for (const { what, measured } of collapsed) console.error(`collapsed: ${what}: ${measured}`)
  if (collapsed.length > 0) process.exitCode = 1
}

function refuse(message: string): never {
  console.error(message)
  process.exit(2)
}
