/** The page of these tests tells all of them and nothing else. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fixture } from '../support/paths.js'

const FOLDER = 'test/lessons'
const wanted = [...ids('W', 25), ...ids('J', 15)]

function ids(letter: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${letter}${index + 1}`)
}

/** Titles of tests that begin with an id, as `id: title`. */
function titles(): readonly string[] {
  return readdirSync(fixture(FOLDER))
    .filter((name) => name.endsWith('.test.ts'))
    .flatMap((name) => {
      const text = readFileSync(fixture(join(FOLDER, name)), 'utf8')
      return [...text.matchAll(/\btest\((['"`])([WJ]\d+: .*?)\1/g)].map((match) => match[2] ?? '')
    })
}

function rows(): readonly (readonly string[])[] {
  return readFileSync(fixture('docs/lessons.md'), 'utf8')
    .split('\n')
    .filter((line) => /^\| [WJ]\d+ \|/.test(line))
    .map((line) => line.split('|').map((cell) => cell.trim()))
}

test('the page has every id once, in order, each with what goes wrong', () => {
  assert.deepEqual(
    rows().map(([, id]) => id),
    wanted,
  )
  for (const [, id, where, what] of rows())
    assert.ok(where && what && what.length > 20, `${id} says too little`)
})

test('every id of the page has the test it names, and every such test is on the page', () => {
  assert.deepEqual(
    rows()
      .map(([, id, , , title]) => `${id}: ${title}`)
      .sort(),
    [...titles()].sort(),
  )
})
