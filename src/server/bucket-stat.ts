/**
 * How much is in a bucket, counted when it is asked: nothing is kept for it, so nothing can be wrong after a crash, and
 * no write pays for it. It is a walk over all objects and parts of the bucket.
 */
import type { BucketStat, ClassStat, StatClass } from '../protocol/operations/bucket-facts.js'
import type { BucketRecord, Storage } from './storage/storage.js'
import { storageClassOf } from './storage-class.js'
import { everyObject, everyPart, everyUpload } from './walks.js'

/** The least that OSS charges for an object of any class but Standard. */
const LEAST_BILLED = 64 * 1024

export async function countBucket(
  storage: Storage,
  bucket: BucketRecord,
): Promise<Omit<BucketStat, 'lastModifiedTime'>> {
  const classes: Partial<Record<StatClass, ClassStat>> = {}
  const totals = { storage: 0, objects: 0, uploads: 0, parts: 0 }
  for await (const object of everyObject(storage, bucket.name)) {
    totals.objects += 1
    totals.storage += object.size
    const name = storageClassOf(object.headers, bucket) as StatClass
    const { objects, bytes, billed } = classes[name] ?? { objects: 0, bytes: 0, billed: 0 }
    classes[name] = {
      objects: objects + 1,
      bytes: bytes + object.size,
      billed: billed + Math.max(object.size, LEAST_BILLED),
    }
  }
  for await (const upload of everyUpload(storage, bucket.name)) {
    totals.uploads += 1
    for await (const _ of everyPart(storage, bucket.name, upload)) totals.parts += 1
  }
  return { ...totals, classes }
}
