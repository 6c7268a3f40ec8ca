/** Ring 1 of the simulation: the engine over memory, in virtual time. A failing seed names the command that replays it. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fixture } from '../support/paths.js'
import { runSeed } from './scenario.js'

const seeds = 3000

async function runAll(all: readonly number[]): Promise<{ hard: number; counts: Map<string, number> }> {
  const counts = new Map<string, number>()
  let hard = 0
  for (const seed of all) {
    const outcome = await runSeed(seed).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error)
      throw new Error(`${message}\nreplay: npm run simulate -- --seed ${seed}`, { cause: error })
    })
    if (outcome.parts >= 3 && outcome.faults > 0) hard += 1
    for (const [what, count] of outcome.counts) counts.set(what, (counts.get(what) ?? 0) + count)
  }
  return { hard, counts }
}

test(`${seeds} seeds of crashes, faults and other people keep every promise`, async (context) => {
  const { hard, counts } = await runAll(Array.from({ length: seeds }, (_, index) => index + 1))
  context.diagnostic(`${hard} seeds had three or more parts and a fault`)
  assert.ok(hard > seeds / 3, 'the world is too kind to prove anything')
  const expected = [
    'fault: crash',
    'fault: answer lost',
    'fault: late effect',
    'fault: corrupt body',
    'fault: aborted by others',
    'fault: object by others',
    'fault: upload by others',
    'fault: part by others',
    'fault: rotten line',
    'fault: full disk',
    'fault: source rewrite',
    'fault: source resize',
    'event: recovered',
    'event: settled',
    'event: part-refuted',
    'event: restarted',
  ]
  for (const what of expected) assert.ok((counts.get(what) ?? 0) > 0, `no seed met "${what}"`)
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
