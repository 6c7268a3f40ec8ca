/** A short share of `npm run fuzz`, the same inputs every time: each reader of what comes from outside keeps its laws. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { run } from './target.js'
import { targets } from './targets.js'

for (const target of targets) {
  test(`whatever comes, ${target.name} keeps its laws`, async () => {
    const { failure } = await run(target, { seed: 1, runs: target.runs })
    assert.equal(failure, undefined, failure)
  })
}
