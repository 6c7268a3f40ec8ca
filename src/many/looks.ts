/**
 * Looks at one file, no more of them than something can depend on. A run, the file's upload and its reading all begin with
 * a look at it and end with one; what one of them has seen holds for the next, as long as nothing was read in between.
 */
import type { Source, SourceIdentity } from '../engine/ports.js'

export interface LookedAt {
  /** The state from before anything was read. */
  readonly before: SourceIdentity
  readonly source: Source
  /** What the name meant when it was last looked at, by whoever did. */
  lastByName(): Promise<SourceIdentity | undefined>
}

export async function lookAt(given: Source): Promise<LookedAt> {
  const before = await given.identity()
  let isRead = false
  let named: SourceIdentity | undefined
  const source: Source = {
    name: given.name,
    // An earlier look covers more: a change since then is found by the look after the reading, as any other.
    identity: async () => (isRead ? given.identity() : before),
    async identityByName() {
      named = await given.identityByName()
      return named
    },
    slice(start, end) {
      isRead = true
      return given.slice(start, end)
    },
    earlySlice(start, end) {
      isRead = true
      return given.earlySlice?.(start, end)
    },
    close: () => given.close(),
  }
  return { before, source, lastByName: async () => named ?? given.identityByName() }
}
