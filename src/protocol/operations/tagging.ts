/** Tags, as the documents of buckets and of objects have them. */
import { child, children, element, text, type XmlElement } from '../xml.js'

export interface Tag {
  readonly key: string
  readonly value: string
}

export function tagElement({ key, value }: Tag): XmlElement {
  return element('Tag', [element('Key', key), element('Value', value)])
}

export function readTag(tag: XmlElement): Tag {
  return { key: text(tag, 'Key') ?? '', value: text(tag, 'Value') ?? '' }
}

export function taggingElement(tags: readonly Tag[]): XmlElement {
  return element('Tagging', [element('TagSet', tags.map(tagElement))])
}

/** `undefined` when there is no set at all. */
export function readTagging(root: XmlElement): readonly Tag[] | undefined {
  const set = child(root, 'TagSet')
  return set && children(set, 'Tag').map(readTag)
}
