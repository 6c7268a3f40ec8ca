/** PostObject: what a form makes, what it is answered, and everything it is refused for. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { crc64 } from '../../src/checksum/index.js'
import { text } from '../../src/protocol/xml.js'
import type { ServerCredentials } from '../../src/server/exchange.js'
import { FORM_LIMITS } from '../../src/server/post-object-operation.js'
import { BOUNDARY, FILENAME, type FormAsk, formAsk, signedV1, signedV4 } from './forms.js'
import {
  bytesFrom,
  CREDENTIALS,
  chunksOf,
  codeOf,
  createWorld,
  documentOf,
  type Reply,
  replyOf,
  START,
  type World,
  wireOf,
} from './world.js'

const bucket = 'examplebucket'

const post = (world: World, form: FormAsk): Promise<Reply> => world.ask(formAsk(form))

async function refused(
  world: World,
  form: FormAsk,
  said: readonly [number, string, string?],
): Promise<Reply> {
  const reply = await post(world, form)
  const [status, code, ec] = said
  assert.deepEqual([reply.status, codeOf(reply)], [status, code], reply.text)
  if (ec !== undefined) assert.equal(reply.headers['x-oss-ec'], ec, reply.text)
  assert.equal(world.log.at(-1)?.operation, 'PostObject')
  return reply
}

async function isEmpty(world: World): Promise<void> {
  const list = await world.expect(200, { method: 'GET', bucket })
  assert.ok(!list.text.includes('<Key>'), list.text)
}

test('a form makes an object, with signatures of both versions', async () => {
  const world = await createWorld()
  for (const signature of [signedV1(), signedV4()]) {
    const content = bytesFrom(1, 300_000)
    const reply = await post(world, {
      content,
      file: { filename: 'C:\\pictures\\a.png', contentType: 'image/png' },
      fields: [
        ['key', `dir/中/${FILENAME}`],
        ['Cache-Control', 'no-cache'],
        ['Content-Disposition', 'attachment; filename="é.png"'],
        ['x-oss-meta-Uuid', 'ü'],
        ['x-oss-object-acl', 'public-read'],
        ['name', 'a field of the page'],
        ...signature,
      ],
    })
    assert.equal(reply.status, 204, reply.text)
    assert.equal(reply.bytes.length, 0)
    const md5 = createHash('md5').update(content).digest()
    assert.equal(reply.headers['etag'], `"${md5.toString('hex').toUpperCase()}"`)
    assert.equal(reply.headers['content-md5'], md5.toString('base64'))
    assert.equal(reply.headers['x-oss-hash-crc64ecma'], crc64(content).toString())
    const got = await world.expect(200, { method: 'GET', bucket, key: 'dir/中/a.png' })
    assert.deepEqual(Buffer.from(got.bytes), Buffer.from(content))
    assert.equal(got.headers['content-type'], 'image/png')
    assert.equal(got.headers['cache-control'], 'no-cache')
    assert.equal(Buffer.from(got.headers['x-oss-meta-uuid'] ?? '', 'latin1').toString('utf8'), 'ü')
    assert.equal(got.headers['x-oss-object-type'], 'Normal')
  }
})

test('an empty file is an object too', async () => {
  const world = await createWorld()
  const reply = await post(world, { content: '', fields: [['key', 'empty'], ...signedV1()] })
  assert.equal(reply.status, 204)
  const head = await world.expect(200, { method: 'HEAD', bucket, key: 'empty' })
  assert.equal(head.headers['content-length'], '0')
})

test('the answer is the one that the form asks for', async () => {
  const world = await createWorld()
  const answer = (...fields: [string, string][]) =>
    post(world, { fields: [['key', 'a b&'], ...fields, ...signedV1()] })
  assert.equal((await answer(['success_action_status', '200'])).status, 200)
  assert.equal((await answer(['success_action_status', '204'])).status, 204)
  assert.equal((await answer(['success_action_status', '302'])).status, 204)
  const created = await answer(['success_action_status', '201'])
  assert.equal(created.status, 201)
  const root = documentOf(created)
  assert.equal(root.name, 'PostResponse')
  assert.equal(text(root, 'Bucket'), bucket)
  assert.equal(text(root, 'Key'), 'a b&')
  assert.equal(text(root, 'ETag'), created.headers['etag'])
  assert.equal(text(root, 'Location'), 'http://127.0.0.1:9500/examplebucket/a%20b%26')
  const sent = await answer(['success_action_redirect', 'http://127.0.0.1/done?x=1'])
  assert.equal(sent.status, 303)
  const location = new URL(sent.headers['location'] ?? '')
  assert.equal(location.origin + location.pathname, 'http://127.0.0.1/done')
  assert.deepEqual(
    ['x', 'bucket', 'key', 'etag'].map((name) => location.searchParams.get(name)),
    ['1', bucket, 'a b&', created.headers['etag']],
  )
  for (const none of ['javascript:alert(1)', 'nonsense']) {
    const plain = await answer(['success_action_redirect', none], ['success_action_status', '200'])
    assert.equal(plain.status, 200)
    assert.equal(plain.headers['location'], undefined)
  }
})

test('the content type is the one of x-oss-content-type, else of the file, else of the form', async () => {
  const world = await createWorld()
  const typeOf = async (fields: [string, string][], contentType?: string) => {
    const file = { filename: 'a', ...(contentType === undefined ? {} : { contentType }) }
    await post(world, { file, fields: [['key', 'k'], ...fields, ...signedV1()] })
    return (await world.expect(200, { method: 'HEAD', bucket, key: 'k' })).headers['content-type']
  }
  assert.equal(
    await typeOf(
      [
        ['Content-Type', 'a/form'],
        ['x-oss-content-type', 'a/own'],
      ],
      'a/file',
    ),
    'a/own',
  )
  assert.equal(await typeOf([['Content-Type', 'a/form']], 'a/file'), 'a/file')
  assert.equal(await typeOf([['Content-Type', 'a/form']]), 'a/form')
  assert.equal(await typeOf([]), 'application/octet-stream')
})

test('a form without a signature is let in only where everybody may write', async () => {
  const world = await createWorld()
  await refused(world, { fields: [['key', 'k']] }, [403, 'AccessDenied'])
  await world.expect(200, { method: 'PUT', bucket: 'open', headers: { 'x-oss-acl': 'public-read-write' } })
  assert.equal((await post(world, { bucket: 'open', fields: [['key', 'k']] })).status, 204)
  await refused(
    world,
    {
      bucket: 'open',
      fields: [
        ['key', 'k'],
        ['OSSAccessKeyId', 'test-id'],
      ],
    },
    [400, 'InvalidArgument', '0002-00000702'],
  )
  await refused(world, { bucket: 'absent', fields: [['key', 'k']] }, [404, 'NoSuchBucket'])
  await isEmpty(world)
})

test('a signature that is wrong in whatever way is refused', async () => {
  const token: ServerCredentials = { accessKeyId: 'sts', accessKeySecret: 's', securityToken: 't' }
  const world = await createWorld({ credentials: [CREDENTIALS, token] })
  const key = ['key', 'k'] as const
  const without = (name: string, fields: (readonly [string, string])[]) =>
    fields.filter(([each]) => each !== name)
  const replaced = (name: string, value: string, fields: (readonly [string, string])[]) =>
    fields.map((field) => (field[0] === name ? ([name, value] as const) : field))
  const wrong: ServerCredentials = { ...CREDENTIALS, accessKeySecret: 'wrong' }
  const cases: readonly (readonly [(readonly [string, string])[], readonly [number, string, string?]])[] = [
    [signedV1({ credentials: wrong }), [403, 'SignatureDoesNotMatch', '0002-00000705']],
    [signedV4({ credentials: wrong }), [403, 'SignatureDoesNotMatch', '0002-00000705']],
    [without('policy', signedV1()), [400, 'InvalidArgument', '0002-00000702']],
    [without('Signature', signedV1()), [400, 'InvalidArgument', '0002-00000703']],
    [replaced('Signature', '', signedV1()), [400, 'InvalidArgument', '0002-00000704']],
    [without('OSSAccessKeyId', signedV1()), [400, 'InvalidArgument']],
    [replaced('OSSAccessKeyId', 'nobody', signedV1()), [403, 'InvalidAccessKeyId', '0002-00000902']],
    [without('x-oss-signature', signedV4()), [400, 'InvalidArgument', '0002-00000703']],
    [without('x-oss-credential', signedV4()), [400, 'InvalidArgument']],
    [replaced('x-oss-credential', 'test-id/20240102', signedV4()), [400, 'InvalidArgument', '0002-00000710']],
    [replaced('x-oss-date', '20240103T000000Z', signedV4()), [400, 'InvalidArgument', '0002-00000709']],
    [replaced('x-oss-signature-version', 'OSS2', signedV4()), [400, 'InvalidArgument']],
    [signedV4({ region: 'cn-shanghai' }), [400, 'InvalidArgument', '0002-00000226']],
    [signedV4({ time: START + 16 * 60_000 }), [403, 'RequestTimeTooSkewed', '0002-00000504']],
    [signedV1({ credentials: { ...token, securityToken: 'other' } }), [403, 'InvalidSecurityToken']],
  ]
  for (const [signature, said] of cases) await refused(world, { fields: [key, ...signature] }, said)
  await isEmpty(world)
  for (const signature of [signedV1({ credentials: token }), signedV4({ credentials: token })]) {
    assert.equal((await post(world, { fields: [key, ...signature] })).status, 204)
  }
})

test('the headers of the request sign nothing, right or wrong', async () => {
  const world = await createWorld()
  const ask = formAsk({ fields: [['key', 'k']] })
  const signed = await world.ask({ ...ask, signed: 'v4' })
  assert.equal(codeOf(signed), 'AccessDenied')
  const form = { fields: [['key', 'k'], ...signedV1()] as const, headers: { authorization: 'OSS a:b' } }
  assert.equal((await post(world, form)).status, 204)
})

test('a form opens nothing but PostObject', async () => {
  const world = await createWorld()
  await world.expect(200, { method: 'PUT', bucket, key: 'k', body: 'x' })
  const ask = formAsk({ fields: [['key', 'k']] })
  for (const query of [{ delete: '' }, { acl: '' }, { cors: '' }]) {
    const reply = await world.ask({ ...ask, query })
    assert.equal(reply.status, 403, JSON.stringify(query))
  }
  const onKey = await world.ask({ ...ask, key: 'k' })
  assert.equal(onKey.status, 403)
  await world.expect(200, { method: 'GET', bucket, key: 'k' })
})

test('a policy decides about the fields, the variables filled in, and about the size', async () => {
  const world = await createWorld()
  const conditions = [
    { bucket },
    ['starts-with', '$key', 'user/eric/'],
    ['in', '$content-type', ['image/png']],
    ['content-length-range', 2, 4],
  ]
  const signature = signedV4({ conditions })
  const form = (key: string, content: string, contentType = 'image/png'): FormAsk => ({
    content,
    file: { filename: 'a', contentType },
    fields: [['key', key], ...signature],
  })
  await refused(world, form('user/tom/a', 'abc'), [403, 'AccessDenied', '0006-00000227'])
  await refused(world, form(`${FILENAME}user/eric/`, 'abc'), [403, 'AccessDenied', '0006-00000227'])
  await refused(world, form('user/eric/a', 'abc', 'text/html'), [403, 'AccessDenied', '0006-00000227'])
  await refused(world, form('user/eric/a', 'a'), [400, 'EntityTooSmall', '0006-00000004'])
  await refused(world, form('user/eric/a', 'abcde'), [400, 'EntityTooLarge', '0006-00000003'])
  await isEmpty(world)
  for (const content of ['ab', 'abcd'])
    assert.equal((await post(world, form('user/eric/a', content))).status, 204)
  const fields = [['key', 'k'], ...signedV1({ expiration: '2024-01-02T03:04:04Z' })] as const
  await refused(world, { fields }, [403, 'AccessDenied', '0006-00000213'])
})

test('a form that is none is refused as what it is', async () => {
  const world = await createWorld()
  const signature = signedV1()
  const ask = formAsk({ fields: [['key', 'k'], ...signature] })
  const body = Buffer.from(ask.body as Uint8Array)
  const said = async (changed: Partial<typeof ask>) => {
    const reply = await world.ask({ ...ask, ...changed })
    return [reply.status, codeOf(reply), reply.headers['x-oss-ec']]
  }
  const type = (value: string) => said({ headers: { 'content-type': value } })
  assert.deepEqual(await type('multipart/form-data'), [400, 'RequestIsNotMultiPartContent', undefined])
  assert.deepEqual(await type('text/plain'), [400, 'RequestIsNotMultiPartContent', undefined])
  const malformed = [400, 'MalformedPOSTRequest', '0006-00000104']
  assert.deepEqual(await type('multipart/form-data; boundary=another'), malformed)
  assert.deepEqual(await said({ body: body.subarray(0, -10) }), malformed)
  const inside = (added: string) => Buffer.concat([body.subarray(0, -4), Buffer.from(added)])
  const late = `\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n--${BOUNDARY}--`
  const second = `\r\nContent-Disposition: form-data; name="file"; filename="b"\r\n\r\n1\r\n--${BOUNDARY}--`
  assert.deepEqual(await said({ body: inside(late) }), malformed)
  assert.deepEqual(await said({ body: inside(second) }), [
    400,
    'IncorrectNumberOfFilesInPOSTRequest',
    undefined,
  ])
  const fields: [string, string][] = [['key', 'k']]
  await refused(world, { fields: [...signature] }, [400, 'InvalidArgument'])
  await refused(world, { fields: [['key', '/k'], ...signature] }, [400, 'InvalidObjectName'])
  const long: [string, string] = ['x-oss-meta-a', 'v'.repeat(FORM_LIMITS.value + 1)]
  await refused(world, { fields: [...fields, long] }, [400, 'FieldItemTooLong'])
  const name: [string, string] = ['n'.repeat(FORM_LIMITS.name + 1), '']
  await refused(world, { fields: [name] }, [400, 'FieldItemTooLong', '0006-00000110'])
  const many = Array.from({ length: FORM_LIMITS.fields + 1 }, (_, index): [string, string] => [
    `f${index}`,
    '',
  ])
  await refused(world, { fields: many }, [400, 'MaxPOSTPreDataLengthExceededError', '0006-00000112'])
  for (const [field, value, code] of [
    ['x-oss-meta-a', 'a\r\nset-cookie: b', 'InvalidArgument'],
    ['x-oss-meta-a b', 'c', 'InvalidArgument'],
    ['x-oss-object-acl', 'nonsense', 'InvalidArgument'],
    ['x-oss-server-side-encryption-key-id', 'x', 'InvalidArgument'],
    ['x-oss-server-side-encryption-customer-key', 'x', 'NotImplemented'],
  ] as const) {
    const reply = await post(world, { fields: [...fields, [field, value], ...signature] })
    assert.equal(codeOf(reply), code, field)
  }
  await isEmpty(world)
})

test('a digest of the whole body, and one of the file, have to be right', async () => {
  const world = await createWorld()
  const digest = (bytes: Uint8Array | string) => createHash('md5').update(bytes).digest('base64')
  const ask = formAsk({ fields: [['key', 'k'], ...signedV1()] })
  const headers = (md5: string) => ({ headers: { ...ask.headers, 'content-md5': md5 } })
  const wrong = await world.expect(400, { ...ask, ...headers(digest('content')) })
  assert.equal(codeOf(wrong), 'InvalidDigest')
  await world.expect(204, { ...ask, ...headers(digest(ask.body ?? '')) })
  const field = (md5: string) => ({ fields: [['key', 'l'], ['Content-MD5', md5], ...signedV1()] as const })
  await refused(world, field(digest('other')), [400, 'InvalidDigest'])
  assert.equal((await post(world, field(digest('content')))).status, 204)
})

test('what is there is kept where overwriting is forbidden', async () => {
  const world = await createWorld()
  const fields = [['key', 'k'], ['x-oss-forbid-overwrite', 'true'], ...signedV1()] as const
  assert.equal((await post(world, { fields, content: 'first' })).status, 204)
  await refused(world, { fields, content: 'second' }, [409, 'FileAlreadyExists', '0026-00000002'])
  assert.equal((await world.expect(200, { method: 'GET', bucket, key: 'k' })).text, 'first')
})

test('it is found by a bucket in the host, and without a length in advance', async () => {
  const world = await createWorld()
  const ask = formAsk({ fields: [['key', 'k'], ...signedV1()] })
  const { headers } = wireOf(ask, START)
  const { 'content-length': _, ...others } = headers
  for (const host of ['examplebucket.oss-cn-hangzhou.aliyuncs.com', 'examplebucket.localhost:9500']) {
    const response = await world.handler({
      method: 'POST',
      target: '/',
      headers: { ...others, host, 'transfer-encoding': 'chunked' },
      body: chunksOf(ask.body as Uint8Array, 11),
    })
    assert.equal((await replyOf(response)).status, 204)
  }
})
