/** Every error that a server can answer, against what is known of the service's own. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeErrorDocument } from '../../src/protocol/errors.js'
import { child, text } from '../../src/protocol/xml.js'
import { MAX_BODY_SIZE } from '../../src/server/receive.js'
import { at, bucket, FACTS, type Fact, type Fields, listing, putting } from './error-facts.js'
import {
  type Ask,
  bytesFrom,
  chunksOf,
  completionOf,
  createWorld,
  documentOf,
  initiate,
  type Reply,
  replyOf,
  START,
  sendPart,
  type World,
  wireOf,
} from './world.js'

/** One world for all: nothing that is refused changes it. */
let made: Promise<{ world: World; uploadId: string; etags: string[]; sequentialId: string }> | undefined

function prepared(): NonNullable<typeof made> {
  made ??= prepare()
  return made
}

async function prepare(): NonNullable<typeof made> {
  const world = await createWorld()
  const put = (key: string, more: Partial<Ask> = {}) =>
    world.expect(200, { method: 'PUT', bucket, key, body: 'content', ...more })
  await put('normal')
  const query = { append: '', position: '0' }
  await world.expect(200, { method: 'POST', bucket, key: 'log', query, body: 'line' })
  for (const [key, target] of [
    ['link', 'normal'],
    ['dangling', 'nothing'],
    ['twice', 'link'],
  ] as const) {
    await put(key, { query: { symlink: '' }, headers: { 'x-oss-symlink-target': target }, body: '' })
  }
  const uploadId = await initiate(world, 'large')
  const etags: string[] = []
  for (const number of [1, 2]) {
    etags.push(await sendPart(world, { key: 'large', uploadId }, number, bytesFrom(number, 10)))
  }
  const opened = { method: 'POST', bucket, key: 'row', query: { uploads: '', sequential: '' } }
  const sequentialId = text(documentOf(await world.expect(200, opened)), 'UploadId') ?? ''
  await sendPart(world, { key: 'row', uploadId: sequentialId }, 1, bytesFrom(3, 10))
  return { world, uploadId, etags, sequentialId }
}

/** Here nobody told us the number: none is better than a wrong one. docs/compatibility.md has the same list. */
const UNKNOWN: readonly Fact[] = [
  [
    'a body too large',
    putting({ 'content-length': String(MAX_BODY_SIZE + 1) }),
    '400 EntityTooLarge',
    undefined,
  ],
  [
    'a range',
    at('normal', { headers: { range: 'bytes=7-', 'x-oss-range-behavior': 'standard' } }),
    '416 InvalidRange',
    undefined,
  ],
  [
    'max-parts',
    at('large', { query: { uploadId: 'x', 'max-parts': '0' } }),
    '400 InvalidArgument',
    undefined,
  ],
  ['max-uploads', listing({ uploads: '', 'max-uploads': '0' }), '400 InvalidArgument', undefined],
  ['no lifecycle', { query: { lifecycle: '' } }, '404 NoSuchLifecycle', undefined],
  ['a question of CORS', { method: 'OPTIONS', signed: 'not' }, '400 BadRequest', undefined],
  [
    'an object that is there, at Initiate',
    { method: 'POST', key: 'normal', query: { uploads: '' }, headers: { 'x-oss-forbid-overwrite': 'true' } },
    '409 FileAlreadyExists',
    undefined,
  ],
  ['what is not done', { method: 'PUT', query: { website: '' } }, '501 NotImplemented', undefined],
]

for (const [what, ask, answer, ec, fields] of [...FACTS, ...UNKNOWN]) {
  test(`${what}: ${answer}, ${ec ?? 'no number'}`, async () => {
    const { world } = await prepared()
    const { bucket: named = bucket, ...rest } = ask
    const asked: Ask = { method: 'GET', ...(named === '' ? {} : { bucket: named }), ...rest }
    check(await world.ask(asked), answer, ec, fields)
  })
}

/** Also what every error has. */
function check(reply: Reply, answer: string, ec: string | undefined, fields: Fields = {}): void {
  const root = documentOf(reply)
  assert.equal(`${reply.status} ${text(root, 'Code')}`, answer, reply.text)
  assert.equal(reply.headers['x-oss-ec'], ec)
  assert.equal(text(root, 'EC'), ec)
  const help = ec === undefined ? undefined : `https://api.aliyun.com/troubleshoot?q=${ec}`
  assert.equal(text(root, 'RecommendDoc'), help)
  for (const [name, value] of Object.entries(fields)) assert.equal(text(root, name), value, name)
  assert.match(reply.headers['x-oss-request-id'] ?? '', /^[0-9A-F]{24}$/)
  assert.equal(text(root, 'RequestId'), reply.headers['x-oss-request-id'])
  assert.equal(reply.headers['server'], 'AliyunOSS')
  assert.match(reply.headers['x-oss-server-time'] ?? '', /^\d+$/)
  assert.equal(Date.parse(reply.headers['date'] ?? ''), START)
  assert.ok((text(root, 'Message') ?? '') !== '')
  assert.ok(child(root, 'HostId'))
}

test('uploads: what is wrong with a part or a list has its number and its fields', async () => {
  const { world, uploadId, etags, sequentialId } = await prepared()
  const [first = '', second = ''] = etags
  const part = (query: Fields): Partial<Ask> => ({ method: 'PUT', key: 'large', query, body: 'x' })
  const complete = (body: string, headers: Fields = {}): Partial<Ask> => ({
    method: 'POST',
    key: 'large',
    query: { uploadId },
    headers,
    body,
  })
  const one = { partNumber: 1, etag: first }
  const two = { partNumber: 2, etag: second }
  const order =
    'The list of parts was not in ascending order. Parts list must specified in order by part number.'
  const facts: readonly Fact[] = [
    [
      'no number',
      part({ uploadId }),
      '400 InvalidArgument',
      '0017-00000219',
      { ArgumentValue: 'partNumber' },
    ],
    [
      'a number',
      part({ uploadId, partNumber: '10001' }),
      '400 InvalidArgument',
      '0017-00000220',
      { ArgumentValue: '10001' },
    ],
    [
      'no upload',
      part({ uploadId: 'x', partNumber: '1' }),
      '404 NoSuchUpload',
      '0042-00000104',
      { UploadId: 'x' },
    ],
    [
      'no upload to list',
      at('large', { query: { uploadId: 'x' } }),
      '404 NoSuchUpload',
      '0042-00000002',
      { UploadId: 'x' },
    ],
    [
      'no upload to complete',
      { ...complete(completionOf([one])), query: { uploadId: 'x' } },
      '404 NoSuchUpload',
      undefined,
    ],
    [
      'no upload to abort',
      { method: 'DELETE', key: 'large', query: { uploadId: 'x' } },
      '404 NoSuchUpload',
      '0042-00000002',
    ],
    ['a list', complete('<x/>'), '400 MalformedXML', '0042-00000205'],
    [
      'an order',
      complete(completionOf([two, one])),
      '400 InvalidPartOrder',
      '0042-00000209',
      { Message: order },
    ],
    [
      'a small part',
      complete(completionOf([one, two])),
      '400 EntityTooSmall',
      '0042-00000213',
      { PartNumber: '1' },
    ],
    [
      'both',
      complete(completionOf([one]), { 'x-oss-complete-all': 'yes' }),
      '400 InvalidArgument',
      '0042-00000216',
    ],
    [
      'an ETag',
      complete(completionOf([{ ...one, etag: 'undefined' }])),
      '400 InvalidPart',
      undefined,
      { ETag: 'undefined', PartNumber: '1', UploadId: uploadId },
    ],
    [
      'a part twice, in a row',
      { method: 'PUT', key: 'row', query: { uploadId: sequentialId, partNumber: '1' }, body: 'x' },
      '409 PartAlreadyExist',
      '0042-00000108',
      { PartNumber: '1' },
    ],
    [
      'a part too early, in a row',
      { method: 'PUT', key: 'row', query: { uploadId: sequentialId, partNumber: '3' }, body: 'x' },
      '400 PartNotSequential',
      undefined,
    ],
  ]
  for (const [, ask, answer, ec, fields] of facts) {
    check(await world.ask({ method: 'GET', bucket, ...ask }), answer, ec, fields)
  }
})

test('a body without a length, and a name of other bytes than text', async () => {
  const { world } = await prepared()
  const { target, headers } = wireOf({ method: 'PUT', bucket, key: 'new', body: 'x' }, world.clock.time)
  const { 'content-length': _, ...bare } = headers
  const body = () => chunksOf(new Uint8Array(1))
  const put = { method: 'PUT', headers: bare }
  check(
    await replyOf(await world.handler({ ...put, target, body: body() })),
    '411 MissingContentLength',
    '0017-00000101',
  )
  const odd = await replyOf(await world.handler({ ...put, target: `/${bucket}/%ff`, body: body() }))
  check(odd, '400 InvalidObjectName', '0016-00000004')
  const broken = await replyOf(await world.handler({ ...put, target: `/${bucket}/%f`, body: body() }))
  check(broken, '400 InvalidArgument', undefined)
})

test('a clock that is wrong is told the right time, in the document and in the header', async () => {
  const { world } = await prepared()
  const reply = await world.ask({ method: 'GET', bucket, aheadMs: -16 * 60 * 1000 })
  check(reply, '403 RequestTimeTooSkewed', '0002-00000504', {
    MaxAllowedSkewMilliseconds: '900000',
    RequestTime: new Date(START - 16 * 60 * 1000).toISOString(),
    ServerTime: new Date(START).toISOString(),
  })
})

test('an answer to HEAD says in two headers what the document would', async () => {
  const { world } = await prepared()
  for (const [key, headers, code, ec] of [
    ['absent', {}, 'NoSuchKey', '0026-00000001'],
    ['twice', {}, 'InvalidTargetType', '0026-00000011'],
    ['dangling', {}, 'SymlinkTargetNotExist', '0026-00000012'],
    ['normal', { 'if-match': '"x"' }, 'PreconditionFailed', '0017-00001001'],
  ] as const) {
    const reply = await world.ask({ method: 'HEAD', bucket, key, headers })
    assert.equal(reply.bytes.length, 0)
    const said = decodeErrorDocument(
      reply.status,
      { 'x-oss-err': reply.headers['x-oss-err'] ?? '' },
      reply.bytes,
    )
    assert.deepEqual([said.code, said.ec, reply.headers['x-oss-ec']], [code, ec, ec])
    assert.equal(said.requestId, reply.headers['x-oss-request-id'])
  }
})
