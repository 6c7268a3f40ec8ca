/**
 * Which headers an object has other than was asked. HEAD shows what is given back with the object; of tags it tells the
 * number, and of the ACL nothing, so a difference there stays unseen. Pure.
 */
import type { Headers } from '../../engine/ports.js'
import { isStoredHeader } from '../../protocol/headers.js'

/** What an object has when nobody says anything. */
const defaults: Headers = { 'content-type': 'application/octet-stream' }

/** Settings that HEAD shows. Without being asked for they come from the bucket, so only asking makes them comparable. */
const settings: ReadonlySet<string> = new Set([
  'x-oss-storage-class',
  'x-oss-server-side-encryption',
  'x-oss-server-side-encryption-key-id',
  'x-oss-server-side-data-encryption',
  'x-oss-server-side-encryption-customer-algorithm',
])

/** Sorted names, as they were asked for. */
export function differingHeaders(asked: Headers, found: Headers): readonly string[] {
  const names = new Set([...Object.keys(asked), ...Object.keys(found).filter(isStoredHeader)])
  const differing = [...names].filter((name) => {
    const wanted = headerOf(asked, name) ?? headerOf(defaults, name)
    return (isStoredHeader(name) || settings.has(name)) && wanted !== headerOf(found, name)
  })
  const tagCount = countTags(headerOf(asked, 'x-oss-tagging'))
  if (tagCount !== Number(headerOf(found, 'x-oss-tagging-count') ?? 0)) differing.push('x-oss-tagging')
  return differing.sort()
}

export function countTags(tagging: string | undefined): number {
  return (tagging ?? '').split('&').filter((tag) => tag !== '').length
}

/** A header may be called what every object has. */
function headerOf(headers: Headers, name: string): string | undefined {
  return Object.hasOwn(headers, name) ? headers[name] : undefined
}
