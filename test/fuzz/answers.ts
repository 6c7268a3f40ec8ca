/** Answers of the service: XML as such, the document of every operation, error documents, and answers that are all head. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { parseHttpDate, parseIso, parseIsoBasic } from '../../src/protocol/dates.js'
import { decodeErrorDocument, encodeErrorDocument, ProtocolError } from '../../src/protocol/errors.js'
import { unquoteEtag } from '../../src/protocol/etag.js'
import type { WireAnswer } from '../../src/protocol/operations/operation.js'
import { resolveRange } from '../../src/protocol/range.js'
import { parseXml, printXml, type XmlElement, XmlError } from '../../src/protocol/xml.js'
import { failureOf } from '../../src/services/oss/failures.js'
import {
  assertCount,
  assertServiceError,
  assertText,
  assertTexts,
  assertTime,
  assertWord,
  maybe,
} from './laws.js'
import { mutated, mutatedHeaders, mutations, oddTexts, pick, utf8 } from './mutate.js'
import { documents, heads, type Sample } from './samples.js'
import { type Target, target } from './target.js'

const errorSamples: readonly WireAnswer[] = [
  { code: 'NoSuchUpload', fields: { UploadId: '0004B9895DBBB6EC98E36' } },
  { code: 'AccessDenied', fields: { Endpoint: 'oss-cn-beijing.aliyuncs.com' } },
  { code: 'RequestTimeTooSkewed', fields: { ServerTime: '2026-01-02T03:04:05.000Z' } },
  { code: 'InvalidPart', fields: { ErrorDetail: 'ETag', PartNumber: '3' } },
].flatMap((error) =>
  [false, true].map((isHead) =>
    encodeErrorDocument(error, { requestId: '5C3D9175B6FC201293AD4890', hostId: 'h', head: isHead }),
  ),
)

const allBodies = [...documents.map(({ answer }) => answer.body), ...errorSamples.map(({ body }) => body)]

const noise = fc.uint8Array({ maxLength: 200 })

/** Whatever was read is shallow, and comes back the same when it is printed. */
function lawOfXml(bytes: Uint8Array): void {
  const root = unlessRefused(() => parseXml(bytes), XmlError)
  if (root === undefined) return
  assert.ok(depthOf(root) <= 32)
  const again = parseXml(printXml(root))
  assert.deepEqual(withoutMixedText(again), withoutMixedText(root))
}

function depthOf({ children }: XmlElement): number {
  return 1 + Math.max(0, ...children.map(depthOf))
}

function withoutMixedText({ name, text, children }: XmlElement): unknown {
  return children.length === 0 ? { name, text } : { name, children: children.map(withoutMixedText) }
}

function unlessRefused<T>(work: () => T, refusal: new (...args: never[]) => Error): T | undefined {
  try {
    return work()
  } catch (error) {
    if (error instanceof refusal) return undefined
    throw error
  }
}

/** Types as promised, or a ProtocolError; and an error document is no success. */
function lawOfAnswer({ name, check }: Sample, answer: WireAnswer): void {
  unlessRefused(() => check(answer), ProtocolError)
  if (rootNameOf(answer.body) !== 'Error' || isReadBesideItsBody(name)) return
  assert.throws(() => check(answer), ProtocolError, `${name} took an error document for success`)
}

/** Of these the body is the object's, or HTTP has none. */
function isReadBesideItsBody(name: string): boolean {
  return ['HeadObject', 'GetObjectMeta', 'GetObject'].includes(name)
}

function rootNameOf(body: Uint8Array): string | undefined {
  const text = Buffer.from(body).toString('latin1').trimStart()
  return unlessRefused(() => parseXml(Buffer.from(text, 'latin1')), XmlError)?.name
}

const asked = {
  operation: 'UploadPart',
  bucket: 'examplebucket',
  key: 'k',
  origin: 'http://127.0.0.1:9500',
  region: 'cn-hangzhou',
}

/** Never throws, whatever it is given; and what a person is told of it is one line. */
function lawOfErrors(status: number, { headers, body }: Pick<WireAnswer, 'headers' | 'body'>): void {
  const document = decodeErrorDocument(status, headers, body)
  assert.equal(document.status, status)
  assertText(document.message)
  for (const text of [document.code, document.requestId, document.hostId, document.ec])
    maybe(text, assertWord)
  assertTexts(document.fields)
  assertServiceError(failureOf(asked, document, headers))
}

function lawOfValues(text: string, size: number): void {
  for (const time of [parseHttpDate(text), parseIso(text), parseIsoBasic(text)]) maybe(time, assertTime)
  assertText(unquoteEtag(text))
  for (const standard of [false, true]) {
    const range = resolveRange(text, { size, standard })
    if (range.kind !== 'part') continue
    assertCount(range.start)
    assertCount(range.end)
    assert.ok(range.start < range.end && range.end <= size)
  }
}

const chosen = fc.nat()
const status = fc.constantFrom(200, 203, 204, 206)
const failed = fc.oneof(
  fc.constantFrom(304, 400, 403, 404, 405, 409, 411, 416, 417, 429, 500, 501, 502, 503),
  fc.integer({ min: 300, max: 999 }),
)
const oddText = fc.oneof(
  fc.constantFrom(...oddTexts),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  fc
    .tuple(fc.constantFrom('bytes=', 'bytes ', ''), fc.nat(), fc.nat())
    .map(([unit, a, b]) => `${unit}${a}-${b}`),
)

export const answerTargets: readonly Target[] = [
  target('xml', fc.oneof(fc.tuple(chosen, mutations), noise), {
    runs: 1000,
    law: (input) =>
      lawOfXml(input instanceof Uint8Array ? input : mutated(pick(allBodies, input[0]), input[1])),
  }),
  target('documents', fc.tuple(chosen, mutations, fc.oneof(fc.constant([]), mutations), status), {
    runs: 1500,
    law: ([which, changes, headChanges, answered]) => {
      const sample = pick(documents, which)
      const { headers, body } = sample.answer
      lawOfAnswer(sample, {
        status: answered,
        headers: mutatedHeaders(headers, headChanges),
        body: mutated(body, changes),
      })
    },
  }),
  target('error-in-success', fc.tuple(chosen, chosen, fc.oneof(fc.constant([]), mutations), status), {
    runs: 1000,
    law: ([which, other, changes, answered]) => {
      const sample = pick([...documents, ...heads], which)
      const { body } = pick(errorSamples, other * 2)
      lawOfAnswer(sample, { status: answered, headers: sample.answer.headers, body: mutated(body, changes) })
    },
  }),
  target('heads', fc.tuple(chosen, mutations, fc.oneof(fc.constant(utf8('')), noise), status), {
    runs: 1500,
    law: ([which, changes, body, answered]) => {
      const sample = pick(heads, which)
      lawOfAnswer(sample, { status: answered, headers: mutatedHeaders(sample.answer.headers, changes), body })
    },
  }),
  target('errors', fc.tuple(chosen, failed, fc.oneof(fc.constant([]), mutations), mutations), {
    runs: 1500,
    law: ([which, answered, headChanges, changes]) => {
      const { headers, body } = pick(errorSamples, which)
      lawOfErrors(answered, { headers: mutatedHeaders(headers, headChanges), body: mutated(body, changes) })
    },
  }),
  target('values', fc.tuple(oddText, fc.nat(Number.MAX_SAFE_INTEGER)), {
    runs: 1000,
    law: ([text, size]) => lawOfValues(text, size),
  }),
]
