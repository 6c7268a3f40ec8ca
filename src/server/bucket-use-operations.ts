/** What is set on a bucket of how its objects are stored, who may refer to them, and who pays for that. */
import {
  deleteBucketEncryption,
  getBucketEncryption,
  putBucketEncryption,
} from '../protocol/operations/bucket-encryption.js'
import {
  deleteBucketTransferAcceleration,
  getBucketRequestPayment,
  getBucketTransferAcceleration,
  putBucketRequestPayment,
  putBucketTransferAcceleration,
} from '../protocol/operations/bucket-payment.js'
import { getBucketReferer, putBucketReferer, UNSET_REFERER } from '../protocol/operations/bucket-referer.js'
import { requireBucket } from './bucket-operations.js'
import { type Operate, Refusal } from './context.js'
import { checkEncryption } from './encryption.js'
import { receiveDocument } from './receive.js'

export const bucketUseOperations = {
  PutBucketEncryption: async (exchange) => {
    const body = await receiveDocument(exchange)
    const input = putBucketEncryption.decodeRequest({ ...exchange.request, body })
    const encryption = checkEncryption(input.algorithm, input.keyId, input.dataAlgorithm)
    await exchange.storage.updateBucket(input.bucket, (bucket) => ({ ...bucket, encryption }))
    return putBucketEncryption.encodeAnswer({}, input)
  },

  GetBucketEncryption: async (exchange) => {
    const input = getBucketEncryption.decodeRequest(exchange.request)
    const { encryption } = await requireBucket(exchange, input.bucket)
    if (encryption === undefined) throw new Refusal({ code: 'NoSuchServerSideEncryptionRule' })
    return getBucketEncryption.encodeAnswer(encryption, input)
  },

  DeleteBucketEncryption: async (exchange) => {
    const input = deleteBucketEncryption.decodeRequest(exchange.request)
    await exchange.storage.updateBucket(input.bucket, ({ encryption: _, ...bucket }) => bucket)
    return deleteBucketEncryption.encodeAnswer({}, input)
  },

  PutBucketReferer: async (exchange) => {
    const body = await receiveDocument(exchange)
    const { bucket: name, ...referer } = putBucketReferer.decodeRequest({ ...exchange.request, body })
    await exchange.storage.updateBucket(name, (bucket) => ({ ...bucket, referer }))
    return putBucketReferer.encodeAnswer({}, { bucket: name, ...referer })
  },

  GetBucketReferer: async (exchange) => {
    const input = getBucketReferer.decodeRequest(exchange.request)
    const { referer = UNSET_REFERER } = await requireBucket(exchange, input.bucket)
    return getBucketReferer.encodeAnswer(referer, input)
  },

  PutBucketRequestPayment: async (exchange) => {
    const body = await receiveDocument(exchange)
    const input = putBucketRequestPayment.decodeRequest({ ...exchange.request, body })
    await exchange.storage.updateBucket(input.bucket, (bucket) => ({ ...bucket, payer: input.payer }))
    return putBucketRequestPayment.encodeAnswer({}, input)
  },

  GetBucketRequestPayment: async (exchange) => {
    const input = getBucketRequestPayment.decodeRequest(exchange.request)
    const { payer = 'BucketOwner' } = await requireBucket(exchange, input.bucket)
    return getBucketRequestPayment.encodeAnswer({ payer }, input)
  },

  PutBucketTransferAcceleration: async (exchange) => {
    const body = await receiveDocument(exchange)
    const input = putBucketTransferAcceleration.decodeRequest({ ...exchange.request, body })
    await exchange.storage.updateBucket(input.bucket, (bucket) => ({
      ...bucket,
      transferAcceleration: input.enabled,
    }))
    return putBucketTransferAcceleration.encodeAnswer({}, input)
  },

  GetBucketTransferAcceleration: async (exchange) => {
    const input = getBucketTransferAcceleration.decodeRequest(exchange.request)
    const { transferAcceleration: enabled } = await requireBucket(exchange, input.bucket)
    if (enabled === undefined) throw new Refusal({ code: 'NoSuchTransferAccelerationConfiguration' })
    return getBucketTransferAcceleration.encodeAnswer({ enabled }, input)
  },

  DeleteBucketTransferAcceleration: async (exchange) => {
    const input = deleteBucketTransferAcceleration.decodeRequest(exchange.request)
    await exchange.storage.updateBucket(input.bucket, ({ transferAcceleration: _, ...bucket }) => bucket)
    return deleteBucketTransferAcceleration.encodeAnswer({}, input)
  },
} satisfies Record<string, Operate>
