/**
 * `npm run fuzz`: feeds every reader of what comes from outside, and prints how many inputs each took. The readers run in a
 * worker, so that one which never comes back is found out too.
 */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { choose, readCommand, refuse, wholeNumber } from '../support/command.js'
import { LONGEST_INPUT_MS, replayLine, run, type Target } from './target.js'
import { targets } from './targets.js'

/** When a target has had enough. */
type Budget = { readonly seconds: number } | { readonly times: number }

interface Job {
  readonly budget: Budget
  readonly seed: number
  readonly path: string | undefined
  readonly names: readonly string[]
  /** Which target is at work, and how many inputs it was given. */
  readonly progress: SharedArrayBuffer
}

const usage = `npm run fuzz [-- OPTION...]
  --seconds N      for all readers together; default 60
  --times K        in place of it K times the inputs that npm test gives: the same seed is the same run on any machine
  --seed S         where the inputs come from; default a new one
  --target NAME    one reader: ${targets.map(({ name }) => name).join(', ')}
  --path P         the one input that a failure named; with --seed and --target

Exit code 1 when a reader broke one of its laws.`

if (isMainThread) await main()
else await work(workerData as Job)

async function main(): Promise<void> {
  const { values } = readCommand(usage, {
    options: {
      seconds: { type: 'string', default: '60' },
      times: { type: 'string' },
      seed: { type: 'string' },
      target: { type: 'string' },
      path: { type: 'string' },
    },
  })
  const asked = values.target === undefined ? [] : [values.target]
  const names = choose('target', targets, asked).map(({ name }) => name)
  const seed =
    values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : wholeNumber('seed', values.seed)
  const budget: Budget =
    values.times === undefined ? { seconds: Number(values.seconds) } : { times: Number(values.times) }
  const [amount = 0] = Object.values(budget)
  if (!(amount > 0)) refuse('--seconds and --times take a number above 0.')
  console.log(
    `seed ${seed}, ${'seconds' in budget ? `${amount} seconds` : `${amount} times the inputs of npm test`}`,
  )
  const progress = new SharedArrayBuffer(8)
  const job: Job = { budget, seed, path: values.path, names, progress }
  const worker = new Worker(new URL(import.meta.url), { workerData: job })
  const watch = watchOver(worker, job)
  worker.on('message', (line: string) => console.log(line))
  worker.on('error', (error) => {
    console.error(error)
    process.exitCode = 1
  })
  worker.on('exit', (code) => {
    clearInterval(watch)
    if (code !== 0) process.exitCode = 1
  })
}

/** Ends a worker that has been at one input for too long, and says which input that was. */
function watchOver(worker: Worker, { seed, names, progress }: Job): NodeJS.Timeout {
  const counts = new Int32Array(progress)
  let last = ''
  let since = performance.now()
  return setInterval(() => {
    const [which = 0, inputs = 0] = [Atomics.load(counts, 0), Atomics.load(counts, 1)]
    const now = `${which}/${inputs}`
    if (now !== last) {
      last = now
      since = performance.now()
    } else if (performance.now() - since > 2 * LONGEST_INPUT_MS) {
      console.error(`${names[which]}: an input never came back.\n\nTo see it again:`)
      console.error(replayLine(names[which] ?? '', seed, String(inputs - 1)))
      process.exitCode = 1
      void worker.terminate()
    }
  }, 1000)
}

async function work({ budget, seed, path, names, progress }: Job): Promise<void> {
  const counts = new Int32Array(progress)
  const chosen = names
    .map((name) => targets.find((each) => each.name === name))
    .filter((each): each is Target => each !== undefined)
  const weights = chosen.reduce((sum, { weight }) => sum + weight, 0)
  let failures = 0
  for (const [index, each] of chosen.entries()) {
    Atomics.store(counts, 1, 0)
    Atomics.store(counts, 0, index)
    const ran = await run(each, {
      seed,
      path,
      ...('seconds' in budget
        ? { ms: (budget.seconds * 1000 * each.weight) / weights }
        : { runs: Math.ceil(budget.times * each.runs) }),
      onInput: () => Atomics.add(counts, 1, 1),
    })
    const rate = Math.round(ran.inputs / ran.seconds)
    say(
      `${each.name.padEnd(18)} ${String(ran.inputs).padStart(9)} inputs  ${String(rate).padStart(7)} a second`,
    )
    if (ran.failure === undefined) continue
    failures += 1
    say(ran.failure)
  }
  say(failures === 0 ? 'nothing broke' : `${failures} of ${chosen.length} targets broke`)
  if (failures > 0) process.exitCode = 1
}

function say(line: string): void {
  parentPort?.postMessage(line)
}
