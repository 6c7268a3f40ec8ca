/** What a measure of `npm run bench` is. */
import type { Verdict } from '../verdicts.js'
import type { Contestant } from './contestants.js'
import type { Standing } from './race.js'
import type { RunPlace } from './run.js'
import type { DiscardServer } from './server.js'

export interface Bench extends RunPlace {
  readonly server: DiscardServer
  readonly contestants: readonly Contestant[]
  readonly rounds: number
  /** Small sizes: shows that it works, and a collapse, nothing finer. */
  readonly quick: boolean
  say(line: string): void
}

/** What a measure came to: a table of its own, and goals. */
export interface Section {
  readonly title: string
  /** Markdown. */
  readonly table: string
  /** What a reader has to know of the table, in a sentence below it. */
  readonly note?: string
  /** How often what was run, such as `one run of each`. */
  readonly how: string
  readonly verdicts: readonly Verdict[]
  /** For the chart: megabytes a second. */
  readonly rates?: readonly Rate[]
}

export interface Rate {
  readonly label: string
  readonly megabytesPerSecond: number
  readonly ours: boolean
}

export interface Measure {
  /** The word that `--only` takes; the figures of the page are called so, too. */
  readonly name: string
  readonly contestants: readonly Contestant['name'][]
  run(bench: Bench): Promise<Section>
}

export function megabytesPerSecond(bytes: number, { seconds }: Standing): number {
  return bytes / 1e6 / seconds
}
