/** The tags of an object: at most 10, no key twice. They are stored as the header writes them. */
import { fromWire, percentEncode } from '../protocol/encode.js'
import type { Tag } from '../protocol/operations/tagging.js'
import { invalidArgument } from './invalid-argument.js'
import type { StoredHeaders } from './storage/storage.js'

const HEADER = 'x-oss-tagging'
const MOST_TAGS = 10
/** Characters. */
const LONGEST_KEY = 128
const LONGEST_VALUE = 256
/** Letters and digits of any language, and a few signs. */
const ALLOWED = /^[\p{L}\p{M}\p{N} +\-=._:/]*$/u

/** `k=v&k2=v2`, percent-encoded. A key alone has the empty value. */
export function tagsFromHeader(header: string): readonly Tag[] {
  const pairs = fromWire(header)
    .split('&')
    .filter((pair) => pair !== '')
  const tags = pairs.map((pair) => {
    const [key = '', value = '', ...more] = pair.split('=')
    if (more.length > 0) throw invalidArgument(HEADER, header, 'The tags are not valid.', '0010-00000219')
    return { key: decodeTag(key), value: decodeTag(value) }
  })
  checkTags(tags, HEADER, header)
  return tags
}

export function tagsToHeader(tags: readonly Tag[]): string {
  return tags.map(({ key, value }) => `${percentEncode(key)}=${percentEncode(value)}`).join('&')
}

/** Of an object's stored headers. */
export function taggingOf(headers: StoredHeaders): readonly Tag[] {
  const header = headers[HEADER]
  return header === undefined ? [] : tagsFromHeader(header)
}

/** The same headers with these tags in the place of any others. */
export function withTags({ [HEADER]: _, ...headers }: StoredHeaders, tags: readonly Tag[]): StoredHeaders {
  return tags.length === 0 ? headers : { ...headers, [HEADER]: tagsToHeader(tags) }
}

export function checkTags(tags: readonly Tag[], name: string, said: string): void {
  const ec = wrongIn(tags)
  if (ec !== undefined) throw invalidArgument(name, said, 'The tags are not valid.', ec)
}

/** OSS's number for what is wrong with them. */
function wrongIn(tags: readonly Tag[]): string | undefined {
  if (tags.length > MOST_TAGS) return '0010-00000218'
  if (new Set(tags.map(({ key }) => key)).size < tags.length) return '0010-00000210'
  for (const { key, value } of tags) {
    if (key === '') return '0010-00000219'
    if ([...key].length > LONGEST_KEY) return '0010-00000209'
    if ([...value].length > LONGEST_VALUE) return '0010-00000214'
    if (!ALLOWED.test(key) || !ALLOWED.test(value)) return '0010-00000217'
  }
  return undefined
}

function decodeTag(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw invalidArgument(HEADER, text, 'The tags are not valid.', '0010-00000217')
  }
}
