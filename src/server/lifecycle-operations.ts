/** A bucket's lifecycle rules: kept and told. What they say is done by lifecycle-run.ts. */
import {
  deleteBucketLifecycle,
  getBucketLifecycle,
  putBucketLifecycle,
} from '../protocol/operations/lifecycle.js'
import { requireBucket } from './bucket-operations.js'
import { type Operate, Refusal } from './context.js'
import { randomHex } from './hex.js'
import { receiveDocument } from './receive.js'

export const lifecycleOperations = {
  PutBucketLifecycle: async (exchange) => {
    const body = await receiveDocument(exchange)
    const input = putBucketLifecycle.decodeRequest({ ...exchange.request, body })
    const rules = input.lifecycle.rules.map((rule) =>
      rule.id === '' ? { ...rule, id: randomHex(exchange.random, 32).toLowerCase() } : rule,
    )
    await exchange.storage.updateBucket(input.bucket, (bucket) => ({ ...bucket, lifecycle: { rules } }))
    return putBucketLifecycle.encodeAnswer({}, input)
  },

  GetBucketLifecycle: async (exchange) => {
    const input = getBucketLifecycle.decodeRequest(exchange.request)
    const { lifecycle } = await requireBucket(exchange, input.bucket)
    if (lifecycle === undefined) throw new Refusal({ code: 'NoSuchLifecycle' })
    return getBucketLifecycle.encodeAnswer(lifecycle, input)
  },

  DeleteBucketLifecycle: async (exchange) => {
    const input = deleteBucketLifecycle.decodeRequest(exchange.request)
    await exchange.storage.updateBucket(input.bucket, ({ lifecycle: _, ...bucket }) => bucket)
    return deleteBucketLifecycle.encodeAnswer({}, input)
  },
} satisfies Record<string, Operate>
