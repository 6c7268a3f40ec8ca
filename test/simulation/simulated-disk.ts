/** A disk under the real journal: appends can be torn by a death, refused when it is full, and what lies there can rot. */

import type { JournalDisk, JournalHandle } from '../../src/checkpoints/journal-disk.js'
import { createJournalFile } from '../../src/checkpoints/journal-file.js'
import { UploadError } from '../../src/engine/errors.js'
import type { CheckpointStore, Target } from '../../src/engine/ports.js'
import type { Crashes } from './crashes.js'
import { intactLines, kindsOf } from './journal-oracle.js'
import type { SimulatedLife, World } from './world.js'

/** What outlives every life: the files of one target's checkpoint, and who holds it. */
export interface Disk {
  readonly files: Map<string, Uint8Array>
  holder: SimulatedLife | undefined
  asides: number
  /** When each part was first written down as stored, as `uploadId/partNumber`. */
  readonly recorded: Map<string, number>
  /** Ids that were ever written down as opened. */
  readonly opened: Set<string>
  /** Those among them that were adopted: the last time before the store was ever lost, or after. */
  readonly adopted: Map<string, 'with the first store' | 'with a later store'>
  /** Kinds of lines that were lost to rot and cuts. */
  readonly lostKinds: Set<string>
}

export interface StoreTrouble {
  /** Chance that an append finds the disk full, or can't be flushed. */
  readonly full: number
  readonly crashes: Crashes
}

const path = '/store/target.journal'

export function createDisk(): Disk {
  return {
    files: new Map(),
    holder: undefined,
    asides: 0,
    recorded: new Map(),
    opened: new Set(),
    adopted: new Map(),
    lostKinds: new Set(),
  }
}

export function journalBytes(disk: Disk): Uint8Array {
  return disk.files.get(path) ?? new Uint8Array()
}

/** Between two lives the journal is cut short, or one of its bits turns over. */
export function rot(world: World, disk: Disk): void {
  const bytes = journalBytes(disk)
  if (bytes.length === 0) return
  const before = intactLines(bytes)
  const cut = world.luck.chance(0.4)
  const spoilt = cut ? bytes.slice(0, world.luck.below(bytes.length)) : bytes.slice()
  if (!cut) {
    const at = world.luck.below(spoilt.length)
    spoilt[at] = (spoilt[at] ?? 0) ^ (1 << world.luck.below(8))
  }
  disk.files.set(path, spoilt)
  world.strike(cut ? 'journal truncated' : 'journal bit flipped')
  const after = intactLines(spoilt)
  // Two lines may be equal to the letter: each that is left stands for one.
  const lost = before.filter((line) => {
    const index = after.indexOf(line)
    if (index >= 0) after.splice(index, 1)
    return index < 0
  })
  for (const kind of kindsOf(lost)) {
    disk.lostKinds.add(kind)
    world.note(`the journal rots: ${kind} is lost`)
  }
}

/** The next life finds nothing of what the earlier ones wrote down. */
export function lose(world: World, disk: Disk): void {
  if (disk.files.size === 0) return
  world.strike('store lost')
  world.note('the store is lost')
  for (const kind of kindsOf(intactLines(journalBytes(disk)))) disk.lostKinds.add(kind)
  disk.files.clear()
  disk.holder = undefined
}

export function openStore(
  world: World,
  life: SimulatedLife,
  disk: Disk,
  { full, crashes }: StoreTrouble,
): CheckpointStore {
  const held = async (): Promise<boolean> => disk.holder === life
  return {
    async acquire(target, options) {
      await crashes.at('crash before the lock')
      await crashes.during('crash in the lock', world.pause(world.luck.below(4), life))
      const { holder } = disk
      if (holder !== undefined && holder !== life) {
        if (!holder.alive) world.strike('lock of a dead process')
        else if (options?.steal === true) world.strike('lock stolen')
        else {
          world.strike('lock held')
          throw new UploadError('locked', 'Held by another life.')
        }
      }
      disk.holder = life
      world.note(`${life.name} holds the lock`)
      await crashes.at('crash after the lock')
      return openLog(target, options?.steal === true)
    },
    list: async () => [],
  }

  function openLog(target: Target, stolen: boolean) {
    const file = createJournalFile({ path, target, disk: createJournalDisk(), held, stolen })
    return {
      async read() {
        await crashes.at('crash before a read')
        const contents = await file.read()
        if (contents.damaged.length > 0) world.count('damaged lines read')
        return contents
      },
      async append(line: Readonly<Record<string, unknown>>) {
        await crashes.at('crash before an append')
        await file.append(line)
        if (line['kind'] === 'opened') disk.opened.add(String(line['uploadId']))
        if (line['kind'] === 'opened' && line['adopted'] === true) {
          disk.adopted.set(
            String(line['uploadId']),
            world.met('store lost') ? 'with a later store' : 'with the first store',
          )
        }
        if (line['kind'] === 'stored') {
          const part = `${line['uploadId']}/${line['partNumber']}`
          disk.recorded.set(part, disk.recorded.get(part) ?? world.now())
        }
        world.note(() => `${life.name} wrote ${JSON.stringify(line).slice(0, 100)}`)
        await crashes.at('crash after an append')
      },
      held,
      async setAside() {
        disk.asides += 1
        const aside = `${path}.damaged-${disk.asides}`
        await file.moveTo(aside)
        return aside
      },
      async remove() {
        await crashes.at('crash around the removal')
        await file.remove()
        world.count('journal removed')
        await crashes.at('crash around the removal')
        world.count('removal heard of')
      },
      async release() {
        await file.close()
        if (disk.holder === life) disk.holder = undefined
      },
    }
  }

  function createJournalDisk(): JournalDisk {
    const wrap = (name: string): JournalHandle => {
      const bytes = (): Uint8Array => disk.files.get(name) ?? new Uint8Array()
      return {
        stat: async () => ({ isFile: () => true, mtimeMs: world.now() }),
        readFile: async () => bytes().slice(),
        readRange: async (position, size) => bytes().slice(position, position + size),
        async truncate(size) {
          disk.files.set(name, bytes().slice(0, size))
        },
        async append(added) {
          const grown = (count: number): Uint8Array => {
            const whole = new Uint8Array(bytes().length + count)
            whole.set(bytes())
            whole.set(added.subarray(0, count), bytes().length)
            return whole
          }
          const torn = grown(world.luck.below(added.length))
          if (crashes.strikes('crash in an append')) {
            disk.files.set(name, torn)
            world.strike('append torn')
            return crashes.die('crash in an append')
          }
          if (world.luck.chance(full)) {
            disk.files.set(name, torn)
            world.strike('disk full')
            throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
          }
          await world.pause(world.luck.below(2), life)
          disk.files.set(name, grown(added.length))
        },
        async datasync() {
          if (!world.luck.chance(full / 2)) return
          world.strike('flush failed')
          throw Object.assign(new Error('i/o error'), { code: 'EIO' })
        },
        close: async () => {},
      }
    }
    return {
      openToRead: async (name) => (disk.files.has(name) ? wrap(name) : undefined),
      async openToAppend(name) {
        if (!disk.files.has(name)) disk.files.set(name, new Uint8Array())
        return wrap(name)
      },
      async mustExist(name) {
        if (!disk.files.has(name)) throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
      },
      async rename(from, to) {
        const bytes = disk.files.get(from)
        if (bytes === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
        disk.files.set(to, bytes)
        disk.files.delete(from)
      },
      async remove(name) {
        disk.files.delete(name)
      },
      syncFolder: async () => {},
    }
  }
}
