/** A checkpoint store with a tap: a test may fail an append, a removal or a release, or look at what was written. */
import type { CheckpointLine, CheckpointLog, CheckpointStore } from '../../src/engine/ports.js'

export interface StoreTap {
  read?: () => void | Promise<void>
  append?: (line: CheckpointLine) => void | Promise<void>
  /** Raw text of lines whose check failed. */
  damaged?: readonly string[]
  remove?: () => void | Promise<void>
  release?: () => void | Promise<void>
  held?: () => void | Promise<void>
}

export function tapStore(inner: CheckpointStore, tap: StoreTap): CheckpointStore {
  const tapped = (log: CheckpointLog): CheckpointLog => ({
    async read() {
      await tap.read?.()
      const { lines, damaged } = await log.read()
      return { lines, damaged: [...damaged, ...(tap.damaged ?? [])] }
    },
    async append(line) {
      await tap.append?.(line)
      await log.append(line)
    },
    async held() {
      await tap.held?.()
      return log.held()
    },
    setAside: () => log.setAside(),
    async remove() {
      await tap.remove?.()
      await log.remove()
    },
    async release() {
      await log.release()
      await tap.release?.()
    },
  })
  return {
    acquire: async (target, options) => tapped(await inner.acquire(target, options)),
    list: () => inner.list(),
  }
}
