/** Which pages may show a bucket's objects, by the Referer of requests that nobody signed in a header. */
import { child, children, element, type XmlElement } from '../xml.js'
import { documentOf as answerDocument, emptyAnswer, nothingBeyondSuccess, xmlAnswer } from './answers.js'
import type { BucketInput, Done } from './buckets.js'
import type { Operation } from './operation.js'
import { bucketOf, documentOf, flagIn, neededFlagIn } from './requests.js'

export interface BucketReferer {
  /** Whether a request may come without a Referer. */
  readonly allowEmpty: boolean
  /** Whether what follows a `?` is cut off a Referer before it is looked at. */
  readonly truncateQuery: boolean
  /** Whether its path is. */
  readonly truncatePath: boolean
  /** Beginnings, in which `*` and `?` stand for others. Empty: all. */
  readonly referers: readonly string[]
  /** They count first. */
  readonly blacklist: readonly string[]
}

export const UNSET_REFERER: BucketReferer = {
  allowEmpty: true,
  truncateQuery: true,
  truncatePath: false,
  referers: [],
  blacklist: [],
}

const query = { referer: '' }

/** PUT of a bucket with `referer`. */
export const putBucketReferer: Operation<BucketInput & BucketReferer, Done> = {
  name: 'PutBucketReferer',
  encodeRequest: ({ bucket, ...referer }) => ({
    method: 'PUT',
    bucket,
    query,
    headers: {},
    body: xmlAnswer(refererElement(referer)).body,
  }),
  decodeRequest: (request) => ({
    bucket: bucketOf(request),
    ...readReferer(documentOf(request, 'RefererConfiguration')),
  }),
  encodeAnswer: () => emptyAnswer(200),
  decodeAnswer: nothingBeyondSuccess,
}

/** GET of a bucket with `referer`. */
export const getBucketReferer: Operation<BucketInput, BucketReferer> = {
  name: 'GetBucketReferer',
  encodeRequest: ({ bucket }) => ({ method: 'GET', bucket, query, headers: {} }),
  decodeRequest: (request) => ({ bucket: bucketOf(request) }),
  encodeAnswer: (referer) => xmlAnswer(refererElement(referer)),
  decodeAnswer: (answer) => readReferer(answerDocument(answer, 'RefererConfiguration')),
}

function refererElement(referer: BucketReferer): XmlElement {
  const { allowEmpty, truncateQuery, truncatePath, referers, blacklist } = referer
  return element('RefererConfiguration', [
    element('AllowEmptyReferer', allowEmpty),
    element('AllowTruncateQueryString', truncateQuery),
    element('TruncatePath', truncatePath),
    element(
      'RefererList',
      referers.map((each) => element('Referer', each)),
    ),
    ...(blacklist.length === 0
      ? []
      : [
          element(
            'RefererBlacklist',
            blacklist.map((each) => element('Referer', each)),
          ),
        ]),
  ])
}

function readReferer(root: XmlElement): BucketReferer {
  return {
    allowEmpty: neededFlagIn(root, 'AllowEmptyReferer'),
    truncateQuery: flagIn(root, 'AllowTruncateQueryString') ?? UNSET_REFERER.truncateQuery,
    truncatePath: flagIn(root, 'TruncatePath') ?? UNSET_REFERER.truncatePath,
    referers: listIn(root, 'RefererList'),
    blacklist: listIn(root, 'RefererBlacklist'),
  }
}

/** SDKs write an empty one to say none. */
function listIn(root: XmlElement, name: string): string[] {
  const list = child(root, name)
  if (list === undefined) return []
  return children(list, 'Referer')
    .map((each) => each.text)
    .filter((each) => each !== '')
}
