/**
 * The thread that hashes: takes records from the ring it was given, and tells the digest of each body that ended. It never
 * comes back to its event loop, so everything in it is synchronous.
 */
import { createHash, type Hash } from 'node:crypto'
import { parentPort, workerData } from 'node:worker_threads'
import { Crc64 } from '../checksum/crc64.js'
import type { Digest } from './digest.js'
import { type RingRecord, readForEver, ringIn } from './digest-ring.js'

export type FromDigestWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'room' }
  | { readonly kind: 'digest'; readonly body: number; readonly digest: Digest }

const bodies = new Map<number, { readonly md5: Hash; readonly crc: Crc64 }>()

function tell(message: FromDigestWorker): void {
  parentPort?.postMessage(message)
}

function take({ kind, body, bytes }: RingRecord): void {
  if (kind === 'discard') {
    bodies.delete(body)
    return
  }
  const { md5, crc } = bodies.get(body) ?? { md5: createHash('md5'), crc: new Crc64() }
  if (kind === 'data') {
    bodies.set(body, { md5, crc })
    md5.update(bytes)
    crc.update(bytes)
  } else {
    bodies.delete(body)
    tell({ kind: 'digest', body, digest: { md5: md5.digest(), crc64: crc.value() } })
  }
}

tell({ kind: 'ready' })
readForEver(ringIn(workerData as SharedArrayBuffer), take, () => tell({ kind: 'room' }))
