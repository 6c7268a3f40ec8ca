/**
 * Every test of the engine in one process, those of the mutated file first: most mutants end there, and the first failure
 * is the last thing asked. Run as a program.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join, parse } from 'node:path'
import { pathToFileURL } from 'node:url'
import fc from 'fast-check'
import { fixture } from '../support/paths.js'
import { limitCpu } from './cpu-limit.js'
import { activeMutant } from './verdicts.js'

/** No test takes half a second. */
await limitCpu(2500)

// A mutant must not survive on one day and be killed on the next.
fc.configureGlobal({ seed: 1 })

const suites = ['build/src/engine', 'build/test/engine'].flatMap((folder) =>
  readdirSync(fixture(folder))
    .filter((name) => name.endsWith('.test.js'))
    .map((name) => join(folder, name)),
)
const nearest = `${nameOfMutated()}.test.js`
const isNear = (path: string): number => (parse(path).base === nearest ? 1 : 0)
for (const path of suites.sort().sort((a, b) => isNear(b) - isNear(a))) {
  await import(pathToFileURL(fixture(path)).href)
}

/** Which file has the active mutant in it: Stryker leaves a question for each in the source. */
function nameOfMutated(): string | undefined {
  const mark = new RegExp(`stryMutAct_\\w+\\("${activeMutant()}"\\)`)
  const names = readdirSync(fixture('src/engine')).filter((name) => name.endsWith('.ts'))
  const mutated = names.find((name) => mark.test(readFileSync(fixture(join('src/engine', name)), 'utf8')))
  return mutated === undefined ? undefined : parse(mutated).name
}
