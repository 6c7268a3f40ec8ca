/** The system calls of a real server, as `strace` writes them down, in the order in which they began and ended. */
import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'

export interface SystemCall {
  readonly name: string
  /** What stood between its brackets; descriptors with their paths. */
  readonly args: string
  /** Positions in the trace: of its beginning, and of its end. */
  readonly began: number
  readonly ended: number
  readonly result: number
}

export const TRACED = 'openat,open,write,writev,pwrite64,fsync,fdatasync,rename,unlink'

/** Why system calls can't be traced here; `undefined` when they can. */
export function whyNoTrace(): string | undefined {
  if (process.platform !== 'linux') return 'strace is of Linux'
  try {
    execFileSync('strace', ['-f', '-o', '/dev/null', 'true'], { stdio: 'ignore', timeout: 30_000 })
    return undefined
  } catch {
    return 'strace is not here, or may not trace'
  }
}

export function tracer(file: string, more: readonly string[] = []): readonly string[] {
  return ['strace', '-f', '-y', '-s', '64', '-e', `trace=${TRACED}`, ...more, '-o', file]
}

export async function readTrace(file: string): Promise<readonly SystemCall[]> {
  const calls: SystemCall[] = []
  const unfinished = new Map<
    string,
    { readonly name: string; readonly args: string; readonly began: number }
  >()
  const lines = (await readFile(file, 'utf8')).split('\n')
  for (const [at, line] of lines.entries()) {
    const started = /^(\d+)\s+(\w+)\((.*) <unfinished \.\.\.>$/.exec(line)
    if (started !== null) {
      const [, thread = '', name = '', args = ''] = started
      unfinished.set(thread, { name, args, began: at })
      continue
    }
    const resumed = /^(\d+)\s+<\.\.\. \w+ resumed>(.*)\)\s+= (-?\d+)/.exec(line)
    if (resumed !== null) {
      const [, thread = '', rest = '', result = ''] = resumed
      const call = unfinished.get(thread)
      if (call !== undefined)
        calls.push({ ...call, args: call.args + rest, ended: at, result: Number(result) })
      continue
    }
    const whole = /^\d+\s+(\w+)\((.*)\)\s+= (-?\d+)/.exec(line)
    if (whole === null) continue
    const [, name = '', args = '', result = ''] = whole
    calls.push({ name, args, began: at, ended: at, result: Number(result) })
  }
  return calls.sort((a, b) => a.began - b.began)
}
