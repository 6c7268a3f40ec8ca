/** Ring 1 of the simulation: the engine over memory, in virtual time. A failing seed names the command that replays it. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fixture } from '../support/paths.js'
import { faults } from './faults.js'
import { runSeed } from './scenario.js'
import { hitsOf } from './tables.js'
import { createTally, ringOf, type Tally, tally } from './tally.js'

const seeds = 3000

async function runAll(all: readonly number[], ring?: 1 | 2): Promise<Tally> {
  const sum = createTally()
  for (const seed of all) {
    const played = ring ?? ringOf(seed)
    const outcome = await runSeed(seed, { ring: played }).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error)
      const command = `npm run simulate -- --seed ${seed} --ring ${played}`
      throw new Error(`${message}\nreplay: ${command}`, { cause: error })
    })
    tally(sum, played, outcome)
  }
  return sum
}

test(`${seeds} seeds of crashes, faults and other people keep every promise`, async (context) => {
  const sum = await runAll(
    Array.from({ length: seeds }, (_, index) => index + 1),
    1,
  )
  const counted = sum.get(1)?.counted ?? 0
  context.diagnostic(`${counted} of ${seeds} seeds count`)
  assert.ok(counted > seeds / 3, 'the world is too kind to prove anything')
  const unmet = faults.filter(({ name, rings }) => rings.includes(1) && hitsOf(sum, 1, name) === 0)
  assert.deepEqual(
    unmet.map(({ name }) => name),
    [],
    'no seed met these faults',
  )
  const events = [
    'recovered',
    'settled',
    'part-refuted',
    'restarted',
    'checkpoint-set-aside',
    'abort-pending',
  ]
  const unseen = events.filter((name) => (sum.get(1)?.counts.get(`event: ${name}`) ?? 0) === 0)
  assert.deepEqual(unseen, [], 'no seed came this far')
})

test('seeds that once found a fault in us stay mended', async () => {
  const lines = readFileSync(fixture('test/simulation/seeds.txt'), 'utf8').split('\n')
  const numbers = lines.map((line) => Number.parseInt(line, 10)).filter(Number.isSafeInteger)
  assert.ok(numbers.length > 0)
  await runAll(numbers)
})

test('one seed is one run, to the letter', async () => {
  for (const seed of [7, 11, 402]) {
    const once = await runSeed(seed, { traced: true })
    const again = await runSeed(seed, { traced: true })
    assert.deepEqual(again.trace, once.trace)
    assert.ok(once.trace.length > 0)
  }
})
