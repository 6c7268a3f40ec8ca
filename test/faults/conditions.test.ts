/** The campaign of bad conditions in brief: each once or a few times, without those that take their long, real time. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allConditions, conditions } from './conditions.js'
import { chooseSeed } from './seed.js'

test('in bad conditions what was promised comes of an upload', async (t) => {
  const seed = chooseSeed()
  t.diagnostic(`LONGHAUL_SEED=${seed}`)
  const table = await conditions.run({ seed, share: 0.02, say: (line) => t.diagnostic(line) })
  for (const { name, isLong } of allConditions) {
    assert.equal(table.includes(`| ${name} |`), isLong !== true, name)
  }
})
