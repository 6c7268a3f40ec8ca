/** Contestants against one another in interleaved rounds, so that what else the machine does falls on all alike. */
import { median, orderOf } from '../rounds.js'
import type { Contestant, ContestantName } from './contestants.js'
import type { Told } from './job.js'

export interface Standing {
  readonly name: ContestantName
  readonly title: string
  readonly checksum: string
  /** Medians over the rounds. */
  readonly seconds: number
  readonly cpuSeconds: number
  /** The most of all rounds, in MiB. Absent where it can't be told. */
  readonly peakMiB?: number
  /** Medians of what ours does against it within a round. Above 1: ours is faster; ours takes more. */
  readonly speedRatio: number
  readonly cpuRatio: number
  /** The smallest and largest speed ratio of a round. */
  readonly spread: readonly [number, number]
}

/** One round more than asked for is run first, and not counted. @param contestants ours among them */
export async function race(
  contestants: readonly Contestant[],
  run: (contestant: Contestant) => Promise<Told>,
  { rounds, say }: { readonly rounds: number; readonly say: (line: string) => void },
): Promise<readonly Standing[]> {
  const table: Map<ContestantName, Told>[] = []
  for (let round = 0; round <= rounds; round += 1) {
    const results = new Map<ContestantName, Told>()
    for (const contestant of orderOf(contestants, round)) results.set(contestant.name, await run(contestant))
    say(
      `${round === 0 ? 'warm-up' : `round ${round}`}: ${[...results].map(([name, { seconds }]) => `${name} ${seconds.toFixed(2)} s`).join(', ')}`,
    )
    if (round > 0) table.push(results)
  }
  return contestants.map(({ name, title, checksum }) => {
    const own = table.map((results) => results.get(name) as Told)
    const ours = table.map((results) => results.get('longhaul') as Told)
    const speeds = own.map(({ seconds }, round) => seconds / (ours[round]?.seconds ?? Number.NaN))
    const cpus = own.map(({ cpuSeconds }, round) => (ours[round]?.cpuSeconds ?? Number.NaN) / cpuSeconds)
    const peaks = own.flatMap(({ peakMiB }) => peakMiB ?? [])
    return {
      name,
      title,
      checksum,
      seconds: median(own.map(({ seconds }) => seconds)),
      cpuSeconds: median(own.map(({ cpuSeconds }) => cpuSeconds)),
      speedRatio: median(speeds),
      cpuRatio: median(cpus),
      spread: [Math.min(...speeds), Math.max(...speeds)],
      ...(peaks.length === 0 ? {} : { peakMiB: Math.max(...peaks) }),
    }
  })
}
