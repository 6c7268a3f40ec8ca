/** A scope outside of tests: what was to be undone is undone, the latest first, however the work ended. */
import type { Scope } from '../library/world.js'

export async function scoped<T>(work: (scope: Scope) => Promise<T>): Promise<T> {
  const undoings: (() => unknown)[] = []
  try {
    return await work({ after: (undo) => void undoings.push(undo) })
  } finally {
    for (const undo of undoings.reverse()) await undo()
  }
}
