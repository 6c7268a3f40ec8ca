/** Lists of pieces as the ledger keeps them. The offset is left out where it is 0, as it almost always is. */
import type { Piece } from './readers.js'

export type StoredPiece = readonly [id: string, size: number, offset?: number]

export function piecesToJson(pieces: readonly Piece[]): readonly StoredPiece[] {
  return pieces.map(({ id, size, offset }) => (offset === 0 ? [id, size] : [id, size, offset]))
}

export function piecesFrom(stored: readonly StoredPiece[]): readonly Piece[] {
  return stored.map(([id, size, offset = 0]) => ({ id, size, offset }))
}
