/** Buckets. One can be deleted only while nothing else happens in it, so that no object outlives its bucket. */
import { type Core, noSuchBucket } from './core.js'
import { afterAll, justAfter, keys, laterOf } from './keys.js'
import { scanPage } from './listing.js'
import { type BucketRecord, type Storage, StorageError } from './storage.js'

type Buckets = Pick<Storage, 'putBucket' | 'updateBucket' | 'getBucket' | 'deleteBucket' | 'listBuckets'>

export function createBuckets({ ledger, locks, check, read, commit, requireBucket }: Core): Buckets {
  async function isEmpty(from: string): Promise<boolean> {
    const page = await scanPage(ledger, { from, to: afterAll(from), limit: 1, parse: (value) => value })
    return page.entries.length === 0
  }

  async function store(bucket: BucketRecord): Promise<BucketRecord> {
    await commit([{ type: 'put', key: keys.bucket(bucket.name), value: JSON.stringify(bucket) }])
    return bucket
  }

  return {
    putBucket(bucket) {
      return locks.exclusive(`bucket ${bucket.name}`, async () => {
        const known = await read<BucketRecord>(keys.bucket(bucket.name))
        return known ?? (await store(bucket))
      })
    },

    updateBucket(name, change) {
      return locks.exclusive(`bucket ${name}`, async () => {
        const known = await read<BucketRecord>(keys.bucket(name))
        return store(change(known ?? noSuchBucket(name)))
      })
    },

    getBucket: (name) => read<BucketRecord>(keys.bucket(name)),

    deleteBucket(name) {
      return locks.exclusive(`bucket ${name}`, async () => {
        await requireBucket(name)
        if (!(await isEmpty(keys.object(name, ''))) || !(await isEmpty(keys.uploadPrefix(name, '')))) {
          throw new StorageError('bucket-not-empty', `Bucket ${name} is not empty.`)
        }
        await commit([{ type: 'del', key: keys.bucket(name) }])
      })
    },

    async listBuckets({ prefix, after, limit }) {
      check()
      const start = keys.bucket(prefix)
      return scanPage(ledger, {
        from: laterOf(start, justAfter(keys.bucket(after))),
        to: afterAll(start),
        limit,
        parse: (value) => JSON.parse(value) as BucketRecord,
      })
    },
  }
}
