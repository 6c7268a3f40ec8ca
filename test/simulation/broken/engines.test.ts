import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wrongEdits } from '../../support/broken.js'
import { brokenEngines } from './engines.js'
import { brokenStreams } from './streams.js'

const all = [...brokenEngines, ...brokenStreams]

test('each broken engine changes what is really in the source, in one place', () => {
  assert.deepEqual(wrongEdits(all), [])
})

test('no two broken engines have one name', () => {
  const names = all.map(({ name }) => name)
  assert.equal(new Set(names).size, names.length)
})
