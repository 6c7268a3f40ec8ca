/**
 * What a commit lets go of and would take long to take away: references of very many contents, records of very many parts.
 * The commit writes it down as a leftover instead, and it goes in small steps afterwards, each whole or absent after a crash;
 * so nobody waits for it, and nothing is forgotten. Until its step, a reference counts as if it were still there.
 */
import { afterAll, justAfter, keys } from './keys.js'
import type { Change, Ledger } from './ledger.js'

/** Contents, or records, that go with one commit. */
export const AT_ONCE = 64

/** A content, and how many references to it go. */
type Dropped = readonly [id: string, count: number]

type Leftover = { readonly dropped: readonly Dropped[] } | { readonly partsOf: string }

export interface Leftovers {
  /** More than so many contents, or records, are left over. */
  readonly atOnce: number
  /** What a commit has to say to let go of these references. */
  ofContents(dropped: readonly Dropped[]): Promise<readonly Change[]>
  /** What a commit has to say to be rid of the records of all parts of an upload that it ends. */
  ofParts(uploadId: string): Promise<readonly Change[]>
  /** Has whatever is left over taken away; a commit that left something may have been made. */
  sweep(): void
  /** Resolves when nothing is being taken away, be it that nothing is left or that it can't go now. */
  settled(): Promise<void>
}

export function createLeftovers(world: {
  readonly ledger: Ledger
  readonly atOnce: number
  /** Throws when the storage has failed or is closed. */
  readonly check: () => void
  /** As the storage commits: contents that nothing refers to any more are removed. */
  readonly commit: (
    changes: readonly Change[],
    references?: { readonly dropped: readonly string[] },
  ) => Promise<void>
  /** Resolves when the removals begun so far are done. */
  readonly removed: () => Promise<void>
}): Leftovers {
  const { ledger, atOnce, check, commit, removed } = world
  const from = keys.leftovers()
  const to = afterAll(from)
  let last: Promise<number> | undefined
  /** Something may have been written down since the sweep looked. */
  let isDue = false
  let sweeping: Promise<void> | undefined

  /** An earlier life may have left some. */
  async function lastNumber(): Promise<number> {
    const cursor = ledger.scan(from, to)
    try {
      let number = 0
      for (let found = await cursor.next(); found !== undefined; found = await cursor.next()) {
        number = Number(found.key.slice(from.length))
      }
      return number
    } finally {
      await cursor.close()
    }
  }

  async function next(): Promise<number> {
    const before = last ?? lastNumber()
    last = before.then((number) => number + 1)
    // A ledger that could not be read once may be read the next time.
    last.catch(() => {
      last = undefined
    })
    return last
  }

  async function written(leftover: Leftover): Promise<Change> {
    // What is written only so that something can go must find room on a full disk, too.
    return {
      type: 'put',
      key: keys.leftover(await next()),
      value: JSON.stringify(leftover),
      makesRoom: true,
    }
  }

  async function firstFrom(start: string): Promise<{ key: string; leftover: Leftover } | undefined> {
    const cursor = ledger.scan(start, to)
    try {
      const found = await cursor.next()
      return found === undefined
        ? undefined
        : { key: found.key, leftover: JSON.parse(found.value) as Leftover }
    } finally {
      await cursor.close()
    }
  }

  async function partKeys(uploadId: string, start: string): Promise<readonly string[]> {
    const cursor = ledger.scan(start, afterAll(keys.partsOf(uploadId)))
    try {
      const found: string[] = []
      while (found.length < atOnce) {
        const entry = await cursor.next()
        if (entry === undefined) break
        found.push(entry.key)
      }
      return found
    } finally {
      await cursor.close()
    }
  }

  async function takeAway(key: string, leftover: Leftover): Promise<void> {
    const done: Change = { type: 'del', key }
    if ('dropped' in leftover) {
      const ids = leftover.dropped.flatMap(([id, count]) => Array.from({ length: count }, () => id))
      await commit([done], { dropped: ids })
      // So many files at a time, since whoever waits for the disk meanwhile waits behind them.
      await removed()
      return
    }
    const { partsOf } = leftover
    for (let start = keys.partsOf(partsOf); ; ) {
      check()
      const records = await partKeys(partsOf, start)
      const changes = records.map((record): Change => ({ type: 'del', key: record }))
      const isLast = records.length < atOnce
      await commit(isLast ? [...changes, done] : changes)
      if (isLast) return
      start = justAfter(records.at(-1) ?? start)
    }
  }

  async function sweepAll(): Promise<void> {
    for (let start = from; ; ) {
      check()
      const found = await firstFrom(start)
      if (found === undefined) return
      await takeAway(found.key, found.leftover)
      start = justAfter(found.key)
    }
  }

  async function sweepWhileDue(): Promise<void> {
    try {
      while (isDue) {
        isDue = false
        await sweepAll()
      }
    } catch {
      // What can't be taken away now is found by a later sweep, at the latest by that of the next start.
    }
    sweeping = undefined
  }

  return {
    atOnce,

    async ofContents(dropped) {
      const changes: Change[] = []
      for (let start = 0; start < dropped.length; start += atOnce) {
        changes.push(await written({ dropped: dropped.slice(start, start + atOnce) }))
      }
      return changes
    },

    ofParts: async (uploadId) => [await written({ partsOf: uploadId })],

    sweep() {
      isDue = true
      sweeping ??= sweepWhileDue()
    },

    async settled() {
      while (sweeping !== undefined) await sweeping
    },
  }
}
