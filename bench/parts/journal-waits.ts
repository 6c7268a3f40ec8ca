/** How long senders wait for the journal, of all the time they have: told apart by the part that each line is about. */
import { join } from 'node:path'
import { Bucket, type CheckpointStore, journalStore, resumableUpload } from '../../src/index.js'
import { sparseFile } from '../speed/material.js'
import { startDiscardServer } from '../speed/server.js'
import type { Verdict } from '../verdicts.js'
import type { PartsPlace } from './parts.js'

const MiB = 1024 * 1024
const partSize = 8 * MiB

export async function journalWaits({ folder, quick }: PartsPlace): Promise<readonly Verdict[]> {
  const parts = quick ? 300 : 10_000
  const material = sparseFile(join(folder, 'sparse.bin'), parts * partSize)
  const server = await startDiscardServer()
  const verdicts: Verdict[] = []
  try {
    await server.know([material.knowledge('sparse.bin', partSize)])
    const bucket = new Bucket({
      endpoint: server.http,
      name: 'bench',
      credentials: { accessKeyId: 'bench', accessKeySecret: 'bench' },
    })
    for (const numThreads of [1, 4]) {
      const watched = watchAppends(journalStore(join(folder, `store-${numThreads}`)))
      const began = performance.now()
      await resumableUpload(bucket, 'sparse.bin', material.file, {
        store: watched.store,
        partSize,
        numThreads,
        onEvent: (event) => {
          if (event.type === 'part-stored') watched.stored(event.partNumber)
        },
      })
      const tookMs = performance.now() - began
      const share = watched.waitedMs() / (numThreads * tookMs)
      verdicts.push({
        what: `waiting for the journal, ${parts} parts of 8 MiB, ${numThreads} in flight`,
        bound: 'under 1 %',
        measured: `${(100 * share).toFixed(2)} % of the senders' time, at ${((parts * partSize) / 1e6 / (tookMs / 1000)).toFixed(0)} MB/s; a line took ${watched.appendMs().toFixed(1)} ms`,
        holds: share < 0.01,
      })
    }
  } finally {
    server.end()
  }
  return verdicts
}

/** A sender is ready to write when its part is stored, and goes on when the line is handed over. */
function watchAppends(inner: CheckpointStore): {
  readonly store: CheckpointStore
  stored(partNumber: number): void
  waitedMs(): number
  /** A line's way to the disk, on average. */
  appendMs(): number
} {
  const readyMs = new Map<number, number>()
  let waitedMs = 0
  let appendedMs = 0
  let appends = 0
  const store: CheckpointStore = {
    list: () => inner.list(),
    async acquire(target, options) {
      const log = await inner.acquire(target, options)
      return {
        ...log,
        async append(line) {
          const begunMs = performance.now()
          const { kind, partNumber } = line
          const ready = typeof partNumber === 'number' ? readyMs.get(partNumber) : undefined
          if (kind === 'stored' && ready !== undefined) waitedMs += begunMs - ready
          try {
            await log.append(line)
          } finally {
            appends += 1
            appendedMs += performance.now() - begunMs
          }
        },
      }
    },
  }
  return {
    store,
    stored: (partNumber) => void readyMs.set(partNumber, performance.now()),
    waitedMs: () => waitedMs,
    appendMs: () => appendedMs / appends,
  }
}
