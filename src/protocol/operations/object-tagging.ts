/** The tags of an object, as documents. The header `x-oss-tagging` says the same in another form. */
import { child, children, element, text, type XmlElement } from '../xml.js'
import { documentOf as answerDocument, emptyAnswer, nothingBeyondSuccess, xmlAnswer } from './answers.js'
import type { Tag } from './bucket-tags.js'
import type { Done } from './buckets.js'
import { type ObjectInput, readObjectInput } from './objects.js'
import type { Operation } from './operation.js'
import { documentOf, given, malformedXml } from './requests.js'

export type { Tag }

export interface PutObjectTaggingInput extends ObjectInput {
  readonly tags: readonly Tag[]
}

export interface ObjectTags {
  readonly tags: readonly Tag[]
}

/** PUT of an object with `tagging`: in the place of all tags it had. */
export const putObjectTagging: Operation<PutObjectTaggingInput, Done> = {
  name: 'PutObjectTagging',
  encodeRequest: ({ bucket, key, versionId, tags }) => ({
    method: 'PUT',
    bucket,
    key,
    query: { tagging: '', ...given({ versionId }) },
    headers: {},
    body: xmlAnswer(taggingElement(tags)).body,
  }),
  decodeRequest: (request) => {
    const root = documentOf(request, 'Tagging')
    return { ...readObjectInput(request), tags: readTags(root) ?? fail() }
  },
  encodeAnswer: () => emptyAnswer(200),
  decodeAnswer: nothingBeyondSuccess,
}

/** GET of an object with `tagging`; an object without tags has an empty set. */
export const getObjectTagging: Operation<ObjectInput, ObjectTags> = {
  name: 'GetObjectTagging',
  encodeRequest: ({ bucket, key, versionId }) => ({
    method: 'GET',
    bucket,
    key,
    query: { tagging: '', ...given({ versionId }) },
    headers: {},
  }),
  decodeRequest: readObjectInput,
  encodeAnswer: ({ tags }) => xmlAnswer(taggingElement(tags)),
  decodeAnswer: (answer) => ({ tags: readTags(answerDocument(answer, 'Tagging')) ?? [] }),
}

/** DELETE of an object with `tagging`: all of them. */
export const deleteObjectTagging: Operation<ObjectInput, Done> = {
  name: 'DeleteObjectTagging',
  encodeRequest: ({ bucket, key, versionId }) => ({
    method: 'DELETE',
    bucket,
    key,
    query: { tagging: '', ...given({ versionId }) },
    headers: {},
  }),
  decodeRequest: readObjectInput,
  encodeAnswer: () => emptyAnswer(204),
  decodeAnswer: nothingBeyondSuccess,
}

function taggingElement(tags: readonly Tag[]): XmlElement {
  const set = tags.map(({ key, value }) => element('Tag', [element('Key', key), element('Value', value)]))
  return element('Tagging', [element('TagSet', set)])
}

/** `undefined` when there is no set at all. */
function readTags(root: XmlElement): Tag[] | undefined {
  const set = child(root, 'TagSet')
  return (
    set &&
    children(set, 'Tag').map((tag) => ({ key: text(tag, 'Key') ?? '', value: text(tag, 'Value') ?? '' }))
  )
}

function fail(): never {
  throw malformedXml()
}
