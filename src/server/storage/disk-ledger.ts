/**
 * The ledger in LevelDB. Commits that come while one is being synced go together into the next, so many writers share
 * one sync; LevelDB's log makes each batch whole or absent after a crash.
 */
import type { Disk } from './disk-port.js'
import { type Change, type Ledger, NoRoomError } from './ledger.js'
import type { Level, LevelChange } from './level.js'

/** A disk that fills up within a commit can't be mended while the server runs, so commits that add stop before it. */
const RESERVE = 8 * 1024 * 1024

export interface DiskLedgerOptions {
  readonly disk: Disk
  readonly folder: string
  readonly durable: boolean
  readonly openLevel: (folder: string) => Promise<Level>
}

interface Commit {
  readonly changes: readonly Change[]
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

export async function openDiskLedger(options: DiskLedgerOptions): Promise<Ledger> {
  const { disk, folder, durable } = options
  const level = await options.openLevel(folder)
  const syncNewFiles = createNewFileSync(disk, folder)
  let waiting: Commit[] = []
  let running = false
  /** After a failure it is unknown what the log holds: what was written behind it might never be found again. */
  let failure: { readonly error: unknown } | undefined

  async function write(changes: readonly Change[]): Promise<void> {
    if (failure !== undefined) throw failure.error
    try {
      const batch = changes.map(
        (change): LevelChange =>
          change.type === 'put'
            ? { type: 'put', key: bytes(change.key), value: change.value }
            : { type: 'del', key: bytes(change.key) },
      )
      await patiently(() => level.batch(batch, { sync: durable }))
      if (durable) await syncNewFiles()
    } catch (error) {
      failure = { error }
      throw error
    }
  }

  /** Those for which there is room. What only takes away makes room, and always may. */
  async function admitted(group: readonly Commit[]): Promise<readonly Commit[]> {
    const free = await disk.freeBytes(folder).catch(() => undefined)
    if (free === undefined || free > RESERVE) return group
    const adds = ({ changes }: Commit): boolean =>
      changes.some((change) => change.type === 'put' && !change.makesRoom)
    for (const commit of group) {
      if (adds(commit)) commit.reject(new NoRoomError(`ENOSPC: less than ${RESERVE} bytes are free`))
    }
    return group.filter((commit) => !adds(commit))
  }

  async function run(): Promise<void> {
    running = true
    while (waiting.length > 0) {
      const taken = waiting
      waiting = []
      const group = await admitted(taken)
      if (group.length === 0) continue
      try {
        await write(group.flatMap((commit) => commit.changes))
        for (const commit of group) commit.resolve()
      } catch (error) {
        for (const commit of group) commit.reject(error)
      }
    }
    running = false
  }

  return {
    get: (key) => level.get(bytes(key)),
    getMany: (keys) => level.getMany(keys.map(bytes)),
    scan(from, to) {
      const iterator = level.iterator({ gte: bytes(from), lt: bytes(to) })
      return {
        async next() {
          const found = await iterator.next()
          return found === undefined ? undefined : { key: found[0].toString('latin1'), value: found[1] }
        },
        seek: (key) => iterator.seek(bytes(key)),
        close: () => iterator.close(),
      }
    },
    values: (from, to) => level.values({ gte: bytes(from), lt: bytes(to) }),
    commit(changes) {
      return new Promise((resolve, reject) => {
        waiting.push({ changes, resolve, reject })
        if (!running) void run()
      })
    },
    close: () => level.close(),
  }
}

function bytes(key: string): Buffer {
  return Buffer.from(key, 'latin1')
}

/**
 * LevelDB syncs the data of a new log file, but not the folder that names it. Until that is done, a power cut could take
 * the file with all that was synced into it. New files are rare (one in some 4 MiB of records), looking for them is cheap.
 */
function createNewFileSync(disk: Disk, folder: string): () => Promise<void> {
  let synced = new Set<string>()
  return async () => {
    const names = await patiently(() => disk.names(folder))
    if (names.every((name) => synced.has(name))) return
    await patiently(() => disk.syncFolder(folder))
    synced = new Set(names)
  }
}

const HANDLES_FREE_AFTER_MS = 20

/** What was written can't be unwritten for want of a file handle, so one is waited for: others give theirs back. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; attempt <= 100; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      if (!isForWantOfHandle(error)) throw error
      await new Promise((resolve) => setTimeout(resolve, HANDLES_FREE_AFTER_MS))
    }
  }
  return work()
}

/**
 * LevelDB names the file that it could not make. Where that is a new log, nothing of the batch was written, and the next try
 * may succeed; after a table that could not be made it takes no batch any more.
 */
function isForWantOfHandle(error: unknown): boolean {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'LEVEL_IO_ERROR') return /\.log: Too many open files/.test(message)
  return code === 'EMFILE' || code === 'ENFILE'
}
