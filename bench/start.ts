/**
 * How soon the embedded server listens, as somebody's test would see it: each run is a process of its own that imports
 * the built `longhaul/server` and starts a server in memory. `npm run bench:start -- --runs 20`.
 */
import { spawnSync } from 'node:child_process'
import { cpus } from 'node:os'
import { pathToFileURL } from 'node:url'
import { fixture } from '../test/support/paths.js'

const USAGE = 'npm run bench:start [-- --runs COUNT]'
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

function runsOf(args: readonly string[]): number {
  const [flag, count, ...more] = args
  if (flag === undefined) return 10
  if (flag !== '--runs' || !/^[1-9][0-9]{0,3}$/.test(count ?? '') || more.length > 0) {
    console.error(USAGE)
    process.exit(2)
  }
  return Number(count)
}

/** Milliseconds of one run: to import, from there to listening, from there to the first answer. */
function measure(): readonly number[] {
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
  if (run.status !== 0) throw new Error(`a run failed: ${run.stderr}`)
  return JSON.parse(run.stdout) as number[]
}

const runs = Array.from({ length: runsOf(process.argv.slice(2)) }, measure)
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
  const sorted = runs.map((run) => run[index] ?? Number.NaN).sort((one, other) => one - other)
  const figures = [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted.at(-1)]
  console.log(`${what.padEnd(34)}${figures.map((ms) => (ms ?? 0).toFixed(1).padStart(9)).join('')}`)
}
