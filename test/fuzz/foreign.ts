/** Checkpoints of other tools: damaged on disk, and made wrong in meaning under a seal that is right. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { ForeignRefusal, foreignToolNames } from '../../src/checkpoints/foreign/checkpoint.js'
import { jsonMembers } from '../../src/checkpoints/foreign/json-members.js'
import { parseForeignUpload } from '../../src/checkpoints/foreign/parse.js'
import { dataV2, samples, sealedV1, sealedV2 } from '../checkpoints/foreign-samples.js'
import { assertCount, assertMessage, assertTime, assertWord, maybe } from './laws.js'
import { type Mutation, mutated, mutations } from './mutate.js'
import { mutatedJson } from './mutate-json.js'
import { type Target, target } from './target.js'

const documents: readonly string[] = [...Object.values(samples), sealedV2(dataV2()), sealedV1()]

/** Either all that a takeover needs, of the right types, or a refusal that a person can read. */
function lawOfDocument(text: string): void {
  let upload: ReturnType<typeof parseForeignUpload>
  try {
    upload = parseForeignUpload(text)
  } catch (error) {
    assert.ok(error instanceof ForeignRefusal, String(error))
    assertMessage(error.message)
    return
  }
  assert.ok(Object.hasOwn(foreignToolNames, upload.tool))
  for (const word of [upload.key, upload.uploadId]) assertWord(word)
  for (const word of [upload.bucket, upload.file, upload.callback]) maybe(word, assertWord)
  for (const bytes of [upload.size, upload.partSize]) assert.ok(Number.isSafeInteger(bytes) && bytes >= 1)
  maybe(upload.modified, assertTime)
  maybe(upload.partsDone, assertCount)
}

/** Whatever is JSON: each member is where it is said to be, under the name that it has. */
function lawOfMembers(value: unknown, space: string): void {
  const text = JSON.stringify(value, null, space)
  const members = jsonMembers(text)
  assert.deepEqual(
    members.map(({ name }) => name),
    Object.keys(value as object),
  )
  for (const { name, start, end } of members) {
    const own = Object.entries(value as object).find(([each]) => each === name)?.[1]
    assert.deepEqual(JSON.parse(text.slice(start, end)), JSON.parse(JSON.stringify(own)))
  }
}

function sealed(which: number, changes: readonly Mutation[]): string {
  const change = (text: string): unknown => mutatedJson(JSON.parse(text), changes)
  if (which % 3 === 0) return sealedV2(JSON.stringify(change(dataV2())) ?? 'null')
  if (which % 3 === 1) {
    const fields = change(sealedV1())
    return sealedV1({ ...(typeof fields === 'object' ? fields : { Parts: fields }), MD5: '' })
  }
  return JSON.stringify(change(which % 2 === 0 ? samples.oss2 : samples.aliOss)) ?? 'null'
}

export const foreignTargets: readonly Target[] = [
  target('foreign-bytes', fc.tuple(fc.nat(), mutations), {
    runs: 700,
    law: ([which, changes]) => {
      const text = documents[which % documents.length] ?? ''
      lawOfDocument(Buffer.from(mutated(Buffer.from(text), changes)).toString())
    },
  }),
  target('foreign-meaning', fc.tuple(fc.nat(), mutations), {
    runs: 1000,
    law: ([which, changes]) => lawOfDocument(sealed(which, changes)),
  }),
  target(
    'json-members',
    fc.tuple(
      fc.dictionary(fc.string({ maxLength: 12, unit: 'binary' }), fc.jsonValue({ maxDepth: 3 }), {
        maxKeys: 8,
      }),
      fc.constantFrom('', ' ', '\n\t'),
    ),
    { runs: 500, law: ([value, space]) => lawOfMembers(value, space) },
  ),
]
