/** The OSS adapter against scripts: what it sends, how it reads what comes, and what it makes of refusals. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc64, crc64ToDecimal } from '../../src/checksum/index.js'
import { type FailureMeaning, ServiceError, UploadError } from '../../src/engine/errors.js'
import { parseAuthorization } from '../../src/protocol/authorization.js'
import { TransportError } from '../../src/protocol/message.js'
import { signV1, signV4 } from '../../src/protocol/signing.js'
import { createBucketClient } from '../../src/services/bucket-client.js'
import { errorBody, scriptedService, sliceOf, startTime } from './scripted.js'

const signal = new AbortController().signal
const plain = { headers: {}, signal }
const sending = { ...plain, onSent: () => {}, patience: 1 }
const upload = { key: 'a b/\u4e2d', uploadId: 'U1' }
const bytes = Buffer.from('x'.repeat(2500))
const crc = crc64ToDecimal(crc64(bytes))
const stored = { status: 200, headers: { etag: '"E1"', 'x-oss-hash-crc64ecma': crc } }

function means(meaning: FailureMeaning, message = /./) {
  return (error: unknown) => {
    assert.ok(error instanceof ServiceError, String(error))
    assert.equal(error.meaning, meaning, error.message)
    assert.match(error.message, message)
    assert.doesNotMatch(`${error.message} ${JSON.stringify(error)}`, /hidden/)
    return true
  }
}

test('a part goes out as it is, measured on its way, to the right address', async () => {
  const { service, asked } = scriptedService(() => stored)
  const { receipt, computed } = await service.uploadPart(upload, 7, sliceOf(bytes), sending)
  assert.deepEqual(receipt, { partNumber: 7, etag: 'E1', crc64: crc })
  assert.deepEqual(computed, { size: 2500, crc64: crc })
  const [sent] = asked
  assert.ok(sent)
  assert.equal(sent.request.method, 'PUT')
  assert.equal(sent.request.origin, 'https://examplebucket.oss-cn-hangzhou.aliyuncs.com')
  assert.equal(sent.request.target, '/a%20b/%E4%B8%AD?partNumber=7&uploadId=U1')
  assert.equal(sent.request.headers['host'], 'examplebucket.oss-cn-hangzhou.aliyuncs.com')
  assert.deepEqual(Buffer.from(sent.body), bytes)
  assert.equal(sent.request.headers['content-md5'], undefined)
})

test('each request is signed when it is sent, with the time of its sending', async () => {
  for (const signatureVersion of ['v4', 'v1'] as const) {
    const source = { accessKeyId: 'key-id', accessKeySecret: 'hidden-secret', securityToken: 'token' }
    const { service, asked, clock } = scriptedService(() => stored, { signatureVersion, source })
    clock.now += 5000
    await service.uploadPart(upload, 1, sliceOf(bytes), sending)
    const sent = asked[0]?.request.headers ?? {}
    const { authorization = '', ...headers } = sent
    assert.equal(sent['x-oss-security-token'], 'token')
    const request = {
      method: 'PUT',
      bucket: 'examplebucket',
      key: upload.key,
      query: { partNumber: '1', uploadId: 'U1' },
      headers,
      credentials: source,
    }
    const date = new Date(startTime + 5000)
    if (signatureVersion === 'v1') {
      assert.equal(sent['date'], date.toUTCString())
      assert.equal(authorization, signV1(request).authorization)
    } else {
      const signed = signV4({ ...request, region: 'cn-hangzhou', date })
      assert.equal(authorization, signed.authorization)
      assert.equal(parseAuthorization(authorization)?.version, 'v4')
    }
  }
})

test('path addressing for addresses; the bucket is in the path', async () => {
  const { service, asked } = scriptedService(() => stored, { endpoint: 'http://127.0.0.1:9500' })
  await service.uploadPart(upload, 1, sliceOf(bytes), sending)
  assert.equal(asked[0]?.request.origin, 'http://127.0.0.1:9500')
  assert.equal(asked[0]?.path, '/examplebucket/a%20b/%E4%B8%AD')
  assert.equal(service.name, 'http://127.0.0.1:9500')
})

test('headers go where they mean something', async () => {
  const answers: Record<string, { status: number; headers?: Record<string, string>; body?: string }> = {
    POSTuploads: {
      status: 200,
      body: '<InitiateMultipartUploadResult><Bucket>b</Bucket><Key>k</Key><UploadId>U1</UploadId></InitiateMultipartUploadResult>',
    },
    PUTpart: stored,
    GET: {
      status: 200,
      body: '<ListPartsResult><IsTruncated>false</IsTruncated><NextPartNumberMarker>0</NextPartNumberMarker></ListPartsResult>',
    },
    POST: {
      ...stored,
      body: '<CompleteMultipartUploadResult><ETag>"E-1"</ETag></CompleteMultipartUploadResult>',
    },
    PUT: stored,
    HEAD: {
      status: 200,
      headers: {
        ...stored.headers,
        'content-length': '3',
        'last-modified': new Date(startTime).toUTCString(),
      },
    },
    DELETE: { status: 204 },
  }
  const { service, asked } = scriptedService(({ request, query }) => {
    const kind = query.has('uploads') ? 'uploads' : query.has('partNumber') ? 'part' : ''
    return answers[request.method + kind] ?? assert.fail(request.method + kind)
  })
  const headers = {
    'content-type': 'text/plain',
    'x-oss-meta-a': '\u00e9',
    'x-oss-callback': 'Y2I=',
    'x-oss-forbid-overwrite': 'true',
    'x-oss-server-side-encryption-customer-key': 'hidden',
    'x-oss-request-payer': 'requester',
    'x-oss-traffic-limit': '819200',
  }
  const options = { ...sending, headers }
  await service.createMultipartUpload(upload.key, options)
  await service.uploadPart(upload, 1, sliceOf(bytes), options)
  await service.listParts(upload, 0, options)
  await service.completeMultipartUpload(upload, [{ partNumber: 1, etag: 'E1' }], options)
  await service.putObject(upload.key, sliceOf(bytes), options)
  await service.headObject(upload.key, options)
  await service.abortMultipartUpload(upload, options)
  const carried = asked.map(({ request }) =>
    Object.keys(headers)
      .filter((name) => request.headers[name] !== undefined)
      .map((name) => name.replace(/^x-oss-/, '')),
  )
  const key = 'server-side-encryption-customer-key'
  assert.deepEqual(carried, [
    ['content-type', 'meta-a', 'forbid-overwrite', key, 'request-payer'],
    [key, 'request-payer', 'traffic-limit'],
    ['request-payer'],
    ['callback', 'forbid-overwrite', 'request-payer'],
    ['content-type', 'meta-a', 'callback', 'forbid-overwrite', key, 'request-payer', 'traffic-limit'],
    [key, 'request-payer'],
    ['request-payer'],
  ])
  assert.equal(asked[0]?.request.headers['x-oss-meta-a'], '\u00c3\u00a9')
  for (const { request } of asked) assert.ok(request.headers['authorization'])
})

test('the answers of a multipart upload are read', async () => {
  const part = (number: number) =>
    `<Part><PartNumber>${number}</PartNumber><LastModified>2026-01-02T03:04:05.000Z</LastModified><ETag>"E${number}"</ETag><HashCrc64ecma>18446744073709551615</HashCrc64ecma><Size>5</Size></Part>`
  const { service, asked } = scriptedService(({ request, query }) => {
    if (query.has('uploads')) {
      return {
        status: 200,
        body: '<InitiateMultipartUploadResult><UploadId>U1</UploadId></InitiateMultipartUploadResult>',
      }
    }
    if (request.method === 'POST') {
      return {
        status: 200,
        headers: { 'x-oss-hash-crc64ecma': '5', 'x-oss-version-id': 'V' },
        body: ' \n<CompleteMultipartUploadResult><ETag>"E-2"</ETag></CompleteMultipartUploadResult>',
      }
    }
    const more = query.get('part-number-marker') === null
    return {
      status: 200,
      body: `<ListPartsResult><IsTruncated>${more}</IsTruncated><NextPartNumberMarker>${more ? 1 : 2}</NextPartNumberMarker>${part(more ? 1 : 2)}</ListPartsResult>`,
    }
  })
  assert.equal(service.now(), undefined)
  assert.deepEqual(await service.createMultipartUpload('k', plain), {
    uploadId: 'U1',
    initiated: startTime,
    requestId: 'R1',
  })
  assert.equal(service.now(), startTime)
  const first = await service.listParts(upload, 0, plain)
  assert.deepEqual(first, {
    parts: [{ partNumber: 1, etag: 'E1', crc64: '18446744073709551615', size: 5 }],
    nextMarker: 1,
  })
  assert.equal((await service.listParts(upload, 1, plain)).nextMarker, undefined)
  assert.deepEqual(
    await service.completeMultipartUpload(upload, [{ partNumber: 1, etag: 'E1', crc64: '1' }], plain),
    {
      etag: 'E-2',
      crc64: '5',
      versionId: 'V',
      requestId: 'R1',
    },
  )
  assert.match(Buffer.from(asked.at(-1)?.body ?? []).toString(), /<PartNumber>1<\/PartNumber><ETag>"?E1/)
})

test('a success that holds an error, a failed callback and a callback answer are told apart', async () => {
  const run = (answer: { status: number; headers?: Record<string, string>; body: string }) =>
    scriptedService(() => answer).service.completeMultipartUpload(upload, [], plain)
  await assert.rejects(run({ status: 200, body: errorBody('InternalError') }), means('unavailable'))
  await assert.rejects(run({ status: 200, body: errorBody('NoSuchUpload') }), means('upload-gone'))
  await assert.rejects(
    run({ status: 203, body: errorBody('CallbackFailed') }),
    means('callback-failed', /stored/),
  )
  const answered = await run({ ...stored, body: '{"Status":"OK"}' })
  assert.equal(answered.callback, '{"Status":"OK"}')
  assert.equal(answered.etag, 'E1')
  await assert.rejects(run({ status: 200, body: '<CompleteMultipartUploadResult/>' }), means('odd-answer'))
})

test('what does not answer as OSS does is never believed', async () => {
  const page = {
    status: 200,
    headers: { 'x-oss-request-id': undefined as never },
    body: '<html>Log in</html>',
  }
  const { service } = scriptedService(() => page)
  const notOss = means('odd-answer', /does not look like an OSS endpoint/)
  await assert.rejects(service.createMultipartUpload('k', plain), notOss)
  await assert.rejects(service.uploadPart(upload, 1, sliceOf(bytes), sending), notOss)
  await assert.rejects(service.abortMultipartUpload(upload, plain), notOss)
  await assert.rejects(service.headObject('k', plain), notOss)
  const { service: lost } = scriptedService(() => ({ ...page, status: 404 }))
  await assert.rejects(lost.headObject('k', plain), notOss)
  await assert.rejects(lost.uploadPart(upload, 1, sliceOf(bytes), sending), notOss)
})

test('uploads of exactly one key are listed, over all pages of it', async () => {
  const entry = (key: string, id: string) =>
    `<Upload><Key>${key}</Key><UploadId>${id}</UploadId><Initiated>2026-01-02T03:04:05.000Z</Initiated></Upload>`
  const pages = [
    `<IsTruncated>true</IsTruncated><NextKeyMarker>k</NextKeyMarker><NextUploadIdMarker>1</NextUploadIdMarker>${entry('k', '1')}`,
    `<IsTruncated>true</IsTruncated><NextKeyMarker>k2</NextKeyMarker><NextUploadIdMarker>3</NextUploadIdMarker>${entry('k', '2')}${entry('k2', '3')}`,
  ]
  const { service, asked } = scriptedService((_asked, count) => ({
    status: 200,
    body: `<ListMultipartUploadsResult>${pages[count - 1]}</ListMultipartUploadsResult>`,
  }))
  const uploads = await service.listMultipartUploads?.('k', plain)
  assert.deepEqual(
    uploads?.map(({ key, uploadId }) => [key, uploadId]),
    [
      ['k', '1'],
      ['k', '2'],
    ],
  )
  assert.equal(asked.length, 2)
  assert.equal(asked[1]?.query.get('upload-id-marker'), '1')
})

test('transport failures keep their meaning, an abort its reason, a source its own error', async () => {
  const failures: [TransportError['failure'], FailureMeaning][] = [
    ['connect', 'network'],
    ['no-such-host', 'no-such-host'],
    ['untrusted', 'untrusted'],
    ['refused', 'denied'],
    ['reset', 'network'],
    ['stalled', 'stalled'],
    ['garbled', 'odd-answer'],
  ]
  for (const [failure, meaning] of failures) {
    const { service } = scriptedService(() => {
      throw new TransportError(failure, 'It broke')
    })
    await assert.rejects(service.headObject('k', plain), means(meaning, /It broke\./))
  }
  const stop = new AbortController()
  const reason = new Error('stop')
  const { service } = scriptedService(() => {
    stop.abort(reason)
    throw stop.signal.reason
  })
  await assert.rejects(
    service.headObject('k', { headers: {}, signal: stop.signal }),
    (error) => error === reason,
  )
  const changed = new UploadError('source-changed', 'shorter now')
  const slice = { start: 0, size: 5, pump: async () => Promise.reject(changed) }
  await assert.rejects(
    scriptedService(() => stored).service.uploadPart(upload, 1, slice, sending),
    (error) => error === changed,
  )
})

test('wrong names and headers are refused before anything is sent', async () => {
  const { service, asked } = scriptedService(() => stored)
  const refused = (error: unknown) => error instanceof UploadError && error.code === 'invalid-argument'
  await assert.rejects(service.createMultipartUpload('/k', plain), refused)
  await assert.rejects(
    service.putObject('k', sliceOf(bytes), { ...sending, headers: { host: 'x' } }),
    refused,
  )
  assert.equal(asked.length, 0)
  assert.throws(() => scriptedService(() => stored, { bucket: 'A' }), refused)
  assert.throws(
    () => scriptedService(() => stored, { endpoint: 'https://oss-accelerate.aliyuncs.com' }),
    refused,
  )
  assert.ok(
    scriptedService(() => stored, {
      endpoint: 'https://oss-accelerate.aliyuncs.com',
      signatureVersion: 'v1',
    }),
  )
})

test('a clock that is off is corrected from the answer once, then denied', async () => {
  const serviceTime = startTime + 26 * 3_600_000
  const skewed = {
    status: 403,
    headers: { date: new Date(serviceTime).toUTCString() },
    body: errorBody(
      'RequestTimeTooSkewed',
      `<ServerTime>${new Date(serviceTime).toISOString()}</ServerTime>`,
    ),
  }
  const { service, asked } = scriptedService(() => skewed)
  await assert.rejects(
    service.listParts(upload, 0, plain),
    means('clock-skew', /clock is off by -1560 minutes/),
  )
  await assert.rejects(service.listParts(upload, 0, plain), means('denied', /clock/))
  assert.match(asked[0]?.request.headers['x-oss-date'] ?? '', /^20260102T030405Z$/)
  assert.match(asked[1]?.request.headers['x-oss-date'] ?? '', /^20260103T050405Z$/)
})

test('sixteen requests with an old key cost one refresh, and all may be tried again', async () => {
  let given = 0
  const source = async () => {
    given += 1
    return { accessKeyId: `id${given}`, accessKeySecret: `hidden${given}` }
  }
  const { service } = scriptedService(
    ({ request }) =>
      request.headers['authorization']?.includes('id1/')
        ? { status: 403, body: errorBody('SecurityTokenExpired') }
        : stored,
    { source },
  )
  const parts = Array.from({ length: 16 }, (_, index) =>
    service.uploadPart(upload, index + 1, sliceOf(bytes), sending),
  )
  for (const part of parts) part.catch(() => {})
  for (const part of parts) await assert.rejects(part, means('credentials-rejected'))
  assert.equal(given, 2)
  await service.uploadPart(upload, 1, sliceOf(bytes), sending)
  assert.equal(given, 2)
})

test('a refused key that cannot be replaced is denied; a missing permission never asks for another key', async () => {
  let given = 0
  const source = () => {
    given += 1
    return { accessKeyId: 'id', accessKeySecret: 'hidden' }
  }
  const refuse = (code: string) =>
    scriptedService(() => ({ status: 403, body: errorBody(code) }), { source }).service
  await assert.rejects(
    refuse('InvalidAccessKeyId').listParts(upload, 0, plain),
    means('denied', /access key id/),
  )
  assert.equal(given, 2)
  await assert.rejects(refuse('AccessDenied').listParts(upload, 0, plain), means('denied', /permission/))
  assert.equal(given, 3)
  const { service } = scriptedService(() => ({ status: 403, body: errorBody('InvalidAccessKeyId') }))
  await assert.rejects(service.listParts(upload, 0, plain), means('denied'))
})

test('after a reset in the body one request without a body learns the cause', async () => {
  const cases: [string, FailureMeaning][] = [
    ['SignatureDoesNotMatch', 'denied'],
    ['NoSuchUpload', 'upload-gone'],
    ['NoSuchBucket', 'bucket-missing'],
    ['AccessDenied', 'network'],
    ['InternalError', 'network'],
  ]
  for (const [code, meaning] of cases) {
    const { service, asked } = scriptedService(({ request }) => {
      if (request.method === 'PUT') throw new TransportError('reset', 'It broke', { bodyBytesSent: 100 })
      return { status: 403, body: errorBody(code) }
    })
    await assert.rejects(service.uploadPart(upload, 3, sliceOf(bytes), sending), means(meaning))
    assert.deepEqual(
      asked.map(({ request }) => request.method),
      ['PUT', 'GET'],
    )
    assert.equal(asked[1]?.query.get('max-parts'), '1')
  }
})

test('after a reset the same part asks first; a small part before that, and other parts, do not', async () => {
  let broken = false
  const { service, asked } = scriptedService(({ request }) => {
    if (request.method === 'PUT' && !broken) {
      broken = true
      throw new TransportError('reset', 'It broke', { bodyBytesSent: 0 })
    }
    return stored
  })
  await assert.rejects(service.uploadPart(upload, 3, sliceOf(bytes), sending), means('network'))
  await service.uploadPart(upload, 4, sliceOf(bytes), sending)
  await service.uploadPart(upload, 3, sliceOf(bytes), sending)
  await service.uploadPart(upload, 3, sliceOf(bytes), sending)
  assert.deepEqual(
    asked.map(({ options }) => options.expectContinue ?? false),
    [false, false, true, false],
  )
})

test('a large body asks first until one was taken, and never again where that is not understood', async () => {
  const large = Buffer.alloc(1024 * 1024)
  const { service, asked } = scriptedService(() => stored)
  for (let part = 1; part <= 2; part += 1)
    await service.uploadPart(upload, part, sliceOf(large, 1 << 20), sending)
  assert.deepEqual(
    asked.map(({ options }) => options.expectContinue ?? false),
    [true, false],
  )
  const old = scriptedService((_asked, count) => (count === 1 ? { status: 417 } : stored))
  await assert.rejects(
    old.service.uploadPart(upload, 1, sliceOf(large, 1 << 20), sending),
    means('unavailable'),
  )
  await old.service.uploadPart(upload, 1, sliceOf(large, 1 << 20), sending)
  assert.deepEqual(
    old.asked.map(({ options }) => options.expectContinue ?? false),
    [true, false],
  )
})

test('a reset of a PutObject is looked into by HEAD, where a missing object is no cause', async () => {
  for (const [headers, meaning] of [
    [{ 'x-oss-ec': '0026-00000001' }, 'network'],
    [{ 'x-oss-err': Buffer.from(errorBody('NoSuchBucket')).toString('base64') }, 'bucket-missing'],
  ] as const) {
    const { service, asked } = scriptedService(({ request }) => {
      if (request.method === 'PUT') throw new TransportError('reset', 'It broke', { bodyBytesSent: 100 })
      return { status: 404, headers }
    })
    await assert.rejects(service.putObject('k', sliceOf(bytes), sending), means(meaning))
    assert.deepEqual(
      asked.map(({ request }) => request.method),
      ['PUT', 'HEAD'],
    )
  }
})

test('patience and progress are passed on', async () => {
  const { service, asked } = scriptedService(() => stored)
  const onSent = () => {}
  await service.uploadPart(upload, 1, sliceOf(bytes), { ...sending, onSent, patience: 4 })
  assert.equal(asked[0]?.options.patience, 4)
  assert.equal(asked[0]?.options.onSent, onSent)
  assert.equal(asked[0]?.options.signal, signal)
})

test('the bucket client asks for ranges and pages', async () => {
  const { ossOptions, asked } = scriptedService(({ query }) => {
    if (query.has('list-type')) {
      return {
        status: 200,
        body: '<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>T</NextContinuationToken><KeyCount>0</KeyCount></ListBucketResult>',
      }
    }
    return {
      status: 206,
      headers: {
        etag: '"E"',
        'content-length': '2',
        'content-range': 'bytes 3-4/10',
        'last-modified': new Date(startTime).toUTCString(),
      },
      body: 'ab',
    }
  })
  const client = createBucketClient(ossOptions)
  const { info, chunks } = await client.getObject('k', { signal, range: { start: 3, end: 5 } })
  assert.equal(asked[0]?.request.headers['range'], 'bytes=3-4')
  assert.deepEqual([info.size, info.part], [10, { start: 3, end: 5 }])
  let text = ''
  for await (const chunk of chunks) text += Buffer.from(chunk).toString()
  assert.equal(text, 'ab')
  const page = await client.listObjects({ signal, prefix: 'p/' })
  assert.equal(page.nextPage, 'T')
  await client.listObjects({ signal, page: 'T' })
  assert.equal(asked.at(-1)?.query.get('continuation-token'), 'T')
})
