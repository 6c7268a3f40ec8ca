/**
 * Objects of the archive classes are frozen: they can be read only for a while after somebody asked for it, and after the
 * time that thawing takes. Nothing is thawed here but by the clock, which the times below are counted on.
 */
import { formatHttpDate } from '../protocol/dates.js'
import { Refusal } from './context.js'
import type { BucketRecord, ObjectRecord } from './storage/storage.js'
import { storageClassOf } from './storage-class.js'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** Milliseconds from asking to reading, by class and tier: the longest that the service takes. */
export const THAWING: ReadonlyMap<string, Readonly<Record<string, number>>> = new Map([
  ['Archive', { Standard: MINUTE }],
  ['ColdArchive', { Expedited: HOUR, Standard: 5 * HOUR, Bulk: 12 * HOUR }],
  ['DeepColdArchive', { Expedited: 12 * HOUR, Standard: 48 * HOUR }],
])

/** What a request may ask for of an object that is frozen, or was. */
export type Thaw = NonNullable<ObjectRecord['thaw']>

/** `undefined` where nobody asked, or it is long over. */
export function thawOf({ thaw }: ObjectRecord, now: number): Thaw | undefined {
  return thaw !== undefined && now < thaw.until ? thaw : undefined
}

/** As `x-oss-restore` and `RestoreInfo` say it. */
export function restoreInfo(object: ObjectRecord, now: number): string | undefined {
  const thaw = thawOf(object, now)
  if (thaw === undefined) return undefined
  if (now < thaw.from) return 'ongoing-request="true"'
  return `ongoing-request="false", expiry-date="${formatHttpDate(thaw.until)}"`
}

/** @throws Refusal InvalidObjectState when its bytes are frozen */
export function checkReadable(object: ObjectRecord, bucket: BucketRecord, now: number): void {
  const storageClass = storageClassOf(object.headers, bucket)
  if (object.type === 'Symlink' || !THAWING.has(storageClass)) return
  if (storageClass === 'Archive' && bucket.archiveDirectRead === true) return
  const thaw = thawOf(object, now)
  if (thaw === undefined || now < thaw.from) {
    throw new Refusal({ code: 'InvalidObjectState', fields: { ObjectName: object.key } })
  }
}

/** Without what it was thawed for. */
export function refrozen({ thaw: _, ...object }: ObjectRecord): ObjectRecord {
  return object
}
