/**
 * The ledger in LevelDB. Commits that come while one is being synced go together into the next, so many writers share
 * one sync; LevelDB's log makes each batch whole or absent after a crash.
 */
import { readdir } from 'node:fs/promises'
import { ClassicLevel } from 'classic-level'
import { syncFolder } from './disk-contents.js'
import type { Change, Ledger } from './ledger.js'

export interface DiskLedgerOptions {
  readonly folder: string
  readonly durable: boolean
}

/** Another process (or another server in this one) has this folder open. */
export class LedgerInUseError extends Error {
  override readonly name = 'LedgerInUseError'
}

interface Commit {
  readonly changes: readonly Change[]
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

export async function openDiskLedger({ folder, durable }: DiskLedgerOptions): Promise<Ledger> {
  const level = new ClassicLevel<Buffer, string>(folder, { keyEncoding: 'buffer', valueEncoding: 'utf8' })
  try {
    await level.open()
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined
    if (cause instanceof Error && 'code' in cause && cause.code === 'LEVEL_LOCKED') {
      throw new LedgerInUseError(`${folder} is in use`, { cause: error })
    }
    throw new Error(`can't open the ledger in ${folder}: ${(cause ?? error) as Error}`, { cause: error })
  }

  const syncNewFiles = createNewFileSync(folder)
  let waiting: Commit[] = []
  let running = false

  async function write(changes: readonly Change[]): Promise<void> {
    await level.batch(
      changes.map((change) =>
        change.type === 'put'
          ? { type: 'put', key: bytes(change.key), value: change.value }
          : { type: 'del', key: bytes(change.key) },
      ),
      { sync: durable },
    )
    if (durable) await syncNewFiles()
  }

  async function run(): Promise<void> {
    running = true
    while (waiting.length > 0) {
      const group = waiting
      waiting = []
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
function createNewFileSync(folder: string): () => Promise<void> {
  let synced = new Set<string>()
  return async () => {
    const names = await patiently(() => readdir(folder))
    if (names.every((name) => synced.has(name))) return
    await patiently(() => syncFolder(folder))
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
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'EMFILE' && code !== 'ENFILE') throw error
      await new Promise((resolve) => setTimeout(resolve, HANDLES_FREE_AFTER_MS))
    }
  }
  return work()
}
