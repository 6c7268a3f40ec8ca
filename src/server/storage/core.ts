/**
 * What all of the storage stands on. The one rule: bytes are sealed first, then one ledger commit makes them part of
 * something, and only what a commit has let go of is removed. So a crash at any point leaves at most bytes that nobody
 * refers to, which the next start removes.
 */
import { keys } from './keys.js'
import {
  type Change,
  type Contents,
  type ContentWriter,
  DurabilityError,
  type Ledger,
  NoRoomError,
} from './ledger.js'
import { AT_ONCE, createLeftovers, type Leftovers } from './leftovers.js'
import { createLocks, type Locks } from './locks.js'
import { createReaders, type Piece, type Readers } from './readers.js'
import { createReferences, type ReferenceChanges } from './references.js'
import { remembering } from './remembered.js'
import { type Incoming, StorageError, type StoredBytes } from './storage.js'

export interface CoreOptions {
  readonly ledger: Ledger
  readonly contents: Contents
  /** Called once, when the storage can no longer promise anything and has begun to refuse everything. */
  readonly onFailure?: (error: Error) => void
  /** How much of what is let go of goes with the commit that does it. Default 64; less where small worlds are tried. */
  readonly atOnce?: number
}

export interface Core {
  readonly ledger: Ledger
  readonly locks: Locks
  readonly readers: Readers
  readonly leftovers: Leftovers
  /** Throws when the storage has failed or is closed. */
  check(): void
  /** Makes the storage refuse everything from now on. */
  fail(cause: unknown): StorageError
  /** The record under this key. */
  read<T>(key: string): Promise<T | undefined>
  /** Commits both together, then removes the contents that nothing refers to any more. */
  commit(changes: readonly Change[], references?: ReferenceChanges): Promise<void>
  receive(): Incoming
  /** Seals what came in and has it used; if it is refused before a commit began, the bytes go. */
  take<T>(bytes: Incoming | StoredBytes, use: (taken: Taken) => Promise<T>): Promise<T>
  /** Rejects with `no-such-bucket`. */
  requireBucket(name: string): Promise<void>
  close(): Promise<void>
}

/** Bytes that are stored, and what a commit has to say of references when it makes them part of something. */
export interface Taken {
  readonly pieces: readonly Piece[]
  readonly references: ReferenceChanges
}

interface SealableIncoming extends Incoming {
  /** What came in; `undefined` when nothing did. */
  seal(): Promise<Piece | undefined>
}

export function createCore(options: CoreOptions): Core {
  const { contents, onFailure, atOnce = AT_ONCE } = options
  const ledger = remembering(options.ledger)
  const readers = createReaders(contents)
  const locks = createLocks()
  const leftovers = createLeftovers({ ledger, atOnce, check, commit, removed: readers.settled })
  const references = createReferences({ ledger, locks, readers, leftovers })
  let failure: StorageError | undefined
  let commitsUnderWay: Promise<void> = Promise.resolve()
  /** Opened, and neither sealed nor discarded yet. */
  const unfinished = new Set<Promise<ContentWriter>>()

  function check(): void {
    const broken = contents.failure()
    if (broken !== undefined) throw fail(broken)
    if (failure !== undefined) throw failure
  }

  /** After a failed sync nobody knows what is on the disk, and asking again would be told a lie. So: no more promises. */
  function fail(cause: unknown): StorageError {
    if (failure === undefined) {
      failure = new StorageError('failed', `The storage can't be relied on any more: ${reasonOf(cause)}`, {
        cause,
      })
      onFailure?.(failure)
    }
    return failure
  }

  async function read<T>(key: string): Promise<T | undefined> {
    check()
    const value = await ledger.get(key)
    return value === undefined ? undefined : (JSON.parse(value) as T)
  }

  async function write(changes: readonly Change[]): Promise<void> {
    check()
    const done = ledger.commit(changes)
    commitsUnderWay = Promise.allSettled([commitsUnderWay, done]).then(() => undefined)
    try {
      await done
    } catch (error) {
      if (error instanceof NoRoomError) throw notTaken(error)
      throw fail(error)
    }
    if (changes.some(({ type, key }) => type === 'put' && key.startsWith(keys.leftovers()))) leftovers.sweep()
  }

  function commit(changes: readonly Change[], change: ReferenceChanges = {}): Promise<void> {
    return references.change(change, (more) => write([...changes, ...more]))
  }

  /** A failed sync fails the storage; a failed write (a full disk, say) only the request. */
  async function guarded<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      if (error instanceof DurabilityError) throw fail(error)
      throw notTaken(error)
    }
  }

  function receive(): SealableIncoming {
    let writer: Promise<ContentWriter> | undefined
    let sealing: Promise<void> | undefined
    let size = 0

    async function sealOf(made: Promise<ContentWriter>): Promise<void> {
      const opened = await guarded(made)
      await guarded(opened.seal())
    }

    return {
      async write(chunk) {
        check()
        if (chunk.length === 0) return
        if (writer === undefined) {
          writer = contents.create()
          unfinished.add(writer)
        }
        size += chunk.length
        await guarded(writer.then((opened) => opened.write(chunk)))
      },
      async seal() {
        // Nothing came: an empty object has no content.
        if (writer === undefined) return undefined
        unfinished.delete(writer)
        sealing ??= sealOf(writer)
        await sealing
        return { id: (await writer).id, size, offset: 0 }
      },
      end() {
        if (writer === undefined || sealing !== undefined) return
        sealing = sealOf(writer)
        sealing.catch(() => undefined)
      },
      async discard() {
        if (writer === undefined) return
        unfinished.delete(writer)
        await sealing?.catch(() => undefined)
        await writer.then(
          (opened) => opened.discard(),
          () => undefined,
        )
      },
    }
  }

  // An earlier life may have left some.
  leftovers.sweep()

  return {
    ledger,
    locks,
    readers,
    leftovers,
    check,
    fail,
    read,
    commit,
    receive,

    async take(bytes, use) {
      if (!isIncoming(bytes)) {
        const pieces = readers.piecesOf(bytes)
        return use({ pieces, references: { added: pieces.map((piece) => piece.id) } })
      }
      if (failure !== undefined) {
        await bytes.discard()
        throw failure
      }
      try {
        const piece = await (bytes as SealableIncoming).seal()
        const pieces = piece === undefined ? [] : [piece]
        return await use({ pieces, references: { fresh: pieces.map(({ id }) => id) } })
      } catch (error) {
        // A commit that failed may still be found on the disk at the next start, so its bytes must stay.
        if (failure === undefined) await bytes.discard()
        throw error
      }
    },

    async requireBucket(name) {
      if ((await read(keys.bucket(name))) === undefined) noSuchBucket(name)
    },

    async close() {
      failure ??= new StorageError('failed', 'The storage is closed.')
      await commitsUnderWay
      await leftovers.settled()
      // Whoever was still sending has lost the race; the file must not stay open behind the storage.
      for (const writer of unfinished) {
        await writer.then(
          (opened) => opened.abandon(),
          () => undefined,
        )
      }
      await readers.settled()
      await contents.close()
      await ledger.close()
    },
  }
}

export function noSuchBucket(name: string): never {
  throw new StorageError('no-such-bucket', `There is no bucket ${name}.`)
}

function notTaken(error: unknown): StorageError {
  return new StorageError('failed', `The storage could not take the bytes: ${reasonOf(error)}`, {
    cause: error,
  })
}

function isIncoming(bytes: Incoming | StoredBytes): bytes is Incoming {
  return 'write' in bytes
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
