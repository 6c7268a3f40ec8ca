/** The policy of a bucket: JSON, told again to the byte. */
import { badAnswer } from '../errors.js'
import { element } from '../xml.js'
import {
  documentOf as answerDocument,
  emptyAnswer,
  hasDocument,
  nothingBeyondSuccess,
  requiredFlag,
  xmlAnswer,
} from './answers.js'
import type { BucketInput, Done } from './buckets.js'
import type { Operation } from './operation.js'
import { bucketOf } from './requests.js'

export interface BucketPolicy {
  /** As it was written. */
  readonly policy: string
}

export interface BucketPolicyStatus {
  /** Whether it lets everybody in. */
  readonly isPublic: boolean
}

const query = { policy: '' }

/** PUT of a bucket with `policy`. What it says is not judged here. */
export const putBucketPolicy: Operation<BucketInput & BucketPolicy, Done> = {
  name: 'PutBucketPolicy',
  encodeRequest: ({ bucket, policy }) => ({
    method: 'PUT',
    bucket,
    query,
    headers: {},
    body: new TextEncoder().encode(policy),
  }),
  decodeRequest: (request) => ({
    bucket: bucketOf(request),
    policy: new TextDecoder('utf-8', { ignoreBOM: true }).decode(request.body ?? new Uint8Array()),
  }),
  encodeAnswer: () => emptyAnswer(200),
  decodeAnswer: nothingBeyondSuccess,
}

/** GET of a bucket with `policy`. */
export const getBucketPolicy: Operation<BucketInput, BucketPolicy> = {
  name: 'GetBucketPolicy',
  encodeRequest: ({ bucket }) => ({ method: 'GET', bucket, query, headers: {} }),
  decodeRequest: (request) => ({ bucket: bucketOf(request) }),
  encodeAnswer: ({ policy }) => ({
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: new TextEncoder().encode(policy),
  }),
  decodeAnswer: (answer) => {
    if (hasDocument(answer)) throw badAnswer('The answer is a document and no policy')
    return { policy: new TextDecoder('utf-8', { ignoreBOM: true }).decode(answer.body) }
  },
}

/** DELETE of a bucket with `policy`. */
export const deleteBucketPolicy: Operation<BucketInput, Done> = {
  name: 'DeleteBucketPolicy',
  encodeRequest: ({ bucket }) => ({ method: 'DELETE', bucket, query, headers: {} }),
  decodeRequest: (request) => ({ bucket: bucketOf(request) }),
  encodeAnswer: () => emptyAnswer(204),
  decodeAnswer: nothingBeyondSuccess,
}

/** GET of a bucket with `policyStatus`. */
export const getBucketPolicyStatus: Operation<BucketInput, BucketPolicyStatus> = {
  name: 'GetBucketPolicyStatus',
  encodeRequest: ({ bucket }) => ({ method: 'GET', bucket, query: { policyStatus: '' }, headers: {} }),
  decodeRequest: (request) => ({ bucket: bucketOf(request) }),
  encodeAnswer: ({ isPublic }) => xmlAnswer(element('PolicyStatus', [element('IsPublic', isPublic)])),
  decodeAnswer: (answer) => ({ isPublic: requiredFlag(answerDocument(answer, 'PolicyStatus'), 'IsPublic') }),
}
