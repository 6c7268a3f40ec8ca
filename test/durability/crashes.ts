/** `npm run crashes`: plays seeds of the crash model, on all cores, and counts what they met. */
import { execFile } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { endOnSignals, endsWithUs, readCommand, wholeNumber } from '../support/command.js'
import { markdownTable, measuredOn, writeFigures } from '../support/figures.js'
import { runCrashSeed } from './crash-seed.js'

const usage = `npm run crashes [-- OPTION...]
  --seed N [--at STEP]      one seed with its trace; with --at its first life ends after that step
  --seeds COUNT [--from N]  so many, from N on; default 1000, from a new place each time
  --each-step               of each seed two lives, the first ended at each of its steps in turn
  --write                   puts the table into docs/durability.md; for a release run

A failure prints its seed, and makes the exit code 1.`

const { values } = readCommand(usage, {
  options: {
    seed: { type: 'string' },
    at: { type: 'string' },
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string' },
    by: { type: 'string' },
    'each-step': { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
})

interface Sum {
  readonly counts: Record<string, number>
  readonly acknowledged: Record<string, number>
  readonly failures: readonly string[]
}

/** More failures than this tell nothing new. */
const MOST_FAILURES = 20

if (values.seed !== undefined) await replay(wholeNumber('seed', values.seed))
else if (values.by !== undefined) {
  console.log(JSON.stringify(await playShare(wholeNumber('by', values.by, { least: 1 }))))
} else await playAll()

async function replay(seed: number): Promise<void> {
  const crashAt = values.at === undefined ? {} : { crashAt: wholeNumber('at', values.at) }
  const { steps, crashes } = await runCrashSeed(seed, { ...crashAt, trace: (line) => console.log(line) })
  console.log(`seed ${seed}: ${steps} steps, ${crashes} crashes`)
}

/** One seed in so many, from `from` on. */
async function playShare(by: number): Promise<Sum> {
  const from = wholeNumber('from', values.from ?? '1')
  const sum: { counts: Record<string, number>; acknowledged: Record<string, number>; failures: string[] } = {
    counts: {},
    acknowledged: {},
    failures: [],
  }
  const add = (to: Record<string, number>, name: string, count: number): void => {
    to[name] = (to[name] ?? 0) + count
  }
  const until = from + wholeNumber('seeds', values.seeds)
  for (let seed = from; seed < until && sum.failures.length < MOST_FAILURES; seed += by) {
    const runs = values['each-step'] ? await stepsOf(seed) : [undefined]
    for (const crashAt of runs) {
      try {
        const outcome = await runCrashSeed(seed, crashAt === undefined ? {} : { crashAt })
        add(sum.counts, 'runs', 1)
        add(sum.counts, 'steps of the disk', outcome.steps)
        add(sum.counts, 'lives ended in the midst of work', outcome.crashes)
        add(sum.counts, 'changes that nobody was told the end of', outcome.cutOff)
        for (const [kind, count] of outcome.kinds) add(sum.counts, kind, count)
        for (const [name, count] of outcome.acknowledged) add(sum.acknowledged, name, count)
      } catch (error) {
        const step = crashAt === undefined ? '' : ` --at ${crashAt}`
        sum.failures.push(
          `${error instanceof Error ? error.message : error}\n  npm run crashes -- --seed ${seed}${step}`,
        )
      }
    }
  }
  return sum
}

/** Every step of the seed's first life. */
async function stepsOf(seed: number): Promise<readonly number[]> {
  const { firstLifeSteps } = await runCrashSeed(seed, { crashAt: Number.POSITIVE_INFINITY })
  return Array.from({ length: firstLifeSteps }, (_, step) => step)
}

async function playAll(): Promise<void> {
  endOnSignals()
  const from =
    values.from === undefined ? Math.floor(Math.random() * 2 ** 31) : wholeNumber('from', values.from)
  const seeds = wholeNumber('seeds', values.seeds)
  console.log(`from seed ${from}, ${seeds} seeds`)
  const startedMs = performance.now()
  const workers = Math.max(1, Math.min(availableParallelism(), seeds))
  const sums = await Promise.all(
    Array.from({ length: workers }, async (_, index) => {
      const share = [
        '--from',
        String(from + index),
        '--seeds',
        String(seeds - index),
        '--by',
        String(workers),
      ]
      const running = promisify(execFile)(process.execPath, [fileURLToPath(import.meta.url), ...share])
      endsWithUs(running.child)
      const { stdout } = await running
      return JSON.parse(stdout) as Sum
    }),
  )
  const seconds = Math.round((performance.now() - startedMs) / 1000)
  const failures = sums.flatMap((sum) => sum.failures)
  for (const failure of failures) console.log(failure)
  const table = [
    markdownTable(
      [{ title: 'met' }, { title: 'times', align: 'right' }],
      [
        ...Object.entries(total(sums.map((sum) => sum.counts))),
        ['**runs that lost something acknowledged, or showed something half done**', failures.length],
      ],
    ),
    markdownTable(
      [{ title: 'acknowledged, and looked for after every crash' }, { title: 'times', align: 'right' }],
      Object.entries(total(sums.map((sum) => sum.acknowledged))),
    ),
  ].join('\n\n')
  console.log(`\n${table}\n\n${seconds} s`)
  if (failures.length > 0) process.exitCode = 1
  else if (values.write) {
    const command = `\`npm run crashes -- --from ${from} --seeds ${seeds}${values['each-step'] ? ' --each-step' : ''}\``
    const place = { page: 'durability', name: 'crashes' }
    writeFigures(place, `${command}, ${seconds} s on ${measuredOn()}.\n\n${table}`)
  }
}

function total(records: readonly Record<string, number>[]): Record<string, number> {
  const whole: Record<string, number> = {}
  for (const record of records) {
    for (const [name, count] of Object.entries(record)) whole[name] = (whole[name] ?? 0) + count
  }
  return whole
}
