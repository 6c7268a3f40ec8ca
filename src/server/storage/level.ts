/** LevelDB, as far as the ledger needs it. A port, so that the ledger also runs over a model that can lose what it may. */

export interface LevelIterator {
  next(): Promise<[Buffer, string] | undefined>
  seek(key: Buffer): void
  close(): Promise<void>
}

export type LevelChange =
  | { readonly type: 'put'; readonly key: Buffer; readonly value: string }
  | { readonly type: 'del'; readonly key: Buffer }

export interface Level {
  get(key: Buffer): Promise<string | undefined>
  /** In the order of the keys. */
  getMany(keys: Buffer[]): Promise<(string | undefined)[]>
  iterator(range: { readonly gte: Buffer; readonly lt: Buffer }): LevelIterator
  /** Of all keys with `gte <= key < lt`, ascending. */
  values(range: { readonly gte: Buffer; readonly lt: Buffer }): Promise<string[]>
  /**
   * Whole or absent after a crash; with `sync` its bytes are on disk when it resolves. What was not synced is lost from
   * the end: of two batches never the earlier alone.
   */
  batch(changes: LevelChange[], options: { readonly sync: boolean }): Promise<void>
  close(): Promise<void>
}

/** Another process (or another server in this one) has this folder open. */
export class LedgerInUseError extends Error {
  override readonly name = 'LedgerInUseError'
}

/** Bytes read at once where all are wanted: each turn to a thread and back costs as much as reading a hundred records. */
const READ_AHEAD = 512 * 1024

/** @throws LedgerInUseError */
export async function openLevel(folder: string): Promise<Level> {
  // Loaded only now: a server in memory, in somebody's tests, is up sooner and needs no binary for its platform.
  const { ClassicLevel } = await import('classic-level')
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
  return {
    // It is in memory as a rule, where a turn to a thread and back would cost many times as much as the reading.
    get: async (key) => level.getSync(key),
    getMany: (keys) => level.getMany(keys),
    iterator: (range) => level.iterator(range),
    values: (range) => level.values({ ...range, highWaterMarkBytes: READ_AHEAD }).all(),
    batch: (changes, options) => level.batch(changes, options),
    close: () => level.close(),
  }
}
