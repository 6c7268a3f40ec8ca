import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wrongEdits } from '../../support/broken.js'
import { brokenEngines } from './engines.js'

test('each broken engine changes what is really in the source, in one place', () => {
  assert.deepEqual(wrongEdits(brokenEngines), [])
})

test('no two broken engines have one name', () => {
  const names = brokenEngines.map(({ name }) => name)
  assert.equal(new Set(names).size, names.length)
})
