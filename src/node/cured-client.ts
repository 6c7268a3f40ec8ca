/** The bucket client for calls that try nothing twice, but for one thing: a refusal whose cause the adapter has mended. */
import { isCured } from '../engine/retry.js'
import type { BucketClient } from '../services/bucket-client.js'

export function curedClient(client: BucketClient): BucketClient {
  return {
    name: client.name,
    bucket: client.bucket,
    now: client.now,
    getObject: onceMore(client.getObject),
    headObject: onceMore(client.headObject),
    deleteObject: onceMore(client.deleteObject),
    deleteObjects: onceMore(client.deleteObjects),
    createBucket: onceMore(client.createBucket),
    bucketInfo: onceMore(client.bucketInfo),
    bucketStat: onceMore(client.bucketStat),
    listObjects: onceMore(client.listObjects),
    listMultipartUploads: onceMore(client.listMultipartUploads),
    listParts: onceMore(client.listParts),
    abortMultipartUpload: onceMore(client.abortMultipartUpload),
  }
}

/** The clock and the key may both have been wrong. */
const mostCures = 2

function onceMore<Arguments extends readonly unknown[], Answer>(
  call: (...given: Arguments) => Promise<Answer>,
): (...given: Arguments) => Promise<Answer> {
  return async (...given) => {
    for (let cures = 0; ; cures += 1) {
      try {
        return await call(...given)
      } catch (error) {
        if (!isCured(error) || cures === mostCures) throw error
      }
    }
  }
}
