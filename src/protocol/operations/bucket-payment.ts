/** Who pays for requests to a bucket, and whether it has the service's faster ways to it. */
import { element, text } from '../xml.js'
import {
  documentOf as answerDocument,
  emptyAnswer,
  nothingBeyondSuccess,
  requiredFlag,
  requiredText,
  xmlAnswer,
} from './answers.js'
import type { BucketInput, Done } from './buckets.js'
import type { Operation } from './operation.js'
import { bucketOf, documentOf, malformedXml, neededFlagIn } from './requests.js'

export interface BucketRequestPayment {
  /** `BucketOwner` or `Requester`. */
  readonly payer: string
}

export interface TransferAcceleration {
  readonly enabled: boolean
}

const PAYERS: ReadonlySet<string> = new Set(['BucketOwner', 'Requester'])
const payment = { requestPayment: '' }
const acceleration = { transferAcceleration: '' }

/** PUT of a bucket with `requestPayment`. */
export const putBucketRequestPayment: Operation<BucketInput & BucketRequestPayment, Done> = {
  name: 'PutBucketRequestPayment',
  encodeRequest: ({ bucket, payer }) => ({
    method: 'PUT',
    bucket,
    query: payment,
    headers: {},
    body: xmlAnswer(element('RequestPaymentConfiguration', [element('Payer', payer)])).body,
  }),
  decodeRequest: (request) => {
    const payer = text(documentOf(request, 'RequestPaymentConfiguration'), 'Payer')?.trim() ?? ''
    if (!PAYERS.has(payer)) throw malformedXml()
    return { bucket: bucketOf(request), payer }
  },
  encodeAnswer: () => emptyAnswer(200),
  decodeAnswer: nothingBeyondSuccess,
}

/** GET of a bucket with `requestPayment`. */
export const getBucketRequestPayment: Operation<BucketInput, BucketRequestPayment> = {
  name: 'GetBucketRequestPayment',
  encodeRequest: ({ bucket }) => ({ method: 'GET', bucket, query: payment, headers: {} }),
  decodeRequest: (request) => ({ bucket: bucketOf(request) }),
  encodeAnswer: ({ payer }) => xmlAnswer(element('RequestPaymentConfiguration', [element('Payer', payer)])),
  decodeAnswer: (answer) => ({
    payer: requiredText(answerDocument(answer, 'RequestPaymentConfiguration'), 'Payer'),
  }),
}

/** PUT of a bucket with `transferAcceleration`. */
export const putBucketTransferAcceleration: Operation<BucketInput & TransferAcceleration, Done> = {
  name: 'PutBucketTransferAcceleration',
  encodeRequest: ({ bucket, enabled }) => ({
    method: 'PUT',
    bucket,
    query: acceleration,
    headers: {},
    body: xmlAnswer(element('TransferAccelerationConfiguration', [element('Enabled', enabled)])).body,
  }),
  decodeRequest: (request) => ({
    bucket: bucketOf(request),
    enabled: neededFlagIn(documentOf(request, 'TransferAccelerationConfiguration'), 'Enabled'),
  }),
  encodeAnswer: () => emptyAnswer(200),
  decodeAnswer: nothingBeyondSuccess,
}

/** GET of a bucket with `transferAcceleration`. */
export const getBucketTransferAcceleration: Operation<BucketInput, TransferAcceleration> = {
  name: 'GetBucketTransferAcceleration',
  encodeRequest: ({ bucket }) => ({ method: 'GET', bucket, query: acceleration, headers: {} }),
  decodeRequest: (request) => ({ bucket: bucketOf(request) }),
  encodeAnswer: ({ enabled }) =>
    xmlAnswer(element('TransferAccelerationConfiguration', [element('Enabled', enabled)])),
  decodeAnswer: (answer) => ({
    enabled: requiredFlag(answerDocument(answer, 'TransferAccelerationConfiguration'), 'Enabled'),
  }),
}

/** DELETE of a bucket with `transferAcceleration`: it was never set. */
export const deleteBucketTransferAcceleration: Operation<BucketInput, Done> = {
  name: 'DeleteBucketTransferAcceleration',
  encodeRequest: ({ bucket }) => ({ method: 'DELETE', bucket, query: acceleration, headers: {} }),
  decodeRequest: (request) => ({ bucket: bucketOf(request) }),
  encodeAnswer: () => emptyAnswer(204),
  decodeAnswer: nothingBeyondSuccess,
}
