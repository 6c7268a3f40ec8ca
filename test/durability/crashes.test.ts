/** A few seeds of the crash model, every step of one life; and that it sees a disk that lies. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wrongEdits } from '../support/broken.js'
import { brokenStorages } from './broken/storages.js'
import { CrashFailure, runCrashSeed } from './crash-seed.js'
import { ROWS } from './workload.js'

/** New seeds come with `npm run crashes`; these are the same each time. */
const SEEDS = 50

test('what was acknowledged outlives power cuts and kills, and nothing half done is seen', async () => {
  const acknowledged = new Set<string>()
  let crashes = 0
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const outcome = await runCrashSeed(seed)
    crashes += outcome.crashes
    for (const name of outcome.acknowledged.keys()) acknowledged.add(name)
  }
  assert.ok(crashes >= SEEDS / 2, `${crashes} crashes`)
  assert.deepEqual(
    ROWS.map(({ name }) => name).filter((name) => !acknowledged.has(name)),
    [],
    'every operation was acknowledged at least once',
  )
})

test('a crash at any step of a life, its first start included, costs nothing that was acknowledged', async () => {
  const { firstLifeSteps } = await runCrashSeed(7, { crashAt: Number.POSITIVE_INFINITY })
  assert.ok(firstLifeSteps > 560, `${firstLifeSteps} steps`)
  // A start makes and reads 256 folders, one like the other. `npm run crashes -- --each-step` leaves none out.
  for (let crashAt = 0; crashAt < firstLifeSteps; crashAt += crashAt > 10 && crashAt < 520 ? 51 : 4) {
    await runCrashSeed(7, { crashAt })
  }
})

for (const forgets of ['files', 'folders'] as const) {
  test(`a disk that says it synced its ${forgets} and did not is seen`, async () => {
    const failures: unknown[] = []
    for (let seed = 1; seed <= 100 && failures.length === 0; seed += 1) {
      await runCrashSeed(seed, { forgets }).catch((error: unknown) => failures.push(error))
    }
    assert.ok(failures[0] instanceof CrashFailure)
  })
}

test('one seed is one run', async () => {
  const traces = [1, 2].map(async () => {
    const lines: string[] = []
    await runCrashSeed(11, { trace: (line) => lines.push(line) })
    return lines
  })
  assert.deepEqual(await traces[0], await traces[1])
})

test('each broken storage changes what is really in the source, in one place', () => {
  assert.deepEqual(wrongEdits(brokenStorages), [])
})
