/** What a service is asked without naming a bucket. One request each; nothing is tried twice. */
import type { CancelSignal } from '../engine/ports.js'
import { type BucketEntry, listBuckets } from '../protocol/operations/buckets.js'
import { type OssOptions, Requests } from './oss/requests.js'

export interface BucketPage {
  readonly buckets: readonly BucketEntry[]
  /** Give it to get the next page; absent on the last. */
  readonly nextPage?: string
}

/** Failures are `ServiceError`s, or the signal's reason. */
export interface ServiceClient {
  /** At most a thousand buckets of the account, in the order of their names. */
  listBuckets(options: {
    readonly signal: CancelSignal
    readonly prefix?: string
    readonly page?: string
  }): Promise<BucketPage>
}

/** @throws UploadError `invalid-argument` for a wrong endpoint or region */
export function createServiceClient(options: Omit<OssOptions, 'bucket'>): ServiceClient {
  const requests = new Requests(options)
  return {
    listBuckets: async ({ signal, prefix, page }) => {
      const { output } = await requests.call(
        listBuckets,
        { maxKeys: 1000, ...(prefix ? { prefix } : {}), ...(page ? { marker: page } : {}) },
        { signal },
      )
      const { buckets, isTruncated, nextMarker: nextPage } = output
      return { buckets, ...(isTruncated && nextPage ? { nextPage } : {}) }
    },
  }
}
