/**
 * The two things a storage is built from: a ledger (small ordered records, changed in atomic steps) and contents
 * (large immutable byte strings under random ids). Ledger keys are byte strings written one character per byte, so
 * comparing them as JavaScript strings is comparing bytes.
 */

export type Change =
  | {
      readonly type: 'put'
      readonly key: string
      readonly value: string
      /** Written only so that something can go: to be taken on a full disk, too. */
      readonly makesRoom?: true
    }
  | { readonly type: 'del'; readonly key: string }

export interface Entry {
  readonly key: string
  readonly value: string
}

export interface Cursor {
  next(): Promise<Entry | undefined>
  /** Goes on at the first key not below this one. Only forwards. */
  seek(key: string): void
  close(): Promise<void>
}

export interface Ledger {
  get(key: string): Promise<string | undefined>
  /** In the order of the keys. */
  getMany(keys: readonly string[]): Promise<(string | undefined)[]>
  /** Entries with `from <= key < to`, ascending. */
  scan(from: string, to: string): Cursor
  /** All values under keys with `from <= key < to`, in the order of the keys. They have to fit into memory. */
  values(from: string, to: string): Promise<readonly string[]>
  /**
   * All of the changes or none, lasting when it resolves. After a rejection it is unknown which, and every later commit
   * is rejected, too; but after a `NoRoomError` it is none, and another commit may find room.
   */
  commit(changes: readonly Change[]): Promise<void>
  close(): Promise<void>
}

export interface ContentWriter {
  readonly id: string
  /** The chunk is the writer's from here on. */
  write(chunk: Uint8Array): Promise<void>
  /** Lasting when it resolves, name and bytes. Rejects with `DurabilityError` when that can't be promised. */
  seal(): Promise<void>
  /** Never rejects. */
  discard(): Promise<void>
  /** Lets go of the file and leaves the bytes, which nobody refers to, to the next start. Never rejects. */
  abandon(): Promise<void>
}

export interface Contents {
  /** The first sync that failed, also one that nobody waited for. */
  failure(): DurabilityError | undefined
  create(): Promise<ContentWriter>
  /** The bytes from `start` up to `end`. Fails when the content is missing or shorter. */
  read(id: string, start: number, end: number): AsyncIterable<Uint8Array>
  /** Never rejects: what can't be removed now is found again at the next start. */
  remove(id: string): Promise<void>
  /** All ids there are, ascending. */
  ids(): AsyncIterable<string>
  /** What was made beforehand and is not needed goes. Never rejects. */
  close(): Promise<void>
}

/** Bytes may or may not have reached the disk. No later success can mend that: the storage must stop promising. */
export class DurabilityError extends Error {
  override readonly name = 'DurabilityError'
}

/** The disk is too full to begin. Nothing was changed. */
export class NoRoomError extends Error {
  override readonly name = 'NoRoomError'
}
