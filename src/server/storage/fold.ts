/**
 * An object that grows by many small appends would become a list of very many pieces, written anew with each. So when
 * enough small ones stand at its end, they are written once more, as one. What is large stays as it is.
 */
import type { Core } from './core.js'
import type { Piece } from './readers.js'
import type { Incoming } from './storage.js'

/** So many pieces at the end, all smaller than that, become one. The first that fits; what is larger than all stays. */
export const FOLDS = [
  { pieces: 16, below: 64 * 1024 },
  { pieces: 32, below: 1024 * 1024 },
] as const

/** The last pieces, if they are to become one; else none. */
export function tailToFold(pieces: readonly Piece[]): readonly Piece[] {
  for (const fold of FOLDS) {
    const lastLarge = pieces.findLastIndex((piece) => piece.size >= fold.below)
    const tail = pieces.slice(lastLarge + 1)
    if (tail.length >= fold.pieces) return tail
  }
  return []
}

/** The bytes of these pieces, on their way in. */
export async function gather(
  { readers, receive }: Pick<Core, 'readers' | 'receive'>,
  pieces: readonly Piece[],
): Promise<Incoming> {
  const incoming = receive()
  const opened = readers.open(pieces)
  try {
    const size = pieces.reduce((total, piece) => total + piece.size, 0)
    for await (const chunk of opened.read(0, size)) await incoming.write(chunk)
    return incoming
  } catch (error) {
    await incoming.discard()
    throw error
  } finally {
    opened.close()
  }
}
