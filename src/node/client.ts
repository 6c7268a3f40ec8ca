/** A bucket's client that asks once more where the first answer put something right: a clock that was off, keys that were old. */
import { isCured } from '../engine/retry.js'
import type { BucketClient } from '../services/bucket-client.js'

/** The clock and the keys may both have to be put right before an answer comes. */
const mostAttempts = 3

export function curedClient(client: BucketClient): BucketClient {
  return {
    ...client,
    getObject: (key, options) => asking(() => client.getObject(key, options)),
    headObject: (key, options) => asking(() => client.headObject(key, options)),
    deleteObject: (key, options) => asking(() => client.deleteObject(key, options)),
    createBucket: (options) => asking(() => client.createBucket(options)),
    bucketInfo: (options) => asking(() => client.bucketInfo(options)),
    listObjects: (options) => asking(() => client.listObjects(options)),
    listMultipartUploads: (options) => asking(() => client.listMultipartUploads(options)),
    abortMultipartUpload: (upload, options) => asking(() => client.abortMultipartUpload(upload, options)),
  }
}

/** Such a refusal comes before anything was done, so that asking again does nothing twice. */
async function asking<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask()
    } catch (error) {
      if (attempt === mostAttempts || !isCured(error)) throw error
    }
  }
}
