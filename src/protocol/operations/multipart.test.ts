/** What a server complains of and what a client does not believe, in multipart uploads. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProtocolError } from '../errors.js'
import { completeMultipartUpload, initiateMultipartUpload, uploadPart } from './multipart.js'
import { listMultipartUploads, listParts } from './multipart-lists.js'
import type { WireAnswer, WireRequest } from './operation.js'

const bytes = (text: string) => new TextEncoder().encode(text)
const answer = (body: string, headers = {}, status = 200): WireAnswer => ({
  status,
  headers,
  body: bytes(body),
})
const request = (query: WireRequest['query'], rest: Partial<WireRequest> = {}): WireRequest => ({
  method: 'POST',
  bucket: 'b',
  key: 'k',
  query,
  headers: {},
  ...rest,
})

/** What of a thrown ProtocolError a server would say. */
function complaint(run: () => unknown): object {
  try {
    run()
  } catch (error) {
    assert.ok(error instanceof ProtocolError)
    const { kind, code, message, ec, fields } = error
    return { kind, code, message, ...(ec === undefined ? {} : { ec }), fields }
  }
  throw new Error('nothing was thrown')
}

const codeOf = (run: () => unknown) => (complaint(run) as ProtocolError).code

test('a bad part number is told in the words of OSS', () => {
  for (const partNumber of ['0', '10001', 'a', '-1', '1.5', '', '1e3', '99999999999999999999']) {
    assert.deepEqual(
      complaint(() => uploadPart.decodeRequest(request({ uploadId: 'U', partNumber }))),
      {
        kind: 'bad-request',
        code: 'InvalidArgument',
        message: 'Part number must be an integer between 1 and 10000, inclusive.',
        ec: '0017-00000220',
        fields: { ArgumentName: 'PartNumber', ArgumentValue: partNumber },
      },
    )
  }
  for (const partNumber of [1, 10_000]) {
    const read = uploadPart.decodeRequest(request({ uploadId: 'U', partNumber: String(partNumber) }))
    assert.equal(read.partNumber, partNumber)
  }
})

test('an absent part number too', () => {
  assert.deepEqual(
    complaint(() => uploadPart.decodeRequest(request({ uploadId: 'U' }))),
    {
      kind: 'bad-request',
      code: 'InvalidArgument',
      message: 'Unexpected query string parameter',
      ec: '0017-00000219',
      fields: { ArgumentName: 'ResourceType', ArgumentValue: 'partNumber' },
    },
  )
})

test('page sizes have bounds and a default', () => {
  const maxParts = (value?: string) =>
    listParts.decodeRequest(request({ uploadId: 'U', 'max-parts': value })).maxParts
  assert.deepEqual([maxParts(), maxParts(''), maxParts('1'), maxParts('1000')], [1000, 1000, 1, 1000])
  for (const value of ['0', '1001', '-1', 'x', '1.0']) {
    assert.deepEqual((complaint(() => maxParts(value)) as ProtocolError).fields, {
      ArgumentName: 'max-parts',
      ArgumentValue: value,
    })
  }
  assert.equal(listMultipartUploads.decodeRequest(request({ uploads: '' })).maxUploads, 1000)
})

test('an unknown encoding type is refused', () => {
  assert.equal(
    codeOf(() => initiateMultipartUpload.decodeRequest(request({ uploads: '', 'encoding-type': 'base64' }))),
    'InvalidArgument',
  )
})

test('headers of signing and of the connection are not the operation’s', () => {
  const headers = {
    host: 'h',
    authorization: 'a',
    date: 'd',
    'user-agent': 'u',
    'content-length': '0',
    'x-oss-date': 'd',
    'x-oss-security-token': 't',
    'x-oss-content-sha256': 's',
    'content-type': 'text/plain',
    'x-oss-meta-a': 'b',
    'x-oss-storage-class': 'IA',
  }
  assert.deepEqual(
    initiateMultipartUpload.decodeRequest(request({ uploads: undefined }, { headers })).headers,
    {
      'content-type': 'text/plain',
      'x-oss-meta-a': 'b',
      'x-oss-storage-class': 'IA',
    },
  )
})

test('a callback in the query is one', () => {
  const { headers } = completeMultipartUpload.decodeRequest(
    request(
      { uploadId: 'U', callback: 'Y2I=', 'callback-var': 'e30=' },
      { headers: { 'x-oss-complete-all': 'yes' } },
    ),
  )
  assert.deepEqual(headers, { 'x-oss-callback': 'Y2I=', 'x-oss-callback-var': 'e30=' })
})

const complete = (body: string | undefined, headers = {}) =>
  completeMultipartUpload.decodeRequest(
    request({ uploadId: 'U' }, { headers, ...(body === undefined ? {} : { body: bytes(body) }) }),
  ).completion
const part = (number: string, etag: string) =>
  `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`
const list = (...parts: string[]) => `<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`

test('the list of Complete takes ETags quoted or bare, in any order of elements, with gaps', () => {
  const body = `<?xml version="1.0"?>\n<CompleteMultipartUpload xmlns="x">
    <Part>\n<ETag>"A"</ETag><PartNumber> 1 </PartNumber></Part>${part('7', 'b')}\n</CompleteMultipartUpload>`
  assert.deepEqual(complete(body), {
    kind: 'parts',
    parts: [
      { partNumber: 1, etag: 'A' },
      { partNumber: 7, etag: 'b' },
    ],
  })
})

test('a list that is none is MalformedXML', () => {
  for (const body of [
    undefined,
    '',
    'hello',
    '<Other/>',
    list('<Part><PartNumber>1</PartNumber></Part>'),
    list('<Part><ETag>A</ETag></Part>'),
    list(part('x', 'A')),
    list(part('1', '""')),
  ]) {
    const said = complaint(() => complete(body)) as ProtocolError
    assert.equal(said.code, 'MalformedXML', body)
    assert.equal(said.ec, '0042-00000205')
  }
})

test('a list without parts is a list', () => {
  assert.deepEqual(complete(list()), { kind: 'parts', parts: [] })
})

test('parts out of order, and twice, are InvalidPartOrder', () => {
  for (const body of [list(part('2', 'A'), part('1', 'B')), list(part('1', 'A'), part('1', 'A'))]) {
    const said = complaint(() => complete(body)) as ProtocolError
    assert.equal(said.code, 'InvalidPartOrder')
    assert.equal(said.ec, '0042-00000209')
  }
})

test('a part number of the list has the bounds of any', () => {
  for (const number of ['0', '10001'])
    assert.equal(
      codeOf(() => complete(list(part(number, 'A')))),
      'InvalidArgument',
    )
})

test('all parts can be asked for, but not beside a list', () => {
  const all = { 'x-oss-complete-all': 'yes' }
  assert.deepEqual(complete(undefined, all), { kind: 'all' })
  assert.deepEqual(complete('', all), { kind: 'all' })
  assert.equal((complaint(() => complete(list(part('1', 'A')), all)) as ProtocolError).ec, '0042-00000216')
})

const error = '<Error><Code>InternalError</Code><Message>m</Message><RequestId>R</RequestId></Error>'

test('a success that carries an error is known as one, after white space too', () => {
  for (const body of [error, ` \n \r\n<?xml version="1.0" encoding="UTF-8"?>\n${error}`, `\ufeff${error}`]) {
    try {
      completeMultipartUpload.decodeAnswer(answer(body, { etag: '"A"' }))
      assert.fail('nothing was thrown')
    } catch (thrown) {
      assert.ok(thrown instanceof ProtocolError)
      assert.equal(thrown.kind, 'error-in-success')
      assert.equal(thrown.code, 'InternalError')
      assert.deepEqual(thrown.document, {
        status: 200,
        code: 'InternalError',
        message: 'm',
        requestId: 'R',
        fields: {},
      })
    }
  }
  const part = () => uploadPart.decodeAnswer(answer(error, { etag: '"A"' }))
  assert.equal((complaint(part) as ProtocolError).kind, 'error-in-success')
})

test('an answer of Complete that is cut off, foreign or lacks its ETag is a bad one', () => {
  const result = (content: string) =>
    `<CompleteMultipartUploadResult>${content}</CompleteMultipartUploadResult>`
  for (const body of [
    '',
    '<CompleteMultipartUploadResult><ETag>"A"</ETag>',
    '<html></html>',
    result('<Key>k</Key>'),
    result('<ETag></ETag>'),
    result('<ETag>""</ETag>'),
  ]) {
    const said = complaint(() => completeMultipartUpload.decodeAnswer(answer(body))) as ProtocolError
    assert.equal(said.kind, 'bad-answer', body)
  }
  const wrongCrc = answer(result('<ETag>"A"</ETag>'), { 'x-oss-hash-crc64ecma': '-1' })
  assert.equal(
    (complaint(() => completeMultipartUpload.decodeAnswer(wrongCrc)) as ProtocolError).kind,
    'bad-answer',
  )
})

test('answers without what they must have are bad ones', () => {
  const cases: readonly (() => unknown)[] = [
    () => initiateMultipartUpload.decodeAnswer(answer('<InitiateMultipartUploadResult/>')),
    () =>
      initiateMultipartUpload.decodeAnswer(
        answer('<ListPartsResult><UploadId>U</UploadId></ListPartsResult>'),
      ),
    () => uploadPart.decodeAnswer(answer('')),
    () => uploadPart.decodeAnswer(answer('', { etag: '""' })),
    () => uploadPart.decodeAnswer(answer('', { etag: '"A"', 'x-oss-hash-crc64ecma': 'abc' })),
    () => listParts.decodeAnswer(answer('<ListPartsResult/>')),
    () =>
      listParts.decodeAnswer(answer('<ListPartsResult><IsTruncated>true</IsTruncated></ListPartsResult>')),
    () => listParts.decodeAnswer(answer('<ListPartsResult><IsTruncated>yes</IsTruncated></ListPartsResult>')),
    () =>
      listParts.decodeAnswer(
        answer(
          '<ListPartsResult><IsTruncated>false</IsTruncated><Part><PartNumber>1</PartNumber></Part></ListPartsResult>',
        ),
      ),
    () =>
      listMultipartUploads.decodeAnswer(
        answer('<ListMultipartUploadsResult><IsTruncated>true</IsTruncated></ListMultipartUploadsResult>'),
      ),
    () =>
      listMultipartUploads.decodeAnswer(
        answer(
          '<ListMultipartUploadsResult><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated><NextKeyMarker>%zz</NextKeyMarker></ListMultipartUploadsResult>',
        ),
      ),
  ]
  for (const run of cases) assert.equal((complaint(run) as ProtocolError).kind, 'bad-answer', String(run))
})

test('listings always tell where to go on, in documents without a namespace', () => {
  const parts = listParts.encodeAnswer(
    {
      parts: [{ partNumber: 3, lastModified: 1_500, etag: 'A', crc64: '18446744073709551615', size: 0 }],
      nextPartNumberMarker: 3,
      isTruncated: false,
      storageClass: 'Standard',
    },
    { bucket: 'b', key: 'a b+/', uploadId: 'U', maxParts: 1000, partNumberMarker: 0, encodingType: 'url' },
  )
  assert.equal(
    new TextDecoder().decode(parts.body),
    '<?xml version="1.0" encoding="UTF-8"?>\n<ListPartsResult><EncodingType>url</EncodingType><Bucket>b</Bucket><Key>a%20b%2B%2F</Key>' +
      '<UploadId>U</UploadId><StorageClass>Standard</StorageClass><PartNumberMarker>0</PartNumberMarker>' +
      '<NextPartNumberMarker>3</NextPartNumberMarker><MaxParts>1000</MaxParts><IsTruncated>false</IsTruncated>' +
      '<Part><PartNumber>3</PartNumber><LastModified>1970-01-01T00:00:01.000Z</LastModified><ETag>"A"</ETag>' +
      '<HashCrc64ecma>18446744073709551615</HashCrc64ecma><Size>0</Size></Part></ListPartsResult>',
  )
  const uploads = listMultipartUploads.encodeAnswer(
    { uploads: [], commonPrefixes: [], isTruncated: false, nextKeyMarker: '', nextUploadIdMarker: '' },
    { bucket: 'b', maxUploads: 1000 },
  )
  assert.match(
    new TextDecoder().decode(uploads.body),
    /<NextKeyMarker><\/NextKeyMarker><NextUploadIdMarker><\/NextUploadIdMarker>/,
  )
})

test('a part that no upload can have is not believed', () => {
  const part = (number: string) =>
    `<Part><PartNumber>${number}</PartNumber><LastModified>2026-01-02T03:04:05.000Z</LastModified><ETag>"E"</ETag><Size>1</Size></Part>`
  const list = (number: string) =>
    `<ListPartsResult><IsTruncated>false</IsTruncated>${part(number)}</ListPartsResult>`
  assert.equal(listParts.decodeAnswer(answer(list('10000'))).parts[0]?.partNumber, 10_000)
  for (const number of ['0', '10001', '4294967297']) {
    assert.throws(() => listParts.decodeAnswer(answer(list(number))), { kind: 'bad-answer' }, number)
  }
})
