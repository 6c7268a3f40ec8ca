/** How the objects of a bucket are encrypted that do not say so themselves. */
import { child, element, type XmlElement } from '../xml.js'
import {
  documentOf as answerDocument,
  emptyAnswer,
  nothingBeyondSuccess,
  requiredText,
  xmlAnswer,
} from './answers.js'
import type { BucketInput, Done } from './buckets.js'
import { type BucketEncryption, encryptionElements, readEncryption } from './encryption-rule.js'
import type { Operation } from './operation.js'
import { bucketOf, documentOf, malformedXml } from './requests.js'

const query = { encryption: '' }

/** PUT of a bucket with `encryption`. Names are not judged here. */
export const putBucketEncryption: Operation<BucketInput & BucketEncryption, Done> = {
  name: 'PutBucketEncryption',
  encodeRequest: ({ bucket, ...encryption }) => ({
    method: 'PUT',
    bucket,
    query,
    headers: {},
    body: xmlAnswer(ruleElement(encryption)).body,
  }),
  decodeRequest: (request) => {
    const encryption = readRule(documentOf(request, 'ServerSideEncryptionRule'))
    if (encryption === undefined) throw malformedXml()
    return { bucket: bucketOf(request), ...encryption }
  },
  encodeAnswer: () => emptyAnswer(200),
  decodeAnswer: nothingBeyondSuccess,
}

/** GET of a bucket with `encryption`. */
export const getBucketEncryption: Operation<BucketInput, BucketEncryption> = {
  name: 'GetBucketEncryption',
  encodeRequest: ({ bucket }) => ({ method: 'GET', bucket, query, headers: {} }),
  decodeRequest: (request) => ({ bucket: bucketOf(request) }),
  encodeAnswer: (encryption) => xmlAnswer(ruleElement(encryption)),
  decodeAnswer: (answer) => {
    const root = answerDocument(answer, 'ServerSideEncryptionRule')
    return readRule(root) ?? { algorithm: requiredText(root, 'SSEAlgorithm') }
  },
}

/** DELETE of a bucket with `encryption`. */
export const deleteBucketEncryption: Operation<BucketInput, Done> = {
  name: 'DeleteBucketEncryption',
  encodeRequest: ({ bucket }) => ({ method: 'DELETE', bucket, query, headers: {} }),
  decodeRequest: (request) => ({ bucket: bucketOf(request) }),
  encodeAnswer: () => emptyAnswer(204),
  decodeAnswer: nothingBeyondSuccess,
}

function ruleElement(encryption: BucketEncryption): XmlElement {
  return element('ServerSideEncryptionRule', [
    element('ApplyServerSideEncryptionByDefault', encryptionElements(encryption)),
  ])
}

function readRule(root: XmlElement): BucketEncryption | undefined {
  const applied = child(root, 'ApplyServerSideEncryptionByDefault')
  return applied && readEncryption(applied)
}
