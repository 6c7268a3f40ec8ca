/**
 * An upload we were on is not there any more. It may have become our object in a run that died before it could say so;
 * it may have been aborted or have expired; somebody else may have been here.
 */
import { type CompletingRecord, type OpenedRecord, sameIdentity } from './checkpoint.js'
import { type Stored, strangersObject, type UploadEnd } from './ends.js'
import { UploadError } from './errors.js'
import type { Life } from './life.js'
import type { ObjectInfo } from './ports.js'
import { presentSource } from './present.js'
import { lookAtObject, wholeSeconds } from './settle.js'

/**
 * Resolves with our object, or with `gone` when there is none and nobody has stored another. Rejects with `conflict` when
 * somebody has, with `commit-unknown` when it can't be told.
 */
export async function settleGone(
  life: Life,
  opened: OpenedRecord,
  completing: CompletingRecord | undefined,
): Promise<UploadEnd> {
  const seen = await lookAtObject(life)
  if (seen.kind === 'unknown') {
    // Without that line no Complete was ever sent, so nothing can have come of it.
    if (completing === undefined) return gone('')
    throw unknowable(seen.why.message)
  }
  if (seen.kind === 'absent' || seen.info.lastModified < wholeSeconds(opened.initiated)) return gone('')
  const ours = await isOurs(life, opened, completing, seen.info)
  if (ours !== undefined) return ours
  if (completing?.size === seen.info.size && completing.crc64 === seen.info.crc64) {
    return gone(' It was completed with what the file had then; the file has changed since.')
  }
  throw strangersObject(undefined)
}

/**
 * After a Complete that we know we sent: is the object there, and is it what the file has now? `undefined` when not, or
 * when it can't be told yet.
 */
export async function settleCompleting(
  life: Life,
  opened: OpenedRecord,
  completing: CompletingRecord,
): Promise<Stored | undefined> {
  const seen = await lookAtObject(life)
  if (seen.kind !== 'found' || seen.info.lastModified < wholeSeconds(opened.initiated)) return undefined
  return isOurs(life, opened, completing, seen.info)
}

async function isOurs(
  life: Life,
  opened: OpenedRecord,
  completing: CompletingRecord | undefined,
  info: ObjectInfo,
): Promise<Stored | undefined> {
  if (info.size !== life.size) return undefined
  if (info.crc64 === undefined) throw unknowable('The service does not say which CRC-64 the object has.')
  const present = await presentSource(life)
  const believed = life.request.verify !== 'paranoid'
  const recorded = believed && completing !== undefined && sameIdentity(completing.identity, present)
  const crc64 = recorded ? completing.crc64 : await crc64OfSource(life)
  if (crc64 !== info.crc64) return undefined
  life.emit({ type: 'settled', message: 'An earlier run had completed the object before it ended.' })
  return { kind: 'stored', opened, crc64, receipt: info, uploadMayRemain: true }
}

async function crc64OfSource(life: Life): Promise<string> {
  const { digester, source } = life.ports
  const digest = await digester.digest(source.slice(0, life.size), { md5: false }, life.signal)
  life.liveness.moved()
  return digest.crc64
}

function gone(more: string): UploadEnd {
  return { kind: 'gone', message: `The multipart upload does not exist any more at the service.${more}` }
}

function unknowable(why: string): UploadError {
  return new UploadError(
    'commit-unknown',
    `Whether an earlier run completed the object can't be told: ${why} The checkpoint is kept; restart to begin anew.`,
  )
}
