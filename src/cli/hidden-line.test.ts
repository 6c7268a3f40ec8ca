import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HiddenLine } from './hidden-line.js'

test('keys of a line that is not shown: what is typed, taken back, ended, interrupted', () => {
  const rows: readonly (readonly [typed: readonly string[], state: string, text: string])[] = [
    [['ab', 'c\r'], 'done', 'abc'],
    [['abc\nrest'], 'done', 'abc'],
    [['abd\x7fc\r'], 'done', 'abc'],
    [['wrong\x15abc\x04'], 'done', 'abc'],
    [['\b\x1babc\t\r'], 'done', 'abc'],
    [['ab\x03c\r'], 'interrupted', 'ab'],
    [['ab'], 'typing', 'ab'],
    [['ä中\r'], 'done', 'ä中'],
  ]
  for (const [typed, state, text] of rows) {
    const line = new HiddenLine()
    const states = typed.map((piece) => line.take(piece))
    assert.equal(states.at(-1), state)
    assert.equal(line.text, text)
  }
})
