/**
 * Does what the lifecycle rules of all buckets say is due. Every decision is made again at the moment of the deed, under
 * the storage's lock: what was replaced or went on meanwhile is left alone.
 */
import { refrozen } from './frozen.js'
import { dueForObject, enabledRules, isAbortDue } from './lifecycle.js'
import {
  type BucketRecord,
  type PartRecord,
  type Storage,
  StorageError,
  type UploadRecord,
} from './storage/storage.js'
import { everyObject, everyUpload } from './walks.js'

export interface LifecycleRun {
  /** Objects that were removed. */
  expired: number
  /** Objects that were moved to another storage class. */
  moved: number
  /** Unfinished uploads that were aborted. */
  aborted: number
}

const BUCKETS_AT_ONCE = 1000

/** @param isStopped asked between two deeds: then the rest is left to the next run */
export async function runLifecycle(
  storage: Storage,
  { now, isStopped = () => false }: { readonly now: number; readonly isStopped?: () => boolean },
): Promise<LifecycleRun> {
  const done: LifecycleRun = { expired: 0, moved: 0, aborted: 0 }
  for (let after = ''; ; ) {
    const page = await storage.listBuckets({ prefix: '', after, limit: BUCKETS_AT_ONCE })
    for (const bucket of page.entries) {
      await expireOrMove(storage, bucket, now, isStopped, done).catch(ignoring('no-such-bucket'))
      await abortStale(storage, bucket, now, isStopped, done).catch(ignoring('no-such-bucket'))
      after = bucket.name
    }
    if (!page.truncated || isStopped()) return done
  }
}

async function expireOrMove(
  storage: Storage,
  bucket: BucketRecord,
  now: number,
  isStopped: () => boolean,
  done: LifecycleRun,
): Promise<void> {
  const rules = enabledRules(bucket).filter(
    ({ expiration, transitions }) => expiration !== undefined || transitions.length > 0,
  )
  for (const prefix of widest(rules)) {
    for await (const object of everyObject(storage, bucket.name, prefix)) {
      if (isStopped()) return
      const { kind } = dueForObject(bucket, object, now)
      if (kind === 'expire') await expire(object.key)
      if (kind === 'move') await move(object.key).catch(ignoring('no-such-object'))
    }
  }

  async function expire(key: string): Promise<void> {
    await storage.deleteObject(bucket.name, key, (current) => {
      const isDue = dueForObject(bucket, current, now).kind === 'expire'
      if (isDue) done.expired += 1
      return isDue
    })
  }

  /** The time of its last change stays: rules to come count from it. */
  async function move(key: string): Promise<void> {
    await storage.updateObject(bucket.name, key, (current) => {
      const due = dueForObject(bucket, current, now)
      if (due.kind !== 'move') return current
      done.moved += 1
      const headers = { ...current.headers, 'x-oss-storage-class': due.storageClass }
      return { ...refrozen(current), headers }
    })
  }
}

async function abortStale(
  storage: Storage,
  bucket: BucketRecord,
  now: number,
  isStopped: () => boolean,
  done: LifecycleRun,
): Promise<void> {
  const rules = enabledRules(bucket).filter((rule) => rule.abortMultipartUpload !== undefined)
  const isDue = (upload: UploadRecord, parts: readonly PartRecord[]): boolean => {
    const lastChange = parts.reduce((last, part) => Math.max(last, part.modified), upload.initiated)
    return isAbortDue(bucket, upload, { lastChange, now })
  }
  for (const prefix of widest(rules)) {
    for await (const upload of everyUpload(storage, bucket.name, prefix)) {
      if (isStopped()) return
      if (!isDue(upload, [])) continue
      const ref = { bucket: bucket.name, key: upload.key, uploadId: upload.uploadId }
      const abort = storage.abortUpload(ref, (current, parts) => {
        const isMeant = isDue(current, parts)
        if (isMeant) done.aborted += 1
        return isMeant
      })
      await abort.catch(ignoring('no-such-upload'))
    }
  }
}

/** The prefixes of these rules, without those that another one covers. */
function widest(rules: readonly { readonly prefix: string }[]): string[] {
  const prefixes = [...new Set(rules.map((rule) => rule.prefix))]
  return prefixes.filter((prefix) => !prefixes.some((other) => other !== prefix && prefix.startsWith(other)))
}

/** What it was about has gone meanwhile. */
function ignoring(code: StorageError['code']): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof StorageError && error.code === code)) throw error
  }
}
