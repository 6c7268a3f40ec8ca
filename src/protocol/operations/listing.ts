/** The two listings of a bucket's objects. An empty string and an absent parameter mean the same; decoding gives absent. */
import { utf8Bytes } from '../encode.js'
import { quoteEtag } from '../etag.js'
import type { Query } from '../message.js'
import { child, children, element, optionalElement, text, type XmlElement } from '../xml.js'
import {
  documentOf,
  encodingElement,
  nameElement,
  nameReader,
  requiredCount,
  requiredEtag,
  requiredFlag,
  requiredText,
  requiredTime,
  timeElement,
  xmlAnswer,
} from './answers.js'
import { type Owner, ownerElement, readOwner } from './buckets.js'
import type { Operation, WireRequest } from './operation.js'
import { bucketOf, countOf, encodingTypeOf, given, invalidArgument, MAX_PAGE, present } from './requests.js'

export interface ListingInput {
  readonly bucket: string
  readonly prefix?: string
  readonly delimiter?: string
  /** 1 to 1000; 100 where the request does not say. */
  readonly maxKeys: number
  /** `url`: names in the answer are percent-encoded, so that any key can be told. The values here never are. */
  readonly encodingType?: 'url'
}

export interface ListObjectsInput extends ListingInput {
  readonly marker?: string
}

export interface ListObjectsV2Input extends ListingInput {
  readonly continuationToken?: string
  readonly startAfter?: string
  readonly fetchOwner: boolean
}

export interface ObjectEntry {
  readonly key: string
  /** Milliseconds since the epoch. */
  readonly lastModified: number
  readonly etag: string
  /** `Normal`, `Multipart`, `Appendable`, `Symlink`. */
  readonly type: string
  readonly size: number
  readonly storageClass: string
  /** Of an archive class that was asked to be restored: as `x-oss-restore` says it. */
  readonly restoreInfo?: string
  /** Always told by ListObjects; by ListObjectsV2 when it was asked for. */
  readonly owner?: Owner
}

export interface ListingOutput {
  readonly objects: readonly ObjectEntry[]
  readonly commonPrefixes: readonly string[]
  readonly isTruncated: boolean
}

export interface ListObjectsOutput extends ListingOutput {
  /** Present when truncated. */
  readonly nextMarker?: string
}

export interface ListObjectsV2Output extends ListingOutput {
  /** Present when truncated. */
  readonly nextContinuationToken?: string
}

/** GET of a bucket, first version. */
export const listObjects: Operation<ListObjectsInput, ListObjectsOutput> = {
  name: 'ListObjects',
  encodeRequest: (input) => ({
    method: 'GET',
    bucket: input.bucket,
    query: { ...listingQuery(input), ...given({ marker: input.marker }) },
    headers: {},
  }),
  decodeRequest: (request) => ({
    ...readListing(request, LISTING_ECS),
    ...present({ marker: boundedName(request.query, 'marker', '0015-00000405') }),
  }),
  encodeAnswer: (output, input) =>
    xmlAnswer(
      element('ListBucketResult', [
        ...echoElements(input),
        nameElement('Marker', input.marker ?? '', input.encodingType),
        element('IsTruncated', output.isTruncated),
        output.nextMarker === undefined
          ? undefined
          : nameElement('NextMarker', output.nextMarker, input.encodingType),
        ...resultElements(output, input.encodingType),
      ]),
    ),
  decodeAnswer: (answer) => {
    const root = documentOf(answer, 'ListBucketResult')
    const result = readResult(root)
    if (!result.isTruncated) return result
    return { ...result, nextMarker: nameReader(root)(requiredText(root, 'NextMarker')) }
  },
}

/** GET of a bucket with `list-type=2`: pages go on by an opaque token. */
export const listObjectsV2: Operation<ListObjectsV2Input, ListObjectsV2Output> = {
  name: 'ListObjectsV2',
  encodeRequest: (input) => ({
    method: 'GET',
    bucket: input.bucket,
    query: {
      'list-type': '2',
      ...listingQuery(input),
      ...given({ 'continuation-token': input.continuationToken, 'start-after': input.startAfter }),
      ...(input.fetchOwner ? { 'fetch-owner': 'true' } : {}),
    },
    headers: {},
  }),
  decodeRequest: (request) => ({
    ...readListing(request, LISTING_ECS),
    ...present({
      continuationToken: request.query['continuation-token'],
      startAfter: request.query['start-after'],
    }),
    fetchOwner: request.query['fetch-owner'] === 'true',
  }),
  encodeAnswer: (output, input) => {
    const named = (name: string, value: string | undefined) =>
      value === undefined ? undefined : nameElement(name, value, input.encodingType)
    return xmlAnswer(
      element('ListBucketResult', [
        ...echoElements(input),
        named('StartAfter', input.startAfter),
        named('ContinuationToken', input.continuationToken),
        element('KeyCount', output.objects.length + output.commonPrefixes.length),
        element('IsTruncated', output.isTruncated),
        named('NextContinuationToken', output.nextContinuationToken),
        ...resultElements(output, input.encodingType),
      ]),
    )
  },
  decodeAnswer: (answer) => {
    const root = documentOf(answer, 'ListBucketResult')
    const result = readResult(root)
    if (!result.isTruncated) return result
    const token = nameReader(root)(requiredText(root, 'NextContinuationToken'))
    return { ...result, nextContinuationToken: token }
  },
}

export function listingQuery(input: ListingInput): Record<string, string> {
  return {
    ...given({ prefix: input.prefix, delimiter: input.delimiter, 'encoding-type': input.encodingType }),
    'max-keys': String(input.maxKeys),
  }
}

/** OSS's numbers for parameters that are wrong, as far as they are known. */
export interface ListingEcs {
  readonly maxKeys: string
  readonly prefix?: string
  readonly delimiter: string
}

const LISTING_ECS: ListingEcs = {
  maxKeys: '0015-00000402',
  prefix: '0015-00000403',
  delimiter: '0015-00000406',
}

export function readListing(request: WireRequest, ecs: ListingEcs): ListingInput {
  const { query } = request
  const delimiter = query['delimiter']
  if (delimiter && [...delimiter].length > 1) {
    throw invalidArgument('delimiter', delimiter, 'The delimiter must be one character.', ecs.delimiter)
  }
  return {
    bucket: bucketOf(request),
    ...present({ prefix: boundedName(query, 'prefix', ecs.prefix), delimiter }),
    maxKeys: countOf(query, 'max-keys', { least: 1, most: MAX_PAGE, fallback: 100, ec: ecs.maxKeys }),
    ...encodingTypeOf(query),
  }
}

/** No name is longer, so nothing begins with more. */
function boundedName(query: Query, name: string, ec?: string): string | undefined {
  const value = query[name]
  if (value !== undefined && utf8Bytes(value).length > LONGEST_NAME) {
    throw invalidArgument(name, value, `The ${name} must be shorter than ${LONGEST_NAME + 1} bytes.`, ec)
  }
  return value
}

const LONGEST_NAME = 1023

/** What was asked, said again. */
function echoElements(input: ListingInput): (XmlElement | undefined)[] {
  return [
    element('Name', input.bucket),
    nameElement('Prefix', input.prefix ?? '', input.encodingType),
    element('MaxKeys', input.maxKeys),
    nameElement('Delimiter', input.delimiter ?? '', input.encodingType),
    encodingElement(input.encodingType),
  ]
}

function resultElements(output: ListingOutput, encodingType: 'url' | undefined): XmlElement[] {
  return [
    ...output.objects.map((object) =>
      element('Contents', [nameElement('Key', object.key, encodingType), ...entryElements(object)]),
    ),
    ...prefixElements(output.commonPrefixes, encodingType),
  ]
}

/** All that is said of an object but its key. */
export function entryElements(object: ObjectEntry): (XmlElement | undefined)[] {
  return [
    timeElement('LastModified', object.lastModified),
    element('ETag', quoteEtag(object.etag)),
    element('Type', object.type),
    element('Size', object.size),
    element('StorageClass', object.storageClass),
    optionalElement('RestoreInfo', object.restoreInfo),
    object.owner && ownerElement(object.owner),
  ]
}

function readResult(root: XmlElement): ListingOutput {
  return {
    objects: readEntries(root, 'Contents'),
    commonPrefixes: readPrefixes(root),
    isTruncated: requiredFlag(root, 'IsTruncated'),
  }
}

export function readEntries(root: XmlElement, elementName: string): ObjectEntry[] {
  const name = nameReader(root)
  return children(root, elementName).map((object) => {
    const owner = child(object, 'Owner')
    return {
      key: name(requiredText(object, 'Key')),
      lastModified: requiredTime(object, 'LastModified'),
      etag: requiredEtag(object),
      type: text(object, 'Type') || 'Normal',
      size: requiredCount(object, 'Size'),
      storageClass: text(object, 'StorageClass') || 'Standard',
      ...present({ restoreInfo: text(object, 'RestoreInfo') }),
      ...(owner ? { owner: readOwner(owner) } : {}),
    }
  })
}

export function prefixElements(prefixes: readonly string[], encodingType: 'url' | undefined): XmlElement[] {
  return prefixes.map((prefix) => element('CommonPrefixes', [nameElement('Prefix', prefix, encodingType)]))
}

export function readPrefixes(root: XmlElement): string[] {
  const name = nameReader(root)
  return children(root, 'CommonPrefixes').map((prefix) => name(requiredText(prefix, 'Prefix')))
}
