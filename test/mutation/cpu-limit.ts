/**
 * Ends this process once it has used so much processor time without a sign of life: a mutant may never stop, not even to
 * look at a timer. Time by the clock would not do, since a busy machine would then seem to kill mutants.
 */
import { once } from 'node:events'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

interface Limit {
  readonly ms: number
  /** Counts signs of life. */
  readonly signs: Int32Array
}

const LOOK_EVERY_MS = 100
const signs = new Int32Array(new SharedArrayBuffer(4))

export async function limitCpu(ms: number): Promise<void> {
  const limit: Limit = { ms, signs }
  const watcher = new Worker(new URL(import.meta.url), { workerData: limit, execArgv: [] })
  // It can't begin while this thread never rests.
  await once(watcher, 'message')
  watcher.unref()
}

/** What was used so far is forgiven. */
export function giveSignOfLife(): void {
  Atomics.add(signs, 0, 1)
}

function watch(limit: Limit): void {
  let heard = 0
  let forgivenMs = 0
  setInterval(() => {
    const { user, system } = process.cpuUsage()
    const usedMs = (user + system) / 1000
    const now = Atomics.load(limit.signs, 0)
    if (now !== heard) forgivenMs = usedMs
    heard = now
    if (usedMs - forgivenMs > limit.ms) process.kill(process.pid, 'SIGKILL')
  }, LOOK_EVERY_MS)
}

if (!isMainThread) {
  watch(workerData)
  parentPort?.postMessage('watching')
}
