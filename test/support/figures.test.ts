import assert from 'node:assert/strict'
import { test } from 'node:test'
import { markdownTable, withFigures } from './figures.js'

const page =
  'before\n<!-- figures: a -->\nold\n<!-- /figures -->\nbetween\n<!-- figures: b -->\n<!-- /figures -->\nafter\n'

test('figures replace those of their own place alone', () => {
  const once = withFigures(page, 'b', '| new |')
  assert.equal(once, page.replace('b -->\n<!--', 'b -->\n| new |\n<!--'))
  assert.equal(withFigures(once, 'a', 'fresh'), once.replace('old', 'fresh'))
})

test('figures without a place are an error', () => {
  assert.throws(() => withFigures(page, 'c', 'x'), /no place for the figures called c/)
})

test('a table has its numbers grouped and its columns aligned', () => {
  const table = markdownTable([{ title: 'what' }, { title: 'how often', align: 'right' }], [['crash', 12345]])
  assert.equal(table, '| what | how often |\n| --- | ---: |\n| crash | 12,345 |')
})
