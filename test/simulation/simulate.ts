/** `npm run simulate -- --seed N` replays one seed with its trace; `--seeds COUNT [--from N]` runs many and counts. */
import { parseArgs } from 'node:util'
import { type Outcome, runSeed, SeedFailure } from './scenario.js'

const { values } = parseArgs({
  options: { seed: { type: 'string' }, seeds: { type: 'string' }, from: { type: 'string' } },
})

if (values.seed !== undefined) {
  const seed = Number(values.seed)
  const outcome = await runSeed(seed, { traced: true }).catch((error: unknown) => error)
  if (outcome instanceof SeedFailure) {
    for (const line of outcome.trace) console.log(line)
    throw new Error(outcome.message, { cause: outcome.cause })
  }
  const { trace, parts, lives, crashes, faults } = outcome as Outcome
  for (const line of trace) console.log(line)
  console.log(`seed ${seed}: ${parts} parts, ${lives} lives, ${crashes} crashes, ${faults} faults`)
} else {
  await runMany(Number(values.from ?? 1), Number(values.seeds ?? 1000))
}

async function runMany(from: number, seeds: number): Promise<void> {
  const totals = new Map<string, number>()
  const failed: number[] = []
  let lives = 0
  let counted = 0
  for (let seed = from; seed < from + seeds; seed++) {
    try {
      const outcome = await runSeed(seed)
      lives += outcome.lives
      if (outcome.parts >= 3 && outcome.faults > 0) counted += 1
      for (const [what, count] of outcome.counts) totals.set(what, (totals.get(what) ?? 0) + count)
    } catch (error) {
      failed.push(seed)
      console.log(
        `${error instanceof Error ? error.message : String(error)}\n  npm run simulate -- --seed ${seed}`,
      )
      if (failed.length >= 20) break
    }
  }
  console.log(
    `${seeds} seeds from ${from}: ${counted} with three or more parts and a fault, ${lives} lives, ${failed.length} failed`,
  )
  for (const [what, count] of [...totals].sort()) console.log(`${String(count).padStart(9)}  ${what}`)
  if (failed.length > 0) process.exitCode = 1
}
