/** How ListBuckets is asked for the buckets that have some tags. */
import type { Query } from '../message.js'
import { given, invalidArgument } from './requests.js'

export interface TagsWanted {
  /** Only buckets that have all of these tags; without a value, the key alone counts. */
  readonly tags?: readonly { readonly key: string; readonly value?: string }[]
}

export function tagQuery(tags: TagsWanted['tags'] = []): Record<string, string> {
  return tags.length === 0
    ? {}
    : {
        tagging: tags
          .map(
            ({ key, value }) =>
              JSON.stringify(key) + (value === undefined ? '' : `:${JSON.stringify(value)}`),
          )
          .join(','),
      }
}

/** `tagging="k":"v","k2":"v2"`, or `tag-key=k` and perhaps `tag-value=v`. */
export function tagsOf(query: Query): TagsWanted {
  const { tagging, 'tag-key': key, 'tag-value': value } = query
  if (tagging) {
    const text = '"(?:[^"\\\\]|\\\\.)*"'
    const pair = new RegExp(`^(${text})(?::(${text}))?(?:,|$)`)
    const tags: { key: string; value?: string }[] = []
    for (let rest = tagging; rest !== ''; ) {
      const found = pair.exec(rest)
      const [name, content] = [unquoted(found?.[1]), unquoted(found?.[2])]
      if (found === null || name === undefined) {
        throw invalidArgument('tagging', tagging, 'Pairs such as "key":"value" are expected.')
      }
      tags.push(content === undefined ? { key: name } : { key: name, value: content })
      rest = rest.slice(found[0].length)
    }
    return { tags }
  }
  if (key) return { tags: [{ key, ...given({ value }) }] }
  if (value) throw invalidArgument('tag-value', value, 'A tag-key is required beside it.')
  return {}
}

function unquoted(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text) as string
  } catch {
    return undefined
  }
}
