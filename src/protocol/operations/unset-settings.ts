/** Settings that OSS tells of every bucket, also of one where nobody ever set them. */
import { child, children, element, text } from '../xml.js'
import { documentOf as answerDocument, requiredFlag, requiredText, xmlAnswer } from './answers.js'
import type { BucketInput } from './buckets.js'
import type { Operation, WireRequest } from './operation.js'
import { bucketOf, present } from './requests.js'

export interface BucketLogging {
  /** Absent: the bucket has no log. */
  readonly targetBucket?: string
}

export interface BucketReferer {
  readonly allowEmpty: boolean
  /** Absent: all. */
  readonly referers?: readonly string[]
}

export interface BucketRequestPayment {
  /** `BucketOwner` or `Requester`. */
  readonly payer: string
}

/** GET of a bucket with `logging`. */
export const getBucketLogging: Operation<BucketInput, BucketLogging> = {
  name: 'GetBucketLogging',
  ...asking('logging'),
  encodeAnswer: ({ targetBucket }) =>
    xmlAnswer(
      element(
        'BucketLoggingStatus',
        targetBucket === undefined
          ? []
          : [element('LoggingEnabled', [element('TargetBucket', targetBucket)])],
      ),
    ),
  decodeAnswer: (answer) => {
    const enabled = child(answerDocument(answer, 'BucketLoggingStatus'), 'LoggingEnabled')
    return present({ targetBucket: enabled && text(enabled, 'TargetBucket') })
  },
}

/** GET of a bucket with `referer`. */
export const getBucketReferer: Operation<BucketInput, BucketReferer> = {
  name: 'GetBucketReferer',
  ...asking('referer'),
  encodeAnswer: ({ allowEmpty, referers = [] }) =>
    xmlAnswer(
      element('RefererConfiguration', [
        element('AllowEmptyReferer', allowEmpty),
        element(
          'RefererList',
          referers.map((each) => element('Referer', each)),
        ),
      ]),
    ),
  decodeAnswer: (answer) => {
    const root = answerDocument(answer, 'RefererConfiguration')
    const referers = children(child(root, 'RefererList') ?? root, 'Referer').map((each) => each.text)
    return {
      allowEmpty: requiredFlag(root, 'AllowEmptyReferer'),
      ...(referers.length === 0 ? {} : { referers }),
    }
  },
}

/** GET of a bucket with `requestPayment`. */
export const getBucketRequestPayment: Operation<BucketInput, BucketRequestPayment> = {
  name: 'GetBucketRequestPayment',
  ...asking('requestPayment'),
  encodeAnswer: ({ payer }) => xmlAnswer(element('RequestPaymentConfiguration', [element('Payer', payer)])),
  decodeAnswer: (answer) => ({
    payer: requiredText(answerDocument(answer, 'RequestPaymentConfiguration'), 'Payer'),
  }),
}

function asking(what: string): Pick<Operation<BucketInput, never>, 'encodeRequest' | 'decodeRequest'> {
  return {
    encodeRequest: ({ bucket }) => ({ method: 'GET', bucket, query: { [what]: '' }, headers: {} }),
    decodeRequest: (request: WireRequest) => ({ bucket: bucketOf(request) }),
  }
}
