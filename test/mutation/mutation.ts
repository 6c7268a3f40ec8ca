/**
 * `npm run mutation`: breaks the engine's deciding files in one small way after another, and asks the tests and then the
 * simulation whether they notice.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { endsWithUs, readCommand, refuse, stopOnSignals, workFolder } from '../support/command.js'
import { measuredOn, writeFigures } from '../support/figures.js'
import { fixture, projectRoot } from '../support/paths.js'
import { compare, type Mutant, readMutants, scoreTable } from './report.js'
import { explanations } from './survivors.js'
import { readVerdicts, verdictsVariable } from './verdicts.js'

const deciding = ['plan.ts', 'checkpoint.ts', 'reconcile.ts', 'commit.ts', 'retry.ts']
/** A mutant takes half a second. */
const RUN_TIMEOUT_MS = 3_600_000

const usage = `npm run mutation [-- OPTION...]
  --file NAME      a file of src/engine, such as settle.ts; several times for several. Default the deciding ones:
                   ${deciding.join(', ')}
  --write          puts the table into docs/reliability.md; takes the deciding files

Exit code 1 when a mutant survived that test/mutation/survivors.ts does not explain.`

const { values } = readCommand(usage, {
  options: { file: { type: 'string', multiple: true }, write: { type: 'boolean', default: false } },
})

const unknown = values.file?.find((name) => !existsSync(fixture(`src/engine/${name}`)))
if (unknown !== undefined) refuse(`There is no src/engine/${unknown}.`)
if (values.write && values.file !== undefined) refuse('--write takes the deciding files: leave --file away.')

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
else if (values.write) {
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
  const folder = workFolder('longhaul-mutation-')
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
  const child = endsWithUs(
    spawn(process.execPath, [program, 'run', at('config.json')], {
      cwd: projectRoot,
      env: { ...process.env, [verdictsVariable]: at('verdicts') },
      stdio: 'inherit',
      timeout: RUN_TIMEOUT_MS,
    }),
  )
  // Stryker tidies up after itself when it is told, so it goes first.
  const stop = stopOnSignals('stopping')
  stop.addEventListener('abort', () => child.kill('SIGTERM'), { once: true })
  const [exitCode, signal] = await once(child, 'exit')
  if (stop.aborted) process.exit(130)
  if (exitCode !== 0) throw new Error(`Stryker ended with ${exitCode ?? signal}.`)
  return readMutants(JSON.parse(readFileSync(at('report.json'), 'utf8')), readVerdicts(at('verdicts')))
}
