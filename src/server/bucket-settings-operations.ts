/** What is set on a bucket: its ACL and tags; and what this server can't set, told as what it is, unset. */
import { emptyAnswer } from '../protocol/operations/answers.js'
import { getBucketAcl, putBucketAcl } from '../protocol/operations/bucket-facts.js'
import { getBucketLogging } from '../protocol/operations/bucket-logging.js'
import { deleteBucketTags, getBucketTags, putBucketTags } from '../protocol/operations/bucket-tags.js'
import {
  deleteBucketPublicAccessBlock,
  getBucketPublicAccessBlock,
  putBucketPublicAccessBlock,
} from '../protocol/operations/public-access-block.js'
import { getBucketVersioning } from '../protocol/operations/versions.js'
import { requireBucket, withAcl } from './bucket-operations.js'
import { type Answer, type Exchange, type Operate, OWNER, Refusal } from './context.js'
import { receiveDocument } from './receive.js'

export const bucketSettingsOperations = {
  PutBucketAcl: async (exchange) => {
    const input = putBucketAcl.decodeRequest(exchange.request)
    await exchange.storage.updateBucket(input.bucket, (bucket) => withAcl(bucket, input.acl))
    return putBucketAcl.encodeAnswer({}, input)
  },

  GetBucketAcl: async (exchange) => {
    const input = getBucketAcl.decodeRequest(exchange.request)
    const { acl } = await requireBucket(exchange, input.bucket)
    return getBucketAcl.encodeAnswer({ owner: OWNER, acl }, input)
  },

  PutBucketPublicAccessBlock: async (exchange) => {
    const body = await receiveDocument(exchange)
    const input = putBucketPublicAccessBlock.decodeRequest({ ...exchange.request, body })
    const { blockPublicAccess } = input
    await exchange.storage.updateBucket(input.bucket, (bucket) => ({ ...bucket, blockPublicAccess }))
    return putBucketPublicAccessBlock.encodeAnswer({}, input)
  },

  GetBucketPublicAccessBlock: async (exchange) => {
    const input = getBucketPublicAccessBlock.decodeRequest(exchange.request)
    const { blockPublicAccess = false } = await requireBucket(exchange, input.bucket)
    return getBucketPublicAccessBlock.encodeAnswer({ blockPublicAccess }, input)
  },

  DeleteBucketPublicAccessBlock: async (exchange) => {
    const input = deleteBucketPublicAccessBlock.decodeRequest(exchange.request)
    await exchange.storage.updateBucket(input.bucket, ({ blockPublicAccess: _, ...bucket }) => bucket)
    return deleteBucketPublicAccessBlock.encodeAnswer({}, input)
  },

  PutBucketTags: async (exchange) => {
    const body = await receiveDocument(exchange)
    const input = putBucketTags.decodeRequest({ ...exchange.request, body })
    await exchange.storage.updateBucket(input.bucket, (bucket) => ({ ...bucket, tags: input.tags }))
    return putBucketTags.encodeAnswer({}, input)
  },

  GetBucketTags: async (exchange) => {
    const input = getBucketTags.decodeRequest(exchange.request)
    const { tags = [] } = await requireBucket(exchange, input.bucket)
    return getBucketTags.encodeAnswer({ tags }, input)
  },

  DeleteBucketTags: async (exchange) => {
    const input = deleteBucketTags.decodeRequest(exchange.request)
    await exchange.storage.updateBucket(input.bucket, ({ tags = [], ...bucket }) => ({
      ...bucket,
      tags: tags.filter(({ key }) => input.keys !== undefined && !input.keys.includes(key)),
    }))
    return deleteBucketTags.encodeAnswer({}, input)
  },

  GetBucketVersioning: async (exchange) => {
    const input = getBucketVersioning.decodeRequest(exchange.request)
    await requireBucket(exchange, input.bucket)
    return getBucketVersioning.encodeAnswer({}, input)
  },

  GetBucketLogging: async (exchange) => {
    const input = getBucketLogging.decodeRequest(exchange.request)
    await requireBucket(exchange, input.bucket)
    return getBucketLogging.encodeAnswer({}, input)
  },

  GetBucketWebsite: unset('NoSuchWebsiteConfiguration'),
  GetBucketWorm: unset('NoSuchWORMConfiguration'),

  // To remove what was never set is a success, as it is with what can be set.
  DeleteBucketLogging: nothingToDelete,
  DeleteBucketWebsite: nothingToDelete,
} satisfies Record<string, Operate>

async function nothingToDelete(exchange: Exchange): Promise<Answer> {
  await requireBucket(exchange, exchange.request.bucket ?? '')
  return emptyAnswer(204)
}

function unset(code: string): Operate {
  return async (exchange) => {
    await requireBucket(exchange, exchange.request.bucket ?? '')
    throw new Refusal({ code })
  }
}
