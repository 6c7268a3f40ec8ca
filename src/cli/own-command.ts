/** Runs a command of this program as a process of its own, and reads its `--json` lines. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Environment } from './home.js'

export type JsonLine = Readonly<Record<string, unknown>>

export interface OwnCommand {
  readonly pid: number
  /** Does nothing once it has ended. */
  kill(signal: 'SIGTERM' | 'SIGKILL'): void
  /** The exit code, or the signal that ended it. Resolves after the last line was read. */
  readonly ended: Promise<number | NodeJS.Signals>
  /** What it said on stderr so far. */
  complaints(): string
}

export function runOwnCommand(
  args: readonly string[],
  options: {
    /** The program's own script. */
    readonly script: string
    readonly environment: Environment
    readonly onLine: (line: JsonLine) => void
  },
): OwnCommand {
  // The channel tells it when this process is gone, so that it does not stay behind.
  const child: ChildProcess = spawn(process.execPath, [options.script, ...args], {
    env: { ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const complaints: string[] = []
  child.stderr?.on('data', (chunk: Buffer) => complaints.push(chunk.toString()))
  const lines = child.stdout === null ? undefined : createInterface({ input: child.stdout })
  lines?.on('line', (line) => {
    const parsed = parsedLine(line)
    if (parsed !== undefined) options.onLine(parsed)
  })
  const ended = Promise.all([once(child, 'exit'), lines === undefined ? undefined : once(lines, 'close')])
  return {
    pid: child.pid ?? 0,
    kill: (signal) => void child.kill(signal),
    ended: ended.then(([[code, signal]]) => (typeof code === 'number' ? code : (signal as NodeJS.Signals))),
    complaints: () => complaints.join('').trim(),
  }
}

/** The last line of a killed process may be half a line. */
function parsedLine(line: string): JsonLine | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined
  }
}
