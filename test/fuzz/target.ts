/** One thing that reads what comes from outside, with what it is fed and the law it is held to. */
import fc from 'fast-check'
import { assertNothingPolluted } from './laws.js'

export interface Target {
  readonly name: string
  /** @param onInput is told of every input before it is given */
  property(onInput: () => void): fc.IRawProperty<unknown>
  /** Inputs in `npm test`. */
  readonly runs: number
  /** Shares of the time; 1 for most. */
  readonly weight: number
}

/** @param how.law throws when it is broken */
export function target<T>(
  name: string,
  input: fc.Arbitrary<T>,
  how: { readonly runs: number; readonly law: (input: T) => void },
): Target {
  return {
    name,
    runs: how.runs,
    weight: 1,
    property: (onInput) =>
      fc.property(input, (value) => {
        onInput()
        how.law(value)
        assertNothingPolluted()
      }) as fc.IRawProperty<unknown>,
  }
}

/** The same for what waits. */
export function asyncTarget<T>(
  name: string,
  input: fc.Arbitrary<T>,
  how: { readonly runs: number; readonly weight: number; readonly law: (input: T) => Promise<void> },
): Target {
  return {
    name,
    runs: how.runs,
    weight: how.weight,
    property: (onInput) =>
      fc.asyncProperty(input, async (value) => {
        onInput()
        await how.law(value)
        assertNothingPolluted()
      }) as fc.IRawProperty<unknown>,
  }
}

export interface Ran {
  readonly inputs: number
  readonly seconds: number
  /** What broke, and how to see it again. */
  readonly failure?: string
}

/** Longer, in milliseconds, and an input that waits counts as one that never ends. */
export const LONGEST_INPUT_MS = 30_000

/** Feeds a target as many inputs as are wanted or as the time allows. The same seed gives the same inputs. */
export async function run(
  given: Target,
  how: {
    readonly seed: number
    /** Of one failing input, as a failure prints it. */
    readonly path?: string | undefined
    readonly runs?: number
    readonly ms?: number
    readonly onInput?: () => void
  },
): Promise<Ran> {
  const started = performance.now()
  const details = await fc.check(given.property(how.onInput ?? (() => {})), {
    seed: how.seed,
    numRuns: how.runs ?? 2 ** 31 - 1,
    timeout: LONGEST_INPUT_MS,
    ...(how.path === undefined ? {} : { path: how.path }),
    ...(how.ms === undefined ? {} : { interruptAfterTimeLimit: how.ms }),
  })
  const seconds = (performance.now() - started) / 1000
  const inputs = details.numRuns
  if (!details.failed || (details.interrupted && details.counterexample === null)) return { inputs, seconds }
  const { errorInstance: error } = details
  const why = error instanceof Error ? (error.stack ?? error.message) : String(error)
  const said = `${why}\n\n${fc.stringify(details.counterexample)}, after ${inputs} inputs`
  const replay = replayLine(given.name, how.seed, details.counterexamplePath ?? '0')
  return { inputs, seconds, failure: `${given.name}: ${said}\n\nTo see it again:\n${replay}` }
}

export function replayLine(name: string, seed: number, path: string): string {
  return `  npm run fuzz -- --target ${name} --seed ${seed} --path ${path}`
}
