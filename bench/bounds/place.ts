/** Where a bound is tried, and what is told of it. */
export interface Place {
  /** Empty, on a real disk, and removed afterwards. */
  readonly dataDir: string
  say(text: string): void
}

export interface Bound {
  readonly what: string
  readonly bound: string
  readonly measured: string
  readonly holds: boolean
}

/** The one that the server makes at its start. */
export const bucket = 'one'
