/** The simulation of inputs that come once, in both rings. A failing seed names the command that replays it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bodyFaults, crashFaults, type Fault, requestFaults, streamFaults } from '../faults.js'
import { hitsOf } from '../tables.js'
import { createTally, ringOf, tally } from '../tally.js'
import { runStreamSeed } from './stream-scenario.js'

const seeds = 600

/** All but what is rare. */
const often: readonly Fault[] = [
  ...requestFaults.filter((name) => name !== 'token rejected again'),
  ...bodyFaults,
  ...crashFaults.filter((name) => !['life shorter than the re-hash', 'crash in the lock'].includes(name)),
  ...streamFaults,
  'abort denied',
  'append torn',
  'lock of a dead process',
  'key overwritten by others',
]

test(`${seeds} seeds of inputs that come once keep every promise`, async (context) => {
  const sum = createTally()
  for (let seed = 1; seed <= seeds; seed++) {
    const ring = ringOf(seed)
    const outcome = await runStreamSeed(seed, { ring }).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error)
      throw new Error(`${message}\nreplay: npm run simulate -- --world stream --seed ${seed}`, {
        cause: error,
      })
    })
    tally(sum, ring, outcome)
  }
  const counted = sum.get(1)?.counted ?? 0
  context.diagnostic(`${counted} of ${seeds} seeds count`)
  assert.ok(counted > seeds / 3, 'the world is too kind to prove anything')
  assert.deepEqual(
    often.filter((name) => hitsOf(sum, 1, name) === 0),
    [],
    'no seed met these faults',
  )
  const seen = (what: string): number => sum.get(1)?.counts.get(what) ?? 0
  const ends = ['cancelled', 'source-missing', 'interrupted', 'conflict', 'invalid-argument', 'locked']
  const events = ['aborted', 'abort-pending', 'recovered', 'settled']
  const wanted = [...ends.map((end) => `end: ${end}`), ...events.map((event) => `event: ${event}`)]
  assert.deepEqual(
    wanted.filter((what) => seen(what) === 0),
    [],
    'no seed came this far',
  )
})

test('one seed is one run, to the letter, in both rings', async () => {
  for (const ring of [1, 2] as const) {
    for (const seed of [7, 11, 402]) {
      const once = await runStreamSeed(seed, { ring, traced: true })
      const again = await runStreamSeed(seed, { ring, traced: true })
      assert.deepEqual(again.trace, once.trace)
      assert.ok(once.trace.length > 0)
    }
  }
})
