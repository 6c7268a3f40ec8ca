/** Runs the command line in this process, so that a test can stand between it and the server. */

import { valuesOfTheirOwn } from '../../src/cli/options.js'
import { createProgram } from '../../src/cli/program.js'
import type { Screen } from '../../src/cli/screen.js'
import type { World } from '../../src/cli/world.js'
import { mainScript } from './stage.js'

export interface Ran {
  readonly exitCode: number
  readonly out: readonly string[]
  readonly err: readonly string[]
}

/** Rejects with what the command threw: the beginning of `main` turns that into a line. */
export async function runInProcess(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  options: {
    readonly signal?: AbortSignal
    /** Told each line of stdout. */
    readonly onLine?: (line: string) => void
    /** What a person answers who is asked, whatever it is. */
    readonly answer?: string
    /** Does somebody sit at a terminal? */
    readonly moving?: boolean
  } = {},
): Promise<Ran> {
  const out: string[] = []
  const err: string[] = []
  let exitCode = 0
  const plain = worldOf(args, environment, { out, err })
  const { signal = plain.signal, onLine, answer, moving = false } = options
  const screen = {
    ...plain.screen,
    moving,
    out(line: string) {
      plain.screen.out(line)
      onLine?.(line)
    },
  }
  const said = async (): Promise<string> => answer ?? ''
  const person = answer === undefined ? {} : { ask: said, askHidden: said, readInput: said }
  const world = { ...plain, ...person, signal, screen }
  const program = createProgram(world, (code) => {
    exitCode = code
  })
  await program.parseAsync(valuesOfTheirOwn(args), { from: 'user' })
  return { exitCode, out, err }
}

export function worldOf(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  lines: { readonly out: string[]; readonly err: string[] } = { out: [], err: [] },
): World {
  const screen: Screen = {
    out: (line) => void lines.out.push(...line.split('\n')),
    outBytes: async () => true,
    err: (line) => void lines.err.push(...line.split('\n')),
    status() {},
    clearStatus() {},
    moving: false,
    columns: () => 80,
    rows: () => 24,
    async flush() {},
  }
  return {
    screen,
    environment,
    script: mainScript,
    program: 'longhaul',
    args,
    signal: new AbortController().signal,
    stoppedBy: () => undefined,
    atSuddenEnd: () => () => {},
  }
}
