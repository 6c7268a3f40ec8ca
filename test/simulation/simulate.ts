/** `npm run simulate`: plays seeds, on all cores, and counts what they met. */
import { fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { readCommand, refuse, wholeNumber } from '../support/command.js'
import { measuredOn, writeFigures } from '../support/figures.js'
import type { Ring } from './faults.js'
import { type Outcome, runSeed, SeedFailure } from './scenario.js'
import { runStreamSeed } from './streams/stream-scenario.js'
import { countsInWords, type Kind, releaseTable } from './tables.js'
import { addTally, createTally, ringOf, type Tally, tally, tallyFailure } from './tally.js'

const usage = `npm run simulate [-- OPTION...]
  --seed N [--ring 1|2]     one seed with its trace
  --seeds COUNT [--from N]  so many, from N on; default 1000 from 1
  --minutes M [--from N]    as many as fit; from a new place each time unless told
  --world stream            inputs that come once instead of files, which have seeds of their own; with any of these
  --auto                    each seed with a number of parts in flight that the engine finds; with any of these
  --write                   puts the table into docs/reliability.md; for a release run

A seed's ring is its own: every thirty-second is played over the real adapter and the real server, unless --ring says so.
A failure prints its seed, and makes the exit code 1.`

const { values } = readCommand(usage, {
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string' },
    from: { type: 'string' },
    minutes: { type: 'string' },
    ring: { type: 'string' },
    world: { type: 'string', default: 'file' },
    auto: { type: 'boolean' },
    write: { type: 'boolean', default: false },
  },
})

/** Seeds that a worker plays before it tells. */
const seedsAtOnce = 500
/** Seeds leave much garbage and keep nothing: with room for it they run a third faster. */
const forManyShortLives = ['--max-semi-space-size=64', '--single-threaded-gc']
/** More failures than this tell nothing new. */
const mostFailures = 20

/** Undefined: the seed says. */
const { auto } = values
const kind = kindFrom(values.world)
const ringAsked = values.ring === undefined ? undefined : ringFrom(values.ring)
const flags = `${auto ? ' --auto' : ''}${kind === 'stream' ? ' --world stream' : ''}`

if (process.send !== undefined) work()
else if (values.seed !== undefined) await replay(wholeNumber('seed', values.seed))
else await runMany()

function kindFrom(text: string): Kind {
  if (text !== 'file' && text !== 'stream') refuse(`--world is file or stream, not ${text}.`)
  if (text === 'stream' && auto) refuse('--auto is for files: parts kept of an input are memory.')
  return text
}

function play(
  seed: number,
  { ring, traced }: { readonly ring: Ring; readonly traced?: boolean },
): Promise<Outcome> {
  return kind === 'stream' ? runStreamSeed(seed, { ring, traced }) : runSeed(seed, { ring, traced, auto })
}

function ringFrom(text: string): Ring {
  if (text !== '1' && text !== '2') refuse(`--ring is 1 or 2, not ${text}.`)
  return text === '1' ? 1 : 2
}

async function replay(seed: number): Promise<void> {
  const ring = ringAsked ?? ringOf(seed)
  const outcome: unknown = await play(seed, { ring, traced: true }).catch((error: unknown) => error)
  if (outcome instanceof SeedFailure) {
    for (const line of outcome.trace) console.log(line)
    console.log(outcome.cause)
    process.exitCode = 1
    return
  }
  const { trace, parts, lives, crashes, faults } = outcome as Outcome
  for (const line of trace) console.log(line)
  console.log(
    `seed ${seed}, ring ${ring}: ${parts} parts, ${lives} lives, ${crashes} crashes, ${faults} faults`,
  )
}

interface Failure {
  readonly seed: number
  readonly message: string
}

interface Chunk {
  readonly from: number
  readonly count: number
}

interface Report {
  readonly tally: Tally
  readonly failures: readonly Failure[]
}

/** In a worker: plays the chunks it is sent. */
function work(): void {
  Error.stackTraceLimit = 4
  process.on('message', ({ from, count }: Chunk) => {
    playChunk({ from, count }).then((report) => process.send?.(report))
  })
}

async function playChunk({ from, count }: Chunk): Promise<Report> {
  const sum = createTally()
  const failures: Failure[] = []
  for (let seed = from; seed < from + count; seed++) {
    const ring = ringAsked ?? ringOf(seed)
    try {
      tally(sum, ring, await play(seed, { ring }))
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      tallyFailure(sum, ring, message)
      failures.push({ seed, message })
    }
  }
  return { tally: sum, failures }
}

async function runMany(): Promise<void> {
  const timed = values.minutes !== undefined
  const minutes = Number(values.minutes ?? 0)
  if (timed && !(minutes > 0)) refuse(`--minutes takes a number above 0, not ${values.minutes}.`)
  const from =
    values.from === undefined
      ? timed
        ? Math.floor(Math.random() * 2 ** 31)
        : 1
      : wholeNumber('from', values.from)
  const until = timed ? Number.POSITIVE_INFINITY : from + wholeNumber('seeds', values.seeds ?? '1000')
  const endsAtMs = timed ? performance.now() + minutes * 60_000 : Number.POSITIVE_INFINITY
  console.log(`from seed ${from}`)
  const startedMs = performance.now()
  const sum = createTally()
  const failures: Failure[] = []
  let next = from
  const give = (): Chunk | undefined => {
    if (next >= until || performance.now() > endsAtMs || failures.length >= mostFailures) return undefined
    const chunk = { from: next, count: Math.min(seedsAtOnce, until - next) }
    next += chunk.count
    return chunk
  }
  const take = ({ tally: part, failures: found }: Report): void => {
    addTally(sum, part)
    for (const failure of found) {
      failures.push(failure)
      console.log(`${failure.message}\n  npm run simulate -- --seed ${failure.seed}${flags}`)
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, () => employ(give, take)))
  const seconds = (performance.now() - startedMs) / 1000
  console.log(countsInWords(sum, { from, failed: failures.length, seconds }))
  if (failures.length > 0) process.exitCode = 1
  else if (values.write) {
    const command = process.argv
      .slice(2)
      .filter((word) => word !== '--write')
      .join(' ')
    const place = { page: 'reliability', name: kind === 'stream' ? 'simulation-streams' : 'simulation' }
    writeFigures(place, releaseTable(sum, { command, seconds, machine: measuredOn(), kind }))
  }
}

/** One worker process, fed until there is nothing left to give. */
function employ(give: () => Chunk | undefined, take: (report: Report) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = fork(
      fileURLToPath(import.meta.url),
      [
        ...(ringAsked === undefined ? [] : ['--ring', String(ringAsked)]),
        ...(auto ? ['--auto'] : []),
        ...['--world', kind],
      ],
      {
        serialization: 'advanced',
        execArgv: forManyShortLives,
      },
    )
    const feed = (): void => {
      const chunk = give()
      if (chunk === undefined) worker.disconnect()
      else worker.send(chunk)
    }
    worker.on('message', (report: Report) => {
      take(report)
      feed()
    })
    worker.on('error', reject)
    worker.on('exit', (exitCode) => {
      if (exitCode === 0) resolve()
      else reject(new Error(`A worker ended with ${exitCode}.`))
    })
    feed()
  })
}
