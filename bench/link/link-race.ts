/** One file over one link: Go with each of its settings and ours with `auto`, in turn. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { markdownTable, right } from '../../test/support/figures.js'
import { median, orderOf } from '../rounds.js'
import type { Contestant } from '../speed/contestants.js'
import { randomFile } from '../speed/material.js'
import { runContestant } from '../speed/run.js'
import { startDiscardServer } from '../speed/server.js'
import { type LinkKind, openLink } from './link-place.js'

export interface LinkRace {
  readonly table: string
  /** Ours beside Go's best setting, by the medians. */
  readonly ratio: number
  readonly best: number
  /** What carried the packets. */
  readonly way: string
}

/** Once it has lost by so much, a setting of Go's is not run again: it can't be the best, and takes longest. */
const HOPELESS = 1.5

export async function raceOverLink(race: {
  readonly program: string
  readonly ours: Contestant
  readonly go: Contestant
  readonly kind: LinkKind
  readonly size: number
  readonly partSize: number
  readonly settings: readonly number[]
  readonly rounds: number
  readonly folder: string
  readonly say: (line: string) => void
}): Promise<LinkRace> {
  const { kind, size, partSize, settings, rounds, folder, say } = race
  const material = randomFile(join(folder, 'file.bin'), size)
  const link = await openLink(race.program, kind)
  const runners = [
    ...settings.map((parallel) => ({ contestant: race.go, parallel, seconds: [] as number[] })),
    { contestant: race.ours, parallel: 'auto' as const, seconds: [] as number[] },
  ]
  try {
    const server = await startDiscardServer({ host: link.farHost, within: link.far })
    try {
      await server.know([material.knowledge('file.bin', partSize)])
      for (let round = 1; round <= rounds; round += 1) {
        for (const { contestant, parallel, seconds } of orderOf(stillRunning(runners), round)) {
          const near: Contestant = {
            ...contestant,
            command: (job) => {
              const [program = '', ...args] = [...link.near, ...contestant.command(job)]
              return [program, ...args]
            },
          }
          const told = await runContestant(
            near,
            {
              kind: 'one',
              endpoint: server.http,
              bucket: 'bench',
              key: 'file.bin',
              file: material.file,
              partSize,
              parallel,
            },
            { folder },
          )
          seconds.push(told.seconds)
          say(`round ${round}: ${contestant.name}, ${parallel}: ${told.seconds.toFixed(1)} s`)
        }
      }
    } finally {
      server.end()
    }
  } finally {
    await link.remove()
    rmSync(material.file, { force: true })
  }
  const results = runners.map(({ contestant, parallel, seconds }) => ({
    contestant,
    parallel,
    median: median(seconds),
  }))
  const rows = results.map(({ contestant, parallel, median: seconds }) => {
    const megabits = (size * 8) / 1e6 / seconds
    return [
      contestant.title,
      String(parallel),
      seconds.toFixed(1),
      megabits.toFixed(1),
      `${((100 * megabits) / kind.megabitsPerSecond).toFixed(0)} %`,
    ]
  })
  const fixed = results.filter(({ parallel }) => parallel !== 'auto')
  const best = fixed.reduce((one, other) => (other.median < one.median ? other : one))
  const ours = results.find(({ parallel }) => parallel === 'auto')
  return {
    table: markdownTable(
      [{ title: 'client' }, right('at once'), right('seconds'), right('Mbit/s'), right('of the link')],
      rows,
    ),
    ratio: best.median / (ours?.median ?? Number.NaN),
    best: Number(best.parallel),
    way: `by a packet link of our own over TUN devices, TCP ${link.congestion}`,
  }
}

function stillRunning<T extends { readonly parallel: number | 'auto'; readonly seconds: readonly number[] }>(
  runners: readonly T[],
): readonly T[] {
  const best = Math.min(...runners.flatMap(({ seconds }) => seconds))
  return runners.filter(
    ({ parallel, seconds }) => parallel === 'auto' || seconds.every((each) => each <= best * HOPELESS),
  )
}
