/** Buckets and the listings of what is in them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { children, text, type XmlElement } from '../../src/protocol/xml.js'
import { type Ask, codeOf, createWorld, documentOf, initiate, type World } from './world.js'

const bucket = 'examplebucket'
const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))

async function putAll(world: World, keys: readonly string[]): Promise<void> {
  for (const key of keys) await world.expect(200, { method: 'PUT', bucket, key, body: key })
}

test('buckets: made, told, listed, deleted', async () => {
  const world = await createWorld()
  const made = await world.expect(200, {
    method: 'PUT',
    bucket: 'second',
    headers: { 'x-oss-acl': 'public-read' },
  })
  assert.equal(made.headers['location'], '/second')
  await world.expect(200, { method: 'PUT', bucket: 'second' })

  const info = documentOf(
    await world.expect(200, { method: 'GET', bucket: 'second', query: { bucketInfo: '' } }),
  )
  const told = children(info, 'Bucket')[0]
  assert.ok(told)
  assert.equal(text(told, 'Name'), 'second')
  assert.equal(text(told, 'Location'), 'oss-cn-hangzhou')
  assert.equal(text(told, 'ExtranetEndpoint'), '127.0.0.1:9500')
  assert.equal(text(told, 'IntranetEndpoint'), '127.0.0.1:9500')
  assert.equal(text(told, 'CreationDate'), '2024-01-02T03:04:05.000Z')
  assert.equal(text(told, 'StorageClass'), 'Standard')
  const grants = children(told, 'AccessControlList')[0]
  assert.equal(grants && text(grants, 'Grant'), 'public-read')

  const names = async (query: Ask['query']) => {
    const root = documentOf(await world.expect(200, { method: 'GET', query: query ?? {} }))
    assert.ok(children(root, 'Owner')[0])
    const list = children(root, 'Buckets')[0]
    assert.ok(list)
    return [children(list, 'Bucket').map((each) => text(each, 'Name')), text(root, 'NextMarker')]
  }
  assert.deepEqual(await names({}), [['examplebucket', 'second'], undefined])
  assert.deepEqual(await names({ 'max-keys': '1' }), [['examplebucket'], 'examplebucket'])
  assert.deepEqual(await names({ 'max-keys': '1', marker: 'examplebucket' }), [['second'], undefined])
  assert.deepEqual(await names({ prefix: 'sec' }), [['second'], undefined])

  await world.expect(204, { method: 'DELETE', bucket: 'second' })
  await world.expect(404, { method: 'DELETE', bucket: 'second' })
})

test('a bucket that holds an object or an unfinished upload is not deleted', async () => {
  const world = await createWorld()
  await putAll(world, ['k'])
  assert.equal(codeOf(await world.expect(409, { method: 'DELETE', bucket })), 'BucketNotEmpty')
  await world.expect(204, { method: 'DELETE', bucket, key: 'k' })
  const uploadId = await initiate(world, 'k')
  const reply = await world.expect(409, { method: 'DELETE', bucket })
  assert.equal(reply.headers['x-oss-ec'], '0015-00000301')
  await world.expect(204, { method: 'DELETE', bucket, key: 'k', query: { uploadId } })
  await world.expect(204, { method: 'DELETE', bucket })
})

/** All pages of a listing: groups and keys in the order of the pages, decoded. */
async function listAll(world: World, version: 'v1' | 'v2', query: Record<string, string>): Promise<string[]> {
  const found: string[] = []
  let next: Record<string, string> = {}
  for (let page = 1; page <= 200; page += 1) {
    const asked = {
      ...query,
      ...next,
      'encoding-type': 'url',
      ...(version === 'v2' ? { 'list-type': '2' } : {}),
    }
    const root = documentOf(await world.expect(200, { method: 'GET', bucket, query: asked }))
    const decoded = (value: string | undefined) => decodeURIComponent(value ?? '')
    const keys = children(root, 'Contents').map((each) => decoded(text(each, 'Key')))
    const groups = children(root, 'CommonPrefixes').map((each) => decoded(text(each, 'Prefix')))
    const most = Number(query['max-keys'] ?? 100)
    assert.ok(keys.length + groups.length <= most)
    if (version === 'v2') assert.equal(text(root, 'KeyCount'), String(keys.length + groups.length))
    found.push(...[...keys, ...groups].sort(byBytes))
    const isTruncated = text(root, 'IsTruncated') === 'true'
    if (!isTruncated) return found
    assert.equal(keys.length + groups.length, most, 'a page that is not the last is full')
    next =
      version === 'v2'
        ? { 'continuation-token': decoded(text(root, 'NextContinuationToken')) }
        : { marker: decoded(text(root, 'NextMarker')) }
  }
  throw new Error('the listing does not end')
}

async function listVersions(world: World, query: Record<string, string>): Promise<string[]> {
  const found: string[] = []
  let next: Record<string, string> = {}
  for (let page = 1; page <= 200; page += 1) {
    const asked = { versions: '', 'encoding-type': 'url', ...query, ...next }
    const root = documentOf(await world.expect(200, { method: 'GET', bucket, query: asked }))
    const decoded = (parent: XmlElement, name: string) => decodeURIComponent(text(parent, name) ?? '')
    const keys = children(root, 'Version').map((each) => decoded(each, 'Key'))
    const groups = children(root, 'CommonPrefixes').map((each) => decoded(each, 'Prefix'))
    found.push(...[...keys, ...groups].sort(byBytes))
    if (text(root, 'IsTruncated') !== 'true') return found
    next = {
      'key-marker': decoded(root, 'NextKeyMarker'),
      'version-id-marker': decoded(root, 'NextVersionIdMarker'),
    }
  }
  throw new Error('the listing does not end')
}

/** What a listing should give, by its definition. */
function expected(keys: readonly string[], prefix: string, delimiter: string): string[] {
  const found = new Set<string>()
  for (const key of keys) {
    if (!key.startsWith(prefix)) continue
    const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length)
    found.add(at < 0 ? key : key.slice(0, at + delimiter.length))
  }
  return [...found].sort(byBytes)
}

const awkward = fc
  .array(
    fc.constantFrom(
      'a',
      'b',
      '/',
      '//',
      '\u0000',
      '\u000b',
      '\n',
      '&<',
      ' ',
      '+',
      '%2F',
      '../',
      'é',
      '\uffff',
      '😀',
      '\ud7ff',
    ),
    {
      minLength: 1,
      maxLength: 5,
    },
  )
  .map((parts) => parts.join(''))
  .filter((key) => !key.startsWith('/'))

test('uploads and versions are listed in pages of any size as well, every key or its group once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(awkward, { maxLength: 10 }),
      fc.constantFrom('', 'a', '../', '+', '%2F', '\u0000'),
      fc.constantFrom('', '/', '%', '+', 'a', '😀'),
      fc.integer({ min: 1, max: 4 }),
      async (keys, prefix, delimiter, page) => {
        const world = await createWorld()
        await putAll(world, keys)
        for (const key of keys) await initiate(world, key)
        const model = expected(keys, prefix, delimiter)
        const versions = await listVersions(world, { prefix, delimiter, 'max-keys': String(page) })
        assert.deepEqual(versions, model)
        const [uploads, groups] = await listUploads(world, { prefix, delimiter, 'max-uploads': String(page) })
        const names = [...uploads.map((each) => each.replace(/ [0-9A-F]{32}$/, '')), ...groups]
        assert.deepEqual(names.sort(byBytes), model)
      },
    ),
    { numRuns: 40 },
  )
})

test('a listing begins after any name, be it a key, a group, within a group, or none of them', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(awkward, { maxLength: 10 }),
      fc.oneof(awkward, fc.constantFrom('a/', 'b/', 'a//')),
      fc.constantFrom('', '/', 'b'),
      async (keys, after, delimiter) => {
        const world = await createWorld()
        await putAll(world, keys)
        const names = async (version: 'v1' | 'v2', query: Record<string, string>) =>
          listAll(world, version, { delimiter, 'max-keys': '2', ...query })
        // A marker within a group leaves the group's later keys, so the group is still to come; one that is the group
        // itself has passed all of it.
        const isGroup = delimiter !== '' && after.indexOf(delimiter) === after.length - delimiter.length
        const left = keys.filter((key) => byBytes(key, after) > 0 && !(isGroup && key.startsWith(after)))
        const model = expected(left, '', delimiter)
        assert.deepEqual(await names('v1', { marker: after }), model)
        assert.deepEqual(await names('v2', { 'start-after': after }), model)
      },
    ),
    { numRuns: 80 },
  )
})

test('both listings, in pages of any size, give every key or its group once, in the order of bytes', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(awkward, { maxLength: 12 }),
      fc.constantFrom('', 'a', 'a/', '\u0000', '😀'),
      fc.constantFrom('', '/', 'b', '\u0000'),
      fc.integer({ min: 1, max: 5 }),
      async (keys, prefix, delimiter, maxKeys) => {
        const world = await createWorld()
        await putAll(world, keys)
        const query = { prefix, delimiter, 'max-keys': String(maxKeys) }
        assert.deepEqual(await listAll(world, 'v1', query), expected(keys, prefix, delimiter))
        assert.deepEqual(await listAll(world, 'v2', query), expected(keys, prefix, delimiter))
      },
    ),
    { numRuns: 60 },
  )
})

test('a listing says what OSS says of each object, and repeats what was asked', async () => {
  const world = await createWorld()
  await putAll(world, ['a', 'b/c'])
  const query = { prefix: '', delimiter: '/', 'max-keys': '1' }
  const root = documentOf(await world.expect(200, { method: 'GET', bucket, query }))
  assert.equal(text(root, 'Name'), bucket)
  assert.equal(text(root, 'MaxKeys'), '1')
  assert.equal(text(root, 'Delimiter'), '/')
  assert.equal(text(root, 'NextMarker'), 'a')
  const object = children(root, 'Contents')[0]
  assert.ok(object)
  assert.equal(text(object, 'ETag'), '"0CC175B9C0F1B6A831C399E269772661"')
  assert.equal(text(object, 'Type'), 'Normal')
  assert.equal(text(object, 'Size'), '1')
  assert.equal(text(object, 'StorageClass'), 'Standard')
  assert.equal(text(object, 'LastModified'), '2024-01-02T03:04:05.000Z')
  assert.ok(children(object, 'Owner')[0])
  const plain = documentOf(await world.expect(200, { method: 'GET', bucket }))
  assert.equal(text(plain, 'MaxKeys'), '100')

  const owners = async (fetchOwner: string) => {
    const asked = { 'list-type': '2', 'fetch-owner': fetchOwner, 'start-after': 'a' }
    const page = documentOf(await world.expect(200, { method: 'GET', bucket, query: asked }))
    return children(page, 'Contents').map((each) => children(each, 'Owner').length)
  }
  assert.deepEqual(await owners('true'), [1])
  assert.deepEqual(await owners('false'), [0])
})

test('a listing is refused for arguments that mean nothing', async () => {
  const world = await createWorld()
  const wrong = [
    { 'max-keys': '1001' },
    { 'max-keys': '-1' },
    { 'max-keys': 'x' },
    { 'encoding-type': 'base64' },
    { 'list-type': '3' },
    { 'list-type': '2', 'continuation-token': '!' },
    { uploads: '', 'max-uploads': '1001' },
  ]
  for (const query of wrong) {
    assert.equal(codeOf(await world.expect(400, { method: 'GET', bucket, query })), 'InvalidArgument')
  }
})

async function listUploads(world: World, query: Record<string, string>): Promise<[string[], string[]]> {
  const uploads: string[] = []
  const groups: string[] = []
  let next: Record<string, string> = {}
  for (let page = 1; page <= 100; page += 1) {
    const asked = { uploads: '', 'encoding-type': 'url', ...query, ...next }
    const root = documentOf(await world.expect(200, { method: 'GET', bucket, query: asked }))
    for (const each of children(root, 'Upload')) {
      uploads.push(`${decodeURIComponent(text(each, 'Key') ?? '')} ${text(each, 'UploadId')}`)
    }
    groups.push(
      ...children(root, 'CommonPrefixes').map((each) => decodeURIComponent(text(each, 'Prefix') ?? '')),
    )
    const keyMarker = text(root, 'NextKeyMarker')
    const idMarker = text(root, 'NextUploadIdMarker')
    assert.notEqual(keyMarker, undefined)
    assert.notEqual(idMarker, undefined)
    if (text(root, 'IsTruncated') !== 'true') return [uploads, groups]
    next = { 'key-marker': decodeURIComponent(keyMarker ?? ''), 'upload-id-marker': idMarker ?? '' }
  }
  throw new Error('the listing does not end')
}

test('unfinished uploads are listed by key, then id, in pages that meet within one key', async () => {
  const world = await createWorld()
  const keys = ['b', 'a', 'a', 'a\u0000', 'a\u0001', 'd/1', 'd/2', 'd/2', '😀', '\uffff', 'a']
  const all: { key: string; id: string }[] = []
  for (const key of keys) all.push({ key, id: await initiate(world, key) })
  const inOrder = all
    .sort((a, b) => byBytes(a.key, b.key) || byBytes(a.id, b.id))
    .map(({ key, id }) => `${key} ${id}`)
  for (const max of ['1', '2', '3', '1000']) {
    assert.deepEqual(await listUploads(world, { 'max-uploads': max }), [inOrder, []])
    const grouped = await listUploads(world, { 'max-uploads': max, delimiter: '/' })
    assert.deepEqual(grouped, [inOrder.filter((each) => !each.startsWith('d/')), ['d/']])
    const inGroup = await listUploads(world, { 'max-uploads': max, prefix: 'd/', delimiter: '/' })
    assert.deepEqual(inGroup, [inOrder.filter((each) => each.startsWith('d/')), []])
  }
  const afterA = await listUploads(world, { 'key-marker': 'a' })
  assert.deepEqual(
    afterA[0],
    inOrder.filter((each) => !each.startsWith('a ')),
  )
  const ignored = await listUploads(world, { 'upload-id-marker': 'F'.repeat(32) })
  assert.deepEqual(ignored[0], inOrder)
})
