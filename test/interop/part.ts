/**
 * What a part of `npm run interop` is: one client that we did not write, or one family of them, and its tests against the
 * embedded server. A part installs what it needs into its folder, and tells of every test what came of it.
 */

/**
 * `pass`: as the client's makers or our script expect. `explained`: it fails, by exactly what the list says, and a fact of
 * the service or of this machine is the reason. `not applicable`: it is about something the server does not have.
 */
export type Outcome = 'pass' | 'explained' | 'not applicable' | 'failed'

export interface TestResult {
  readonly test: string
  /** How it was run, such as `V4` or `V1, on disk`: a column of the table. */
  readonly way: string
  readonly outcome: Outcome
  /** Why it is explained or not applicable. */
  readonly because?: string
  /** What a failure said, for the reader of the terminal. */
  readonly detail?: string
}

export interface PartContext {
  /** Is there, and belongs to this part alone. */
  readonly folder: string
  /** Only tests whose name matches; absent: all. */
  readonly only: RegExp | undefined
  /** Ends the run early. */
  readonly signal: AbortSignal
  say(line: string): void
  note(result: TestResult): void
}

export interface Part {
  /** The word that chooses it, and the name of its figures: `interop-NAME`. */
  readonly name: string
  /** Runs the tests. Resolves to the client's name and version, such as `OSS Go SDK v2 1.6.1, go1.26.8`. */
  run(context: PartContext): Promise<string>
}

/** Something this machine lacks and the part can't install. It says what to do. */
export class Missing extends Error {}

/** A test that the lists of a part do not expect to pass. */
export interface Exception {
  readonly outcome: 'explained' | 'not applicable'
  readonly because: string
}

export const isChosen = (context: PartContext, test: string): boolean => context.only?.test(test) ?? true

/** Runs `task` for all items, at most `atOnce` at a time. The first failure ends it. */
export async function forEachAtOnce<T>(
  items: readonly T[],
  atOnce: number,
  task: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items[Symbol.iterator]()
  const worker = async (): Promise<void> => {
    for (const item of queue) await task(item)
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker))
}
