/** How clients sign differs in what it leaves open, and all of them are right; what nobody may do is refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { percentEncode } from '../../src/protocol/encode.js'
import { signV1, signV4 } from '../../src/protocol/signing.js'
import { text } from '../../src/protocol/xml.js'
import {
  type Ask,
  CREDENTIALS,
  chunksOf,
  codeOf,
  createWorld,
  documentOf,
  type Reply,
  replyOf,
  type World,
  wireOf,
} from './world.js'

const GET: Ask = { method: 'GET', bucket: 'examplebucket', key: 'dir/k' }
const SESSION = { accessKeyId: 'STS.1', accessKeySecret: 's', securityToken: 'token' }

async function worldWithObject(options: Parameters<typeof createWorld>[0] = {}): Promise<World> {
  const world = await createWorld({ credentials: [CREDENTIALS, SESSION], ...options })
  await world.expect(200, { ...GET, method: 'PUT', body: 'hello' })
  return world
}

async function send(
  world: World,
  method: string,
  { target, headers }: { target: string; headers: Record<string, string> },
): Promise<Reply> {
  return replyOf(await world.handler({ method, target, headers, body: chunksOf(new Uint8Array()) }))
}

const without = (headers: Record<string, string>, name: string): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([each]) => each !== name))

test('signed in the header and in the URL at once is refused', async () => {
  const world = await worldWithObject()
  for (const signed of ['v1-url', 'v4-url'] as const) {
    const { target } = wireOf({ ...GET, signed }, world.clock.time)
    const { headers } = wireOf(GET, world.clock.time)
    const reply = await send(world, 'GET', { target, headers })
    assert.deepEqual([reply.status, codeOf(reply)], [400, 'InvalidArgument'])
    assert.equal(reply.headers['x-oss-ec'], '0002-00000039')
  }
})

test('a slash of the key may come encoded or plain, and so may what needs no encoding', async () => {
  const world = await worldWithObject()
  for (const signed of ['v1', 'v4', 'v1-url', 'v4-url'] as const) {
    const { target, headers } = wireOf({ ...GET, signed }, world.clock.time)
    for (const path of ['dir%2Fk', 'dir%2fk', '%64ir/k', 'dir/%6B']) {
      const reply = await send(world, 'GET', { target: target.replace('dir/k', path), headers })
      assert.equal(reply.text, 'hello', `${signed} ${path}`)
    }
  }
})

test('characters that clients encode or leave as they are mean the same key', async () => {
  const world = await createWorld()
  const key = "a!b'c(d)e*f~g$h,i:j@k=l&m+n;o"
  await world.expect(200, { ...GET, method: 'PUT', key, body: 'x' })
  for (const signed of ['v1', 'v4', 'v1-url', 'v4-url'] as const) {
    const { target, headers } = wireOf({ ...GET, key, signed }, world.clock.time)
    const plain = target.replace(percentEncode(key), key)
    assert.notEqual(plain, target)
    assert.equal((await send(world, 'GET', { target: plain, headers })).text, 'x', signed)
  }
})

test('a bare parameter and an empty one are the same under V1', async () => {
  const world = await createWorld()
  const { target, headers } = wireOf(
    { method: 'GET', bucket: 'examplebucket', query: { uploads: '', prefix: '' }, signed: 'v1' },
    world.clock.time,
  )
  assert.ok(target.endsWith('?uploads&prefix'))
  const equals = target.replace('?uploads&prefix', '?prefix=&uploads=')
  assert.equal((await send(world, 'GET', { target: equals, headers })).status, 200)
})

test('parameters of a list are not signed under V1, and all are under V4', async () => {
  const world = await createWorld()
  for (const [signed, status] of [
    ['v1', 200],
    ['v4', 403],
  ] as const) {
    const { target, headers } = wireOf({ method: 'GET', bucket: 'examplebucket', signed }, world.clock.time)
    assert.equal((await send(world, 'GET', { target: `${target}?prefix=a`, headers })).status, status)
  }
})

test('a sub-resource that was not signed opens nothing', async () => {
  const world = await worldWithObject()
  const names = [
    'acl',
    'uploads',
    'tagging',
    'versionId=1',
    'symlink',
    'x-oss-process=a',
    'retention',
    'quota',
  ]
  for (const signed of ['v1', 'v4', 'v1-url', 'v4-url'] as const) {
    const { target, headers } = wireOf({ ...GET, signed }, world.clock.time)
    for (const name of names) {
      const mark = target.includes('?') ? '&' : '?'
      const reply = await send(world, 'GET', { target: `${target}${mark}${name}`, headers })
      assert.equal(codeOf(reply), 'SignatureDoesNotMatch', `${signed} ${name}`)
    }
  }
})

test('response-* parameters need a signature', async () => {
  const world = await worldWithObject()
  const query = { 'response-content-type': 'text/odd' }
  for (const signed of ['v1', 'v4', 'v1-url', 'v4-url'] as const) {
    const reply = await world.expect(200, { ...GET, signed, query })
    assert.equal(reply.headers['content-type'], 'text/odd')
    const { target, headers } = wireOf({ ...GET, signed }, world.clock.time)
    const mark = target.includes('?') ? '&' : '?'
    const added = await send(world, 'GET', { target: `${target}${mark}response-expires=x`, headers })
    assert.equal(codeOf(added), 'SignatureDoesNotMatch')
  }
  assert.equal(codeOf(await world.expect(400, { ...GET, signed: 'not', query })), 'InvalidRequest')
})

test('additional headers are signed as they come, and may not change', async () => {
  const world = await worldWithObject()
  const base = { host: '127.0.0.1:9500', range: 'bytes=0-1', 'x-odd': ' two  spaces ' }
  const made = signV4({
    method: 'GET',
    bucket: 'examplebucket',
    key: 'dir/k',
    headers: base,
    credentials: CREDENTIALS,
    region: 'cn-hangzhou',
    date: new Date(world.clock.time),
    additionalHeaders: ['X-Odd', 'Range', 'host', 'absent'],
  })
  assert.match(made.authorization, /AdditionalHeaders=host;range;x-odd,/)
  const headers = { ...base, ...made.headers, authorization: made.authorization }
  const target = '/examplebucket/dir/k'
  assert.equal((await send(world, 'GET', { target, headers })).text, 'he')
  for (const changed of [{ range: 'bytes=0-2' }, { host: '127.0.0.1:9501' }, { 'x-odd': 'two spaces' }]) {
    const reply = await send(world, 'GET', { target, headers: { ...headers, ...changed } })
    assert.equal(codeOf(reply), 'SignatureDoesNotMatch')
  }
})

test('the fields of a V4 header come in any order, with spaces or without', async () => {
  const world = await worldWithObject()
  const { target, headers } = wireOf(GET, world.clock.time)
  const [, credential, signature] =
    /^OSS4-HMAC-SHA256 (Credential=[^,]*),(Signature=.*)$/.exec(headers['authorization'] ?? '') ?? []
  for (const authorization of [
    `OSS4-HMAC-SHA256 ${signature}, ${credential}`,
    `OSS4-HMAC-SHA256  ${credential} , ${signature}`,
    `OSS4-HMAC-SHA256 ${credential},AdditionalHeaders=,${signature}`,
  ]) {
    assert.equal((await send(world, 'GET', { target, headers: { ...headers, authorization } })).status, 200)
  }
})

test('a signed payload is refused, and the header may be missing unless the server is strict', async () => {
  for (const strict of [false, true]) {
    const world = await createWorld({ strict, baseNames: ['oss.test'] })
    const hostHeaders = { host: 'examplebucket.oss.test' }
    const list = (headers: Record<string, string>) => {
      const made = wireOf(
        { method: 'GET', bucket: 'examplebucket', headers: { ...hostHeaders, ...headers } },
        world.clock.time,
      )
      return { ...made, target: '/' }
    }
    assert.equal((await send(world, 'GET', list({}))).status, 200)
    const signed = await send(world, 'GET', list({ 'x-oss-content-sha256': 'e3b0c44298fc1c14' }))
    assert.deepEqual([signed.status, codeOf(signed)], [400, 'InvalidArgument'])
    assert.equal(signed.headers['x-oss-ec'], '0002-00000214')
    const bare = list({})
    const reply = await send(world, 'GET', {
      ...bare,
      headers: without(bare.headers, 'x-oss-content-sha256'),
    })
    // Nobody signed the header's absence, so the signature is what fails where it is not missed.
    assert.equal(codeOf(reply), strict ? 'InvalidArgument' : 'SignatureDoesNotMatch')
  }
})

test('a token may come by any of its ways, and a wrong one is told from a needless one', async () => {
  const world = await worldWithObject()
  const { securityToken, ...key } = SESSION
  const bare = signV1({
    method: 'GET',
    bucket: 'examplebucket',
    key: 'dir/k',
    headers: { date: 'Tue, 02 Jan 2024 03:04:05 GMT' },
    credentials: key,
  })
  const ask = (token: string) =>
    send(world, 'GET', {
      target: '/examplebucket/dir/k',
      headers: {
        host: '127.0.0.1',
        date: 'Tue, 02 Jan 2024 03:04:05 GMT',
        authorization: bare.authorization,
        'security-token': token,
      },
    })
  assert.equal((await ask(securityToken)).text, 'hello')
  const wrong = await ask('other')
  assert.deepEqual([codeOf(wrong), wrong.headers['x-oss-ec']], ['InvalidSecurityToken', '0002-00000006'])
  const needless = await world.expect(403, { ...GET, credentials: { ...CREDENTIALS, securityToken } })
  assert.deepEqual([codeOf(needless), needless.headers['x-oss-ec']], ['InvalidAccessKeyId', '0002-00000002'])
})

test('a V4 scope of another product, date or end is refused', async () => {
  const world = await worldWithObject()
  const { target, headers } = wireOf(GET, world.clock.time)
  const authorization = headers['authorization'] ?? ''
  for (const [from, to, ec] of [
    ['/oss/', '/oss-cloudbox/', undefined],
    ['/20240102/', '/20240103/', '0002-00000212'],
    ['aliyun_v4_request', 'aws4_request', '0002-00000205'],
    ['/cn-hangzhou/', '/cn-beijing/', '0002-00000226'],
  ] as const) {
    const changed = { ...headers, authorization: authorization.replace(from, to) }
    const reply = await send(world, 'GET', { target, headers: changed })
    assert.deepEqual([reply.status, codeOf(reply)], [400, 'InvalidArgument'], to)
    assert.equal(reply.headers['x-oss-ec'], ec)
  }
})

test('what a URL lacks is told by its own code', async () => {
  const world = await worldWithObject()
  const cases = [
    ['v1-url', 'Expires', 'AccessDenied', undefined],
    ['v1-url', 'Signature', 'AccessDenied', undefined],
    ['v4-url', 'x-oss-credential', 'InvalidArgument', '0002-00000205'],
    ['v4-url', 'x-oss-signature', 'InvalidArgument', '0002-00000219'],
    ['v4-url', 'x-oss-expires', 'InvalidArgument', '0002-00000215'],
    ['v4-url', 'x-oss-date', 'InvalidArgument', '0002-00000212'],
  ] as const
  for (const [signed, name, code, ec] of cases) {
    const { target, headers } = wireOf({ ...GET, signed }, world.clock.time)
    const less = target.replace(new RegExp(`([?&])${name}=[^&]*&?`), '$1')
    assert.notEqual(less, target)
    const reply = await send(world, 'GET', { target: less, headers })
    assert.equal(codeOf(reply), code, name)
    if (ec !== undefined) assert.equal(text(documentOf(reply), 'EC'), ec)
  }
  for (const seconds of ['0', '604801', 'x', '-1', '1e3']) {
    const { target, headers } = wireOf({ ...GET, signed: 'v4-url' }, world.clock.time)
    const reply = await send(world, 'GET', {
      target: target.replace('x-oss-expires=60', `x-oss-expires=${seconds}`),
      headers,
    })
    assert.deepEqual(
      [codeOf(reply), reply.headers['x-oss-ec']],
      ['InvalidArgument', '0002-00000232'],
      seconds,
    )
  }
})
