import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { textDigest } from '../node/text-digest.js'
import { createKeyTable } from './key-table.js'

type Step =
  | { readonly do: 'done'; readonly key: string; readonly fingerprint: string }
  | { readonly do: 'failed' | 'take'; readonly key: string }

const key = fc.constantFrom(...'abcdefgh')
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('done' as const), key, fingerprint: fc.constantFrom('1', '2', '3') }),
  fc.record({ do: fc.constantFrom('failed' as const, 'take' as const), key }),
)

test('it says what a map of the same steps says', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const table = createKeyTable(textDigest)
      const states = new Map<string, string>()
      const seen = new Set<string>()
      for (const each of steps) {
        if (each.do === 'done') {
          table.done(each.key, each.fingerprint)
          states.set(each.key, `done ${each.fingerprint}`)
        } else if (each.do === 'failed') {
          table.failed(each.key)
          states.set(each.key, 'failed')
        } else {
          assert.equal(table.take(each.key), !seen.has(each.key))
          seen.add(each.key)
        }
      }
      for (const name of 'abcdefgh') {
        assert.equal(table.stateOf(name), states.get(name)?.split(' ')[0])
        assert.equal(table.isSeen(name), seen.has(name))
        for (const fingerprint of '123') {
          assert.equal(table.isDone(name, fingerprint), states.get(name) === `done ${fingerprint}`)
        }
      }
      const count = (state: string): number =>
        [...states.values()].filter((each) => each.startsWith(state)).length
      assert.deepEqual([table.count('done'), table.count('failed')], [count('done'), count('failed')])
    }),
  )
})

test('a hundred thousand keys take at most 46 bytes each, and all are found again', () => {
  const table = createKeyTable(textDigest)
  const count = 100_000
  for (let index = 0; index < count; index += 1) table.done(`key/${index}`, `${index}`)
  assert.equal(table.size, count)
  assert.ok(table.bytes <= 46 * count, `${table.bytes / count} bytes each`)
  for (let index = 0; index < count; index += 997) {
    assert.ok(table.isDone(`key/${index}`, `${index}`))
    assert.ok(!table.isDone(`key/${index}`, `${index + 1}`))
    assert.equal(table.stateOf(`other/${index}`), undefined)
  }
})
