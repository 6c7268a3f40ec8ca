import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { relativeOf } from './many-sources.js'
import { split } from './name-list.js'

async function namesIn(pieces: readonly string[], end: '\n' | '\0'): Promise<readonly string[]> {
  const names: string[] = []
  for await (const name of split(pieces, { end, shown: 'a list' })) names.push(name)
  return names
}

/** The same text in pieces of any length. */
function pieces(text: string, cuts: readonly number[]): readonly string[] {
  const ends = [...cuts.map((cut) => cut % (text.length + 1)), text.length].sort((a, b) => a - b)
  return ends.map((end, index) => text.slice(ends[index - 1] ?? 0, end))
}

test('names come out as they went in, wherever the text was cut and whether its end is ended', async () => {
  const name = fc.string({ unit: fc.constantFrom('a', 'b c', '/', 'é', '.'), minLength: 1 })
  await fc.assert(
    fc.asyncProperty(
      fc.array(name),
      fc.array(fc.nat()),
      fc.constantFrom('\n' as const, '\0' as const),
      fc.boolean(),
      async (names, cuts, end, isEnded) => {
        const text = names.join(end) + (isEnded ? end : '')
        assert.deepEqual(await namesIn(pieces(text, cuts), end), names)
      },
    ),
  )
})

test('empty lines are none, lines may end as on Windows, and names with NUL may have line breaks', async () => {
  assert.deepEqual(await namesIn(['a\r\n\r\n\nb\r\n'], '\n'), ['a', 'b'])
  assert.deepEqual(await namesIn(['a\nb\0\0c\r\n'], '\0'), ['a\nb', 'c\r\n'])
  assert.deepEqual(await namesIn([], '\n'), [])
})

test('a text that is no list ends instead of filling the memory', async () => {
  await assert.rejects(namesIn(['x'.repeat(100_000)], '\0'), { code: 'source-missing' })
})

test('a name of a list is its key, without what says nothing, and never leads out', () => {
  assert.equal(relativeOf('./a//b/./c'), 'a/b/c')
  assert.equal(relativeOf('/data/x'), 'data/x')
  assert.equal(relativeOf('a/../b'), undefined)
  assert.equal(relativeOf('..a/b..'), '..a/b..')
})
