/** The tables that `npm run interop` writes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestResult } from './part.js'
import { countOutcomes, describeCounts, resultTable } from './tables.js'

const results: readonly TestResult[] = [
  { test: 'Video', way: 'V1', outcome: 'not applicable', because: 'No video here.' },
  { test: 'Put', way: 'V1', outcome: 'pass' },
  { test: 'Put', way: 'V4', outcome: 'explained', because: 'It asks for a|b.' },
]

test('a table has a row per test, a column per way and the reasons; what is not applicable comes last', () => {
  assert.deepEqual(resultTable(results).split('\n'), [
    '| test | V1 | V4 | why |',
    '| --- | --- | --- | --- |',
    '| Put | pass | explained | It asks for a\\|b. |',
    '| Video | not applicable | – | No video here. |',
  ])
})

test('where all passed there are no reasons', () => {
  const passed = results.filter(({ outcome }) => outcome === 'pass')
  assert.deepEqual(resultTable(passed).split('\n'), ['| test | V1 |', '| --- | --- |', '| Put | pass |'])
})

test('outcomes are counted, and what is none is not told', () => {
  assert.equal(describeCounts(countOutcomes(results)), '1 passed, 1 explained, 1 not applicable')
  assert.equal(describeCounts(countOutcomes([])), '0 passed')
})
