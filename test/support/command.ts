/** What the project's own commands (`npm run NAME`) share: options, `--help`, refusals, and an end that leaves nothing behind. */
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ParseArgsConfig, parseArgs } from 'node:util'

/** A key press can arrive twice, through npm and from the terminal. */
const SAME_WISH_MS = 500

/**
 * Reads the options that the command was given. With `--help` it prints the usage and ends; what it does not know it refuses.
 *
 * @param usage begins with `npm run NAME`
 */
export function readCommand<const T extends ParseArgsConfig>(
  usage: string,
  config: T,
): ReturnType<typeof parseArgs<T>> {
  if (process.argv.slice(2).some((word) => word === '--help' || word === '-h')) {
    console.log(usage)
    process.exit(0)
  }
  try {
    return parseArgs(config)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return refuse(`${error.message}\n\n${usage}`)
  }
}

/** Ends with a sentence, as a wrong call. */
export function refuse(message: string): never {
  console.error(message)
  process.exit(2)
}

/** The first one of `asked` that nobody knows is refused; none asked for means all. */
export function choose<T extends { readonly name: string }>(
  kind: string,
  known: readonly T[],
  asked: readonly string[],
): readonly T[] {
  const names = known.map(({ name }) => name)
  const unknown = asked.find((name) => !names.includes(name))
  if (unknown !== undefined) refuse(`There is no ${kind} ${unknown}, only: ${names.join(', ')}.`)
  return asked.length === 0 ? known : known.filter(({ name }) => asked.includes(name))
}

export function wholeNumber(
  option: string,
  text: string,
  { least = 0, most = Number.MAX_SAFE_INTEGER }: { readonly least?: number; readonly most?: number } = {},
): number {
  const number = Number(text)
  if (/^\d+$/.test(text) && number >= least && number <= most) return number
  const range =
    most === Number.MAX_SAFE_INTEGER ? (least === 0 ? '' : ` from ${least} on`) : ` from ${least} to ${most}`
  return refuse(`--${option} takes a whole number${range}, not ${text}.`)
}

/** Aborts at the first signal, so that what is under way can come to its end; another one ends the process at once. */
export function stopOnSignals(words: string): AbortSignal {
  const controller = new AbortController()
  let firstMs = Number.NaN
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted && performance.now() - firstMs > SAME_WISH_MS) process.exit(130)
      if (controller.signal.aborted) return
      firstMs = performance.now()
      console.log(words)
      controller.abort()
    })
  }
  return controller.signal
}

/** A signal ends the process as its own end would: what is owed is tidied. For commands that have nothing to bring to an end. */
export function endOnSignals(): void {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(name, () => process.exit(128 + constants.signals[name]))
  }
}

const owed = new Set<() => void>()
let isHeeded = false

/**
 * Sees to it that something is tidied when the process ends, what came last first. Returns what tidies it before. It must
 * not wait for anything: at the end of a process nothing can. A signal's end counts after `endOnSignals` alone.
 */
export function tidyAtEnd(tidy: () => void): () => void {
  if (!isHeeded) process.once('exit', tidyAll)
  isHeeded = true
  owed.add(tidy)
  return () => {
    if (owed.delete(tidy)) tidy()
  }
}

function tidyAll(): void {
  for (const tidy of [...owed].reverse()) {
    try {
      tidy()
    } catch (error) {
      console.error(error)
    }
  }
}

/** A folder for the life of this process, or the one that is named, which stays. */
export function workFolder(prefix: string, named?: string): string {
  if (named !== undefined) return named
  const folder = mkdtempSync(join(tmpdir(), prefix))
  tidyAtEnd(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}

/** A process that goes when this one does. */
export function endsWithUs<T extends ChildProcess>(child: T): T {
  const kill = tidyAtEnd(() => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
  })
  child.once('exit', kill)
  return child
}
