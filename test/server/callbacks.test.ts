/** Callbacks, with a sender given in: when they are sent, what they say, and what becomes of their answers. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc64 } from '../../src/checksum/index.js'
import { type Callback, encodeCallback, FORM_BODY, JSON_BODY } from '../../src/protocol/callback.js'
import { text } from '../../src/protocol/xml.js'
import { CallbackFailure, type CallbackRequest, type SendCallback } from '../../src/server/exchange.js'
import { formAsk, signedV1 } from './forms.js'
import {
  type Ask,
  bytesFrom,
  codeOf,
  completionOf,
  createWorld,
  documentOf,
  initiate,
  type Reply,
  sendPart,
  type World,
} from './world.js'

/** Variables of OSS, written `<name>` here, since the linter takes their own form for a mistake. */
const withVariables = (body: string) => body.replace(/<([^>]*)>/g, (_, name: string) => `\${${name}}`)

const bucket = 'examplebucket'
const key = 'dir/a b.txt'
const url = 'http://127.0.0.1:1/done'
const SYSTEM = ['bucket', 'object', 'etag', 'size', 'mimeType', 'crc64', 'contentMd5', 'reqId', 'operation']
const BODY = withVariables([...SYSTEM, 'x:own'].map((name) => `${name}=<${name}>`).join('&'))

const callback = (changes: Partial<Callback> = {}): Callback => ({
  urls: [url],
  body: BODY,
  bodyType: FORM_BODY,
  variables: { 'x:own': 'mine' },
  ...changes,
})

function headersOf(wanted: Callback): Record<string, string> {
  const { callback: header, variables } = encodeCallback(wanted)
  return { 'x-oss-callback': header, 'x-oss-callback-var': variables }
}

interface Called {
  readonly world: World
  readonly calls: CallbackRequest[]
}

/** By default every callee is content. */
async function withCallee(answer: SendCallback = async () => json('{"ok":true}')): Promise<Called> {
  const calls: CallbackRequest[] = []
  const world = await createWorld({
    sendCallback(request) {
      calls.push(request)
      return answer(request)
    },
  })
  return { world, calls }
}

const json = (body: string, status = 200) => ({ status, body: new TextEncoder().encode(body) })

const put = (wanted: Callback, changes: Partial<Ask> = {}): Ask => ({
  method: 'PUT',
  bucket,
  key,
  body: 'hello',
  headers: { 'content-type': 'text/x', ...headersOf(wanted) },
  ...changes,
})

/** Each of the three operations, asked for with this callback. */
const uploads: readonly (readonly [string, (world: World, wanted: Callback) => Promise<Reply>])[] = [
  ['PutObject', (world, wanted) => world.ask(put(wanted))],
  [
    'PostObject',
    (world, wanted) => {
      const { callback: field } = encodeCallback(wanted)
      const variables = Object.entries(wanted.variables)
      const fields = [['key', key], ['callback', field], ...variables, ...signedV1()] as const
      return world.ask(formAsk({ fields, content: 'hello', file: { filename: 'f', contentType: 'text/x' } }))
    },
  ],
  [
    'CompleteMultipartUpload',
    async (world, wanted) => {
      const uploadId = await initiate(world, key, { 'content-type': 'text/x' })
      const etag = await sendPart(world, { key, uploadId }, 1, Buffer.from('hello'))
      const body = completionOf([{ partNumber: 1, etag }])
      return world.ask({ method: 'POST', bucket, key, query: { uploadId }, body, headers: headersOf(wanted) })
    },
  ],
]

for (const [operation, upload] of uploads) {
  test(`${operation} tells of what is stored, and gives the callee's answer`, async () => {
    const stored: boolean[] = []
    const { world, calls } = await withCallee(async () => {
      stored.push((await world.ask({ method: 'GET', bucket, key })).text === 'hello')
      return json('{"Status":"Ok"}')
    })
    const reply = await upload(world, callback())
    assert.equal(reply.status, 200, reply.text)
    assert.equal(reply.text, '{"Status":"Ok"}')
    assert.equal(reply.headers['content-type'], 'application/json')
    assert.equal(reply.headers['x-oss-hash-crc64ecma'], crc64(Buffer.from('hello')).toString())
    assert.deepEqual(stored, [true])
    const [call, ...others] = calls
    assert.deepEqual(others, [])
    assert.equal(call?.contentType, FORM_BODY)
    assert.equal(call?.url, url)
    const md5 = operation === 'CompleteMultipartUpload' ? '' : 'XUFAKrxLKna5cZ2REBfFkg=='
    assert.deepEqual(Object.fromEntries(new URLSearchParams(call?.body)), {
      bucket,
      object: key,
      etag: reply.headers['etag']?.replaceAll('"', ''),
      size: '5',
      mimeType: 'text/x',
      crc64: reply.headers['x-oss-hash-crc64ecma'],
      contentMd5: md5,
      reqId: reply.headers['x-oss-request-id'],
      operation,
      'x:own': 'mine',
    })
  })

  test(`${operation} has stored its object also when the callback fails`, async () => {
    const { world } = await withCallee(async () => json('', 301))
    const reply = await upload(world, callback())
    assert.deepEqual([reply.status, codeOf(reply)], [203, 'CallbackFailed'])
    assert.equal(text(documentOf(reply), 'Message'), 'Error status : 301.')
    assert.equal(reply.headers['x-oss-ec'], '0007-00000203')
    assert.equal((await world.expect(200, { method: 'GET', bucket, key })).text, 'hello')
  })

  test(`${operation} stores nothing when its callback is wrong`, async () => {
    const { world, calls } = await withCallee()
    const reply = await upload(world, callback({ urls: ['ftp://127.0.0.1/'] }))
    assert.deepEqual([reply.status, codeOf(reply)], [400, 'InvalidArgument'])
    assert.equal(reply.headers['x-oss-ec'], '0007-00000004')
    await world.expect(404, { method: 'GET', bucket, key })
    assert.deepEqual(calls, [])
  })
}

test('nobody is called before the object is stored, nor when it is refused', async () => {
  const { world, calls } = await withCallee()
  const wrong = put(callback())
  await world.expect(400, {
    ...wrong,
    headers: { ...wrong.headers, 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' },
  })
  await world.expect(200, { method: 'PUT', bucket, key, body: 'first' })
  await world.expect(409, { ...wrong, headers: { ...wrong.headers, 'x-oss-forbid-overwrite': 'true' } })
  assert.deepEqual(calls, [])
})

test('a callback may stand in the URL, but not in both places', async () => {
  const { world, calls } = await withCallee()
  const { callback: header, variables } = encodeCallback(
    callback({ bodyType: JSON_BODY, body: withVariables('{"o":<object>}') }),
  )
  const query = { callback: header, 'callback-var': variables }
  for (const signed of ['v1-url', 'v4-url', 'v1', 'v4'] as const) {
    const reply = await world.expect(200, { method: 'PUT', bucket, key, body: 'x', query, signed })
    assert.equal(reply.text, '{"ok":true}')
  }
  assert.deepEqual(
    calls.map((call) => call.body),
    Array(4).fill(`{"o":"${key}"}`),
  )
  const both = await world.expect(400, put(callback(), { query }))
  assert.equal(both.headers['x-oss-ec'], '0007-00000027')
})

test('the next address is called when one fails, and the last failure is told', async () => {
  const urls = [1, 2, 3].map((number) => `http://127.0.0.1:${number}/`)
  const answers: Record<string, () => ReturnType<SendCallback>> = {
    [urls[0] ?? '']: async () => json('', 500),
    [urls[1] ?? '']: () => Promise.reject(new CallbackFailure('timed-out', 'late')),
    [urls[2] ?? '']: async () => json('[]'),
  }
  const { world, calls } = await withCallee((request) =>
    (answers[request.url] ?? (async () => json('', 404)))(),
  )
  assert.equal((await world.expect(200, put(callback({ urls })))).text, '[]')
  assert.deepEqual(
    calls.map((call) => call.url),
    urls,
  )
  const failed = await world.expect(203, put(callback({ urls: urls.slice(0, 2) })))
  assert.equal(text(documentOf(failed), 'Message'), 'Cost too long time.')
})

test('each way to fail has its words', async () => {
  const reasons: readonly (readonly [SendCallback, RegExp, string])[] = [
    [async () => json('<ok/>'), /not valid json/, '0007-00000205'],
    [async () => ({ status: 200, body: Uint8Array.of(0xff) }), /not valid json/, '0007-00000205'],
    [async () => json('{}', 204), /^Error status : 204\.$/, '0007-00000203'],
    [() => Promise.reject(new CallbackFailure('unreachable', 'x')), /can not connect/, '0007-00000203'],
    [() => Promise.reject(new CallbackFailure('not-allowed', 'x')), /can not connect/, '0007-00000203'],
    [() => Promise.reject(new CallbackFailure('too-long', 'x')), /too long content-length/, '0007-00000203'],
  ]
  for (const [answer, message, ec] of reasons) {
    const { world } = await withCallee(answer)
    const reply = await world.expect(203, put(callback()))
    assert.match(text(documentOf(reply), 'Message') ?? '', message)
    assert.equal(reply.headers['x-oss-ec'], ec)
    assert.equal(world.log.at(-1)?.code, 'CallbackFailed')
  }
})

test('without a sender a callback is not implemented', async () => {
  const world = await createWorld()
  for (const [, upload] of uploads) {
    const reply = await upload(world, callback())
    assert.deepEqual([reply.status, codeOf(reply)], [501, 'NotImplemented'])
  }
  await world.expect(404, { method: 'GET', bucket, key })
})

test('parts take no notice of a callback', async () => {
  const { world, calls } = await withCallee()
  const uploadId = await initiate(world, key, headersOf(callback()))
  const query = { partNumber: '1', uploadId }
  await world.expect(200, put(callback(), { query, body: bytesFrom(1, 10) }))
  assert.deepEqual(calls, [])
})
