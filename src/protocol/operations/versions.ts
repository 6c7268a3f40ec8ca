/**
 * Versions of objects and live channels, as a bucket tells of them that has neither: every object is there once, as the
 * version `null`.
 */
import { element, optionalElement, text } from '../xml.js'
import {
  documentOf as answerDocument,
  encodingElement,
  nameElement,
  nameReader,
  requiredFlag,
  xmlAnswer,
} from './answers.js'
import type { BucketInput } from './buckets.js'
import {
  entryElements,
  type ListingInput,
  type ListingOutput,
  listingQuery,
  prefixElements,
  readEntries,
  readListing,
  readPrefixes,
} from './listing.js'
import type { Operation } from './operation.js'
import { bucketOf, countOf, given, MAX_PAGE, present } from './requests.js'

/** The id of the version that was written while versioning was off. */
export const NULL_VERSION = 'null'

export interface BucketVersioning {
  /** `Enabled` or `Suspended`; absent when it was never set. */
  readonly status?: string
}

export interface ListObjectVersionsInput extends ListingInput {
  readonly keyMarker?: string
  /** Without `keyMarker` it means nothing. */
  readonly versionIdMarker?: string
}

/** Every object is its latest version. */
export interface ListObjectVersionsOutput extends ListingOutput {
  /** Present when truncated. */
  readonly nextKeyMarker?: string
  readonly nextVersionIdMarker?: string
}

export interface ListLiveChannelsInput extends BucketInput {
  readonly prefix?: string
  readonly marker?: string
  readonly maxKeys: number
}

/** GET of a bucket with `versioning`. */
export const getBucketVersioning: Operation<BucketInput, BucketVersioning> = {
  name: 'GetBucketVersioning',
  encodeRequest: ({ bucket }) => ({ method: 'GET', bucket, query: { versioning: '' }, headers: {} }),
  decodeRequest: (request) => ({ bucket: bucketOf(request) }),
  encodeAnswer: ({ status }) =>
    xmlAnswer(element('VersioningConfiguration', [optionalElement('Status', status)])),
  decodeAnswer: (answer) =>
    present({ status: text(answerDocument(answer, 'VersioningConfiguration'), 'Status') }),
}

/** GET of a bucket with `versions`. */
export const listObjectVersions: Operation<ListObjectVersionsInput, ListObjectVersionsOutput> = {
  name: 'ListObjectVersions',
  encodeRequest: (input) => ({
    method: 'GET',
    bucket: input.bucket,
    query: {
      versions: '',
      ...listingQuery(input),
      ...given({ 'key-marker': input.keyMarker, 'version-id-marker': input.versionIdMarker }),
    },
    headers: {},
  }),
  decodeRequest: (request) => ({
    ...readListing(request, { maxKeys: '0012-00000102', delimiter: '0012-00000107' }),
    ...present({
      keyMarker: request.query['key-marker'],
      versionIdMarker: request.query['version-id-marker'],
    }),
  }),
  encodeAnswer: (output, input) => {
    const named = (name: string, value = '') => nameElement(name, value, input.encodingType)
    return xmlAnswer(
      element('ListVersionsResult', [
        element('Name', input.bucket),
        named('Prefix', input.prefix),
        named('KeyMarker', input.keyMarker),
        named('VersionIdMarker', input.versionIdMarker),
        element('MaxKeys', input.maxKeys),
        named('Delimiter', input.delimiter),
        encodingElement(input.encodingType),
        element('IsTruncated', output.isTruncated),
        output.nextKeyMarker === undefined ? undefined : named('NextKeyMarker', output.nextKeyMarker),
        output.nextKeyMarker === undefined
          ? undefined
          : named('NextVersionIdMarker', output.nextVersionIdMarker),
        ...output.objects.map((object) =>
          element('Version', [
            named('Key', object.key),
            element('VersionId', NULL_VERSION),
            element('IsLatest', true),
            ...entryElements(object),
          ]),
        ),
        ...prefixElements(output.commonPrefixes, input.encodingType),
      ]),
    )
  },
  decodeAnswer: (answer) => {
    const root = answerDocument(answer, 'ListVersionsResult')
    const name = nameReader(root)
    const read = (element: string) => name(text(root, element) ?? '')
    return {
      objects: readEntries(root, 'Version'),
      commonPrefixes: readPrefixes(root),
      isTruncated: requiredFlag(root, 'IsTruncated'),
      ...present({
        nextKeyMarker: read('NextKeyMarker'),
        nextVersionIdMarker: read('NextVersionIdMarker'),
      }),
    }
  },
}

/** GET of a bucket with `live`: there are none. */
export const listLiveChannels: Operation<ListLiveChannelsInput, Readonly<Record<never, never>>> = {
  name: 'ListLiveChannel',
  encodeRequest: ({ bucket, prefix, marker, maxKeys }) => ({
    method: 'GET',
    bucket,
    query: { live: '', ...present({ prefix, marker }), 'max-keys': String(maxKeys) },
    headers: {},
  }),
  decodeRequest: (request) => ({
    bucket: bucketOf(request),
    ...present({ prefix: request.query['prefix'], marker: request.query['marker'] }),
    maxKeys: countOf(request.query, 'max-keys', {
      least: 1,
      most: MAX_PAGE,
      fallback: 100,
      ec: '0044-00000101',
    }),
  }),
  encodeAnswer: (_, { prefix = '', marker = '', maxKeys }) =>
    xmlAnswer(
      element('ListLiveChannelResult', [
        element('Prefix', prefix),
        element('Marker', marker),
        element('MaxKeys', maxKeys),
        element('IsTruncated', false),
        element('NextMarker', ''),
      ]),
    ),
  decodeAnswer: (answer) => {
    answerDocument(answer, 'ListLiveChannelResult')
    return {}
  },
}
