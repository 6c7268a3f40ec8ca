/**
 * How often each content is referred to. Almost all are once, and cost no more than their own ledger key; what is copied
 * has a second key that counts the others. The one rule: who changes the references of a content that others may know
 * holds its lock, and the new count goes into the very commit that makes the reference or lets go of it.
 */
import { keys } from './keys.js'
import type { Change, Ledger } from './ledger.js'
import type { Leftovers } from './leftovers.js'
import type { Locks } from './locks.js'
import type { Readers } from './readers.js'

/** A content that is named twice is meant twice. */
export interface ReferenceChanges {
  /** Sealed a moment ago: nobody else knows them. */
  readonly fresh?: readonly string[]
  /** Bytes that are stored already are put somewhere else as well; whoever asks has them open. */
  readonly added?: readonly string[]
  readonly dropped?: readonly string[]
}

export interface References {
  /** Has `commit` called with what the ledger must change for this, under the locks that takes. */
  change(references: ReferenceChanges, commit: (changes: readonly Change[]) => Promise<void>): Promise<void>
}

export function createReferences(world: {
  readonly ledger: Ledger
  readonly locks: Locks
  readonly readers: Readers
  readonly leftovers: Pick<Leftovers, 'atOnce' | 'ofContents'>
}): References {
  const { ledger, locks, readers, leftovers } = world

  return {
    async change({ fresh = [], added = [], dropped = [] }, commit) {
      const deltas = new Map(sumOf(added, dropped))
      const first = [
        ...fresh.map((id): Change => ({ type: 'put', key: keys.content(id), value: '' })),
        ...(await leaveOver(deltas)),
      ]
      const ids = [...deltas.keys()]
      if (ids.length === 0) return commit(first)
      await locks.exclusiveAll(
        ids.map((id) => `content ${id}`),
        async () => {
          const beyondFirst = await ledger.getMany(ids.map(keys.sharing))
          const isKnown = await knownAmong(ids.filter((id) => (deltas.get(id) ?? 0) > 0))
          const changes: Change[] = []
          const gone: string[] = []
          const back: string[] = []
          for (const [index, id] of ids.entries()) {
            const delta = deltas.get(id) ?? 0
            // Let go of by everything since it was opened, but not removed yet, since it is open.
            const isBack = delta > 0 && !isKnown.has(id)
            const before = isBack ? 0 : 1 + Number(beyondFirst[index] ?? 0)
            const after = before + delta
            if (after < 0) throw new Error(`content ${id} would have ${after} references`)
            changes.push(...countChanges(id, before, after))
            if (isBack) back.push(id)
            if (after === 0) gone.push(id)
          }
          await commit([...first, ...changes])
          for (const id of back) readers.keep(id)
          for (const id of gone) readers.drop(id)
        },
      )
    },
  }

  /** Where more is let go of than one commit takes away, that goes later. */
  async function leaveOver(deltas: Map<string, number>): Promise<readonly Change[]> {
    const dropped = [...deltas].filter(([, delta]) => delta < 0)
    if (dropped.length <= leftovers.atOnce) return []
    for (const [id] of dropped) deltas.delete(id)
    return leftovers.ofContents(dropped.map(([id, delta]) => [id, -delta]))
  }

  async function knownAmong(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const found = await ledger.getMany(ids.map(keys.content))
    return new Set(ids.filter((_, index) => found[index] !== undefined))
  }
}

/** How many references each content gains or loses. */
function sumOf(added: readonly string[], dropped: readonly string[]): ReadonlyMap<string, number> {
  const deltas = new Map<string, number>()
  for (const id of added) deltas.set(id, (deltas.get(id) ?? 0) + 1)
  for (const id of dropped) deltas.set(id, (deltas.get(id) ?? 0) - 1)
  for (const [id, delta] of deltas) if (delta === 0) deltas.delete(id)
  return deltas
}

function countChanges(id: string, before: number, after: number): Change[] {
  const changes: Change[] = []
  if (before === 0) changes.push({ type: 'put', key: keys.content(id), value: '' })
  if (after === 0) changes.push({ type: 'del', key: keys.content(id) })
  if (after > 1) {
    const count = { type: 'put', key: keys.sharing(id), value: String(after - 1) } as const
    changes.push(after < before ? { ...count, makesRoom: true } : count)
  }
  if (after <= 1 && before > 1) changes.push({ type: 'del', key: keys.sharing(id) })
  return changes
}
