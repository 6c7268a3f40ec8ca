/** Where a bucket's access log is written: told of every bucket, also of one where nobody ever set it. */
import { child, element, text } from '../xml.js'
import { documentOf as answerDocument, xmlAnswer } from './answers.js'
import type { BucketInput } from './buckets.js'
import type { Operation } from './operation.js'
import { bucketOf, present } from './requests.js'

export interface BucketLogging {
  /** Absent: the bucket has no log. */
  readonly targetBucket?: string
}

/** GET of a bucket with `logging`. */
export const getBucketLogging: Operation<BucketInput, BucketLogging> = {
  name: 'GetBucketLogging',
  encodeRequest: ({ bucket }) => ({ method: 'GET', bucket, query: { logging: '' }, headers: {} }),
  decodeRequest: (request) => ({ bucket: bucketOf(request) }),
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
