/** How the objects of a bucket are encrypted that do not say so themselves. */
import { child, element, optionalElement, text, type XmlElement } from '../xml.js'
import {
  documentOf as answerDocument,
  emptyAnswer,
  nothingBeyondSuccess,
  requiredText,
  xmlAnswer,
} from './answers.js'
import type { BucketInput, Done } from './buckets.js'
import type { Operation } from './operation.js'
import { bucketOf, documentOf, malformedXml, present } from './requests.js'

export interface BucketEncryption {
  /** `AES256`, `SM4` or `KMS`. */
  readonly algorithm: string
  /** KMS alone: the key. Absent: the one that the service makes. */
  readonly keyId?: string
  /** KMS alone: `SM4`. Absent: AES256. */
  readonly dataAlgorithm?: string
}

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

/** As it stands in the rule, and in what GetBucketInfo tells. */
export function encryptionElements({
  algorithm,
  keyId,
  dataAlgorithm,
}: BucketEncryption): (XmlElement | undefined)[] {
  return [
    element('SSEAlgorithm', algorithm),
    optionalElement('KMSMasterKeyID', keyId),
    optionalElement('KMSDataEncryption', dataAlgorithm),
  ]
}

export function readEncryption(parent: XmlElement): BucketEncryption | undefined {
  const algorithm = text(parent, 'SSEAlgorithm')?.trim()
  if (!algorithm) return undefined
  return {
    algorithm,
    ...present({ keyId: text(parent, 'KMSMasterKeyID'), dataAlgorithm: text(parent, 'KMSDataEncryption') }),
  }
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
