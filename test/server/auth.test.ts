/** Who is let in, and what the others are told. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatHttpDate } from '../../src/protocol/dates.js'
import { presignV4 } from '../../src/protocol/signing.js'
import { text } from '../../src/protocol/xml.js'
import { type Ask, CREDENTIALS, chunksOf, codeOf, createWorld, documentOf, replyOf, wireOf } from './world.js'

const GET: Ask = { method: 'GET', bucket: 'examplebucket', key: 'odd key ü+&=?%41.txt' }
const WAYS = ['v1', 'v4', 'v1-url', 'v4-url'] as const

async function worldWithObject(options: Parameters<typeof createWorld>[0] = {}) {
  const world = await createWorld(options)
  await world.expect(200, { ...GET, method: 'PUT', body: 'hello' })
  return world
}

for (const signed of WAYS) {
  test(`a right ${signed} signature is accepted`, async () => {
    const world = await worldWithObject()
    assert.equal((await world.expect(200, { ...GET, signed })).text, 'hello')
  })

  test(`a ${signed} signature with a wrong secret is refused, with what was signed`, async () => {
    const world = await worldWithObject()
    const credentials = { ...CREDENTIALS, accessKeySecret: 'wrong' }
    const reply = await world.expect(403, { ...GET, signed, credentials })
    const root = documentOf(reply)
    assert.equal(text(root, 'Code'), 'SignatureDoesNotMatch')
    const isV4 = signed.startsWith('v4')
    const ec = isV4 ? '0002-00000201' : '0002-00000040'
    assert.equal(text(root, 'EC'), ec)
    assert.equal(reply.headers['x-oss-ec'], ec)
    assert.equal(text(root, 'OSSAccessKeyId'), 'test-id')
    assert.ok(text(root, 'SignatureProvided'))
    const stringToSign = text(root, 'StringToSign') ?? ''
    assert.ok(stringToSign.startsWith(isV4 ? 'OSS4-HMAC-SHA256\n' : 'GET\n'))
    assert.equal(text(root, 'StringToSignBytes')?.slice(0, 8), isV4 ? '4F 53 53' : '47 45 54')
    assert.equal(
      text(root, 'CanonicalRequest')?.startsWith('GET\n/examplebucket/odd%20key'),
      isV4 ? true : undefined,
    )
  })

  test(`a ${signed} signature of an unknown key id is refused`, async () => {
    const world = await worldWithObject()
    const reply = await world.expect(403, {
      ...GET,
      signed,
      credentials: { ...CREDENTIALS, accessKeyId: 'nobody' },
    })
    assert.equal(codeOf(reply), 'InvalidAccessKeyId')
    assert.equal(reply.headers['x-oss-ec'], '0002-00000902')
  })

  test(`a ${signed} signature for one key does not open another`, async () => {
    const world = await worldWithObject()
    const { target, headers } = wireOf({ ...GET, signed }, world.clock.time)
    const other = target.replace('odd%20key', 'other%20key')
    assert.notEqual(other, target)
    const reply = await replyOf(
      await world.handler({ method: 'GET', target: other, headers, body: chunksOf(new Uint8Array()) }),
    )
    assert.equal(codeOf(reply), 'SignatureDoesNotMatch')
  })

  test(`a ${signed} signature for GET does not delete`, async () => {
    const world = await worldWithObject()
    const { target, headers } = wireOf({ ...GET, signed }, world.clock.time)
    const reply = await replyOf(
      await world.handler({ method: 'DELETE', target, headers, body: chunksOf(new Uint8Array()) }),
    )
    assert.equal(reply.status, 403)
    await world.expect(200, GET)
  })
}

test('an unsigned request is refused', async () => {
  const world = await worldWithObject()
  const reply = await world.expect(403, { ...GET, signed: 'not' })
  assert.equal(codeOf(reply), 'AccessDenied')
  assert.equal(reply.headers['x-oss-ec'], '0003-00000001')
  assert.equal(codeOf(await world.expect(403, { method: 'GET', signed: 'not' })), 'AccessDenied')
})

for (const signed of ['v1', 'v4'] as const) {
  test(`${signed}: fifteen minutes of difference are allowed, a second more is not`, async () => {
    const world = await worldWithObject()
    for (const sign of [1, -1]) {
      await world.expect(200, { ...GET, signed, aheadMs: sign * 900_000 })
      const reply = await world.expect(403, { ...GET, signed, aheadMs: sign * 901_000 })
      const root = documentOf(reply)
      assert.equal(text(root, 'Code'), 'RequestTimeTooSkewed')
      assert.equal(text(root, 'MaxAllowedSkewMilliseconds'), '900000')
      assert.equal(text(root, 'ServerTime'), '2024-01-02T03:04:05.000Z')
      assert.equal(
        text(root, 'RequestTime'),
        sign === 1 ? '2024-01-02T03:19:06.000Z' : '2024-01-02T02:49:04.000Z',
      )
      assert.equal(text(root, 'EC'), '0002-00000504')
      assert.equal(reply.headers['date'], formatHttpDate(world.clock.time))
    }
  })
}

for (const signed of ['v1-url', 'v4-url'] as const) {
  test(`a ${signed} is good until it expires`, async () => {
    const world = await worldWithObject()
    await world.expect(200, { ...GET, signed, aheadMs: -60_000 })
    const reply = await world.expect(403, { ...GET, signed, aheadMs: -61_000 })
    const root = documentOf(reply)
    assert.equal(text(root, 'Code'), 'AccessDenied')
    assert.equal(text(root, 'Message'), 'Request has expired.')
    assert.equal(text(root, 'Expires'), '2024-01-02T03:04:04.000Z')
    assert.equal(text(root, 'ServerTime'), '2024-01-02T03:04:05.000Z')
    assert.equal(text(root, 'EC'), '0002-00000069')
  })
}

test('a V4 URL from more than fifteen minutes ahead is refused', async () => {
  const world = await worldWithObject()
  await world.expect(200, { ...GET, signed: 'v4-url', aheadMs: 900_000 })
  assert.equal(
    codeOf(await world.expect(403, { ...GET, signed: 'v4-url', aheadMs: 901_000 })),
    'RequestTimeTooSkewed',
  )
})

test('a date that is missing or no date is told apart from a skewed one', async () => {
  const world = await worldWithObject()
  for (const signed of ['v1', 'v4'] as const) {
    const { target, headers } = wireOf({ ...GET, signed }, world.clock.time)
    for (const date of [undefined, 'yesterday']) {
      const changed = Object.fromEntries(
        Object.entries(headers).filter(([name]) => !/^(x-oss-)?date$/.test(name)),
      )
      if (date !== undefined) changed[signed === 'v1' ? 'date' : 'x-oss-date'] = date
      const reply = await replyOf(
        await world.handler({ method: 'GET', target, headers: changed, body: chunksOf(new Uint8Array()) }),
      )
      assert.equal(codeOf(reply), 'AccessDenied')
      assert.equal(reply.headers['x-oss-ec'], date === undefined ? '0002-00000503' : '0002-00000502')
    }
  }
})

for (const signed of ['v4', 'v4-url'] as const) {
  test(`${signed}: a signature for another region is refused with its own error`, async () => {
    const world = await worldWithObject()
    const reply = await world.expect(400, { ...GET, signed, region: 'cn-beijing' })
    assert.equal(codeOf(reply), 'InvalidArgument')
    const words =
      signed === 'v4'
        ? 'Invalid signing region in Authorization header.'
        : 'The signing region in credential is invalid.'
    assert.equal(text(documentOf(reply), 'Message'), words)
    assert.deepEqual(codeOf(await world.expect(400, { ...GET, signed, region: '' })), 'InvalidArgument')
    assert.equal(reply.headers['x-oss-ec'], '0002-00000226')
  })
}

test('temporary credentials need their token, and theirs only, and end', async () => {
  const session = {
    accessKeyId: 'STS.1',
    accessKeySecret: 's',
    securityToken: 'token',
    expiration: Date.UTC(2024, 0, 3),
  }
  const world = await worldWithObject({ credentials: [CREDENTIALS, session] })
  for (const signed of WAYS) {
    await world.expect(200, { ...GET, signed, credentials: session })
    const { securityToken: _, ...bare } = session
    assert.equal(codeOf(await world.expect(403, { ...GET, signed, credentials: bare })), 'InvalidAccessKeyId')
    const other = await world.expect(403, {
      ...GET,
      signed,
      credentials: { ...session, securityToken: 'other' },
    })
    assert.equal(codeOf(other), 'InvalidSecurityToken')
    const needless = { ...CREDENTIALS, securityToken: 'token' }
    assert.equal(
      codeOf(await world.expect(403, { ...GET, signed, credentials: needless })),
      'InvalidAccessKeyId',
    )
  }
  world.clock.time = session.expiration
  assert.equal(codeOf(await world.expect(403, { ...GET, credentials: session })), 'SecurityTokenExpired')
})

test('all three ways of writing empty parameters under V4 are accepted', async () => {
  const world = await createWorld()
  const list: Ask = { method: 'GET', bucket: 'examplebucket', query: { prefix: '', uploads: '' } }
  await world.expect(200, list)
  const { canonicalRequestV4, signatureV4, signingKeyV4, stringToSignV4, UNSIGNED_PAYLOAD } = await import(
    '../../src/protocol/v4.js'
  )
  const scope = { date: '20240102', region: 'cn-hangzhou', product: 'oss' }
  for (const emptyValues of ['bare', 'equals', 'mixed'] as const) {
    const { target, headers } = wireOf(list, world.clock.time)
    const canonicalRequest = canonicalRequestV4({
      method: 'GET',
      bucket: 'examplebucket',
      query: { prefix: '', uploads: '' },
      headers: Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'authorization')),
      additionalHeaders: [],
      payload: UNSIGNED_PAYLOAD,
      emptyValues,
    })
    const stringToSign = stringToSignV4({ canonicalRequest, date: '20240102T030405Z', scope })
    const signature = signatureV4(signingKeyV4('test-secret', scope), stringToSign)
    const authorization = `OSS4-HMAC-SHA256 Credential=test-id/20240102/cn-hangzhou/oss/aliyun_v4_request, Signature=${signature}`
    const reply = await replyOf(
      await world.handler({
        method: 'GET',
        target,
        headers: { ...headers, authorization },
        body: chunksOf(new Uint8Array()),
      }),
    )
    assert.equal(reply.status, 200, emptyValues)
  }
})

test('under V4 a Date stands in for x-oss-date, and is signed as it is written', async () => {
  const world = await createWorld()
  const { canonicalRequestV4, signatureV4, signingKeyV4, stringToSignV4, UNSIGNED_PAYLOAD } = await import(
    '../../src/protocol/v4.js'
  )
  const scope = { date: '20240102', region: 'cn-hangzhou', product: 'oss' }
  const date = 'Tue, 02 Jan 2024 03:04:05 GMT'
  const headers = { host: '127.0.0.1', date, 'x-oss-content-sha256': UNSIGNED_PAYLOAD }
  const canonicalRequest = canonicalRequestV4({
    method: 'GET',
    bucket: 'examplebucket',
    headers,
    additionalHeaders: [],
    payload: UNSIGNED_PAYLOAD,
  })
  for (const [signed, status] of [
    [date, 200],
    ['20240102T030405Z', 403],
  ] as const) {
    const stringToSign = stringToSignV4({ canonicalRequest, date: signed, scope })
    const signature = signatureV4(signingKeyV4('test-secret', scope), stringToSign)
    const authorization = `OSS4-HMAC-SHA256 Credential=test-id/20240102/cn-hangzhou/oss/aliyun_v4_request,Signature=${signature}`
    const request = { method: 'GET', target: '/examplebucket/', headers: { ...headers, authorization } }
    const reply = await replyOf(await world.handler({ ...request, body: chunksOf(new Uint8Array()) }))
    assert.equal(reply.status, status, reply.text)
  }
})

test('a header that was signed has to be sent, and one that was not may not be added', async () => {
  const world = await worldWithObject()
  for (const signed of ['v1-url', 'v4-url'] as const) {
    const put: Ask = { ...GET, method: 'PUT', signed, headers: { 'content-type': 'text/plain' } }
    const { target, headers } = wireOf(put, world.clock.time)
    const { 'content-type': _, ...without } = headers
    const ask = async (changed: Record<string, string>) =>
      replyOf(
        await world.handler({ method: 'PUT', target, headers: changed, body: chunksOf(new Uint8Array()) }),
      )
    assert.equal((await ask(headers)).status, 200)
    assert.equal(codeOf(await ask(without)), 'SignatureDoesNotMatch')
    assert.equal(codeOf(await ask({ ...headers, 'x-oss-meta-a': 'b' })), 'SignatureDoesNotMatch')
  }
})

test('whose bucket is not there is told so before anybody looks at who asks, but for making it', async () => {
  const world = await worldWithObject()
  const stranger = { accessKeyId: 'nobody', accessKeySecret: 'secret' }
  for (const signed of WAYS) {
    const asked = { ...GET, signed, credentials: stranger }
    assert.equal(codeOf(await world.expect(403, asked)), 'InvalidAccessKeyId')
    const missing = await world.expect(404, { ...asked, bucket: 'no-such-bucket' })
    assert.equal(codeOf(missing), 'NoSuchBucket')
    assert.equal(missing.headers['x-oss-ec'], '0015-00000101')
    const make = { method: 'PUT', bucket: 'no-such-bucket', signed, credentials: stranger }
    assert.equal(codeOf(await world.expect(403, make)), 'InvalidAccessKeyId')
  }
})

test('a header that a V4 URL was signed with is missed', async () => {
  const world = await worldWithObject()
  const { query } = presignV4({
    ...GET,
    query: {},
    headers: { 'x-word': 'a' },
    credentials: CREDENTIALS,
    region: 'cn-hangzhou',
    date: new Date(world.clock.time),
    expiresSeconds: 60,
    additionalHeaders: ['x-word'],
  })
  const path = `/examplebucket/${encodeURIComponent(GET.key ?? '')}?${new URLSearchParams(query)}`
  const ask = async (headers: Record<string, string>) =>
    replyOf(
      await world.handler({
        method: 'GET',
        target: path,
        headers: { host: '127.0.0.1', ...headers },
        body: chunksOf(new Uint8Array()),
      }),
    )
  assert.equal((await ask({ 'x-word': 'a' })).status, 200)
  assert.deepEqual([(await ask({})).status, codeOf(await ask({}))], [400, 'InvalidArgument'])
  assert.equal(codeOf(await ask({ 'x-word': 'b' })), 'SignatureDoesNotMatch')
})

test('a refused request has read nothing of its body', async () => {
  const world = await createWorld()
  const { target, headers } = wireOf({ ...GET, method: 'PUT', body: 'x', signed: 'not' }, world.clock.time)
  let pulled = 0
  async function* body() {
    pulled += 1
    yield new Uint8Array(1)
  }
  assert.equal((await world.handler({ method: 'PUT', target, headers, body: body() })).status, 403)
  assert.equal(pulled, 0)
})

test('garbage in the Authorization header is an error of its own', async () => {
  const world = await createWorld()
  for (const authorization of ['OSS', 'OSS x', 'Basic abc', 'OSS4-HMAC-SHA256 Credential=a/b,Signature=c']) {
    const reply = await world.expect(400, { ...GET, signed: 'not', headers: { authorization } })
    assert.equal(codeOf(reply), 'InvalidArgument')
  }
})
