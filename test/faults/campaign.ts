/** A campaign against the real thing: bounded, replayable from its seed, and told as a table in docs/reliability.md. */

export interface CampaignOptions {
  /** Decides every moment that is left to luck. */
  readonly seed: number
  /** How much of the release run to do: 1 is all of it, CI does less. */
  readonly share: number
  /** Tells a person how far it is. */
  say(line: string): void
}

export interface Campaign {
  /** Also the name of its figures in the page. */
  readonly name: string
  /** Resolves with the figures as Markdown. Rejects when a promise was broken, with what replays it. */
  run(options: CampaignOptions): Promise<string>
}
