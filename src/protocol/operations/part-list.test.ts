/** What the quick reader of part lists says is what the XML says; of the rest it says nothing. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ProtocolError } from '../errors.js'
import { completeMultipartUpload } from './multipart.js'
import { plainPartList } from './part-list.js'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

const etag = 'D41D8CD98F00B204E9800998ECF8427E'
const part = (partNumber: number, written = `"${etag}"`): string =>
  `<Part><PartNumber>${partNumber}</PartNumber><ETag>${written}</ETag></Part>`
const list = (...parts: string[]): string =>
  `<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`

const numbersIn = (document: string): readonly number[] | undefined =>
  plainPartList(bytes(document))?.map(({ partNumber }) => partNumber)

test('what clients write is read quickly', () => {
  assert.deepEqual(plainPartList(bytes(list(part(1), part(7, etag.toLowerCase()), part(10_000)))), [
    { partNumber: 1, etag },
    { partNumber: 7, etag: etag.toLowerCase() },
    { partNumber: 10_000, etag },
  ])
  const declared = `<?xml version="1.0" encoding="UTF-8"?>\n${list(part(1, `&quot;${etag}&quot;`), '\n  ', part(2))}\n`
  assert.deepEqual(numbersIn(declared), [1, 2])
  const spaced = list('\n', part(1).replaceAll('><', '>\r\n\t<')).replace('d>', 'd xmlns="http://a.b/c?d">')
  assert.deepEqual(numbersIn(spaced), [1])
  assert.deepEqual(numbersIn(completed([])), [])
  assert.deepEqual(numbersIn(completed([3, 5])), [3, 5])
})

/** As our own client writes it. */
function completed(partNumbers: readonly number[]): string {
  const parts = partNumbers.map((partNumber) => ({ partNumber, etag }))
  const input = { bucket: 'b', key: 'k', uploadId: 'U', headers: {} }
  const { body } = completeMultipartUpload.encodeRequest({ ...input, completion: { kind: 'parts', parts } })
  return Buffer.from(body ?? []).toString('utf8')
}

test('what is not so plain, or wrong, is left to the XML', () => {
  const others = [
    list(part(2), part(1)),
    list(part(1), part(1)),
    list(part(0)),
    list(part(10_001)),
    list(part(1, `"${etag}`)),
    list(part(1, '')),
    list(part(1, 'é')),
    list(part(1, `'${etag}'`)),
    list(part(1)).replace('</ETag>', '</ETag><Other/>'),
    list(part(1)).replace('<Part>', '<Part a="b">'),
    `${list(part(1))}<!---->`,
    ` <?xml version="1.0"?>${list(part(1))}`,
    list(part(1)).slice(0, -1),
    list(part(1)).replaceAll('CompleteMultipartUpload', 'Other'),
    '',
  ]
  for (const document of others) assert.equal(numbersIn(document), undefined, document)
  assert.equal(plainPartList(new Uint8Array([0xff])), undefined)
})

/** What a server makes of it. */
function readingOf(document: string): unknown {
  const wire = { method: 'POST', bucket: 'b', key: 'k', query: { uploadId: 'U' }, headers: {} }
  try {
    return completeMultipartUpload.decodeRequest({ ...wire, body: bytes(document) }).completion
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    const { code, ec, fields } = error
    return { code, ec, fields }
  }
}

const PIECES = [
  ...['<Part>', '</Part>', '<PartNumber>', '</PartNumber>', '<ETag>', '</ETag>', 'CompleteMultipartUpload'],
  ...['"', '&quot;', '&#34;', "'", '<', '>', '/', '&', ' ', '\n', '\t', '\v', '\0', '\ufeff', 'é', '\u00a0'],
  ...[
    '0',
    '1',
    '2',
    '10000',
    'A',
    'f',
    '-',
    '<!---->',
    '<?xml version="1.0"?>',
    ' xmlns="x"',
    ' encoding="UTF-8"',
  ],
]

test('however a document is made wrong, both ways of reading say the same of it', () => {
  const edits = fc.array(
    fc.record({ at: fc.nat(400), take: fc.nat(12), put: fc.constantFrom('', ...PIECES) }),
    { maxLength: 3 },
  )
  const starts = fc.constantFrom('', '<?xml version="1.0"?>', '<?xml version="1.0" encoding="UTF-8"?>\n')
  const written = fc.constantFrom(`"${etag}"`, etag, `&quot;${etag}&quot;`)
  fc.assert(
    fc.property(starts, written, edits, (start, etagWritten, made) => {
      let document = start + list(part(1, etagWritten), '\n', part(2, etagWritten))
      for (const { at, take, put } of made) document = document.slice(0, at) + put + document.slice(at + take)
      // A comment behind the end changes nothing but that the list is not plain any more.
      assert.deepEqual(readingOf(document), readingOf(`${document}<!---->`))
    }),
    { numRuns: 500 },
  )
})
