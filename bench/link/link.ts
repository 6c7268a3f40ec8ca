/**
 * `npm run bench:link`: ours with `numThreads: 'auto'` over long links, against the OSS Go SDK v2's Uploader with several
 * settings; and how well `limitRate` is kept on a real socket. The links are ours: packets between two network namespaces,
 * through two TUN devices, in user space.
 */
import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { Missing } from '../../test/interop/part.js'
import {
  choose,
  endOnSignals,
  readCommand,
  refuse,
  wholeNumber,
  workFolder,
} from '../../test/support/command.js'
import { measuredOn, writeFigures } from '../../test/support/figures.js'
import { bringContestants, type Contestant } from '../speed/contestants.js'
import { type Verdict, verdictLine, verdictTable } from '../verdicts.js'
import { limitRows } from './limit.js'
import { buildPacketLink, type LinkKind } from './link-place.js'
import { raceOverLink } from './link-race.js'

const MiB = 1024 * 1024

interface Trial {
  readonly kind: LinkKind
  readonly size: number
  readonly partSize: number
  /** How many routines Go is given. */
  readonly settings: readonly number[]
}

/** Queues of a hundred milliseconds, as routers have them. */
const trials: Readonly<Record<string, Trial>> = {
  far: {
    kind: { name: '100 Mbit/s, 200 ms', megabitsPerSecond: 100, roundTripMs: 200, loss: 0, queueMs: 100 },
    size: 256 * MiB,
    partSize: 8 * MiB,
    settings: [1, 2, 4, 8, 16],
  },
  lossy: {
    kind: {
      name: '20 Mbit/s, 50 ms, 1 % loss',
      megabitsPerSecond: 20,
      roundTripMs: 50,
      loss: 0.01,
      queueMs: 100,
    },
    size: 64 * MiB,
    partSize: 2 * MiB,
    // With that loss one connection carries 3 Mbit/s: with fewer of them a run takes minutes, and can't be the best.
    settings: [4, 8, 16],
  },
}

const usage = `npm run bench:link [-- OPTION...]
  --only NAME      far, lossy or limit; several times for several
  --rounds N       interleaved rounds; default 2. Who is half as slow again as the best in the first takes part in no other
  --quick          a quarter of the bytes, one round and fewer settings: shows that it works
  --folder DIR     where Go and the files are kept; default a temporary folder, removed at the end
  --write          puts the tables into docs/performance.md; takes all of it in full

Takes eleven minutes. The links take root, ip (iproute2), /dev/net/tun and Go; without them they are *not measured*. Goals
that are missed are said, not punished.`

const { values } = readCommand(usage, {
  options: {
    only: { type: 'string', multiple: true, default: [] },
    rounds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    folder: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
})
const { quick, write } = values
const all = [...Object.keys(trials), 'limit'].map((name) => ({ name }))
const names = choose('measure', all, values.only).map(({ name }) => name)
const rounds = wholeNumber('rounds', values.rounds ?? (quick ? '1' : '2'), { least: 1, most: 99 })
if (write && (quick || names.length < all.length)) refuse('--write needs all of it in full.')

endOnSignals()
const say = (line: string): void => console.log(line)
const folder = workFolder('longhaul-link-', values.folder === undefined ? undefined : resolve(values.folder))
const verdicts: Verdict[] = []
const tables: string[] = []
mkdirSync(folder, { recursive: true })
const links = names.filter((name) => name !== 'limit')
if (links.length > 0) await measureLinks(links)
if (names.includes('limit')) verdicts.push(...(await limitRows({ folder, quick, say })))
for (const verdict of verdicts) say(verdictLine(verdict))
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
    const settings = quick ? trial.settings.filter((each) => each === 4 || each === 16) : trial.settings
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
