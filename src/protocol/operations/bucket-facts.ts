/** What can be asked of a bucket beside GetBucketInfo: its ACL, its region, and how much is in it. */
import { element, text, type XmlElement } from '../xml.js'
import { type AccessControlPolicy, decodeAccessControl, encodeAccessControl } from './access-control.js'
import {
  documentOf as answerDocument,
  emptyAnswer,
  nothingBeyondSuccess,
  requiredCount,
  xmlAnswer,
} from './answers.js'
import type { BucketInput, Done } from './buckets.js'
import type { Operation } from './operation.js'
import { bucketOf, invalidArgument } from './requests.js'

export interface PutBucketAclInput extends BucketInput {
  /** `private`, `public-read` or `public-read-write`. */
  readonly acl: string
}

export interface BucketLocation {
  /** Such as `oss-cn-hangzhou`. */
  readonly location: string
}

/** How much of a class there is. `billed` counts small objects as the least that is charged for. */
export interface ClassStat {
  readonly objects: number
  readonly bytes: number
  readonly billed: number
}

export interface BucketStat {
  /** Bytes of all objects. */
  readonly storage: number
  readonly objects: number
  readonly uploads: number
  /** Of unfinished uploads. */
  readonly parts: number
  /** Unix seconds at which all this was true. */
  readonly lastModifiedTime: number
  /** By storage class; absent: nothing. */
  readonly classes: Readonly<Partial<Record<StatClass, ClassStat>>>
}

export type StatClass = 'Standard' | 'IA' | 'Archive' | 'ColdArchive' | 'DeepColdArchive'

/** PUT of a bucket with `acl`. */
export const putBucketAcl: Operation<PutBucketAclInput, Done> = {
  name: 'PutBucketAcl',
  encodeRequest: ({ bucket, acl }) => ({
    method: 'PUT',
    bucket,
    query: { acl: '' },
    headers: { 'x-oss-acl': acl },
  }),
  decodeRequest: (request) => {
    const acl = request.headers['x-oss-acl'] ?? ''
    if (!BUCKET_ACLS.has(acl)) {
      throw invalidArgument('x-oss-acl', acl, 'no such bucket access control exists', '0015-00000204')
    }
    return { bucket: bucketOf(request), acl }
  },
  encodeAnswer: () => emptyAnswer(200),
  decodeAnswer: nothingBeyondSuccess,
}

/** GET of a bucket with `acl`. */
export const getBucketAcl: Operation<BucketInput, AccessControlPolicy> = {
  name: 'GetBucketAcl',
  encodeRequest: ({ bucket }) => ({ method: 'GET', bucket, query: { acl: '' }, headers: {} }),
  decodeRequest: (request) => ({ bucket: bucketOf(request) }),
  encodeAnswer: encodeAccessControl,
  decodeAnswer: decodeAccessControl,
}

/** GET of a bucket with `location`. */
export const getBucketLocation: Operation<BucketInput, BucketLocation> = {
  name: 'GetBucketLocation',
  encodeRequest: ({ bucket }) => ({ method: 'GET', bucket, query: { location: '' }, headers: {} }),
  decodeRequest: (request) => ({ bucket: bucketOf(request) }),
  encodeAnswer: ({ location }) => xmlAnswer(element('LocationConstraint', location)),
  decodeAnswer: (answer) => ({ location: answerDocument(answer, 'LocationConstraint').text }),
}

/** GET of a bucket with `stat`. */
export const getBucketStat: Operation<BucketInput, BucketStat> = {
  name: 'GetBucketStat',
  encodeRequest: ({ bucket }) => ({ method: 'GET', bucket, query: { stat: '' }, headers: {} }),
  decodeRequest: (request) => ({ bucket: bucketOf(request) }),
  encodeAnswer: (stat) =>
    xmlAnswer(
      element('BucketStat', [
        element('Storage', stat.storage),
        element('ObjectCount', stat.objects),
        element('MultipartUploadCount', stat.uploads),
        element('MultipartPartCount', stat.parts),
        element('LiveChannelCount', 0),
        element('LastModifiedTime', stat.lastModifiedTime),
        ...CLASSES.flatMap(([name, word]) => classElements(word, stat.classes[name])),
        element('DeleteMarkerCount', 0),
      ]),
    ),
  decodeAnswer: (answer) => {
    const root = answerDocument(answer, 'BucketStat')
    return {
      storage: requiredCount(root, 'Storage'),
      objects: requiredCount(root, 'ObjectCount'),
      uploads: countIn(root, 'MultipartUploadCount'),
      parts: countIn(root, 'MultipartPartCount'),
      lastModifiedTime: countIn(root, 'LastModifiedTime'),
      classes: Object.fromEntries(
        CLASSES.map(([name, word]) => [name, readClass(root, word)] as const).filter(
          ([, stat]) => stat.objects > 0,
        ),
      ),
    }
  },
}

const BUCKET_ACLS: ReadonlySet<string> = new Set(['private', 'public-read', 'public-read-write'])

/** How the elements of each class begin. */
const CLASSES: readonly (readonly [StatClass, string])[] = [
  ['Standard', 'Standard'],
  ['IA', 'InfrequentAccess'],
  ['Archive', 'Archive'],
  ['ColdArchive', 'ColdArchive'],
  ['DeepColdArchive', 'DeepColdArchive'],
]

function classElements(word: string, stat: ClassStat = { objects: 0, bytes: 0, billed: 0 }): XmlElement[] {
  const isStandard = word === 'Standard'
  return [
    element(`${word}Storage`, isStandard ? stat.bytes : stat.billed),
    ...(isStandard ? [] : [element(`${word}RealStorage`, stat.bytes)]),
    element(`${word}ObjectCount`, stat.objects),
  ]
}

function readClass(root: XmlElement, word: string): ClassStat {
  const billed = countIn(root, `${word}Storage`)
  const bytes = word === 'Standard' ? billed : countIn(root, `${word}RealStorage`)
  return { objects: countIn(root, `${word}ObjectCount`), bytes, billed }
}

function countIn(root: XmlElement, name: string): number {
  return text(root, name) ? requiredCount(root, name) : 0
}
