/** The operations on what becomes of a bucket's objects and unfinished uploads in time. */
import { formatIso } from '../dates.js'
import { element, optionalElement, type XmlElement } from '../xml.js'
import { documentOf as answerDocument, emptyAnswer, nothingBeyondSuccess, xmlAnswer } from './answers.js'
import type { BucketInput, Done } from './buckets.js'
import { checkLifecycle } from './lifecycle-checks.js'
import {
  type LifecycleAge,
  type LifecycleConfiguration,
  type LifecycleFilter,
  type LifecycleRule,
  readLifecycle,
} from './lifecycle-rules.js'
import type { Operation } from './operation.js'
import { bucketOf, documentOf } from './requests.js'
import { tagElement } from './tagging.js'

export interface PutBucketLifecycleInput extends BucketInput {
  readonly lifecycle: LifecycleConfiguration
  /** Rules of the same action may have prefixes of which one begins with the other. */
  readonly allowSameActionOverlap: boolean
}

/** PUT of a bucket with `lifecycle`: in the place of all rules it had. */
export const putBucketLifecycle: Operation<PutBucketLifecycleInput, Done> = {
  name: 'PutBucketLifecycle',
  encodeRequest: ({ bucket, lifecycle, allowSameActionOverlap }) => ({
    method: 'PUT',
    bucket,
    query: { lifecycle: '' },
    headers: allowSameActionOverlap ? { 'x-oss-allow-same-action-overlap': 'true' } : {},
    body: xmlAnswer(lifecycleElement(lifecycle)).body,
  }),
  decodeRequest: (request) => {
    const lifecycle = readLifecycle(documentOf(request, 'LifecycleConfiguration', '0014-00000011'))
    const allowSameActionOverlap =
      request.headers['x-oss-allow-same-action-overlap']?.trim().toLowerCase() === 'true'
    checkLifecycle(lifecycle, { allowSameActionOverlap })
    return { bucket: bucketOf(request), lifecycle, allowSameActionOverlap }
  },
  encodeAnswer: () => emptyAnswer(200),
  decodeAnswer: nothingBeyondSuccess,
}

/** GET of a bucket with `lifecycle`. */
export const getBucketLifecycle: Operation<BucketInput, LifecycleConfiguration> = {
  name: 'GetBucketLifecycle',
  encodeRequest: ({ bucket }) => ({ method: 'GET', bucket, query: { lifecycle: '' }, headers: {} }),
  decodeRequest: (request) => ({ bucket: bucketOf(request) }),
  encodeAnswer: (lifecycle) => xmlAnswer(lifecycleElement(lifecycle)),
  decodeAnswer: (answer) => readLifecycle(answerDocument(answer, 'LifecycleConfiguration')),
}

/** DELETE of a bucket with `lifecycle`. */
export const deleteBucketLifecycle: Operation<BucketInput, Done> = {
  name: 'DeleteBucketLifecycle',
  encodeRequest: ({ bucket }) => ({ method: 'DELETE', bucket, query: { lifecycle: '' }, headers: {} }),
  decodeRequest: (request) => ({ bucket: bucketOf(request) }),
  encodeAnswer: () => emptyAnswer(204),
  decodeAnswer: nothingBeyondSuccess,
}

function lifecycleElement({ rules }: LifecycleConfiguration): XmlElement {
  return element('LifecycleConfiguration', rules.map(ruleElement))
}

function ruleElement(rule: LifecycleRule): XmlElement {
  const { expiration, expiredObjectDeleteMarker, abortMultipartUpload, noncurrentExpirationDays } = rule
  const expires = expiration !== undefined || expiredObjectDeleteMarker !== undefined
  return element('Rule', [
    optionalElement('ID', rule.id || undefined),
    element('Prefix', rule.prefix),
    element('Status', rule.enabled ? 'Enabled' : 'Disabled'),
    ...rule.tags.map(tagElement),
    rule.filter && filterElement(rule.filter),
    expires
      ? element('Expiration', [
          expiration && ageElement(expiration),
          optionalElement('ExpiredObjectDeleteMarker', expiredObjectDeleteMarker?.toString()),
        ])
      : undefined,
    abortMultipartUpload && element('AbortMultipartUpload', [ageElement(abortMultipartUpload)]),
    ...rule.transitions.map(({ age, storageClass }) =>
      element('Transition', [ageElement(age), element('StorageClass', storageClass)]),
    ),
    noncurrentExpirationDays === undefined
      ? undefined
      : element('NoncurrentVersionExpiration', [element('NoncurrentDays', noncurrentExpirationDays)]),
    ...rule.noncurrentTransitions.map(({ days, storageClass }) =>
      element('NoncurrentVersionTransition', [
        element('NoncurrentDays', days),
        element('StorageClass', storageClass),
      ]),
    ),
  ])
}

function filterElement({ sizeGreaterThan, sizeLessThan, nots }: LifecycleFilter): XmlElement {
  return element('Filter', [
    optionalElement('ObjectSizeGreaterThan', sizeGreaterThan?.toString()),
    optionalElement('ObjectSizeLessThan', sizeLessThan?.toString()),
    ...nots.map(({ prefix, tag }) =>
      element('Not', [element('Prefix', prefix), tag === undefined ? undefined : tagElement(tag)]),
    ),
  ])
}

function ageElement(age: LifecycleAge): XmlElement {
  if ('days' in age) return element('Days', age.days)
  return 'date' in age
    ? element('Date', formatIso(age.date))
    : element('CreatedBeforeDate', formatIso(age.createdBefore))
}
