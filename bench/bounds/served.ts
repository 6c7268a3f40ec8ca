/** A server as a process of its own, as a user starts it, and what it took of memory: only a process has a peak. */
import { readFileSync } from 'node:fs'
import { SERVE_KEYS, startServe } from '../../test/durability/serve-process.js'

export interface Served {
  readonly port: number
  readonly credentials: typeof SERVE_KEYS
  /** Most that the process ever had in memory, in bytes; `undefined` where the system does not tell. */
  peakMemory(): number | undefined
  stop(): Promise<void>
}

const stopWithinMs = 30_000

/** With its data, durable, in this folder. */
export async function serve(dataDir: string): Promise<Served> {
  const server = await startServe({ dataDir, home: dataDir })
  return {
    port: server.port,
    credentials: SERVE_KEYS,
    peakMemory: () => peakOf(server.pid),
    async stop() {
      server.kill('SIGTERM')
      const timer = setTimeout(() => server.kill('SIGKILL'), stopWithinMs)
      await server.ended
      clearTimeout(timer)
    },
  }
}

function peakOf(pid: number): number | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const kib = /^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]
    return kib === undefined ? undefined : Number(kib) * 1024
  } catch {
    return undefined
  }
}
