/**
 * `npm run interop [-- PART...]`: the embedded server, proved by clients that we did not write. Every part installs what it
 * needs into a temporary folder and names each of its tests. `--only REGEX` chooses tests by name, `--folder DIR` keeps what
 * was installed for the next run, `--write` puts the tables of whole parts into docs/compatibility.md.
 * Exit code 1 if anything failed, was missing, or ended otherwise than its list says.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { measuredOn, writeFigures } from '../support/figures.js'
import { Missing, type Part, type TestResult } from './part.js'
import { parts } from './parts.js'
import { countOutcomes, describeCounts, resultTable } from './tables.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    folder: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
})

const chosen = chooseParts(positionals)
const only = values.only === undefined ? undefined : new RegExp(values.only)
if (values.write && only !== undefined) refuse('Only whole parts may --write tables: leave --only away.')

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())

const base =
  values.folder === undefined ? mkdtempSync(join(tmpdir(), 'longhaul-interop-')) : resolve(values.folder)
const summary: string[] = []
try {
  for (const part of chosen) {
    if (stop.signal.aborted) break
    summary.push(`${part.name}: ${await runPart(part)}`)
  }
} finally {
  if (values.folder === undefined) rmSync(base, { recursive: true, force: true, maxRetries: 5 })
}
console.log(`\n${summary.join('\n')}`)
if (stop.signal.aborted) process.exitCode = 130

/** Resolves to the line of the summary. */
async function runPart(part: Part): Promise<string> {
  const folder = join(base, part.name)
  mkdirSync(folder, { recursive: true })
  const results: TestResult[] = []
  const say = (line: string): void => console.log(`${part.name}: ${line}`)
  const note = (result: TestResult): void => {
    results.push(result)
    const { test, way, outcome, because, detail } = result
    console.log(`${outcome} ${test} (${way})${because === undefined ? '' : `: ${because}`}`)
    if (outcome === 'failed' && detail !== undefined) console.log(detail.replace(/^/gm, '    '))
  }
  try {
    const client = await part.run({ folder, only, signal: stop.signal, say, note })
    const counts = countOutcomes(results)
    if (counts.failed > 0 || results.length === 0) process.exitCode = 1
    if (values.write && counts.failed === 0 && !stop.signal.aborted) {
      writeFigures(
        { page: 'compatibility', name: `interop-${part.name}` },
        `${client}: ${describeCounts(counts)}. ${measuredOn()}; \`npm run interop -- ${part.name}\`\n\n${resultTable(results)}`,
      )
    }
    return `${client}: ${describeCounts(counts)}`
  } catch (error) {
    process.exitCode = 1
    if (stop.signal.aborted) return 'stopped'
    if (error instanceof Missing) return `missing: ${error.message}`
    return `broke off: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`
  }
}

function chooseParts(names: readonly string[]): readonly Part[] {
  const unknown = names.find((name) => !parts.some((part) => part.name === name))
  if (unknown !== undefined) {
    refuse(`There is no part ${unknown}, only: ${parts.map(({ name }) => name).join(', ')}.`)
  }
  return names.length === 0 ? parts : parts.filter(({ name }) => names.includes(name))
}

function refuse(message: string): never {
  console.error(message)
  process.exit(2)
}
