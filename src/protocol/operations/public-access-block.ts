/** Whether a bucket's and its objects' public ACLs are to count for nothing. */
import { element } from '../xml.js'
import {
  documentOf as answerDocument,
  emptyAnswer,
  nothingBeyondSuccess,
  requiredFlag,
  xmlAnswer,
} from './answers.js'
import type { BucketInput, Done } from './buckets.js'
import type { Operation } from './operation.js'
import { bucketOf, documentOf, neededFlagIn } from './requests.js'

export interface PublicAccessBlock {
  readonly blockPublicAccess: boolean
}

const query = { publicAccessBlock: '' }

/** PUT of a bucket with `publicAccessBlock`. */
export const putBucketPublicAccessBlock: Operation<BucketInput & PublicAccessBlock, Done> = {
  name: 'PutBucketPublicAccessBlock',
  encodeRequest: ({ bucket, ...block }) => ({
    method: 'PUT',
    bucket,
    query,
    headers: {},
    body: xmlAnswer(blockElement(block)).body,
  }),
  decodeRequest: (request) => ({
    bucket: bucketOf(request),
    blockPublicAccess: neededFlagIn(
      documentOf(request, 'PublicAccessBlockConfiguration'),
      'BlockPublicAccess',
    ),
  }),
  encodeAnswer: () => emptyAnswer(200),
  decodeAnswer: nothingBeyondSuccess,
}

/** GET of a bucket with `publicAccessBlock`. */
export const getBucketPublicAccessBlock: Operation<BucketInput, PublicAccessBlock> = {
  name: 'GetBucketPublicAccessBlock',
  encodeRequest: ({ bucket }) => ({ method: 'GET', bucket, query, headers: {} }),
  decodeRequest: (request) => ({ bucket: bucketOf(request) }),
  encodeAnswer: (block) => xmlAnswer(blockElement(block)),
  decodeAnswer: (answer) => ({
    blockPublicAccess: requiredFlag(
      answerDocument(answer, 'PublicAccessBlockConfiguration'),
      'BlockPublicAccess',
    ),
  }),
}

/** DELETE of a bucket with `publicAccessBlock`: the same as to put `false`. */
export const deleteBucketPublicAccessBlock: Operation<BucketInput, Done> = {
  name: 'DeleteBucketPublicAccessBlock',
  encodeRequest: ({ bucket }) => ({ method: 'DELETE', bucket, query, headers: {} }),
  decodeRequest: (request) => ({ bucket: bucketOf(request) }),
  encodeAnswer: () => emptyAnswer(204),
  decodeAnswer: nothingBeyondSuccess,
}

function blockElement({ blockPublicAccess }: PublicAccessBlock) {
  return element('PublicAccessBlockConfiguration', [element('BlockPublicAccess', blockPublicAccess)])
}
