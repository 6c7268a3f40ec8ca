import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fixture } from '../../support/paths.js'
import { brokenEngines } from './engines.js'

test('each broken engine changes what is really in the source, in one place', () => {
  const wrong = brokenEngines.flatMap(({ name, edits }) =>
    edits
      .filter(({ file, find, replace }) => {
        const places = readFileSync(fixture(file), 'utf8').split(find).length - 1
        return places !== 1 || find === replace
      })
      .map(({ file, find }) => `${name}: ${file}: ${find}`),
  )
  assert.deepEqual(wrong, [])
})

test('no two broken engines have one name', () => {
  const names = brokenEngines.map(({ name }) => name)
  assert.equal(new Set(names).size, names.length)
})
