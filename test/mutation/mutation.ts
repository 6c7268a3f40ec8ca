/**
 * `npm run mutation`: breaks the engine's deciding files in one small way after another, and asks the tests and then the
 * simulation whether they notice. `--file NAME` for others of `src/engine`, `--write` to put the table into the docs.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { measuredOn, writeFigures } from '../support/figures.js'
import { projectRoot } from '../support/paths.js'
import { compare, type Mutant, readMutants, scoreTable } from './report.js'
import { explanations } from './survivors.js'
import { readVerdicts, verdictsVariable } from './verdicts.js'

const deciding = ['plan.ts', 'checkpoint.ts', 'reconcile.ts', 'commit.ts', 'retry.ts']
/** A mutant takes half a second. */
const RUN_TIMEOUT_MS = 3_600_000

const { values } = parseArgs({
  options: { file: { type: 'string', multiple: true }, write: { type: 'boolean', default: false } },
})

const mutants = await runStryker(values.file ?? deciding)
const table = scoreTable(mutants)
const { unexplained, needless } = compare(mutants, explanations)
console.log(`\n${table}\n`)
for (const { file, line, change } of unexplained) console.log(`survived: ${file}:${line}\n  ${change}`)
for (const { file, change } of needless) console.log(`explained, but no survivor: ${file}\n  ${change}`)
console.log(
  `${unexplained.length} survivors without an explanation, ${needless.length} needless explanations`,
)
if (unexplained.length + needless.length > 0) process.exitCode = 1
else if (values.write && values.file === undefined) {
  writeFigures(
    { page: 'reliability', name: 'mutations' },
    `${table}\n\n\`npm run mutation -- --write\`, StrykerJS ${strykerVersion()}, ${measuredOn()}.`,
  )
}

function strykerVersion(): string {
  const path = join(projectRoot, 'node_modules/@stryker-mutator/core/package.json')
  const { version }: { version: string } = JSON.parse(readFileSync(path, 'utf8'))
  return version
}

/** Stryker instruments once with every mutant inside, compiles once, and starts the judge with one mutant switched on. */
async function runStryker(files: readonly string[]): Promise<Mutant[]> {
  const folder = mkdtempSync(join(tmpdir(), 'longhaul-mutation-'))
  try {
    const at = (name: string): string => join(folder, name)
    const config = {
      mutate: files.map((file) => `src/engine/${file}`),
      // Only what is compiled gets into the sandbox.
      ignorePatterns: ['**', '!package.json', '!tsconfig.json', '!src/**', '!test/**'],
      tempDirName: at('sandbox'),
      // Types are not checked there: most mutants have none that fit.
      buildCommand: 'tsc -p test/mutation',
      disableTypeChecks: false,
      // Stryker would read it with the classic compiler's API, which `typescript` 7 does not have.
      tsconfigFile: 'none.json',
      testRunner: 'command',
      commandRunner: { command: 'node build/test/mutation/judge.js' },
      coverageAnalysis: 'off',
      concurrency: 1,
      // The judge has limits of its own, which a busy machine does not reach.
      timeoutMS: 300_000,
      plugins: [],
      reporters: ['json', 'progress-append-only'],
      jsonReporter: { fileName: at('report.json') },
      allowConsoleColors: false,
    }
    writeFileSync(at('config.json'), JSON.stringify(config))
    writeFileSync(at('verdicts'), '')
    const program = join(projectRoot, 'node_modules/@stryker-mutator/core/bin/stryker.js')
    const child = spawn(process.execPath, [program, 'run', at('config.json')], {
      cwd: projectRoot,
      env: { ...process.env, [verdictsVariable]: at('verdicts') },
      stdio: 'inherit',
      timeout: RUN_TIMEOUT_MS,
    })
    // The terminal tells Stryker as well, which then ends: what is left to us is to tidy up.
    process.once('SIGINT', () => {})
    const [exitCode, signal] = await once(child, 'exit')
    if (exitCode !== 0) throw new Error(`Stryker ended with ${exitCode ?? signal}.`)
    return readMutants(JSON.parse(readFileSync(at('report.json'), 'utf8')), readVerdicts(at('verdicts')))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
