/** Runs other programs, bounded in time and in what they may say, without a shell. */
import { spawn } from 'node:child_process'
import { endsWithUs } from '../support/command.js'
import { Missing } from './part.js'

export interface ProgramOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly limitMs?: number
  readonly signal?: AbortSignal
  /** Written to its stdin. Absent: nothing to read. */
  readonly input?: string | Uint8Array
  /** Told the pid, so that a test can kill it half-way. */
  readonly onStart?: (kill: (signal: NodeJS.Signals) => void) => void
}

export interface ProgramEnd {
  /** Undefined when a signal ended it. */
  readonly code: number | undefined
  readonly stdout: Buffer
  readonly stderr: Buffer
  /** Both, in the order they came. */
  readonly output: string
  readonly timedOut: boolean
}

const LIMIT_MS = 120_000
const MOST_BYTES = 64 * 1024 * 1024

/** Runs a program to its end. Rejects only when it can't be started or `signal` ends it. */
export function runProgram(
  program: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramEnd> {
  return new Promise((resolve, reject) => {
    const child = endsWithUs(
      spawn(program, args, {
        cwd: options.cwd,
        env: { ...process.env, ...options.env },
        stdio: ['pipe', 'pipe', 'pipe'],
        signal: options.signal,
        killSignal: 'SIGKILL',
      }),
    )
    const both: Buffer[] = []
    const out: Buffer[] = []
    const err: Buffer[] = []
    let bytes = 0
    let timedOut = false
    const limit = setTimeout(() => {
      timedOut = true
      child.kill('SIGKILL')
    }, options.limitMs ?? LIMIT_MS)
    const collect = (into: Buffer[]) => (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > MOST_BYTES) child.kill('SIGKILL')
      else {
        into.push(chunk)
        both.push(chunk)
      }
    }
    child.stdout.on('data', collect(out))
    child.stderr.on('data', collect(err))
    child.on('error', (error) => {
      clearTimeout(limit)
      reject(error)
    })
    child.on('close', (code) => {
      clearTimeout(limit)
      resolve({
        code: code ?? undefined,
        stdout: Buffer.concat(out),
        stderr: Buffer.concat(err),
        output: Buffer.concat(both).toString(),
        timedOut,
      })
    })
    // Who does not read its input may end before it is written.
    child.stdin.on('error', () => undefined)
    child.stdin.end(options.input ?? '')
    options.onStart?.((signal) => child.kill(signal))
  })
}

/** The same, for steps of an installation: anything but exit code 0 throws, with its last words. */
export async function mustRun(
  program: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<string> {
  const ended = await runProgram(program, args, options)
  if (ended.code === 0) return ended.stdout.toString()
  const words = ended.output.trim().split('\n').slice(-8).join('\n')
  throw new Error(`${program} ${args.join(' ')} ended with ${ended.code ?? 'a signal'}:\n${words}`)
}

/** The first of the programs that answers to `args`. @throws Missing with `hint` when none does */
export async function findProgram(
  candidates: readonly string[],
  args: readonly string[],
  hint: string,
): Promise<string> {
  for (const program of candidates) {
    const ended = await runProgram(program, args, { limitMs: 30_000 }).catch(() => undefined)
    if (ended?.code === 0) return program
  }
  throw new Missing(hint)
}
