/** A campaign against the real thing: bounded, replayable from its seed, and told as a table in docs/reliability.md. */

export interface CampaignOptions {
  /** Decides every moment that is left to luck. */
  readonly seed: number
  /** How much of the release run to do: 1 is all of it, CI does less. */
  readonly share: number
  /** One case alone, by the number that its failure told. */
  readonly only?: number | undefined
  /** Ends the campaign between two cases; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /** Tells a person how far it is. */
  say(line: string): void
}

export interface Campaign {
  /** Also the name of its figures in the page. */
  readonly name: string
  /** The page in docs that its figures go to; default `reliability`. */
  readonly page?: string
  /** Resolves with the figures as Markdown. Rejects when a promise was broken, with what replays it. */
  run(options: CampaignOptions): Promise<string>
}

/** A promise that was broken. The message tells which and how; `replay` is the number for `--case`. */
export class BrokenPromise extends Error {
  override readonly name = 'BrokenPromise'
  readonly replay: number

  constructor(replay: number, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options)
    this.replay = replay
  }
}

/** Works through the cases, two at a time, and stops at the first that fails. */
export async function inLanes<Case>(
  cases: Iterable<Case>,
  work: (each: Case) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const left = cases[Symbol.iterator]()
  let failed = false
  const lane = async (): Promise<void> => {
    while (!failed) {
      signal?.throwIfAborted()
      const next = left.next()
      if (next.done === true) return
      try {
        await work(next.value)
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  const ended = await Promise.allSettled([lane(), lane()])
  const broken = ended.find((each) => each.status === 'rejected')
  if (broken !== undefined) throw broken.reason
}

/** The case that was asked for, or else an even sample of all; which ones, the seed decides. At least one. */
export function chosen<Case extends { readonly number: number }>(
  cases: readonly Case[],
  { seed, share, only }: CampaignOptions,
): readonly Case[] {
  if (only !== undefined) {
    const asked = cases.filter(({ number }) => number === only)
    if (asked.length === 0) throw new RangeError(`There is no case ${only}, only 1 to ${cases.length}.`)
    return asked
  }
  const wanted = Math.min(cases.length, Math.max(1, Math.round(cases.length * share)))
  return Array.from({ length: wanted }, (_, index) => Math.floor((index * cases.length) / wanted)).flatMap(
    (index) => cases.slice((index + seed) % cases.length).slice(0, 1),
  )
}
