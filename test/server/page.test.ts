/** docs/server.md: every example is run as it stands there, and its tables have every option, flag, effect and metric. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { createMetrics } from '../../src/server/metrics.js'
import { temporaryFolder } from '../library/world.js'
import { fixture } from '../support/paths.js'
import { runProgram } from '../support/run-program.js'
import { readExposition } from './exposition.js'

const page = readFileSync(fixture('docs/server.md'), 'utf8')
const [beginning = '', ...examples] = [...page.matchAll(/```js\n(.*?)```/gs)].map(([, code = '']) => code)
const isBuilt = existsSync(fixture('dist/server/index.js'))

test('the page has its examples', () => {
  assert.ok(beginning.includes("from 'longhaul/server'"))
  assert.equal(examples.length, 11)
  assert.ok(examples.every((code) => code.includes('assert.')))
})

for (const [index, code] of examples.entries()) {
  const name =
    code.split('\n').find((line) => line.includes('faults.add') || line.includes('createServer')) ?? ''
  test(`example ${index + 1}: ${name.trim()}`, { skip: !isBuilt }, async (t) => {
    await runProgram(await temporaryFolder(t), `${beginning}\n${code}\nawait server.close()\n`)
  })
}

/** The first cells of tables, as far as they are code. */
const told = new Set(
  [...page.matchAll(/^\| ([^|]+) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word),
  ),
)

test('the tables have every option of createServer and every flag of serve, and none that is not there', () => {
  const source = readFileSync(fixture('src/server/create-server.ts'), 'utf8')
  const body = /export interface ServerOptions \{\n(.*?)\n\}/s.exec(source)?.[1] ?? ''
  const options = [...body.matchAll(/^ {2}readonly (\w+)\?:/gm)].map(([, name = '']) => name)
  assert.ok(options.length > 10)
  const serve = readFileSync(fixture('src/cli/definitions/serve.ts'), 'utf8')
  const flags = [...serve.matchAll(/'(--[a-z-]+)[ ']/g)].map(([, name = '']) => name)
  assert.ok(flags.length > 10)
  for (const name of [...options, ...flags]) assert.ok(told.has(name), `${name} stands in a table`)
  for (const name of told) if (name.startsWith('--')) assert.ok(flags.includes(name), `${name} is a flag`)
})

test('every effect has an example, and the table has every metric', async () => {
  const source = readFileSync(fixture('src/server/faults.ts'), 'utf8')
  const effects = new Set([...source.matchAll(/readonly effect: '(\w+)'/g)].map(([, name = '']) => name))
  assert.equal(effects.size, 5)
  for (const effect of effects) {
    assert.ok(
      examples.some((code) => code.includes(`effect: '${effect}'`)),
      effect,
    )
  }
  for (const what of ['stored', 'checksum', 'answer']) {
    assert.ok(
      examples.some((code) => code.includes(`what: '${what}'`)),
      what,
    )
  }
  const { types } = readExposition(await createMetrics({ started: 0, connections: async () => 0 }).text())
  const metrics = [...told].filter((name) => name.startsWith('longhaul_'))
  assert.deepEqual(metrics.sort(), [...types.keys()].sort())
})
