/**
 * Storage in a folder of one's own: `metadata/` (the ledger) and `contents/` (the bytes). Only one server at a time has
 * it open; what an earlier one left behind half done is removed at the start.
 */
import { randomBytes } from 'node:crypto'
import { realpath } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { CoreOptions } from './core.js'
import { openDiskContents } from './disk-contents.js'
import { openDiskLedger } from './disk-ledger.js'
import { type Disk, nodeDisk } from './disk-port.js'
import { afterAll, keys } from './keys.js'
import type { Contents, Ledger } from './ledger.js'
import { LedgerInUseError, type Level, openLevel } from './level.js'
import { MOST_SPARES } from './spares.js'
import type { Storage } from './storage.js'
import { createStore } from './store.js'

const FORMAT = 'longhaul-server 1'

export interface DiskStorageOptions {
  /** Made if it is not there. */
  readonly folder: string
  /** `durable`: acknowledged means on disk. `fast`: nothing is synced, so a power cut may cost acknowledged data. */
  readonly durability: 'durable' | 'fast'
  /** Called once, when the disk has failed in a way that no later success can mend. */
  readonly onFailure?: (error: Error) => void
  /** Told how long each sync took, in milliseconds; of one that failed, too. */
  readonly onSync?: (kind: SyncKind, ms: number) => void
}

export type SyncKind = 'content' | 'folder' | 'metadata'

/** The folder can't be used; the message says why. */
export class DataFolderError extends Error {
  override readonly name = 'DataFolderError'
}

/** What a storage in a folder stands on. */
export interface DiskPorts {
  readonly disk: Disk
  readonly openLevel: (folder: string) => Promise<Level>
  /** See `DiskContentsOptions`. */
  readonly newId: () => string
}

/** @throws DataFolderError when another server has the folder open, it can't be used, or is of a format unknown here */
export async function openDiskStorage(options: DiskStorageOptions): Promise<Storage> {
  const plain = { disk: nodeDisk(), openLevel, newId: () => randomBytes(16).toString('hex') }
  const ports = options.onSync === undefined ? plain : timed(plain, options.onSync)
  try {
    const path = resolve(options.folder)
    await makeFolders(path, options.durability, ports)
    // Under its one real name: two names of one folder must not pass for two folders.
    return await openIn(await realpath(path), options, ports)
  } catch (error) {
    if (error instanceof DataFolderError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new DataFolderError(`The data folder ${options.folder} can't be used: ${reason}`, { cause: error })
  }
}

/** The same, with a watch on every sync. */
function timed(ports: DiskPorts, onSync: NonNullable<DiskStorageOptions['onSync']>): DiskPorts {
  const { disk, openLevel: open } = ports
  const watch = async <T>(kind: SyncKind, sync: () => Promise<T>): Promise<T> => {
    const begun = performance.now()
    try {
      return await sync()
    } finally {
      onSync(kind, performance.now() - begun)
    }
  }
  return {
    ...ports,
    disk: {
      ...disk,
      create: async (path) => {
        const file = await disk.create(path)
        return { ...file, datasync: () => watch('content', () => file.datasync()) }
      },
      syncFolder: (path) => watch('folder', () => disk.syncFolder(path)),
    },
    openLevel: async (folder) => {
      const level = await open(folder)
      return {
        get: (key) => level.get(key),
        getMany: (all) => level.getMany(all),
        iterator: (range) => level.iterator(range),
        values: (range) => level.values(range),
        batch: (changes, options) =>
          options.sync
            ? watch('metadata', () => level.batch(changes, options))
            : level.batch(changes, options),
        close: () => level.close(),
      }
    },
  }
}

/** The folder, and those in it, made if they are not there. */
export async function makeFolders(
  path: string,
  durability: DiskStorageOptions['durability'],
  { disk }: Pick<DiskPorts, 'disk'>,
): Promise<void> {
  const durable = durability === 'durable'
  for (const inner of ['metadata', 'contents']) await makeFolder(disk, join(path, inner), durable)
  if (!durable) return
  // An earlier start may have made them and died before it synced, or have been told not to.
  await disk.syncFolder(path)
  await disk.syncFolder(dirname(path)).catch((error: unknown) => {
    if (!isRefusal(error)) throw error
  })
}

/** Somebody else's folder above ours, which we may enter but not open. */
function isRefusal(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'EACCES' || code === 'EPERM'
}

export interface OpenInOptions
  extends Omit<DiskStorageOptions, 'folder' | 'onSync'>,
    Pick<CoreOptions, 'atOnce'> {
  /** See `DiskContentsOptions`. Default 16; less where small worlds are tried. */
  readonly mostSpares?: number
}

export async function openIn(
  folder: string,
  { durability, onFailure, atOnce, mostSpares = MOST_SPARES }: OpenInOptions,
  ports: DiskPorts,
): Promise<Storage> {
  const durable = durability === 'durable'
  const ledger = await openLedger(folder, join(folder, 'metadata'), durable, ports)
  try {
    const { disk, newId } = ports
    const contents = await openDiskContents({
      disk,
      newId,
      folder: join(folder, 'contents'),
      durable,
      mostSpares,
    })
    await checkFormat(folder, ledger, contents)
    await removeUnreferenced(ledger, contents)
    return createStore({
      ledger,
      contents,
      ...(onFailure === undefined ? {} : { onFailure }),
      ...(atOnce === undefined ? {} : { atOnce }),
    })
  } catch (error) {
    await ledger.close()
    throw error
  }
}

/**
 * Every folder made is synced into the one above it, else a power cut could take the whole tree. Not `recursive`: where the
 * system can't make a folder although its parent exists (under /proc, say), Node's own recursion never ends.
 */
async function makeFolder(disk: Disk, path: string, durable: boolean): Promise<void> {
  const parent = dirname(path)
  try {
    await disk.makeFolder(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return
    if (code !== 'ENOENT' || parent === path || (await disk.exists(parent))) throw error
    await makeFolder(disk, parent, durable)
    return makeFolder(disk, path, durable)
  }
  if (durable) await disk.syncFolder(parent)
}

async function openLedger(
  folder: string,
  metadata: string,
  durable: boolean,
  { disk, openLevel: open }: DiskPorts,
): Promise<Ledger> {
  try {
    return await openDiskLedger({ disk, folder: metadata, durable, openLevel: open })
  } catch (error) {
    if (!(error instanceof LedgerInUseError)) throw error
    throw new DataFolderError(
      `Another server has the data folder ${folder} open. Stop it or choose another folder.`,
      {
        cause: error,
      },
    )
  }
}

async function checkFormat(folder: string, ledger: Ledger, contents: Contents): Promise<void> {
  const found = await ledger.get(keys.format())
  if (found === undefined) {
    // A ledger that was lost, and made anew just now, refers to nothing: all contents would be removed as leftovers.
    for await (const _ of contents.ids()) {
      throw new DataFolderError(
        `The data folder ${folder} has contents, but the metadata that says what they are is missing. Put the metadata back, or choose another folder.`,
      )
    }
    await ledger.commit([{ type: 'put', key: keys.format(), value: FORMAT }])
  } else if (found !== FORMAT) {
    throw new DataFolderError(
      `The data folder ${folder} was written as "${found}"; this version reads "${FORMAT}".`,
    )
  }
}

/** Walks the ids in the ledger and those on disk side by side: memory stays flat however many there are. */
async function removeUnreferenced(ledger: Ledger, contents: Contents): Promise<number> {
  const from = keys.content('')
  const cursor = ledger.scan(from, afterAll(from))
  let removed = 0
  try {
    let referenced = await cursor.next()
    for await (const id of contents.ids()) {
      const key = keys.content(id)
      if (referenced !== undefined && referenced.key < key) {
        cursor.seek(key)
        referenced = await cursor.next()
      }
      if (referenced?.key === key) continue
      await contents.remove(id)
      removed += 1
    }
  } finally {
    await cursor.close()
  }
  return removed
}
