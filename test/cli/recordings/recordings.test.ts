/** Every session has its recording, of the commands that it has now: npm run docs:recordings. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fixture } from '../../support/paths.js'
import { fromNothing } from './from-nothing.js'
import { sessions } from './sessions.js'

test('the recordings are those of the sessions', () => {
  assert.deepEqual(
    readdirSync(fixture('docs/recordings')).sort(),
    [...sessions.map(({ name }) => name), fromNothing].map((name) => `${name}.txt`).sort(),
  )
  for (const { name, title, steps } of sessions) {
    const lines = readFileSync(fixture(`docs/recordings/${name}.txt`), 'utf8').split('\n')
    assert.equal(lines[0], `# ${title}`)
    const typed = lines.filter((line) => line.startsWith('$ ')).map((line) => line.slice(2))
    assert.deepEqual(
      typed,
      steps.map(({ type }) => type),
    )
    assert.ok(
      lines.some((line) => / s \| /.test(line)),
      `${name} shows nothing on the way`,
    )
    assert.ok(
      !lines.some((line) => /longhaul-recording-|127\.0\.0\.1:(?!9500)/.test(line)),
      `${name} has names of one run`,
    )
  }
})
