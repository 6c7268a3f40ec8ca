/** Laws of the further operations on objects: what one side writes, the other reads. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { toWire } from '../encode.js'
import { appendObject } from './append-object.js'
import { copyObject } from './copy-object.js'
import { readCopySource } from './copy-source.js'
import { deleteMultipleObjects } from './delete-multiple-objects.js'
import { getObjectAcl, putObjectAcl } from './object-acl.js'
import { deleteObjectTagging, getObjectTagging, putObjectTagging } from './object-tagging.js'
import type { Operation } from './operation.js'
import { getSymlink, putSymlink } from './symlinks.js'

const bucket = fc.constantFrom('b-1', 'examplebucket')
const awkward = fc.constantFrom(
  ' ',
  'a b',
  '+',
  '%2F',
  'a//b',
  '?&=#',
  '😀',
  '中/文',
  '\u0001\u000b\f\n\r',
  ']]>',
)
const key = fc.oneof(awkward, fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }))
const plainKey = fc.constantFrom(' ', 'a b', '+', '%2F', '../x', '😀', 'a\r\n\tb', '<&>"', '%zz', 'k')
const word = fc.stringMatching(/^[A-Za-z0-9._-]{1,20}$/)
const etag = fc.stringMatching(/^[0-9A-F]{32}(-[1-9])?$/)
const crc64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String)
const time = fc.integer({ min: 0, max: 253_402_300_799 }).map((seconds) => seconds * 1000)
const headers = fc.dictionary(
  fc.constantFrom(
    'content-type',
    'x-oss-meta-a',
    'x-oss-object-acl',
    'x-oss-tagging',
    'x-oss-forbid-overwrite',
  ),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 9 }).map(toWire),
  { noNullPrototype: true },
)
const encryption = fc.constant({
  'x-oss-server-side-encryption': 'KMS',
  'x-oss-server-side-encryption-key-id': 'k',
})

function record<T extends object, O extends object = object>(
  required: { [Name in keyof T]: fc.Arbitrary<T[Name]> },
  optional?: { [Name in keyof O]: fc.Arbitrary<O[Name]> },
): fc.Arbitrary<T & Partial<O>>
function record(required: object, optional: object = {}): fc.Arbitrary<unknown> {
  return fc.record({ ...required, ...optional } as Record<string, fc.Arbitrary<unknown>>, {
    requiredKeys: Object.keys(required),
    noNullPrototype: true,
  })
}

function laws<Input, Output>(
  operation: Operation<Input, Output>,
  inputs: fc.Arbitrary<Input>,
  outputs: (input: Input) => fc.Arbitrary<Output>,
): void {
  test(`${operation.name}: what is asked is what is understood`, () => {
    fc.assert(
      fc.property(inputs, (input) => {
        assert.deepEqual(operation.decodeRequest(operation.encodeRequest(input)), input)
      }),
    )
  })
  test(`${operation.name}: what is answered is what is understood`, () => {
    const pairs = inputs.chain((input) => outputs(input).map((output) => [input, output] as const))
    fc.assert(
      fc.property(pairs, ([input, output]) => {
        assert.deepEqual(operation.decodeAnswer(operation.encodeAnswer(output, input)), output)
      }),
    )
  })
}

const done = () => fc.constant({})
const object = record({ bucket, key }, { versionId: word })
const directive = fc.constantFrom('COPY' as const, 'REPLACE' as const)

laws(
  copyObject,
  record(
    {
      bucket,
      key,
      source: object,
      conditions: record(
        {},
        {
          ifMatch: etag,
          ifNoneMatch: fc.constantFrom('*', 'E'),
          ifModifiedSince: time,
          ifUnmodifiedSince: time,
        },
      ),
      headers,
    },
    { metadata: directive, tagging: directive },
  ),
  () => record({ etag, lastModified: time }, { crc64, versionId: word, sourceVersionId: word, encryption }),
)

laws(appendObject, record({ bucket, key, position: fc.nat(Number.MAX_SAFE_INTEGER), headers }), () =>
  record({ etag, nextPosition: fc.nat(Number.MAX_SAFE_INTEGER) }, { crc64, encryption }),
)

laws(putSymlink, record({ bucket, key, target: key, headers }), done)
laws(getSymlink, object, () => record({ target: key, etag, lastModified: time }))

laws(putObjectAcl, record({ bucket, key, acl: word }, { versionId: word }), done)
laws(getObjectAcl, object, () =>
  record({ owner: record({ id: word, displayName: fc.constantFrom('', 'me & you') }), acl: word }),
)

const tags = fc.array(record({ key: plainKey, value: fc.oneof(fc.constant(''), plainKey) }), { maxLength: 3 })
laws(putObjectTagging, record({ bucket, key, tags }, { versionId: word }), done)
laws(getObjectTagging, object, () => record({ tags }))
laws(deleteObjectTagging, object, done)

laws(
  deleteMultipleObjects,
  record(
    {
      bucket,
      objects: fc.array(record({ key: plainKey }, { versionId: word }), { minLength: 1, maxLength: 4 }),
      quiet: fc.boolean(),
    },
    { encodingType: fc.constant('url' as const) },
  ),
  ({ quiet, encodingType }) => {
    const name = encodingType === 'url' ? key : plainKey
    const deleted = fc.array(record({ key: name }, { versionId: word }), { maxLength: 4 })
    return record({ deleted: quiet ? fc.constant([]) : deleted })
  },
)

test('the source of a copy is understood as clients write it', () => {
  for (const [header, source] of [
    ['/b/k', { bucket: 'b', key: 'k' }],
    ['/b/dir/k', { bucket: 'b', key: 'dir/k' }],
    ['/b/dir%2Fk%3F%25', { bucket: 'b', key: 'dir/k?%' }],
    ['/b/a+b%2B%20', { bucket: 'b', key: 'a b+ ' }],
    [`/b/${toWire('中')}`, { bucket: 'b', key: '中' }],
    ['/b/k?versionId=null', { bucket: 'b', key: 'k', versionId: 'null' }],
  ] as const) {
    assert.deepEqual(readCopySource({ 'x-oss-copy-source': header }), source)
  }
  for (const header of [
    '',
    'b/k',
    '/b',
    '/b/',
    '/',
    '//k',
    '/b/k?x=y',
    '/b/k?versionId=',
    '/b/k%',
    '/b/%ff',
  ]) {
    const read = () => readCopySource({ 'x-oss-copy-source': header }, { source: '0042-00000301' })
    assert.throws(read, { code: 'InvalidArgument', ec: '0042-00000301' }, header)
  }
})
