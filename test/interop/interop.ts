/**
 * `npm run interop`: the embedded server, proved by clients that we did not write. Every part installs what it needs into a
 * temporary folder and names each of its tests.
 */
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { choose, readCommand, refuse, stopOnSignals, workFolder } from '../support/command.js'
import { measuredOn, writeFigures } from '../support/figures.js'
import { Missing, type Part, type TestResult } from './part.js'
import { parts } from './parts.js'
import { countOutcomes, describeCounts, resultTable } from './tables.js'

const usage = `npm run interop [-- OPTION... PART...]
  PART             ${parts.map(({ name }) => name).join(', ')}; default all
  --only REGEX     tests whose name fits
  --folder DIR     keeps what was installed for the next run; default a temporary folder, removed at the end
  --write          puts the tables of whole parts into docs/compatibility.md

Exit code 1 if anything failed, was missing, or ended otherwise than its list says.`

const { values, positionals } = readCommand(usage, {
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    folder: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
})

const chosen = choose('part', parts, positionals)
const only = values.only === undefined ? undefined : new RegExp(values.only)
if (values.write && only !== undefined) refuse('Only whole parts may --write tables: leave --only away.')

const stop = stopOnSignals('stopping; once more to stop at once')

const base = workFolder('longhaul-interop-', values.folder === undefined ? undefined : resolve(values.folder))
const summary: string[] = []
for (const part of chosen) {
  if (stop.aborted) break
  summary.push(`${part.name}: ${await runPart(part)}`)
}
console.log(`\n${summary.join('\n')}`)
if (stop.aborted) process.exitCode = 130

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
    const client = await part.run({ folder, only, signal: stop, say, note })
    const counts = countOutcomes(results)
    if (counts.failed > 0 || results.length === 0) process.exitCode = 1
    if (values.write && counts.failed === 0 && !stop.aborted) {
      writeFigures(
        { page: 'compatibility', name: `interop-${part.name}` },
        `${client}: ${describeCounts(counts)}. ${measuredOn()}; \`npm run interop -- ${part.name}\`\n\n${resultTable(results)}`,
      )
    }
    return `${client}: ${describeCounts(counts)}`
  } catch (error) {
    process.exitCode = 1
    if (stop.aborted) return 'stopped'
    if (error instanceof Missing) return `missing: ${error.message}`
    return `broke off: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`
  }
}
