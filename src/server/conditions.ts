/** Does an object fulfil what a request makes a condition? In HTTP's order: an ETag that is asked for outweighs a time. */
import { formatHttpDate } from '../protocol/dates.js'
import { quoteEtag, unquoteEtag } from '../protocol/etag.js'
import type { Conditions } from '../protocol/operations/conditions.js'
import { Refusal } from './context.js'
import type { ObjectRecord } from './storage/storage.js'

/**
 * Times on the wire are whole seconds, so the object's is cut to one before they are compared. A condition is named as that
 * of a read, also where a copy has it.
 *
 * @throws Refusal PreconditionFailed or NotModified
 */
export function checkConditions(
  object: Pick<ObjectRecord, 'etag' | 'modified'>,
  conditions: Conditions,
): void {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions
  const modified = Math.floor(object.modified / 1000) * 1000
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, object.etag)) throw preconditionFailed('If-Match')
  } else if (ifUnmodifiedSince !== undefined && modified > ifUnmodifiedSince) {
    throw preconditionFailed('If-Unmodified-Since')
  }
  const isSame = ifNoneMatch !== undefined && matches(ifNoneMatch, object.etag)
  const isOld = ifModifiedSince !== undefined && ifNoneMatch === undefined && modified <= ifModifiedSince
  if (isSame || isOld) {
    // What a cache needs to go on with its copy.
    const headers = { etag: quoteEtag(object.etag), 'last-modified': formatHttpDate(object.modified) }
    throw new Refusal({ code: 'NotModified' }, headers)
  }
}

/** Any of several will do. Without its outermost quotes a list begins and ends with half of a pair. */
function matches(wanted: string, etag: string): boolean {
  const all = wanted.split(',').map((each) => unquoteEtag(each).replaceAll('"', ''))
  return all.some((each) => each === '*' || each.toUpperCase() === etag.toUpperCase())
}

function preconditionFailed(condition: string): Refusal {
  return new Refusal({ code: 'PreconditionFailed', fields: { Condition: condition } })
}
