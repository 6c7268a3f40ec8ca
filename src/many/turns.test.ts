import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createScope } from '../engine/cancel.js'
import { createTurns } from './turns.js'

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('never more at once than the limit, and every piece of work is done', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.nat(4), { minLength: 1, maxLength: 5 }),
      fc.infiniteStream(fc.boolean()),
      async (most, parts, luck) => {
        const turns = createTurns(most)
        const signal = createScope().signal
        let running = 0
        let done = 0
        const ends: (() => void)[] = []
        const all = parts.flatMap((count) => {
          const turn = turns.join()
          return Array.from({ length: count }, () =>
            turn.take(signal, async () => {
              running += 1
              assert.ok(running <= most && turns.running === running)
              await new Promise<void>((resolve) => ends.push(resolve))
              running -= 1
              done += 1
            }),
          )
        })
        for (let round = 0; done < all.length && round < 200; round += 1) {
          await settle()
          // Nobody waits while there is room.
          assert.equal(running, Math.min(most, all.length - done))
          if (luck.next().value) ends.pop()?.()
          else ends.shift()?.()
          await settle()
        }
        await Promise.all(all)
        assert.equal(done, all.length)
        assert.equal(turns.running, 0)
      },
    ),
    { numRuns: 60 },
  )
})

test('the file that has the fewest under way is next', async () => {
  const turns = createTurns(2)
  const { signal } = createScope()
  const begun: string[] = []
  const ends = new Map<string, () => void>()
  const take = (turn: ReturnType<typeof turns.join>, name: string): Promise<void> =>
    turn.take(signal, () => {
      begun.push(name)
      return new Promise<void>((resolve) => ends.set(name, resolve))
    })
  const large = turns.join()
  const all = ['L1', 'L2', 'L3', 'L4'].map((name) => take(large, name))
  const small = ['s1', 's2'].map((name) => take(turns.join(), name))
  await settle()
  assert.deepEqual(begun, ['L1', 'L2'])
  for (const [ended, next] of [
    ['L1', 's1'],
    ['s1', 's2'],
    ['s2', 'L3'],
    ['L2', 'L4'],
  ] as const) {
    ends.get(ended)?.()
    await settle()
    assert.equal(begun.at(-1), next)
  }
  for (const name of ['L3', 'L4']) ends.get(name)?.()
  await Promise.all([...all, ...small])
})

test('whoever is cancelled while waiting leaves the line, and its place goes to the next', async () => {
  const turns = createTurns(1)
  const open = createScope()
  const given = createScope()
  let end = (): void => {}
  const first = turns.join().take(open.signal, () => new Promise<void>((resolve) => (end = resolve)))
  const second = turns.join().take(given.signal, async () => assert.fail('it was cancelled'))
  const third = turns.join().take(open.signal, async () => 'third')
  const reason = new Error('given up')
  given.cancel(reason)
  await assert.rejects(second, reason)
  end()
  await first
  assert.equal(await third, 'third')
  await assert.rejects(
    turns.join().take(given.signal, async () => {}),
    reason,
  )
  assert.equal(turns.running, 0)
})
