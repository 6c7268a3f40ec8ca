/** The operations on the service and on whole buckets. An empty string and an absent parameter mean the same; decoding gives absent. */

import { isEncryptionHeader, pickHeaders } from '../headers.js'
import type { WireHeaders } from '../message.js'
import { child, children, element, optionalElement, printXml, text, type XmlElement } from '../xml.js'
import {
  documentOf as answerDocument,
  emptyAnswer,
  nothingBeyondSuccess,
  requiredFlag,
  requiredText,
  requiredTime,
  timeElement,
  xmlAnswer,
} from './answers.js'
import { type TagsWanted, tagQuery, tagsOf } from './bucket-tag-query.js'
import { type BucketEncryption, encryptionElements, readEncryption } from './encryption-rule.js'
import type { Operation } from './operation.js'
import { bucketOf, countOf, documentOf, given, invalidArgument, MAX_PAGE, present } from './requests.js'
import { readTagging, type Tag, taggingElement } from './tagging.js'

export interface Owner {
  readonly id: string
  readonly displayName: string
}

export interface ListBucketsInput extends TagsWanted {
  readonly prefix?: string
  readonly marker?: string
  /** 1 to 1000; 100 where the request does not say. */
  readonly maxKeys: number
}

export interface BucketEntry {
  readonly name: string
  /** Such as `oss-cn-hangzhou`. */
  readonly location: string
  /** Such as `cn-hangzhou`. */
  readonly region?: string
  /** Milliseconds since the epoch. */
  readonly creationDate: number
  /** Host, with port where it has one, without a scheme. */
  readonly extranetEndpoint: string
  readonly intranetEndpoint: string
  readonly storageClass: string
}

export interface ListedBucket extends BucketEntry {
  /** Told where buckets were asked for by their tags. */
  readonly tags?: readonly Tag[]
}

export interface ListBucketsOutput {
  readonly owner: Owner
  readonly buckets: readonly ListedBucket[]
  readonly isTruncated: boolean
  /** Present when truncated. */
  readonly nextMarker?: string
}

export interface PutBucketInput {
  readonly bucket: string
  /** `private`, `public-read` or `public-read-write`. */
  readonly acl?: string
  readonly storageClass?: string
  readonly dataRedundancyType?: string
  /** The headers of server-side encryption. */
  readonly encryption?: WireHeaders
}

export interface BucketInput {
  readonly bucket: string
}

export interface BucketInfo extends BucketEntry {
  /** `LRS` or `ZRS`. */
  readonly dataRedundancyType: string
  readonly owner: Owner
  readonly acl: string
  /** `Enabled` or `Suspended`; absent when it was never set. */
  readonly versioning?: string
  readonly resourceGroupId?: string
  readonly blockPublicAccess: boolean
  /** Absent: objects say for themselves. */
  readonly encryption?: BucketEncryption
  /** Absent: it was never set. */
  readonly transferAcceleration?: boolean
}

/** Nothing beyond success. */
export type Done = Readonly<Record<never, never>>

/** GET of the service. */
export const listBuckets: Operation<ListBucketsInput, ListBucketsOutput> = {
  name: 'ListBuckets',
  encodeRequest: ({ prefix, marker, maxKeys, tags }) => ({
    method: 'GET',
    query: { ...present({ prefix, marker }), 'max-keys': String(maxKeys), ...tagQuery(tags) },
    headers: {},
  }),
  decodeRequest: ({ query }) => ({
    ...present({ prefix: query['prefix'], marker: query['marker'] }),
    maxKeys: countOf(query, 'max-keys', { least: 1, most: MAX_PAGE, fallback: 100, ec: '0017-00000289' }),
    ...tagsOf(query),
  }),
  encodeAnswer: (output, input) =>
    xmlAnswer(
      element('ListAllMyBucketsResult', [
        optionalElement('Prefix', input.prefix),
        optionalElement('Marker', input.marker),
        element('MaxKeys', input.maxKeys),
        element('IsTruncated', output.isTruncated),
        optionalElement('NextMarker', output.nextMarker),
        ownerElement(output.owner),
        element(
          'Buckets',
          output.buckets.map((bucket) =>
            element('Bucket', [...entryElements(bucket), bucket.tags && taggingElement(bucket.tags)]),
          ),
        ),
      ]),
    ),
  decodeAnswer: (answer) => {
    const root = answerDocument(answer, 'ListAllMyBucketsResult')
    // The whole answer is one page where the service does not speak of pages.
    const isTruncated = text(root, 'IsTruncated') !== undefined && requiredFlag(root, 'IsTruncated')
    return {
      owner: readOwner(child(root, 'Owner') ?? root),
      buckets: children(child(root, 'Buckets') ?? root, 'Bucket').map((bucket) => {
        const tagging = child(bucket, 'Tagging')
        const tags = tagging && readTagging(tagging)
        return { ...readEntry(bucket), ...(tags === undefined ? {} : { tags }) }
      }),
      isTruncated,
      ...(isTruncated ? { nextMarker: requiredText(root, 'NextMarker') } : {}),
    }
  },
}

/** PUT of a bucket. */
export const putBucket: Operation<PutBucketInput, Done> = {
  name: 'PutBucket',
  encodeRequest: ({ bucket, acl, storageClass, dataRedundancyType, encryption }) => {
    const configuration = element('CreateBucketConfiguration', [
      optionalElement('StorageClass', storageClass),
      optionalElement('DataRedundancyType', dataRedundancyType),
    ])
    const isNeeded = configuration.children.length > 0
    return {
      method: 'PUT',
      bucket,
      query: {},
      headers: { ...encryption, ...given({ 'x-oss-acl': acl }) },
      ...(isNeeded ? { body: printXml(configuration) } : {}),
    }
  },
  decodeRequest: (request) => {
    const acl = request.headers['x-oss-acl']
    if (acl !== undefined && !BUCKET_ACLS.has(acl)) {
      throw invalidArgument('x-oss-acl', acl, 'no such bucket access control exists', '0015-00000204')
    }
    const configuration =
      request.body === undefined || request.body.length === 0
        ? undefined
        : documentOf(request, 'CreateBucketConfiguration')
    const encryption = pickHeaders(request.headers, isEncryptionHeader)
    return {
      bucket: bucketOf(request),
      ...given({ acl }),
      ...(Object.keys(encryption).length === 0 ? {} : { encryption }),
      ...present({
        storageClass: configuration && oneOf(STORAGE_CLASSES, configuration, 'StorageClass', '0013-00000101'),
        dataRedundancyType:
          configuration && oneOf(REDUNDANCIES, configuration, 'DataRedundancyType', '0015-00000216'),
      }),
    }
  },
  encodeAnswer: (_output, { bucket }) => emptyAnswer(200, { location: `/${bucket}` }),
  decodeAnswer: nothingBeyondSuccess,
}

/** GET of a bucket with `bucketInfo`. */
export const getBucketInfo: Operation<BucketInput, BucketInfo> = {
  name: 'GetBucketInfo',
  encodeRequest: ({ bucket }) => ({ method: 'GET', bucket, query: { bucketInfo: '' }, headers: {} }),
  decodeRequest: (request) => ({ bucket: bucketOf(request) }),
  encodeAnswer: (info) =>
    xmlAnswer(
      element('BucketInfo', [
        element('Bucket', [
          ...entryElements(info),
          element('DataRedundancyType', info.dataRedundancyType),
          ownerElement(info.owner),
          element('AccessControlList', [element('Grant', info.acl)]),
          optionalElement('Versioning', info.versioning),
          element('Comment', ''),
          optionalElement('ResourceGroupId', info.resourceGroupId),
          element('BlockPublicAccess', info.blockPublicAccess),
          element('TransferAcceleration', info.transferAcceleration ? 'Enabled' : 'Disabled'),
          element('ServerSideEncryptionRule', encryptionElements(info.encryption ?? { algorithm: 'None' })),
          ...ABSENT_FEATURES,
        ]),
      ]),
    ),
  decodeAnswer: (answer) => {
    const root = answerDocument(answer, 'BucketInfo')
    const bucket = child(root, 'Bucket') ?? root
    return {
      ...readEntry(bucket),
      dataRedundancyType: text(bucket, 'DataRedundancyType') || 'LRS',
      owner: readOwner(child(bucket, 'Owner') ?? bucket),
      acl: requiredText(child(bucket, 'AccessControlList') ?? bucket, 'Grant'),
      blockPublicAccess: text(bucket, 'BlockPublicAccess') === 'true',
      ...encryptionIn(bucket),
      ...(text(bucket, 'TransferAcceleration') === 'Enabled' ? { transferAcceleration: true } : {}),
      ...present({
        versioning: text(bucket, 'Versioning'),
        resourceGroupId: text(bucket, 'ResourceGroupId'),
      }),
    }
  },
}

function encryptionIn(bucket: XmlElement): Pick<BucketInfo, 'encryption'> {
  const encryption = readEncryption(child(bucket, 'ServerSideEncryptionRule') ?? bucket)
  return encryption === undefined || encryption.algorithm === 'None' ? {} : { encryption }
}

/** DELETE of a bucket, which has to be empty, unfinished uploads included. */
export const deleteBucket: Operation<BucketInput, Done> = {
  name: 'DeleteBucket',
  encodeRequest: ({ bucket }) => ({ method: 'DELETE', bucket, query: {}, headers: {} }),
  decodeRequest: (request) => ({ bucket: bucketOf(request) }),
  encodeAnswer: () => emptyAnswer(204),
  decodeAnswer: nothingBeyondSuccess,
}

const STORAGE_CLASSES: ReadonlySet<string> = new Set([
  'Standard',
  'IA',
  'Archive',
  'ColdArchive',
  'DeepColdArchive',
])
const REDUNDANCIES: ReadonlySet<string> = new Set(['LRS', 'ZRS'])

function oneOf(
  allowed: ReadonlySet<string>,
  parent: XmlElement,
  name: string,
  ec: string,
): string | undefined {
  const value = text(parent, name)?.trim()
  if (!value || allowed.has(value)) return value
  throw invalidArgument(name, value, `The ${name} is not supported.`, ec)
}

const BUCKET_ACLS: ReadonlySet<string> = new Set(['private', 'public-read', 'public-read-write'])

/** What GetBucketInfo says of features that a bucket does not use; some clients read them all. */
const ABSENT_FEATURES: readonly XmlElement[] = [
  element('AccessMonitor', 'Disabled'),
  element('CrossRegionReplication', 'Disabled'),
  element('BucketPolicy', [element('LogBucket', ''), element('LogPrefix', '')]),
]

export function ownerElement(owner: Owner): XmlElement {
  return element('Owner', [element('ID', owner.id), element('DisplayName', owner.displayName)])
}

export function readOwner(owner: XmlElement): Owner {
  return { id: requiredText(owner, 'ID'), displayName: text(owner, 'DisplayName') ?? '' }
}

function entryElements(bucket: BucketEntry): (XmlElement | undefined)[] {
  return [
    element('Name', bucket.name),
    element('Location', bucket.location),
    optionalElement('Region', bucket.region),
    timeElement('CreationDate', bucket.creationDate),
    element('ExtranetEndpoint', bucket.extranetEndpoint),
    element('IntranetEndpoint', bucket.intranetEndpoint),
    element('StorageClass', bucket.storageClass),
  ]
}

function readEntry(bucket: XmlElement): BucketEntry {
  return {
    name: requiredText(bucket, 'Name'),
    location: requiredText(bucket, 'Location'),
    ...present({ region: text(bucket, 'Region') }),
    creationDate: requiredTime(bucket, 'CreationDate'),
    extranetEndpoint: requiredText(bucket, 'ExtranetEndpoint'),
    intranetEndpoint: requiredText(bucket, 'IntranetEndpoint'),
    storageClass: requiredText(bucket, 'StorageClass'),
  }
}
