/**
 * Checkpoints in memory: what a checkpoint store is, in the fewest words. Nothing waits for the platform and nothing is
 * left to luck, so it runs under simulation. A life that ends without `release` keeps its hold; the next one steals it.
 */
import { UploadError } from '../engine/errors.js'
import type { CheckpointLine, CheckpointLog, CheckpointStore, Runtime, Target } from '../engine/ports.js'

interface Entry {
  readonly target: Target
  /** As JSON, so that nobody can change what was written. */
  lines: string[]
  modified: number
  /** Present while held; a new one each time. */
  holder?: symbol
}

/**
 * @param options.runtime whose wall clock dates the appends; the platform's by default
 */
export function memoryStore(
  options: { readonly runtime?: Pick<Runtime, 'wallClock'> } = {},
): CheckpointStore {
  const { runtime = { wallClock: () => Date.now() } } = options
  const entries = new Map<string, Entry>()
  let asideCount = 0

  const entryOf = (target: Target): Entry => {
    const id = idOf(target)
    const known = entries.get(id)
    if (known !== undefined) return known
    const { service, bucket, key } = target
    const fresh: Entry = { target: { service, bucket, key }, lines: [], modified: runtime.wallClock() }
    entries.set(id, fresh)
    return fresh
  }

  return {
    async acquire(target, { steal = false } = {}) {
      const entry = entryOf(target)
      if (entry.holder !== undefined && !steal) {
        throw new UploadError(
          'locked',
          `${target.bucket}/${target.key} is held by ${HOLDER}. Wait until it has finished.`,
        )
      }
      const me = Symbol(target.key)
      entry.holder = me
      return openLog(entry, me)
    },
    async list() {
      return [...entries]
        .filter(([, entry]) => entry.lines.length > 0)
        .map(([id, { target, lines, modified, holder }]) => ({
          id,
          target,
          lines: lines.map(parse),
          modified,
          ...(holder === undefined ? {} : { heldBy: HOLDER }),
        }))
    },
  }

  function openLog(entry: Entry, me: symbol): CheckpointLog {
    const assertHeld = (): void => {
      if (entry.holder === me) return
      throw new UploadError(
        'locked',
        `The hold on the checkpoint of ${entry.target.bucket}/${entry.target.key} is lost. Nothing was written.`,
      )
    }
    return {
      read: async () => ({ lines: entry.lines.map(parse), damaged: [] }),
      async append(line) {
        assertHeld()
        entry.lines.push(JSON.stringify(line))
        entry.modified = runtime.wallClock()
      },
      held: async () => entry.holder === me,
      async setAside() {
        assertHeld()
        if (entry.lines.length === 0) {
          throw new UploadError('store-unusable', 'There is no checkpoint to set aside: it has disappeared.')
        }
        entry.lines = []
        asideCount += 1
        return `${idOf(entry.target)}.damaged-${asideCount}`
      },
      async remove() {
        assertHeld()
        entry.lines = []
      },
      async release() {
        if (entry.holder !== me) return
        delete entry.holder
        if (entry.lines.length === 0) entries.delete(idOf(entry.target))
      },
    }
  }
}

const HOLDER = 'another call of this process'

function parse(json: string): CheckpointLine {
  return JSON.parse(json) as CheckpointLine
}

function idOf({ service, bucket, key }: Target): string {
  return JSON.stringify([service, bucket, key])
}
