import assert from 'node:assert/strict'
import { test } from 'node:test'
import { releaseTable } from './tables.js'
import { addTally, createTally, tallyFailure } from './tally.js'

test('a seed that failed stands in the table of the run, by what it broke', () => {
  const part = createTally()
  tallyFailure(part, 1, 'seed 7: success, but the object is another')
  tallyFailure(part, 2, 'seed 32: uploads of ours were left at the service')
  const sum = createTally()
  addTally(sum, part)
  const table = releaseTable(sum, { command: '--seeds 2', seconds: 1, machine: 'a machine', kind: 'file' })
  assert.match(table, /\*\*wrong objects reported as success\*\* \| 1 \| 0 \| 1 \|/)
  assert.match(table, /broken promises of any other kind \| 0 \| 1 \| 1 \|/)
  assert.match(table, /^\| seeds \| 1 \| 1 \| 2 \|$/m)
})
