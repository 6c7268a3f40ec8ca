/**
 * What Stryker runs for each mutant: the engine's tests, then some seeds of the simulation. Ends with 1 when the mutant
 * was noticed, and leaves a line that says by what.
 */
import { spawnSync } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { activeMutant, type Killer, type Verdict, verdictsFile } from './verdicts.js'

const SEEDS = 300
/** For what neither works nor ends: the limit of processor time comes first on any machine that lets it run. */
const STAGE_TIMEOUT_MS = 120_000
/** A mutant that gathers for ever shall not take the machine with it. */
const MEMORY_MIB = 512

/** A compiled file of the tests, beside this one. */
const built = (path: string): URL => new URL(`../${path}`, import.meta.url)

interface Stage {
  readonly killer: Killer
  readonly args: readonly string[]
}

const stages: readonly Stage[] = [
  {
    killer: 'tests',
    args: [
      `--test-reporter=${built('mutation/first-failure.js').href}`,
      fileURLToPath(built('mutation/engine-tests.js')),
    ],
  },
  {
    killer: 'simulation',
    args: [fileURLToPath(built('mutation/seeds.js')), '--seeds', String(SEEDS), '--from', '1'],
  },
]

function judge(): Verdict | undefined {
  for (const { killer, args } of stages) {
    const child = spawnSync(process.execPath, [`--max-old-space-size=${MEMORY_MIB}`, ...args], {
      encoding: 'utf8',
      timeout: STAGE_TIMEOUT_MS,
      killSignal: 'SIGKILL',
      maxBuffer: 64 * 1024 * 1024,
    })
    if (child.error !== undefined && child.signal === null) throw child.error
    const mutant = activeMutant()
    if (child.signal !== null) return { mutant, killer: 'limit', what: child.signal }
    if (child.status !== 0) {
      const what = (child.stdout + child.stderr).trim().split('\n')[0] ?? ''
      return { mutant, killer, what }
    }
  }
  return undefined
}

const verdict = judge()
if (verdict !== undefined) {
  console.log(`${verdict.killer}: ${verdict.what}`)
  appendFileSync(verdictsFile(), `${JSON.stringify(verdict)}\n`)
  process.exitCode = 1
}
