/** `longhaul serve` as a process of its own, on a port of its choice, for tests that kill it or look at its system calls. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { endsWithUs } from '../support/command.js'
import { fixture } from '../support/paths.js'

export const SERVE_KEYS = { accessKeyId: 'LHSERVE', accessKeySecret: 'serve-secret' }

export interface ServeProcess {
  readonly port: number
  readonly pid: number
  /** Resolves when the process is gone. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
  isGone(): boolean
  /** What it said on stderr so far. */
  complaints(): string
  kill(signal: NodeJS.Signals): void
}

export interface ServeOptions {
  readonly dataDir: string
  /** A home of its own, so that it meets no other server's file. */
  readonly home: string
  readonly durability?: 'durable' | 'fast' | 'memory'
  /** Another program that runs it, with its arguments, such as a tracer. */
  readonly under?: readonly string[]
  /** More than the few variables that it gets anyway. */
  readonly environment?: Readonly<Record<string, string>>
  /** Not the user who runs the tests. */
  readonly user?: { readonly uid: number; readonly gid: number }
}

const STARTS_WITHIN_MS = 60_000

export function spawnServe(options: ServeOptions): ChildProcess {
  const { dataDir, home, durability = 'durable', under = [], environment = {}, user = {} } = options
  const command = [
    ...under,
    process.execPath,
    fixture('dist/cli/start.cjs'),
    'serve',
    '--json',
    '--quiet',
    ...['--port', '0', '--data', dataDir, '--durability', durability, '--bucket', 'one'],
    ...['--access-key-id', SERVE_KEYS.accessKeyId, '--access-key-secret', SERVE_KEYS.accessKeySecret],
  ]
  const [program = '', ...args] = command
  return endsWithUs(
    spawn(program, args, {
      env: { PATH: process.env['PATH'], HOME: home, LONGHAUL_HOME: home, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...user,
    }),
  )
}

export function endOf(child: ChildProcess): ServeProcess['ended'] {
  return new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })))
}

/** Rejects when it ends before it listens. */
export async function startServe(options: ServeOptions): Promise<ServeProcess> {
  const child = spawnServe(options)
  let complaints = ''
  child.stderr?.on('data', (chunk) => {
    complaints += String(chunk)
  })
  let isGone = false
  const ended = endOf(child).finally(() => {
    isGone = true
  })
  const { stdout } = child
  if (stdout === null) throw new Error('It has no output.')
  const lines = createInterface({ input: stdout })
  const first = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`serve does not listen: ${complaints}`))
    }, STARTS_WITHIN_MS)
    lines.once('line', (line) => {
      clearTimeout(timer)
      resolve(line)
    })
    ended.then(({ code, signal }) => {
      clearTimeout(timer)
      reject(new Error(`serve ended with ${code ?? signal}: ${complaints}`))
    })
  })
  const { endpoint, pid } = JSON.parse(first) as { readonly endpoint: string; readonly pid: number }
  return {
    port: Number(new URL(endpoint).port),
    pid,
    ended,
    complaints: () => complaints,
    isGone: () => isGone,
    kill(signal) {
      if (!isGone) process.kill(pid, signal)
    },
  }
}
