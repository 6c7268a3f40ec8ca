/** The tags of an object, as documents. The header `x-oss-tagging` says the same in another form. */
import { documentOf as answerDocument, emptyAnswer, nothingBeyondSuccess, xmlAnswer } from './answers.js'
import type { Done } from './buckets.js'
import { type ObjectInput, readObjectInput } from './objects.js'
import type { Operation } from './operation.js'
import { documentOf, given, malformedXml } from './requests.js'
import { readTagging, type Tag, taggingElement } from './tagging.js'

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
    const tags = readTagging(documentOf(request, 'Tagging'))
    if (tags === undefined) throw malformedXml()
    return { ...readObjectInput(request), tags }
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
  decodeAnswer: (answer) => ({ tags: readTagging(answerDocument(answer, 'Tagging')) ?? [] }),
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
