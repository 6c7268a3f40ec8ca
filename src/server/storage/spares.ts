/**
 * Files made before there is a content for them: several at once, whose names one sync of their folder makes lasting. Nothing
 * refers to a spare, so one that a crash leaves behind goes at the next start, like all else that nothing refers to.
 */
import type { DiskFile } from './disk-port.js'

/** Made at once, when many are asked for. They are open, so each takes a file handle. */
export const MOST_SPARES = 16

export interface Spare {
  readonly id: string
  readonly file: DiskFile
}

export interface Spares {
  /** One whose name is on disk; nobody is given it twice. `undefined` while there is none: more are being made then. */
  take(): Spare | undefined
  /** Those that were not taken are removed. Never rejects. */
  close(): Promise<void>
}

export function createSpares(world: {
  /** Made at once, at most. 0: there are never any. */
  readonly most: number
  make(): Promise<Spare>
  /** Resolves when the names of all these are on disk. */
  sync(spares: readonly Spare[]): Promise<void>
  remove(spare: Spare): Promise<void>
}): Spares {
  const { most, make, sync, remove } = world
  const ready: Spare[] = []
  /** Grows with what is asked for, so that whoever stores one thing has few files made. */
  let count = 1
  let making: Promise<void> | undefined
  let isClosed = false

  async function makeMore(): Promise<void> {
    count = Math.min(most, count * 2)
    const made = await Promise.allSettled(Array.from({ length: count }, make))
    // What can't be made is nobody's loss: who needs a file then makes it, and is told why not.
    const spares = made.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
    try {
      await sync(spares)
      ready.push(...spares)
    } catch {
      await Promise.all(spares.map(remove))
    }
  }

  return {
    take() {
      const spare = ready.shift()
      if (ready.length <= count / 2 && !isClosed && most > 0) {
        making ??= makeMore().finally(() => {
          making = undefined
        })
      }
      return spare
    },
    async close() {
      isClosed = true
      await making
      await Promise.all(ready.splice(0).map(remove))
    },
  }
}
