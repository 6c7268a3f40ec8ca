/**
 * `npm run bench:server`: parts that the durable server takes, hashed on its own loop and on threads, against a plain copy
 * of the same sizes and parallelism in the same rounds.
 */
import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { endOnSignals, endsWithUs, readCommand, tidyAtEnd, wholeNumber } from '../test/support/command.js'
import { writeFigures } from '../test/support/figures.js'
import { type Contender, circumstances, inRounds, spreadText } from './rounds.js'
import { type PartsTask, startWorker, type Worker } from './server-tasks.js'

const MIB = 1024 * 1024
const THREADS = [0, 1, 2]
/** Given to each before anything is measured: until a process has served some thousand requests, V8 is compiling beside it. */
const WARM_UP: PartsTask = { partSize: 128 * 1024, parts: 4096, parallel: 8 }
const TASKS: readonly (readonly [partMib: number, parallel: number])[] = [
  [8, 4],
  [8, 8],
  [1, 4],
  [1, 8],
]

const usage = `npm run bench:server [-- OPTION...]
  --rounds N       interleaved rounds, after one that does not count; default 7
  --mib N          what is sent in a run; default 256
  --folder DIR     on the disk to measure; default the system's temporary folder
  --write          puts the table into docs/server.md`

const { values } = readCommand(usage, {
  options: {
    rounds: { type: 'string', default: '7' },
    mib: { type: 'string', default: '256' },
    folder: { type: 'string', default: tmpdir() },
    write: { type: 'boolean', default: false },
  },
})
const rounds = wholeNumber('rounds', values.rounds, { least: 1, most: 99 })
const mib = wholeNumber('mib', values.mib, { least: 1, most: 65_536 })

/** What `longhaul serve` gives itself. The other contender keeps what every Node program has: it gains nothing by more. */
const DISK_THREADS = { UV_THREADPOOL_SIZE: '16', ...process.env }

/** A server, and a client of it. */
async function serving(folder: string, threads: number): Promise<{ sender: Worker; end: () => void }> {
  await mkdir(folder)
  const secret = randomBytes(12).toString('hex')
  const path = fileURLToPath(new URL('./serving.js', import.meta.url))
  const server = endsWithUs(fork(path, [folder, String(threads), secret], { env: DISK_THREADS }))
  const [port] = await once(server, 'message')
  const sender = startWorker('part-sender', [`http://127.0.0.1:${port}`, 'cn-hangzhou', 'bench', secret])
  return {
    sender,
    end() {
      sender.end()
      server.disconnect()
    },
  }
}

endOnSignals()
const folder = mkdtempSync(join(values.folder, 'longhaul-bench-'))
tidyAtEnd(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }))
await mkdir(join(folder, 'plain'))
const plain = startWorker('plain-copy', [join(folder, 'plain')])
const servers = await Promise.all(
  THREADS.map((threads) => serving(join(folder, `server-${threads}`), threads)),
)

function contenders(task: PartsTask): readonly Contender[] {
  return [
    { name: 'plain copy', run: async () => mib / (await plain.run(task)) },
    ...servers.map(({ sender }, index) => ({
      name: `server, ${THREADS[index]} threads`,
      run: async () => mib / (await sender.run(task)),
    })),
  ]
}

/** A line as soon as it is known: all of them take minutes. */
function say(line: string): void {
  table.push(line)
  process.stdout.write(`${line}\n`)
}

const table: string[] = []
const where = circumstances(cpus()[0]?.model ?? 'unknown', cpus().length)
try {
  process.stdout.write(`${where}\n\n`)
  for (const worker of [plain, ...servers.map(({ sender }) => sender)]) await worker.run(WARM_UP)
  say('| parts | | MiB/s | ratio | lowest to highest |')
  say('| --- | --- | ---: | ---: | --- |')
  for (const [partMib, parallel] of TASKS) {
    const task = { partSize: partMib * MIB, parts: Math.ceil(mib / partMib), parallel }
    for (const { name, rate, ratio, spread } of await inRounds(rounds, contenders(task))) {
      const parts = `${partMib} MiB, ${parallel} at once`
      say(`| ${parts} | ${name} | ${rate.toFixed(0)} | ${ratio.toFixed(2)} | ${spreadText(spread)} |`)
    }
  }
  if (values.write) {
    const under = `${where}, by \`npm run bench:server\`: medians of ${rounds} rounds of ${mib} MiB.`
    writeFigures({ page: 'server', name: 'writing' }, `${table.join('\n')}\n\n${under}`)
  }
} finally {
  plain.end()
  for (const { end } of servers) end()
}
