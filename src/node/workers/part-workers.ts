/** Worker threads for one upload of one file, as Node has them. */
import { availableParallelism, cpus } from 'node:os'
import { resolve } from 'node:path'
import type { OnEvent } from '../../engine/events.js'
import type { ObjectService, SourceIdentity } from '../../engine/ports.js'
import type { CredentialsProvider } from '../../services/credentials.js'
import type { WorkerSetting } from './messages.js'
import { PartThread } from './part-thread.js'
import { type ThreadedService, withThreads } from './threaded-service.js'

/** A thread keeps its parts' blocks and connections: some tens of MiB. */
const mostAuto = 8
const lookEveryMs = 1000

export interface PartWorkersOptions {
  readonly workers: number | 'auto'
  /** Parts in flight at once, at most. */
  readonly numThreads: number
  readonly filename: string
  /** Of the file as it was opened. */
  readonly identity: SourceIdentity
  readonly setting: Pick<WorkerSetting, 'service' | 'network'>
  readonly credentials: CredentialsProvider
  readonly onEvent: OnEvent
}

/** The service with threads for its parts, or as it is where there can be none. */
export function withPartWorkers(service: ObjectService, options: PartWorkersOptions): ThreadedService {
  const { workers, numThreads, filename, identity, setting, credentials, onEvent } = options
  const most = Math.min(
    numThreads - 1,
    workers === 'auto' ? Math.min(availableParallelism() - 1, mostAuto) : workers,
  )
  if (most < 1) return { service, close: async () => {} }
  const { device, inode } = identity
  const path = resolve(filename)
  let since = performance.eventLoopUtilization()
  return withThreads(service, {
    threads: workers === 'auto' ? { most } : { count: most },
    begin: () => new PartThread({ ...setting, path, device, inode, parts: numThreads }, { credentials }),
    changed: (count, message) => void onEvent({ type: 'workers', workers: count, message }),
    busy() {
      const until = performance.eventLoopUtilization()
      const { utilization } = performance.eventLoopUtilization(until, since)
      since = until
      return utilization
    },
    idleCores: idleCoresSince(),
    monotonic: () => performance.now(),
    repeat(look) {
      const timer = setInterval(look, lookEveryMs)
      timer.unref()
      return () => clearInterval(timer)
    },
  })
}

/** By the system's own counters, over all cores. Where it has none, the trial of a thread alone decides. */
function idleCoresSince(): () => number {
  const read = () => {
    const cores = cpus().map(({ times }) => times)
    const idle = cores.reduce((sum, times) => sum + times.idle, 0)
    const all = cores.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0)
    return { cores: cores.length, idle, all }
  }
  let before = read()
  return () => {
    const now = read()
    const { idle, all } = before
    before = now
    return now.all > all ? (now.cores * (now.idle - idle)) / (now.all - all) : Number.POSITIVE_INFINITY
  }
}
