/** CORS: kept, asked by browsers, and said with every answer that a page may read. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { children, text } from '../../src/protocol/xml.js'
import { type Ask, codeOf, createWorld, documentOf, type Reply, type World } from './world.js'

const bucket = 'examplebucket'
const page = 'http://www.example.com'

const RULES = `<CORSConfiguration>
  <CORSRule>
    <AllowedOrigin>http://only.example.com</AllowedOrigin>
    <AllowedMethod>PUT</AllowedMethod>
    <AllowedHeader>x-oss-test</AllowedHeader>
  </CORSRule>
  <CORSRule>
    <AllowedOrigin>http://*.example.com</AllowedOrigin>
    <AllowedMethod>PUT</AllowedMethod>
    <AllowedMethod>GET</AllowedMethod>
    <AllowedMethod>POST</AllowedMethod>
    <AllowedHeader>authorization</AllowedHeader>
    <AllowedHeader>x-oss-*</AllowedHeader>
    <ExposeHeader>ETag</ExposeHeader>
    <ExposeHeader>x-oss-request-id</ExposeHeader>
    <MaxAgeSeconds>100</MaxAgeSeconds>
  </CORSRule>
  <CORSRule>
    <AllowedOrigin>*</AllowedOrigin>
    <AllowedMethod>HEAD</AllowedMethod>
    <AllowedHeader>*</AllowedHeader>
  </CORSRule>
</CORSConfiguration>`

async function withRules(body = RULES): Promise<World> {
  const world = await createWorld()
  await world.expect(200, { method: 'PUT', bucket, query: { cors: '' }, body })
  return world
}

function preflight(world: World, headers: Record<string, string>, more: Partial<Ask> = {}): Promise<Reply> {
  return world.ask({ method: 'OPTIONS', bucket, key: 'k', signed: 'not', headers, ...more })
}

const asking = (method: string, headers = '', origin = page): Record<string, string> => ({
  origin,
  'access-control-request-method': method,
  ...(headers === '' ? {} : { 'access-control-request-headers': headers }),
})

function corsOf(reply: Reply): Record<string, string> {
  const names = Object.keys(reply.headers).filter(
    (name) => name.startsWith('access-control-') || name === 'vary',
  )
  return Object.fromEntries(
    names.map((name) => [name.replace('access-control-', ''), reply.headers[name] ?? '']),
  )
}

test('the rules are given back as they were put, and gone once deleted', async () => {
  const world = await createWorld()
  const none = await world.expect(404, { method: 'GET', bucket, query: { cors: '' } })
  assert.equal(codeOf(none), 'NoSuchCORSConfiguration')
  await world.expect(200, { method: 'PUT', bucket, query: { cors: '' }, body: RULES })
  const root = documentOf(await world.expect(200, { method: 'GET', bucket, query: { cors: '' } }))
  const rules = children(root, 'CORSRule')
  assert.deepEqual(
    rules.map((rule) => children(rule, 'AllowedOrigin').map((each) => each.text)),
    [['http://only.example.com'], ['http://*.example.com'], ['*']],
  )
  assert.deepEqual(
    rules.map((rule) => text(rule, 'MaxAgeSeconds')),
    [undefined, '100', undefined],
  )
  assert.equal(text(root, 'ResponseVary'), 'false')
  for (const _ of [1, 2]) await world.expect(204, { method: 'DELETE', bucket, query: { cors: '' } })
  await world.expect(404, { method: 'GET', bucket, query: { cors: '' } })
  for (const method of ['GET', 'PUT', 'DELETE']) {
    const asked = {
      method,
      bucket: 'no-such',
      query: { cors: '' },
      ...(method === 'PUT' ? { body: RULES } : {}),
    }
    assert.equal(codeOf(await world.expect(404, asked)), 'NoSuchBucket')
  }
})

const rule = (inner: string): string => `<CORSConfiguration><CORSRule>${inner}</CORSRule></CORSConfiguration>`
const GOOD = '<AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>'

test('rules that mean nothing are refused, with the name of what is wrong', async () => {
  const world = await createWorld()
  const put = (body: string) => world.ask({ method: 'PUT', bucket, query: { cors: '' }, body })
  for (const body of [
    '',
    'x',
    '<CORSConfiguration></CORSConfiguration>',
    '<Other></Other>',
    rule('<AllowedOrigin>*</AllowedOrigin>'),
    rule('<AllowedMethod>GET</AllowedMethod>'),
  ]) {
    const reply = await put(body)
    assert.deepEqual([reply.status, codeOf(reply)], [400, 'MalformedXML'], body)
  }
  const wrong: [inner: string, name: string, value: string][] = [
    [`${GOOD}<MaxAgeSeconds>-1</MaxAgeSeconds>`, 'MaxAgeSeconds', '-1'],
    [`${GOOD}<MaxAgeSeconds>1000000000</MaxAgeSeconds>`, 'MaxAgeSeconds', '1000000000'],
    [`${GOOD}<AllowedMethod>PATCH</AllowedMethod>`, 'AllowedMethod', 'PATCH'],
    [`${GOOD}<AllowedOrigin>http://*.a.*</AllowedOrigin>`, 'AllowedOrigin', 'http://*.a.*'],
    [`${GOOD}<AllowedHeader>*-*</AllowedHeader>`, 'AllowedHeader', '*-*'],
    [`${GOOD}<ExposeHeader>x-oss-meta-é</ExposeHeader>`, 'ExposeHeader', 'x-oss-meta-é'],
  ]
  for (const [inner, name, value] of wrong) {
    const reply = await put(rule(inner))
    const root = documentOf(reply)
    const said = [reply.status, text(root, 'Code'), text(root, 'ArgumentName'), text(root, 'ArgumentValue')]
    assert.deepEqual(said, [400, 'InvalidArgument', name, value])
  }
  const many = (count: number): string =>
    `<CORSConfiguration>${`<CORSRule>${GOOD}</CORSRule>`.repeat(count)}</CORSConfiguration>`
  assert.equal((await put(many(20))).status, 200)
  assert.equal(codeOf(await put(many(21))), 'CORSRuleBeyondLimit')
})

test('a browser that asks is told what the first rule that fits allows', async () => {
  const world = await withRules()
  const put = await preflight(world, asking('PUT', 'Authorization, X-OSS-Meta-a'))
  assert.equal(put.status, 200)
  assert.deepEqual(corsOf(put), {
    'allow-origin': page,
    'allow-methods': 'PUT',
    'allow-headers': 'Authorization, X-OSS-Meta-a',
    'expose-headers': 'ETag, x-oss-request-id',
    'max-age': '100',
  })
  const first = await preflight(world, asking('PUT', 'x-oss-test', 'http://only.example.com'))
  assert.deepEqual(corsOf(first), {
    'allow-origin': 'http://only.example.com',
    'allow-methods': 'PUT',
    'allow-headers': 'x-oss-test',
  })
  const head = await preflight(world, asking('HEAD', 'anything', 'http://elsewhere'))
  assert.deepEqual(corsOf(head), {
    'allow-origin': '*',
    'allow-methods': 'HEAD',
    'allow-headers': 'anything',
  })
  const ofBucket = await world.ask({ method: 'OPTIONS', bucket, signed: 'not', headers: asking('GET') })
  assert.equal(ofBucket.status, 200)
  assert.deepEqual(
    world.log.slice(1).map((entry) => entry.operation),
    Array.from({ length: 4 }, () => 'OptionObject'),
  )
})

test('what no rule fits is forbidden', async () => {
  const world = await withRules()
  for (const headers of [
    asking('DELETE'),
    asking('PUT', 'x-other'),
    asking('PUT', '', 'http://example.com'),
    asking('PUT', '', 'https://www.example.com'),
    asking('PUT', '', 'http://www.example.com:8080'),
    asking('put'),
  ]) {
    const reply = await preflight(world, headers)
    assert.deepEqual([reply.status, codeOf(reply)], [403, 'AccessForbidden'], JSON.stringify(headers))
    assert.deepEqual(corsOf(reply), {})
  }
  for (const headers of [{ origin: page }, { 'access-control-request-method': 'PUT' }]) {
    const reply = await preflight(world, headers)
    assert.deepEqual([reply.status, codeOf(reply)], [400, 'BadRequest'], JSON.stringify(headers))
  }
  await world.expect(204, { method: 'DELETE', bucket, query: { cors: '' } })
  const off = await preflight(world, asking('PUT'))
  assert.equal(off.status, 403)
  assert.equal(text(documentOf(off), 'Message'), 'CORSResponse: CORS is not enabled for this bucket.')
  const unknown = await preflight(world, asking('PUT'), { bucket: 'no-such-bucket' })
  assert.deepEqual([unknown.status, codeOf(unknown)], [404, 'NoSuchBucket'])
})

test('the question before a presigned request needs no right signature and takes its parameters for nothing', async () => {
  const world = await withRules()
  const query = { partNumber: '1', uploadId: 'X', 'x-oss-signature': 'void', 'x-oss-process': 'style/a' }
  assert.equal((await preflight(world, asking('PUT'), { query })).status, 200)
  const signed = await preflight(world, asking('PUT'), { signed: 'v4' })
  assert.equal(signed.status, 200)
})

test('answers to pages of an origin that a rule allows say so, errors and presigned ones included', async () => {
  const world = await withRules()
  const headers = { origin: page }
  const said = {
    'allow-origin': page,
    'allow-methods': 'PUT, GET, POST',
    'expose-headers': 'ETag, x-oss-request-id',
    'max-age': '100',
  }
  const key = 'k'
  assert.deepEqual(corsOf(await world.expect(200, { method: 'PUT', bucket, key, headers, body: 'x' })), said)
  for (const signed of ['v1', 'v4', 'v1-url', 'v4-url'] as const) {
    assert.deepEqual(corsOf(await world.expect(200, { method: 'GET', bucket, key, headers, signed })), said)
  }
  const absent = await world.expect(404, { method: 'GET', bucket, key: 'absent', headers })
  assert.deepEqual(corsOf(absent), said)
  const denied = await world.expect(403, { method: 'GET', bucket, key, headers, signed: 'not' })
  assert.deepEqual(corsOf(denied), said)
  const wrongKey = { accessKeyId: 'other', accessKeySecret: 'other' }
  const wrong = await world.expect(403, {
    method: 'PUT',
    bucket,
    key,
    headers,
    credentials: wrongKey,
    body: 'x',
  })
  assert.deepEqual(corsOf(wrong), said)
  assert.deepEqual(corsOf(await world.expect(204, { method: 'DELETE', bucket, key, headers })), {})
  assert.deepEqual(corsOf(await world.expect(404, { method: 'GET', bucket, key })), {})
  assert.deepEqual(
    corsOf(await world.expect(404, { method: 'HEAD', bucket, key, headers: { origin: 'http://a' } })),
    {
      'allow-origin': '*',
      'allow-methods': 'HEAD',
    },
  )
})

test('with ResponseVary every answer that may be cached says that it varies by origin', async () => {
  const vary = RULES.replace('</CORSConfiguration>', '<ResponseVary>true</ResponseVary></CORSConfiguration>')
  const world = await withRules(vary)
  await world.expect(200, { method: 'PUT', bucket, key: 'k', body: 'x' })
  for (const headers of [{}, { origin: page }, { origin: 'http://elsewhere' }]) {
    for (const method of ['GET', 'HEAD']) {
      assert.equal(corsOf(await world.expect(200, { method, bucket, key: 'k', headers }))['vary'], 'Origin')
    }
  }
  assert.equal(corsOf(await preflight(world, asking('PUT')))['vary'], 'Origin')
  const root = documentOf(await world.expect(200, { method: 'GET', bucket, query: { cors: '' } }))
  assert.equal(text(root, 'ResponseVary'), 'true')
})
