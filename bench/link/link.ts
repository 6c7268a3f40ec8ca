/**
 * `npm run bench:link`: ours with `numThreads: 'auto'` over long links, against the OSS Go SDK v2's Uploader with each of its
 * settings; and how well `limitRate` is kept on a real socket.
 *
 *     -- --only NAME      far, lossy or limit; several times for several
 *     -- --rounds N       interleaved rounds; default 3
 *     -- --quick          a quarter of the bytes, one round and fewer settings: shows that it works
 *     -- --folder DIR     where Go and the files are kept; default a temporary folder, removed at the end
 *     -- --write          puts the tables into docs/performance.md
 *
 * The links are ours: packets between two network namespaces, through two TUN devices, in user space. That takes root, ip and
 * Go; without them the links are *not measured*. Goals that are missed are said, not punished.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { Missing } from '../../test/interop/part.js'
import { measuredOn, writeFigures } from '../../test/support/figures.js'
import { bringContestants, type Contestant } from '../speed/contestants.js'
import { type Verdict, word } from '../speed/goals.js'
import { limitRows } from './limit.js'
import { buildPacketLink, type LinkKind } from './link-place.js'
import { raceOverLink } from './link-race.js'
import { verdictTable } from './verdicts.js'

const MiB = 1024 * 1024

interface Trial {
  readonly kind: LinkKind
  readonly size: number
  readonly partSize: number
}

/** Queues of a hundred milliseconds, as routers have them. */
const trials: Readonly<Record<string, Trial>> = {
  far: {
    kind: { name: '100 Mbit/s, 200 ms', megabitsPerSecond: 100, roundTripMs: 200, loss: 0, queueMs: 100 },
    size: 384 * MiB,
    partSize: 8 * MiB,
  },
  lossy: {
    kind: {
      name: '20 Mbit/s, 50 ms, 1 % loss',
      megabitsPerSecond: 20,
      roundTripMs: 50,
      loss: 0.01,
      queueMs: 100,
    },
    size: 128 * MiB,
    partSize: 2 * MiB,
  },
}

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    rounds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    folder: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
})
const { quick, write } = values
const names = values.only.length === 0 ? [...Object.keys(trials), 'limit'] : values.only
const unknown = names.find((name) => name !== 'limit' && !Object.hasOwn(trials, name))
if (unknown !== undefined) refuse(`There is no ${unknown}, only far, lossy and limit.`)
const rounds = Number(values.rounds ?? (quick ? 1 : 3))
if (!Number.isInteger(rounds) || rounds < 1 || rounds > 99) refuse('--rounds takes a number from 1 to 99.')
if (write && (quick || values.only.length > 0)) refuse('--write needs all of it in full.')
const settings = quick ? [4, 16] : [1, 2, 4, 8, 16]

const say = (line: string): void => console.log(line)
const folder =
  values.folder === undefined ? mkdtempSync(join(tmpdir(), 'longhaul-link-')) : resolve(values.folder)
const verdicts: Verdict[] = []
const tables: string[] = []
try {
  mkdirSync(folder, { recursive: true })
  const links = names.filter((name) => name !== 'limit')
  if (links.length > 0) await measureLinks(links)
  if (names.includes('limit')) verdicts.push(...(await limitRows({ folder, quick, say })))
} finally {
  if (values.folder === undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}
for (const verdict of verdicts) {
  say(`${word(verdict)}: ${verdict.what}: ${verdict.measured} (${verdict.bound})`)
}
if (write) {
  const under = `Medians of ${rounds} interleaved rounds; ${measuredOn()}; \`npm run bench:link -- --write\``
  const place = { page: 'performance', name: 'link' }
  writeFigures(place, [verdictTable(verdicts), ...tables, under].join('\n\n'))
}

async function measureLinks(links: readonly string[]): Promise<void> {
  const found = await prepare().catch((error: unknown) => {
    if (!(error instanceof Missing)) throw error
    return error
  })
  for (const name of links) {
    const trial = trials[name]
    if (trial === undefined) continue
    const { kind, partSize } = trial
    const what = `${kind.name}: speed with \`auto\` against Go's best fixed setting`
    if (found instanceof Missing) {
      verdicts.push({
        what,
        bound: 'at least 0.95 times',
        measured: `not measured: ${found.message}`,
        holds: undefined,
      })
      continue
    }
    say(`\n== ${kind.name}`)
    const size = quick ? trial.size / 4 : trial.size
    const race = await raceOverLink({ ...found, kind, size, partSize, settings, rounds, folder, say })
    tables.push(
      `**${kind.name}**, ${size / MiB} MiB in parts of ${partSize / MiB} MiB, ${race.way}\n\n${race.table}`,
    )
    say(`\n${race.table}\n`)
    const { ratio } = race
    verdicts.push({
      what,
      bound: 'at least 0.95 times',
      measured: `${ratio.toFixed(2)} times (Go with ${race.best} routines)`,
      holds: ratio >= 0.95,
    })
  }
}

async function prepare(): Promise<{ program: string; ours: Contestant; go: Contestant }> {
  const program = await buildPacketLink(folder)
  const { present, absent } = await bringContestants(['longhaul', 'go'], { folder, say })
  const [missing] = absent
  if (missing !== undefined) throw new Missing(missing.reason)
  const ours = present.find(({ name }) => name === 'longhaul')
  const go = present.find(({ name }) => name === 'go')
  if (ours === undefined || go === undefined) throw new Missing('a client is missing')
  return { program, ours, go }
}

function refuse(message: string): never {
  console.error(message)
  process.exit(2)
}
