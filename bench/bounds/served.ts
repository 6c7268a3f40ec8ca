/** A server as a process of its own, as a user starts it, and what it took of memory: only a process has a peak. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fixture } from '../../test/support/paths.js'

export interface Served {
  readonly endpoint: string
  readonly port: number
  readonly credentials: { readonly accessKeyId: string; readonly accessKeySecret: string }
  /** Most that the process ever had in memory, in bytes; `undefined` where the system does not tell. */
  peakMemory(): number | undefined
  stop(): Promise<void>
}

const credentials = { accessKeyId: 'bench-id', accessKeySecret: 'bench-secret' }
const stopWithinMs = 30_000

export async function serve(options: {
  readonly dataDir: string
  readonly durability: 'durable' | 'fast'
}): Promise<Served> {
  const { dataDir, durability } = options
  const args = ['serve', '--json', '--port', '0', '--data', dataDir, '--durability', durability]
  const keys = [
    '--access-key-id',
    credentials.accessKeyId,
    '--access-key-secret',
    credentials.accessKeySecret,
  ]
  const child = spawn(process.execPath, [fixture('dist/cli/start.cjs'), ...args, ...keys], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // The file that tells of a running server goes where it disturbs nobody.
    env: { ...process.env, HOME: dataDir, LONGHAUL_STORE: dataDir },
  })
  const endpoint = await listeningAt(child)
  return {
    endpoint,
    port: Number(new URL(endpoint).port),
    credentials,
    peakMemory: () => peakOf(child.pid),
    async stop() {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), stopWithinMs)
      await ended
      clearTimeout(timer)
    },
  }
}

/** Reads on after the first line, since a pipe that nobody reads would stop the server's request log, and the server. */
async function listeningAt(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('The server has no output.')
  const lines = createInterface({ input: child.stdout })
  return new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      const said = JSON.parse(line) as { type: string; endpoint?: string }
      if (said.type === 'listening' && said.endpoint !== undefined) resolve(said.endpoint)
    })
    child.once('exit', (code) => reject(new Error(`The server ended with exit code ${code}.`)))
  })
}

function peakOf(pid: number | undefined): number | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const kib = /^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]
    return kib === undefined ? undefined : Number(kib) * 1024
  } catch {
    return undefined
  }
}
