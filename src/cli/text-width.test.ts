/** Columns of names from everywhere. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { cutToColumns, padded, shortened, textColumns } from './text-width.js'

test('a text takes as many columns as a terminal gives it', () => {
  for (const [text, columns] of [
    ['', 0],
    ['a.bin', 5],
    ['Übung', 5],
    ['U\u0308bung', 5],
    ['备份.tar', 8],
    ['バックアップ', 12],
    ['ﾊﾞｯｸ', 4],
    ['백업', 4],
    ['😀.png', 6],
    ['❤️', 2],
    ['🇩🇪', 4],
    ['a\u200bb', 2],
    ['Ａ', 2],
    ['─│', 2],
    ['𠮷', 2],
  ] as const) {
    assert.equal(textColumns(text), columns, text)
  }
})

test('what is too long is cut between characters, and loses its middle when it is a name', () => {
  assert.equal(cutToColumns('备份.tar', 3), '备')
  assert.equal(cutToColumns('abc', 0), '')
  assert.equal(shortened('a/long/path/to/file.bin', 16), 'a/lo.../file.bin')
  assert.equal(shortened('short', 16), 'short')
  assert.equal(shortened('abcdef', 4), 'abcd', 'there is no room for a gap')
  assert.equal(padded('备份', 6), '备份  ')
  assert.equal(padded('备份', 6, 'right'), '  备份')
  assert.equal(padded('too long', 3), 'too long')
})

/** No half of a surrogate pair. */
function isWhole(text: string): boolean {
  return !/\p{Cs}/u.test(text)
}

test('nothing is ever wider than it may be, nor half a character', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.nat(40), (text, columns) => {
      for (const cut of [cutToColumns(text, columns), shortened(text, columns)]) {
        assert.ok(textColumns(cut) <= columns)
        assert.ok(isWhole(cut) || !isWhole(text), 'half a pair was left')
      }
      assert.equal(textColumns(padded(text, columns)), Math.max(columns, textColumns(text)))
    }),
  )
})
