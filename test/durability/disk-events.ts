/** What the storage does to the disk, in order, and the rule that an acknowledgement has to come after all of it. */
import { readdir } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Disk, DiskFile } from '../../src/server/storage/disk-port.js'
import type { Level } from '../../src/server/storage/level.js'

/** `did` is told when it is done, but `syncing` when it begins: what comes after that may not be in it. */
export type DiskEvent =
  | { readonly did: 'create' | 'write' | 'datasync' | 'remove'; readonly file: string }
  | { readonly did: 'syncing' | 'sync'; readonly folder: string; readonly number: number }
  | { readonly did: 'committing' | 'commit'; readonly sync: boolean; readonly keys: readonly string[] }
  /** LevelDB has a file that was not there before. */
  | { readonly did: 'new log'; readonly file: string }
  | { readonly did: 'acknowledge'; readonly what: string }

export interface Recorder {
  readonly events: DiskEvent[]
  disk(disk: Disk): Disk
  level(open: (folder: string) => Promise<Level>): (folder: string) => Promise<Level>
}

export function createRecorder(): Recorder {
  const events: DiskEvent[] = []
  let syncs = 0

  const wrap = (file: string, opened: DiskFile): DiskFile => ({
    ...opened,
    async write(chunks) {
      const taken = await opened.write(chunks)
      events.push({ did: 'write', file })
      return taken
    },
    async datasync() {
      await opened.datasync()
      events.push({ did: 'datasync', file })
    },
  })

  return {
    events,
    disk: (disk) => ({
      ...disk,
      async create(path) {
        const file = await disk.create(path)
        events.push({ did: 'create', file: basename(path) })
        return wrap(basename(path), file)
      },
      async remove(path) {
        events.push({ did: 'remove', file: basename(path) })
        await disk.remove(path)
      },
      async syncFolder(path) {
        syncs += 1
        const number = syncs
        const folder = basename(path)
        events.push({ did: 'syncing', folder, number })
        await disk.syncFolder(path)
        events.push({ did: 'sync', folder, number })
      },
    }),
    level: (open) => async (folder) => {
      const level = await open(folder)
      const known = new Set<string>()
      async function noteNewLogs(): Promise<void> {
        for (const file of await readdir(folder)) {
          if (!file.endsWith('.log') || known.has(file)) continue
          known.add(file)
          events.push({ did: 'new log', file })
        }
      }
      await noteNewLogs()
      return {
        get: (key) => level.get(key),
        getMany: (keys) => level.getMany(keys),
        iterator: (range) => level.iterator(range),
        values: (range) => level.values(range),
        close: () => level.close(),
        async batch(changes, options) {
          const keys = changes.map(({ type, key }) => `${type} ${key.toString('latin1')}`)
          events.push({ did: 'committing', ...options, keys })
          await level.batch(changes, options)
          await noteNewLogs()
          events.push({ did: 'commit', ...options, keys })
        },
      }
    },
  }
}

/**
 * What is out of order, in words. Of every content that a commit names, the bytes were synced after their last write and
 * the name by a sync that began after the file was made, before the commit began; no commit is under way or unsynced when
 * something is acknowledged, nor a new file of LevelDB's unsynced; a content is removed only after the commit that lets
 * go of it.
 */
export function outOfOrder(events: readonly DiskEvent[]): readonly string[] {
  const wrong: string[] = []
  const unsyncedBytes = new Set<string>()
  const unsyncedNames = new Set<string>()
  const beingSynced = new Map<number, readonly string[]>()
  const committed = new Set<string>()
  let open: readonly string[] = []
  const newLogs = new Set<string>()
  for (const event of events) {
    if (event.did === 'create') unsyncedNames.add(event.file)
    if (event.did === 'create' || event.did === 'write') unsyncedBytes.add(event.file)
    if (event.did === 'datasync') unsyncedBytes.delete(event.file)
    if (event.did === 'syncing') {
      const inside = [...unsyncedNames].filter((file) => file.slice(0, 2) === event.folder)
      beingSynced.set(event.number, [...inside, ...newLogs])
    }
    if (event.did === 'sync') {
      for (const name of beingSynced.get(event.number) ?? []) {
        unsyncedNames.delete(name)
        if (event.folder === 'metadata') newLogs.delete(name)
      }
    }
    if (event.did === 'committing') {
      open = event.keys
      for (const id of contentsIn(event.keys, 'put')) {
        if (unsyncedBytes.has(id)) wrong.push(`a commit names ${id}, whose bytes are not synced`)
        if (unsyncedNames.has(id)) wrong.push(`a commit names ${id}, whose name is not synced`)
      }
    }
    if (event.did === 'commit') {
      open = []
      if (!event.sync) wrong.push('a commit was not synced')
      for (const id of contentsIn(event.keys, 'put')) committed.add(id)
      for (const id of contentsIn(event.keys, 'del')) committed.delete(id)
    }
    if (event.did === 'new log') newLogs.add(event.file)
    if (event.did === 'remove' && committed.has(event.file)) {
      wrong.push(`${event.file} was removed before the commit that lets go of it`)
    }
    if (event.did === 'acknowledge') {
      if (open.length > 0) wrong.push(`${event.what} was acknowledged while its commit was under way`)
      if (newLogs.size > 0) wrong.push(`${event.what} was acknowledged before the new log's name was synced`)
    }
  }
  return wrong
}

/** Ids of the contents that a commit makes part of something, or lets go of. */
export function contentsIn(keys: readonly string[], type: 'put' | 'del'): readonly string[] {
  const start = `${type} c`
  return keys.filter((key) => key.startsWith(start)).map((key) => key.slice(start.length))
}
