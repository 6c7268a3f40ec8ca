/** ACL and tags of objects, encryption headers, versions, and what is answered about restoring. */
import assert from 'node:assert/strict'
import { child, children, text } from '../../src/protocol/xml.js'
import { field, inBoth, inBucket } from './both.js'
import { type Ask, documentOf, type World } from './world.js'

const ask = (
  method: string,
  key: string,
  query: Record<string, string> = {},
  headers: Record<string, string> = {},
): Ask => ({
  method,
  ...inBucket,
  key,
  query,
  headers,
})

const put = (world: World, key: string, headers: Record<string, string> = {}) =>
  world.expect(200, { method: 'PUT', ...inBucket, key, body: 'hello', headers })

type Tags = readonly (readonly [key: string, value: string])[]

const escaped = (word: string): string => word.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

function taggingOf(tags: Tags): string {
  const each = tags.map(
    ([key, value]) => `<Tag><Key>${escaped(key)}</Key><Value>${escaped(value)}</Value></Tag>`,
  )
  return `<Tagging><TagSet>${each.join('')}</TagSet></Tagging>`
}

const putTags = (key: string, tags: Tags): Ask => ({
  ...ask('PUT', key, { tagging: '' }),
  body: taggingOf(tags),
})

async function readTags(world: World, key: string): Promise<(string | undefined)[][]> {
  const root = documentOf(await world.expect(200, ask('GET', key, { tagging: '' })))
  const set = child(root, 'TagSet')
  assert.ok(set)
  return children(set, 'Tag').map((tag) => [text(tag, 'Key'), text(tag, 'Value')])
}

inBoth('an ACL is given back, and unset it is default', async (world) => {
  await put(world, 'k')
  const grant = async () => field(await world.expect(200, ask('GET', 'k', { acl: '' })), 'Grant')
  assert.equal(await grant(), 'default')
  for (const acl of ['private', 'public-read', 'public-read-write', 'default']) {
    await world.expect(200, ask('PUT', 'k', { acl: '' }, { 'x-oss-object-acl': acl }))
    assert.equal(await grant(), acl)
  }
  const { headers } = await world.expect(200, ask('HEAD', 'k'))
  assert.equal(headers['x-oss-object-acl'], undefined)
  await put(world, 'k', { 'x-oss-object-acl': 'private' })
  assert.equal(await grant(), 'private')
  assert.ok(field(await world.expect(200, ask('GET', 'k', { acl: '' })), 'ID'))

  for (const acl of [undefined, '', 'all', 'Private']) {
    const wrong = ask('PUT', 'k', { acl: '' }, acl === undefined ? {} : { 'x-oss-object-acl': acl })
    const reply = await world.expect(400, wrong)
    assert.equal(field(reply, 'Code'), 'InvalidArgument')
    assert.equal(field(reply, 'ArgumentName'), 'x-oss-object-acl')
  }
  for (const method of ['GET', 'PUT']) {
    const missing = await world.expect(
      404,
      ask(method, 'missing', { acl: '' }, { 'x-oss-object-acl': 'private' }),
    )
    assert.equal(field(missing, 'Code'), 'NoSuchKey')
    assert.equal(field(missing, 'EC'), '0026-00000001')
  }
  assert.equal(await grant(), 'private')
})

inBoth('tags are given back as they were put, counted, replaced and removed', async (world) => {
  await put(world, 'k')
  assert.deepEqual(await readTags(world, 'k'), [])
  for (const tags of [
    [
      ['k1', 'v1'],
      ['k2', 'v2'],
    ],
    [
      ['+:/', ' + '],
      [' ', ''],
      ['a=b', '='],
    ],
    [
      ['中', 'ü'],
      ['_-.', '0'],
    ],
    [['k'.repeat(128), 'v'.repeat(256)]],
    Array.from({ length: 10 }, (_, index) => [`k${index}`, 'v'] as const),
  ] as const satisfies readonly Tags[]) {
    await world.expect(200, putTags('k', tags))
    assert.deepEqual(await readTags(world, 'k'), tags)
    const { headers } = await world.expect(200, ask('HEAD', 'k'))
    assert.equal(headers['x-oss-tagging-count'], String(tags.length))
  }
  await world.expect(204, ask('DELETE', 'k', { tagging: '' }))
  assert.deepEqual(await readTags(world, 'k'), [])
  assert.equal((await world.expect(200, ask('HEAD', 'k'))).headers['x-oss-tagging-count'], undefined)
  await world.expect(204, ask('DELETE', 'k', { tagging: '' }))

  await put(world, 'k', { 'x-oss-tagging': 'a=&%2B%3A%2F=+%2B+&%E4%B8%AD=b%3Dc' })
  assert.deepEqual(await readTags(world, 'k'), [
    ['a', ''],
    ['+:/', ' + '],
    ['中', 'b=c'],
  ])
})

inBoth('tags that are not valid are refused in both forms, and those there stay', async (world) => {
  await put(world, 'k', { 'x-oss-tagging': 'old=1' })
  const wrong: readonly Tags[] = [
    [['', 'a']],
    [['k'.repeat(129), 'v']],
    [['k', 'v'.repeat(257)]],
    [
      ['k', 'a'],
      ['k', 'b'],
    ],
    Array.from({ length: 11 }, (_, index) => [`k${index}`, 'v'] as const),
    [['k', 'a&b']],
    [['a<b', '']],
  ]
  for (const tags of wrong) {
    const header = tags
      .map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`)
      .join('&')
    for (const refused of [putTags('k', tags), ask('PUT', 'k', {}, { 'x-oss-tagging': header })]) {
      const reply = await world.expect(400, refused)
      assert.equal(field(reply, 'Code'), 'InvalidArgument')
    }
  }
  for (const header of ['aa=bb=cc', '%zz=a']) {
    const reply = await world.expect(400, ask('PUT', 'k', {}, { 'x-oss-tagging': header }))
    assert.equal(field(reply, 'ArgumentName'), 'x-oss-tagging')
  }
  for (const body of ['', '<Tags/>', '<Tagging>', '<Tagging></Tagging>']) {
    const reply = await world.expect(400, { ...ask('PUT', 'k', { tagging: '' }), body })
    assert.equal(field(reply, 'Code'), 'MalformedXML')
  }
  assert.deepEqual(await readTags(world, 'k'), [['old', '1']])
  for (const missing of [
    putTags('missing', [['k', 'v']]),
    ask('GET', 'missing', { tagging: '' }),
    ask('DELETE', 'missing', { tagging: '' }),
  ]) {
    assert.equal(field(await world.expect(404, missing), 'Code'), 'NoSuchKey')
    assert.equal(field(await world.expect(404, { ...missing, bucket: 'otherbucket' }), 'EC'), '0015-00000101')
  }
})

inBoth('what is asked for of encryption is told with the object', async (world) => {
  const METHOD = 'x-oss-server-side-encryption'
  const KEY = `${METHOD}-key-id`
  const DATA = 'x-oss-server-side-data-encryption'
  const plain = await put(world, 'plain')
  assert.equal(plain.headers[METHOD], undefined)
  for (const [asked, told] of [
    [{ [METHOD]: 'AES256' }, { [METHOD]: 'AES256' }],
    [{ [METHOD]: 'SM4' }, { [METHOD]: 'SM4' }],
    [
      { [METHOD]: 'KMS', [KEY]: 'my-key' },
      { [METHOD]: 'KMS', [KEY]: 'my-key' },
    ],
    [
      { [METHOD]: 'KMS', [DATA]: 'SM4' },
      { [METHOD]: 'KMS', [DATA]: 'SM4' },
    ],
    // How data is encrypted is KMS's alone, and else not looked at.
    [{ [METHOD]: 'AES256', [DATA]: 'SM4' }, { [METHOD]: 'AES256' }],
    [{ [METHOD]: 'SM4', [DATA]: 'SM4' }, { [METHOD]: 'SM4' }],
    [{ [DATA]: 'SM4' }, {}],
  ] as readonly (readonly [Record<string, string>, Record<string, string>])[]) {
    const stored = await put(world, 'k', asked)
    for (const { headers } of [
      stored,
      await world.expect(200, ask('HEAD', 'k')),
      await world.expect(200, ask('GET', 'k')),
    ]) {
      for (const [name, value] of Object.entries(told)) assert.equal(headers[name], value)
      if (asked[METHOD] === 'KMS') assert.ok(headers[KEY])
      else assert.equal(headers[DATA], undefined)
    }
    const copied = await world.expect(
      200,
      ask('PUT', 'copy', {}, { 'x-oss-copy-source': '/examplebucket/k' }),
    )
    assert.equal(copied.headers[METHOD], undefined)
    const encrypted = await world.expect(
      200,
      ask('PUT', 'copy', {}, { 'x-oss-copy-source': '/examplebucket/k', ...asked }),
    )
    for (const [name, value] of Object.entries(told)) assert.equal(encrypted.headers[name], value)
    const uploaded = await world.expect(200, ask('POST', 'parts', { uploads: '' }, asked))
    for (const [name, value] of Object.entries(told)) assert.equal(uploaded.headers[name], value)
    const appended = {
      ...ask('POST', `log of ${JSON.stringify(asked)}`, { append: '', position: '0' }, asked),
      body: 'x',
    }
    const reply = await world.expect(200, appended)
    for (const [name, value] of Object.entries(told)) assert.equal(reply.headers[name], value)
  }
  for (const [asked, code] of [
    [{ [METHOD]: 'DES' }, 'InvalidEncryptionAlgorithmError'],
    [{ [METHOD]: 'KMS', [DATA]: 'DES' }, 'InvalidEncryptionAlgorithmError'],
    [{ [METHOD]: 'AES256', [KEY]: 'k' }, 'InvalidArgument'],
    [{ [KEY]: 'k' }, 'InvalidArgument'],
  ] as readonly (readonly [Record<string, string>, string])[]) {
    assert.equal(field(await world.expect(400, ask('PUT', 'k', {}, asked)), 'Code'), code)
  }
  const own = ask('PUT', 'k', {}, { 'x-oss-server-side-encryption-customer-key': 'x' })
  assert.equal(field(await world.expect(501, own), 'Code'), 'NotImplemented')
})

inBoth('an object has the class of its bucket unless it names one', async (world) => {
  const configuration =
    '<CreateBucketConfiguration><StorageClass>IA</StorageClass></CreateBucketConfiguration>'
  await world.expect(200, { method: 'PUT', bucket: 'cool', body: configuration })
  const classOf = async (key: string) =>
    (await world.expect(200, { method: 'HEAD', bucket: 'cool', key })).headers['x-oss-storage-class']
  await world.expect(200, { method: 'PUT', bucket: 'cool', key: 'a', body: 'x' })
  await world.expect(200, {
    method: 'PUT',
    bucket: 'cool',
    key: 'b',
    body: 'x',
    headers: { 'x-oss-storage-class': 'Standard' },
  })
  assert.deepEqual([await classOf('a'), await classOf('b')], ['IA', 'Standard'])
  const wrong = await world.expect(400, ask('PUT', 'k', {}, { 'x-oss-storage-class': 'standard' }))
  assert.equal(field(wrong, 'ArgumentName'), 'x-oss-storage-class')
})

inBoth('without versioning there is one version, null', async (world) => {
  await put(world, 'k', { 'x-oss-tagging': 'a=b' })
  const forms = [
    ask('GET', 'k'),
    ask('HEAD', 'k'),
    ask('HEAD', 'k', { objectMeta: '' }),
    ask('GET', 'k', { acl: '' }),
    ask('GET', 'k', { tagging: '' }),
  ]
  for (const form of forms) {
    await world.expect(200, { ...form, query: { ...form.query, versionId: 'null' } })
    const reply = await world.expect(404, { ...form, query: { ...form.query, versionId: 'CAEQ' } })
    if (form.method === 'GET') assert.equal(field(reply, 'Code'), 'NoSuchVersion')
  }
  await world.expect(204, ask('DELETE', 'k', { versionId: 'CAEQ' }))
  await world.expect(200, ask('HEAD', 'k'))
  await world.expect(204, ask('DELETE', 'k', { versionId: 'null' }))
  await world.expect(404, ask('HEAD', 'k'))
})

inBoth('an object that is not frozen is not restored', async (world) => {
  await put(world, 'k')
  for (const operation of ['restore', 'cleanRestoredObject']) {
    const reply = await world.expect(400, ask('POST', 'k', { [operation]: '' }))
    assert.equal(field(reply, 'Code'), 'OperationNotSupported')
    assert.equal(
      field(await world.expect(404, ask('POST', 'missing', { [operation]: '' })), 'Code'),
      'NoSuchKey',
    )
  }
})
