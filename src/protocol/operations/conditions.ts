/** Conditions on an object: of the one that is read, or of the source of a copy, whose headers have a prefix. */
import { formatHttpDate, parseHttpDate } from '../dates.js'
import { quoteEtag, unquoteEtag } from '../etag.js'
import type { WireHeaders } from '../message.js'
import { given, present } from './requests.js'

export interface Conditions {
  /** One ETag without quotes, or `*`. From the wire it may be several, as they stood there but for the outermost quotes. */
  readonly ifMatch?: string
  readonly ifNoneMatch?: string
  /** Milliseconds since the epoch, whole seconds. */
  readonly ifModifiedSince?: number
  readonly ifUnmodifiedSince?: number
}

/** What the headers of a copy have before the names of the conditions. */
export const COPY_SOURCE_PREFIX = 'x-oss-copy-source-'

export function readConditions(headers: WireHeaders, prefix = ''): Conditions {
  const read = (name: string): string => headers[`${prefix}${name}`] ?? ''
  return {
    ...present({
      ifMatch: unquoteEtag(read('if-match')),
      ifNoneMatch: unquoteEtag(read('if-none-match')),
    }),
    ...timeCondition('ifModifiedSince', read('if-modified-since')),
    ...timeCondition('ifUnmodifiedSince', read('if-unmodified-since')),
  }
}

/** HTTP has a condition with an unreadable date ignored. */
function timeCondition<Name extends string>(name: Name, value: string): { [name in Name]?: number } {
  const time = parseHttpDate(value)
  const condition: { [name in Name]?: number } = {}
  if (time !== undefined) condition[name] = time
  return condition
}

export function conditionHeaders(conditions: Conditions, prefix = ''): WireHeaders {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions
  const headers = given({
    'if-match': ifMatch && quoteUnlessAny(ifMatch),
    'if-none-match': ifNoneMatch && quoteUnlessAny(ifNoneMatch),
    'if-modified-since': ifModifiedSince === undefined ? undefined : formatHttpDate(ifModifiedSince),
    'if-unmodified-since': ifUnmodifiedSince === undefined ? undefined : formatHttpDate(ifUnmodifiedSince),
  })
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [`${prefix}${name}`, value]))
}

function quoteUnlessAny(etag: string): string {
  return etag === '*' ? etag : quoteEtag(etag)
}
