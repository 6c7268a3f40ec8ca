/**
 * Reading objects made of pieces, and removing pieces nobody refers to any more. A piece that is being read is removed
 * when its last reader has left, so an overwrite or delete never breaks a download under way.
 */
import type { Contents } from './ledger.js'

export interface Piece {
  readonly id: string
  readonly size: number
}

export interface Readers {
  open(pieces: readonly Piece[]): {
    read(start: number, end: number): AsyncIterable<Uint8Array>
    close(): void
  }
  /** No ledger record names this content any more. */
  drop(id: string): void
  /** Resolves when all removals begun so far are done. */
  settled(): Promise<void>
}

export function createReaders(contents: Contents): Readers {
  const readersOf = new Map<string, number>()
  const dropped = new Set<string>()
  const removals = new Set<Promise<void>>()

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
        close() {
          if (!open) return
          open = false
          for (const { id } of pieces) leave(id)
        },
      }
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

async function* readPieces(
  contents: Contents,
  pieces: readonly Piece[],
  start: number,
  end: number,
): AsyncGenerator<Uint8Array> {
  let pieceStart = 0
  for (const piece of pieces) {
    const pieceEnd = pieceStart + piece.size
    if (pieceEnd > start && pieceStart < end) {
      yield* contents.read(piece.id, Math.max(start - pieceStart, 0), Math.min(end, pieceEnd) - pieceStart)
    }
    if (pieceEnd >= end) return
    pieceStart = pieceEnd
  }
}
