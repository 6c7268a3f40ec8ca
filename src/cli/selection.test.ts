import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createSelection, type NameRule } from './selection.js'

const rulesOf = (...texts: readonly string[]): readonly NameRule[] =>
  texts.map((text) => ({ kind: text.startsWith('+') ? 'include' : 'exclude', pattern: text.slice(1) }))

function taken(rules: readonly string[], paths: readonly string[]): readonly string[] {
  const { takesName } = createSelection({ rules: rulesOf(...rules) })
  return paths.filter(takesName)
}

const paths = ['a.jpg', 'b.tmp', 'sub/c.jpg', 'sub/d.tmp', 'tmp/e.jpg', 'sub/tmp/f.jpg']

test('the first rule that fits decides, and an include leaves out what none fits', () => {
  assert.deepEqual(taken([], paths), paths)
  assert.deepEqual(taken(['-*.tmp'], paths), ['a.jpg', 'sub/c.jpg', 'tmp/e.jpg', 'sub/tmp/f.jpg'])
  assert.deepEqual(taken(['-tmp/', '+*.jpg'], paths), ['a.jpg', 'sub/c.jpg'])
  assert.deepEqual(taken(['-/tmp/', '+*.jpg'], paths), ['a.jpg', 'sub/c.jpg', 'sub/tmp/f.jpg'])
  assert.deepEqual(taken(['+sub/', '-*.tmp'], paths), ['sub/c.jpg', 'sub/d.tmp', 'sub/tmp/f.jpg'])
  assert.deepEqual(taken(['+sub/*.jpg'], paths), ['sub/c.jpg'])
  assert.deepEqual(taken(['-sub/**'], paths), ['a.jpg', 'b.tmp', 'tmp/e.jpg'])
})

const name = fc.constantFrom('a', 'b', 'c.d', 'tmp')
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/'))
const pattern = fc.constantFrom('a', 'b/', '/tmp', '*.d', 'a/b', '**/tmp/*', 'tmp/**', '*')
const rules = fc.array(
  fc.record({ kind: fc.constantFrom('include' as const, 'exclude' as const), pattern }),
  { maxLength: 4 },
)

test('a folder that is not entered has nothing that would be taken', () => {
  fc.assert(
    fc.property(rules, path, path, (given, folder, inside) => {
      const { enters, takesName } = createSelection({ rules: given })
      if (!enters(folder)) assert.ok(!takesName(`${folder}/${inside}`))
    }),
    { numRuns: 2000 },
  )
})

test('a rule after one that fits changes nothing', () => {
  fc.assert(
    fc.property(rules, rules, path, (first, later, one) => {
      const alone = createSelection({ rules: [...first, { kind: 'exclude', pattern: '*' }] })
      const followed = createSelection({ rules: [...first, { kind: 'exclude', pattern: '*' }, ...later] })
      assert.equal(followed.takesName(one), alone.takesName(one))
    }),
  )
})

test('sizes count at both ends, times from the moment on', () => {
  const { takesFile, asksFile } = createSelection({ minSize: 2, maxSize: 4, newerThan: 10, olderThan: 20 })
  assert.ok(asksFile)
  const facts = [
    [1, 15],
    [2, 15],
    [4, 15],
    [5, 15],
    [3, 9],
    [3, 10],
    [3, 19],
    [3, 20],
  ] as const
  const answers = facts.map(([size, mtimeMs]) => takesFile({ size, mtimeMs }))
  assert.deepEqual(answers, [false, true, true, false, false, true, true, false])
  assert.ok(!createSelection({ rules: rulesOf('-x') }).asksFile)
})
