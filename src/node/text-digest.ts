/** Digests of many short texts: Node's own SHA-256 takes a microsecond for one, a script's some twenty. */
import { createHash } from 'node:crypto'

export function textDigest(text: string): readonly [number, number] {
  const digest = createHash('sha256').update(text).digest()
  return [digest.readUInt32LE(0), digest.readUInt32LE(4)]
}
