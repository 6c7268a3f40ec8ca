/**
 * Every test of the engine in one process, ended by the first that fails. Run as a program; the engine it is compiled
 * beside may have a mutant switched on.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import fc from 'fast-check'
import { fixture } from '../support/paths.js'

// A mutant must not survive on one day and be killed on the next.
fc.configureGlobal({ seed: 1 })

for (const folder of ['build/src/engine', 'build/test/engine']) {
  const names = readdirSync(fixture(folder)).filter((name) => name.endsWith('.test.js'))
  for (const name of names.sort()) await import(pathToFileURL(join(fixture(folder), name)).href)
}
