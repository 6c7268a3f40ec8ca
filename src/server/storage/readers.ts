/**
 * Reading objects made of pieces, and removing pieces nobody refers to any more. A piece that is being read is removed
 * when its last reader has left, so an overwrite or delete never breaks a download under way.
 */
import type { Contents } from './ledger.js'
import type { StoredBytes } from './storage.js'

/** A stretch of one content. */
export interface Piece {
  readonly id: string
  readonly size: number
  /** Where in the content it begins. */
  readonly offset: number
}

export interface Readers {
  open(pieces: readonly Piece[]): {
    read(start: number, end: number): AsyncIterable<Uint8Array>
    bytes(start: number, end: number): StoredBytes
    close(): void
  }
  /** What these bytes are made of. They must not have been let go of. */
  piecesOf(bytes: StoredBytes): readonly Piece[]
  /** A ledger record names this content again; whoever brought that about still has it open. */
  keep(id: string): void
  /** No ledger record names this content any more. */
  drop(id: string): void
  /** Resolves when all removals begun so far are done. */
  settled(): Promise<void>
}

export function createReaders(contents: Contents): Readers {
  const readersOf = new Map<string, number>()
  const dropped = new Set<string>()
  const removals = new Set<Promise<void>>()
  const lent = new WeakMap<StoredBytes, { readonly pieces: readonly Piece[]; isOpen(): boolean }>()

  function remove(id: string): void {
    const removal = contents.remove(id).finally(() => removals.delete(removal))
    removals.add(removal)
  }

  function leave(id: string): void {
    const left = (readersOf.get(id) ?? 1) - 1
    if (left > 0) {
      readersOf.set(id, left)
      return
    }
    readersOf.delete(id)
    if (dropped.delete(id)) remove(id)
  }

  return {
    open(pieces) {
      for (const { id } of pieces) readersOf.set(id, (readersOf.get(id) ?? 0) + 1)
      let open = true
      return {
        read: (start, end) => readPieces(contents, pieces, start, end),
        bytes(start, end) {
          const bytes = { size: end - start }
          lent.set(bytes, { pieces: cut(pieces, start, end), isOpen: () => open })
          return bytes
        },
        close() {
          if (!open) return
          open = false
          for (const { id } of pieces) leave(id)
        },
      }
    },
    piecesOf(bytes) {
      const found = lent.get(bytes)
      if (found === undefined || !found.isOpen()) throw new Error('these bytes are of no object that is open')
      return found.pieces
    },
    keep(id) {
      dropped.delete(id)
    },
    drop(id) {
      if (readersOf.has(id)) dropped.add(id)
      else remove(id)
    },
    async settled() {
      await Promise.all(removals)
    },
  }
}

/** The pieces that make up the bytes from `start` up to `end`. */
function cut(pieces: readonly Piece[], start: number, end: number): Piece[] {
  const within: Piece[] = []
  let pieceStart = 0
  for (const { id, size, offset } of pieces) {
    const from = Math.max(start - pieceStart, 0)
    const to = Math.min(end - pieceStart, size)
    if (from < to) within.push({ id, size: to - from, offset: offset + from })
    pieceStart += size
    if (pieceStart >= end) break
  }
  return within
}

async function* readPieces(
  contents: Contents,
  pieces: readonly Piece[],
  start: number,
  end: number,
): AsyncGenerator<Uint8Array> {
  for (const { id, size, offset } of cut(pieces, start, end)) yield* contents.read(id, offset, offset + size)
}
