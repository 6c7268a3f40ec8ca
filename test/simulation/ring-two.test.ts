/** Ring 2 of the simulation: the engine over the real adapter and the real server. A failing seed names the command that replays it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bodyFaults, type Fault, requestFaults, ringTwoFaults } from './faults.js'
import { runSeed } from './scenario.js'
import { hitsOf } from './tables.js'
import { createTally, tally } from './tally.js'

const seeds = 700

/** What happens on the wire, but for what is rare: it has to be met here. */
const onTheWire: readonly Fault[] = [
  ...requestFaults.filter((name) => name !== 'token rejected again'),
  ...bodyFaults,
  'ListParts short',
  'ListParts slow',
  ...ringTwoFaults,
]

test(`${seeds} seeds over the adapter and the server keep every promise`, async (context) => {
  const sum = createTally()
  for (let seed = 1; seed <= seeds; seed++) {
    const outcome = await runSeed(seed, { ring: 2 }).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error)
      throw new Error(`${message}\nreplay: npm run simulate -- --seed ${seed} --ring 2`, { cause: error })
    })
    tally(sum, 2, outcome)
  }
  const counted = sum.get(2)?.counted ?? 0
  context.diagnostic(`${counted} of ${seeds} seeds count`)
  assert.ok(counted > seeds / 3, 'the world is too kind to prove anything')
  const unmet = onTheWire.filter((name) => hitsOf(sum, 2, name) === 0)
  assert.deepEqual(unmet, [], 'no seed met these faults')
})

test('one seed is one run over the wire too, to the letter', async () => {
  for (const seed of [7, 11, 402]) {
    const once = await runSeed(seed, { ring: 2, traced: true })
    const again = await runSeed(seed, { ring: 2, traced: true })
    assert.deepEqual(again.trace, once.trace)
    assert.ok(once.trace.length > 0)
  }
})
