/**
 * A ledger that remembers the records which every request asks for: of the bucket, and of the upload. What it gives is what
 * the ledger beneath would give at some moment of the question: nothing is remembered that a commit may have changed since.
 */
import { keys } from './keys.js'
import type { Ledger } from './ledger.js'

/** Records of buckets and uploads are some hundred bytes each. */
const MOST = 512

const isMeant = (key: string): boolean => key.startsWith(keys.buckets()) || key.startsWith(keys.uploads())

export function remembering(ledger: Ledger): Ledger {
  const known = new Map<string, string>()
  /** Counts commits of such records that began, and those that ended. */
  let turns = 0
  let underWay = 0

  function remember(key: string, value: string): void {
    known.set(key, value)
    if (known.size <= MOST) return
    for (const oldest of known.keys()) {
      known.delete(oldest)
      return
    }
  }

  return {
    ...ledger,

    async get(key) {
      if (!isMeant(key)) return ledger.get(key)
      const remembered = known.get(key)
      if (remembered !== undefined) return remembered
      const began = turns
      const value = await ledger.get(key)
      // An answer that set out before a commit took effect may arrive after it.
      if (value !== undefined && underWay === 0 && turns === began) remember(key, value)
      return value
    },

    async commit(changes) {
      const meant = changes.filter(({ key }) => isMeant(key))
      if (meant.length === 0) return ledger.commit(changes)
      turns += 1
      underWay += 1
      for (const { key } of meant) known.delete(key)
      try {
        await ledger.commit(changes)
      } finally {
        turns += 1
        underWay -= 1
      }
    },
  }
}
