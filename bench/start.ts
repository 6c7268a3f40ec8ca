/**
 * How soon the embedded server listens, as somebody's test would see it: each run is a process of its own that imports
 * the built `longhaul/server` and starts a server in memory.
 */
import { spawnSync } from 'node:child_process'
import { cpus } from 'node:os'
import { pathToFileURL } from 'node:url'
import { readCommand, wholeNumber } from '../test/support/command.js'
import { fixture } from '../test/support/paths.js'
import { median } from './rounds.js'

const usage = `npm run bench:start [-- OPTION...]
  --runs N         processes; default 10`

const door = pathToFileURL(fixture('dist/server/index.js')).href
const program = `
const begin = performance.now()
const { createServer } = await import(${JSON.stringify(door)})
const imported = performance.now()
const server = await createServer({ buckets: ['examplebucket'] })
const listening = performance.now()
const answer = await fetch(server.endpoint)
await answer.arrayBuffer()
const answered = performance.now()
await server.close()
console.log(JSON.stringify([imported - begin, listening - imported, answered - listening]))
`

/** Milliseconds of one run: to import, from there to listening, from there to the first answer. */
function measure(): readonly number[] {
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
  if (run.status !== 0) throw new Error(`a run failed: ${run.stderr}`)
  return JSON.parse(run.stdout) as number[]
}

const { values } = readCommand(usage, { options: { runs: { type: 'string', default: '10' } } })
const count = wholeNumber('runs', values.runs, { least: 1, most: 9_999 })
const runs = Array.from({ length: count }, measure)
const name = cpus()[0]?.model.trim() ?? 'unknown processor'
console.log(
  `${runs.length} processes on Node ${process.versions.node}, ${cpus().length} cores of ${name}, ms`,
)
console.log(`${''.padEnd(34)}${['least', 'median', 'most'].map((title) => title.padStart(9)).join('')}`)
for (const [index, what] of [
  'import',
  'from import to listening',
  'from listening to first answer',
].entries()) {
  const all = runs.map((run) => run[index] ?? Number.NaN)
  const figures = [Math.min(...all), median(all), Math.max(...all)]
  console.log(`${what.padEnd(34)}${figures.map((ms) => ms.toFixed(1).padStart(9)).join('')}`)
}
