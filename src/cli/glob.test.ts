import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compileGlob, isGlob, splitGlob } from './glob.js'

const matches: readonly (readonly [glob: string, yes: readonly string[], no: readonly string[]])[] = [
  ['*.log', ['a.log', '.log', 'a.b.log'], ['a/b.log', 'a.log2', 'alog']],
  ['a?c', ['abc', 'a😀c', 'aöc'], ['ac', 'a/c', 'abbc']],
  ['**/*.log', ['a.log', 'x/a.log', 'x/y/a.log'], ['a.txt', 'a.log/x']],
  ['logs/**', ['logs/a', 'logs/a/b'], ['logs', 'log', 'x/logs/a']],
  ['logs/**/a', ['logs/a', 'logs/x/a', 'logs/x/y/a'], ['logs', 'logs/ba', 'a']],
  ['**', ['a', 'a/b'], []],
  ['[a-c]x', ['ax', 'cx'], ['dx', 'a-x', '/x']],
  ['[!a-c]x', ['dx'], ['ax', '/x']],
  ['[^a]', ['b'], ['a', '/']],
  ['[]]', [']'], ['[']],
  ['[a-]', ['a', '-'], ['b']],
  ['a[b', ['a[b'], ['ab']],
  ['*.{jpg,png}', ['a.jpg', 'b.png'], ['a.gif', 'a.{jpg,png}']],
  ['{a,b{c,d}}e', ['ae', 'bce', 'bde'], ['be', 'a']],
  ['{a/**,b}/c', ['a/x/c', 'b/c'], ['c']],
  ['a{b', ['a{b'], ['ab']],
  ['photo (1).jpg', ['photo (1).jpg'], ['photo 1.jpg']],
  ['\\*', ['*'], ['a']],
  ['a+b|c.d^$', ['a+b|c.d^$'], ['aab']],
]

test('patterns take the names they should, and no others', () => {
  for (const [glob, yes, no] of matches) {
    const isMatch = compileGlob(glob)
    for (const path of yes) assert.ok(isMatch(path), `${glob} takes ${path}`)
    for (const path of no) assert.ok(!isMatch(path), `${glob} does not take ${path}`)
  }
})

const name = fc.string({ unit: fc.constantFrom(...'ab.[]{}*?,!-\\^$()+|é'), minLength: 1, maxLength: 8 })
const escaped = (text: string): string => text.replace(/[*?[\]{},\\!^-]/g, '\\$&')

test('every name is its own pattern once escaped, and no other name is', () => {
  fc.assert(
    fc.property(name, name, (one, other) => {
      assert.ok(compileGlob(escaped(one))(one))
      assert.equal(compileGlob(escaped(one))(other), one === other)
    }),
  )
})

test('a star takes any name of one segment, two take any path', () => {
  fc.assert(
    fc.property(name, name, fc.array(name, { maxLength: 3 }), (start, end, folders) => {
      assert.ok(compileGlob(`${escaped(start)}*${escaped(end)}`)(`${start}mid${end}`))
      assert.ok(compileGlob(`**/${escaped(end)}`)([...folders, end].join('/')))
      assert.equal(compileGlob('*')([...folders, end].join('/')), folders.length === 0)
    }),
  )
})

test('any text is a pattern or refused in words', () => {
  fc.assert(
    fc.property(name, (text) => {
      try {
        compileGlob(text)('a')
      } catch (error) {
        assert.match(String(error), /^UsageError: .* is no pattern/)
      }
    }),
  )
  assert.throws(() => compileGlob('[z-a]'), /is no pattern/)
})

test('a glob is split where its first pattern begins', () => {
  assert.deepEqual(splitGlob('a/b/*.c'), { base: 'a/b', pattern: '*.c' })
  assert.deepEqual(splitGlob('*.c'), { base: '', pattern: '*.c' })
  assert.deepEqual(splitGlob('/*.c'), { base: '/', pattern: '*.c' })
  assert.deepEqual(splitGlob('a\\*/x?/c'), { base: 'a*', pattern: 'x?/c' })
  assert.deepEqual([isGlob('a\\*'), isGlob('a*'), isGlob('{a}'), isGlob('a]b')], [false, true, true, false])
})
