/**
 * Ends this process once it has used so much processor time: a mutant may never stop, not even to look at a timer. Time
 * by the clock would not do, since a busy machine would then seem to kill mutants. For `node --import=cpu-limit.js?ms=N`.
 */
import { isMainThread, Worker, workerData } from 'node:worker_threads'

const LOOK_EVERY_MS = 100

if (isMainThread) {
  const limitMs = Number(new URL(import.meta.url).searchParams.get('ms'))
  new Worker(new URL(import.meta.url), { workerData: limitMs, execArgv: [] }).unref()
} else {
  setInterval(() => {
    const { user, system } = process.cpuUsage()
    if ((user + system) / 1000 > workerData) process.kill(process.pid, 'SIGKILL')
  }, LOOK_EVERY_MS)
}
