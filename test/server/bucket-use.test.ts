/** Settings of a bucket that change what is done with its objects: encryption, hotlink protection, who pays. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { child, children, text } from '../../src/protocol/xml.js'
import { begins } from '../../src/server/referer.js'
import { field, inBoth } from './both.js'
import { formAsk, signedV1 } from './forms.js'
import { type Ask, codeOf, createWorld, documentOf, type World } from './world.js'

const bucket = 'examplebucket'
const METHOD = 'x-oss-server-side-encryption'
const KEY = `${METHOD}-key-id`
const DATA = 'x-oss-server-side-data-encryption'

const set = (world: World, query: string, body: string) =>
  world.ask({ method: 'PUT', bucket, query: { [query]: '' }, body })
const get = (query: string): Ask => ({ method: 'GET', bucket, query: { [query]: '' } })

const rule = (inner: string): string =>
  `<ServerSideEncryptionRule><ApplyServerSideEncryptionByDefault>${inner}</ApplyServerSideEncryptionByDefault></ServerSideEncryptionRule>`
const algorithm = (name: string, more = ''): string => rule(`<SSEAlgorithm>${name}</SSEAlgorithm>${more}`)

async function encryptionOf(world: World, name = bucket): Promise<(string | undefined)[]> {
  const info = documentOf(await world.expect(200, { ...get('bucketInfo'), bucket: name }))
  const told = child(child(info, 'Bucket') ?? info, 'ServerSideEncryptionRule')
  return ['SSEAlgorithm', 'KMSMasterKeyID', 'KMSDataEncryption'].map((each) => told && text(told, each))
}

inBoth('a rule of encryption is told, and followed by every object that names none', async (world) => {
  const query = { encryption: '' }
  assert.equal(codeOf(await world.expect(404, get('encryption'))), 'NoSuchServerSideEncryptionRule')
  assert.deepEqual(await encryptionOf(world), ['None', undefined, undefined])
  await world.expect(200, { method: 'PUT', bucket, key: 'before', body: 'x' })
  for (const [put, told] of [
    [algorithm('SM4'), ['SM4', undefined, undefined]],
    [algorithm('AES256', '<KMSDataEncryption>SM4</KMSDataEncryption>'), ['AES256', undefined, undefined]],
    [algorithm('KMS', '<KMSMasterKeyID></KMSMasterKeyID>'), ['KMS', undefined, undefined]],
    [
      algorithm('KMS', '<KMSMasterKeyID>123</KMSMasterKeyID><KMSDataEncryption>SM4</KMSDataEncryption>'),
      ['KMS', '123', 'SM4'],
    ],
  ] as const) {
    assert.equal((await set(world, 'encryption', put)).status, 200)
    assert.deepEqual(await encryptionOf(world), told)
    const document = documentOf(await world.expect(200, get('encryption')))
    const applied = child(document, 'ApplyServerSideEncryptionByDefault')
    assert.equal(applied && text(applied, 'SSEAlgorithm'), told[0])
  }

  const copy = { 'x-oss-copy-source': `/${bucket}/before` }
  const asks: Ask[] = [
    { method: 'PUT', bucket, key: 'put', body: 'x' },
    { method: 'PUT', bucket, key: 'copied', headers: copy },
    { method: 'POST', bucket, key: 'appended', query: { append: '', position: '0' }, body: 'x' },
    { method: 'POST', bucket, key: 'in-parts', query: { uploads: '' } },
  ]
  for (const ask of asks) {
    const { headers } = await world.expect(200, ask)
    assert.deepEqual([headers[METHOD], headers[KEY], headers[DATA]], ['KMS', '123', 'SM4'], ask.key)
  }
  await world.expect(204, formAsk({ fields: [['key', 'posted'], ...signedV1()], content: 'x' }))
  for (const key of ['put', 'copied', 'appended', 'posted']) {
    const { headers } = await world.expect(200, { method: 'HEAD', bucket, key })
    assert.equal(headers[METHOD], 'KMS', key)
  }
  const own = await world.expect(200, {
    method: 'PUT',
    bucket,
    key: 'own',
    body: 'x',
    headers: { [METHOD]: 'AES256' },
  })
  assert.deepEqual(
    [own.headers[METHOD], own.headers[KEY], own.headers[DATA]],
    ['AES256', undefined, undefined],
  )
  const self = { 'x-oss-copy-source': `/${bucket}/put`, [METHOD]: 'SM4' }
  const changed = await world.expect(200, { method: 'PUT', bucket, key: 'put', headers: self })
  assert.deepEqual([changed.headers[METHOD], changed.headers[KEY]], ['SM4', undefined])

  for (const _ of [1, 2]) await world.expect(204, { method: 'DELETE', bucket, query })
  await world.expect(404, get('encryption'))
  assert.equal(
    (await world.expect(200, { method: 'PUT', bucket, key: 'k', body: 'x' })).headers[METHOD],
    undefined,
  )
  const before = await world.expect(200, { method: 'HEAD', bucket, key: 'before' })
  assert.equal(before.headers[METHOD], undefined, 'what was there stays as it is')
})

test('a bucket can be made with a rule of encryption; rules that mean nothing are refused', async () => {
  const world = await createWorld()
  const headers = { [METHOD]: 'KMS', [KEY]: 'my-key', [DATA]: 'SM4' }
  await world.expect(200, { method: 'PUT', bucket: 'encrypted', headers })
  assert.deepEqual(await encryptionOf(world, 'encrypted'), ['KMS', 'my-key', 'SM4'])
  const wrong = await world.expect(400, {
    method: 'PUT',
    bucket: 'otherbucket',
    headers: { [METHOD]: 'DES' },
  })
  assert.equal(codeOf(wrong), 'InvalidEncryptionAlgorithmError')
  for (const [put, code] of [
    [algorithm('random'), 'InvalidEncryptionAlgorithmError'],
    [algorithm('AES256', '<KMSMasterKeyID>k</KMSMasterKeyID>'), 'InvalidArgument'],
    [rule(''), 'MalformedXML'],
    ['<ServerSideEncryptionRule/>', 'MalformedXML'],
  ] as const) {
    assert.equal(codeOf(await set(world, 'encryption', put)), code)
  }
  await world.expect(404, { ...get('bucketInfo'), bucket: 'otherbucket' })
})

const referers = (inner: string, allowEmpty = false): string =>
  `<RefererConfiguration><AllowEmptyReferer>${allowEmpty}</AllowEmptyReferer>${inner}</RefererConfiguration>`
const list = (...all: string[]): string =>
  `<RefererList>${all.map((each) => `<Referer>${each}</Referer>`).join('')}</RefererList>`
const black = (...all: string[]): string => list(...all).replaceAll('RefererList', 'RefererBlacklist')

inBoth('who may refer to objects is told as it was set', async (world) => {
  const told = async () => {
    const root = documentOf(await world.expect(200, get('referer')))
    const flags = ['AllowEmptyReferer', 'AllowTruncateQueryString', 'TruncatePath'].map((each) =>
      text(root, each),
    )
    const lists = ['RefererList', 'RefererBlacklist'].map((each) => {
      const found = child(root, each)
      return found && children(found, 'Referer').map((referer) => referer.text)
    })
    return [...flags, ...lists]
  }
  assert.deepEqual(await told(), ['true', 'true', 'false', [], undefined])
  const full = `<AllowTruncateQueryString>false</AllowTruncateQueryString><TruncatePath>true</TruncatePath>${list('http://a.com', '中文+referer')}${black('http://b.com')}`
  assert.equal((await set(world, 'referer', referers(full))).status, 200)
  assert.deepEqual(await told(), [
    'false',
    'false',
    'true',
    ['http://a.com', '中文+referer'],
    ['http://b.com'],
  ])
  assert.equal((await set(world, 'referer', referers(list(''), true))).status, 200)
  assert.deepEqual(await told(), ['true', 'true', 'false', [], undefined])
  for (const wrong of [
    '<RefererConfiguration/>',
    referers('<TruncatePath>perhaps</TruncatePath>'),
    '<Other/>',
  ]) {
    assert.equal(codeOf(await set(world, 'referer', wrong)), 'MalformedXML')
  }
})

test('a Referer that is not let in is refused, unless the request is signed in a header', async () => {
  const world = await createWorld()
  const headers = { 'x-oss-object-acl': 'public-read' }
  await world.expect(200, { method: 'PUT', bucket, key: 'k', body: 'x', headers })
  const ask = (referer: string | undefined, signed: Ask['signed'], method = 'GET') =>
    world.ask({
      method,
      bucket,
      key: 'k',
      ...(signed ? { signed } : {}),
      headers: referer ? { referer } : {},
    })
  const ecOf = async (referer?: string, signed: Ask['signed'] = 'not') => {
    const reply = await ask(referer, signed)
    if (reply.status === 200) return 'in'
    assert.deepEqual([reply.status, codeOf(reply)], [403, 'AccessDenied'])
    assert.equal(field(reply, 'Message'), 'You are denied by bucket referer policy.')
    return reply.headers['x-oss-ec']
  }
  await set(world, 'referer', referers(list('http://*.aliyun.com') + black('http://bad.aliyun.com')))
  for (const signed of ['not', 'v1-url', 'v4-url'] as const) {
    assert.equal(await ecOf(undefined, signed), '0003-00000501')
    assert.equal(await ecOf('http://bad.aliyun.com/x', signed), '0003-00000502')
    assert.equal(await ecOf('http://www.other.com/', signed), '0003-00000503')
    assert.equal(await ecOf('http://www.aliyun.com/123?a=b', signed), 'in')
  }
  for (const signed of ['v1', 'v4'] as const) assert.equal(await ecOf('http://www.other.com/', signed), 'in')
  assert.equal((await ask('http://www.other.com/', 'v4-url', 'HEAD')).status, 403)
  const list2 = await world.ask({ method: 'GET', bucket, signed: 'v4-url' })
  assert.equal(list2.status, 200, 'objects are protected, not the bucket')

  await set(world, 'referer', referers(''))
  assert.equal(await ecOf(), 'in', 'without a list nobody is asked for one')
  await set(world, 'referer', referers(list('http://a.com'), true))
  assert.equal(await ecOf(), 'in')
  assert.equal(await ecOf('http://b.com'), '0003-00000503')
  const query = '<AllowTruncateQueryString>false</AllowTruncateQueryString>'
  await set(world, 'referer', referers(`${query}${black('*?secret')}`, true))
  assert.equal(await ecOf('http://a.com/?secret'), '0003-00000502')
  await set(world, 'referer', referers(black('*/?*secret'), true))
  assert.equal(await ecOf('http://a.com/?secret'), 'in', 'its query is cut off')
  await set(world, 'referer', referers(`<TruncatePath>true</TruncatePath>${black('*evil*')}`, true))
  assert.equal(await ecOf('http://a.com/evil'), 'in', 'its path is cut off')
})

test('a referer begins as a pattern says', () => {
  for (const [text, pattern, expected] of [
    ['http://www.aliyun.com/123', 'http://www.aliyun.com', true],
    ['http://www.aliyun.com.cn', 'HTTP://WWW.aliyun.com', true],
    ['https://www.aliyun.com/', 'http://www.aliyun.com', false],
    ['https://www.aliyun.com/', '*www.aliyun.com/', true],
    ['http://help.aliyun.com', 'http://????.aliyun.com', true],
    ['http://helps.aliyun.com', 'http://????.aliyun.com', false],
    ['http://a.b', 'http://a.bc', false],
    ['', 'a', false],
    [`${'a'.repeat(5000)}b`, `${'*a'.repeat(500)}c`, false],
  ] as const) {
    assert.equal(begins(text, pattern), expected, `${text.slice(0, 40)} ~ ${pattern.slice(0, 40)}`)
  }
})

inBoth('where the requester pays, nobody comes without a name', async (world) => {
  const payer = async () => field(await world.expect(200, get('requestPayment')), 'Payer')
  const put = (who: string) =>
    set(
      world,
      'requestPayment',
      `<RequestPaymentConfiguration><Payer>${who}</Payer></RequestPaymentConfiguration>`,
    )
  assert.equal(await payer(), 'BucketOwner')
  await world.expect(200, {
    method: 'PUT',
    bucket,
    query: { acl: '' },
    headers: { 'x-oss-acl': 'public-read' },
  })
  await world.expect(200, { method: 'PUT', bucket, key: 'k', body: 'x' })
  const open: Ask = { method: 'GET', bucket, key: 'k', signed: 'not' }
  await world.expect(200, open)
  assert.equal((await put('Requester')).status, 200)
  assert.equal(await payer(), 'Requester')
  for (const ask of [open, { ...open, method: 'HEAD' }, { method: 'GET', bucket, signed: 'not' } as Ask]) {
    assert.equal((await world.ask(ask)).status, 403)
  }
  await world.expect(200, { ...open, signed: 'v4' })
  assert.equal(codeOf(await put('Somebody')), 'MalformedXML')
  assert.equal((await put('BucketOwner')).status, 200)
  await world.expect(200, open)
})

inBoth('transfer acceleration is told as it was set', async (world) => {
  assert.equal(
    codeOf(await world.expect(404, get('transferAcceleration'))),
    'NoSuchTransferAccelerationConfiguration',
  )
  for (const enabled of ['true', 'false']) {
    const body = `<TransferAccelerationConfiguration><Enabled>${enabled}</Enabled></TransferAccelerationConfiguration>`
    assert.equal((await set(world, 'transferAcceleration', body)).status, 200)
    assert.equal(field(await world.expect(200, get('transferAcceleration')), 'Enabled'), enabled)
    const info = field(await world.expect(200, get('bucketInfo')), 'TransferAcceleration')
    assert.equal(info, enabled === 'true' ? 'Enabled' : 'Disabled')
  }
  const query = { transferAcceleration: '' }
  for (const _ of [1, 2]) await world.expect(204, { method: 'DELETE', bucket, query })
  await world.expect(404, get('transferAcceleration'))
})
