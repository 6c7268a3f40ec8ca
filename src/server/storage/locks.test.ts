import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createLocks } from './locks.js'

test('an exclusive holder is alone, shared ones are together, and all get their turn', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.boolean(), { minLength: 1, maxLength: 12 }), async (kinds) => {
      const locks = createLocks()
      let shared = 0
      let exclusive = 0
      const done = await Promise.all(
        kinds.map((isExclusive, index) =>
          locks[isExclusive ? 'exclusive' : 'shared']('name', async () => {
            if (isExclusive) exclusive += 1
            else shared += 1
            for (let turn = 0; turn < index % 3; turn += 1) await Promise.resolve()
            assert.ok(exclusive === 0 || (exclusive === 1 && shared === 0))
            if (isExclusive) exclusive -= 1
            else shared -= 1
            return index
          }),
        ),
      )
      assert.deepEqual(
        done,
        kinds.map((_, index) => index),
      )
    }),
  )
})

test('shared holders do run together', async () => {
  const locks = createLocks()
  let together = 0
  let most = 0
  const work = async (): Promise<void> => {
    together += 1
    most = Math.max(most, together)
    await Promise.resolve()
    together -= 1
  }
  await Promise.all([locks.shared('a', work), locks.shared('a', work), locks.shared('a', work)])
  assert.equal(most, 3)
})

test('shared holders that keep coming do not keep an exclusive one waiting', async () => {
  const locks = createLocks()
  const order: string[] = []
  const work = (name: string) => async (): Promise<void> => {
    order.push(name)
    await Promise.resolve()
  }
  await Promise.all([
    locks.shared('a', work('1')),
    locks.exclusive('a', work('2')),
    locks.shared('a', work('3')),
  ])
  assert.deepEqual(order, ['1', '2', '3'])
})

test('a holder that fails lets go', async () => {
  const locks = createLocks()
  await assert.rejects(locks.exclusive('a', () => Promise.reject(new Error('no'))))
  assert.equal(await locks.exclusive('a', async () => 5), 5)
})

test('names do not wait for one another', async () => {
  const locks = createLocks()
  const never = new Promise<void>(() => undefined)
  void locks.exclusive('a', () => never)
  assert.equal(await locks.exclusive('b', async () => 1), 1)
})
