/** Objects and uploads that name no storage class have their bucket's, which never changes. */
import type { BucketRecord, StoredHeaders } from './storage/storage.js'

export function storageClassOf(headers: StoredHeaders, bucket: BucketRecord): string {
  return headers['x-oss-storage-class'] ?? bucket.storageClass
}
