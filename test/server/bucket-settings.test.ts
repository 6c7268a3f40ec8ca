/** What is told of a bucket and set on it, in memory and on a disk that is opened again. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { child, children, text, type XmlElement } from '../../src/protocol/xml.js'
import { openDiskStorage } from '../../src/server/index.js'
import { type Ask, codeOf, createWorld, documentOf, initiate, START, sendPart, type World } from './world.js'

const bucket = 'examplebucket'

async function tell(world: World, query: Record<string, string>): Promise<XmlElement> {
  return documentOf(await world.expect(200, { method: 'GET', bucket, query }))
}

async function grantOf(world: World): Promise<string | undefined> {
  const list = child(await tell(world, { acl: '' }), 'AccessControlList')
  return list && text(list, 'Grant')
}

test('the ACL is set at the making, by PutBucketAcl, and by making the bucket again', async () => {
  const world = await createWorld()
  const set = (acl: string, query: Record<string, string> = {}) =>
    world.ask({ method: 'PUT', bucket, query, headers: { 'x-oss-acl': acl } })
  assert.equal(await grantOf(world), 'private')
  assert.equal((await set('public-read', { acl: '' })).status, 200)
  assert.equal(await grantOf(world), 'public-read')
  await world.expect(200, { method: 'PUT', bucket })
  assert.equal(await grantOf(world), 'public-read', 'making it again without an ACL leaves it')
  assert.equal((await set('public-read-write')).status, 200)
  assert.equal(await grantOf(world), 'public-read-write')
  for (const query of [{ acl: '' }, {}]) {
    const root = documentOf(await set('error-acl', query))
    assert.equal(text(root, 'Code'), 'InvalidArgument')
    assert.equal(text(root, 'Message'), 'no such bucket access control exists')
    assert.equal(text(root, 'ArgumentName'), 'x-oss-acl')
    assert.equal(text(root, 'ArgumentValue'), 'error-acl')
  }
  assert.equal(codeOf(await world.ask({ method: 'PUT', bucket, query: { acl: '' } })), 'InvalidArgument')
  const owner = child(await tell(world, { acl: '' }), 'Owner')
  assert.ok(owner && text(owner, 'ID') && text(owner, 'DisplayName'))
})

test('a bucket has the storage class and redundancy it was made with, and its objects the class', async () => {
  const world = await createWorld()
  const make = (name: string, inner: string) =>
    world.ask({
      method: 'PUT',
      bucket: name,
      body: `<CreateBucketConfiguration>${inner}</CreateBucketConfiguration>`,
    })
  const made = '<StorageClass>IA</StorageClass><DataRedundancyType>ZRS</DataRedundancyType>'
  assert.equal((await make('cool-bucket', made)).status, 200)
  const root = documentOf(
    await world.expect(200, { method: 'GET', bucket: 'cool-bucket', query: { bucketInfo: '' } }),
  )
  const info = child(root, 'Bucket')
  assert.ok(info)
  assert.equal(text(info, 'StorageClass'), 'IA')
  assert.equal(text(info, 'DataRedundancyType'), 'ZRS')
  for (const name of [
    'AccessMonitor',
    'BlockPublicAccess',
    'BucketPolicy',
    'CrossRegionReplication',
    'Owner',
    'Region',
    'ResourceGroupId',
    'ServerSideEncryptionRule',
    'TransferAcceleration',
  ]) {
    assert.ok(child(info, name), name)
  }
  assert.equal(child(info, 'Versioning'), undefined)
  await world.expect(200, { method: 'PUT', bucket: 'cool-bucket', key: 'k', body: 'x' })
  const listing = documentOf(await world.expect(200, { method: 'GET', bucket: 'cool-bucket' }))
  assert.deepEqual(
    children(listing, 'Contents').map((each) => text(each, 'StorageClass')),
    ['IA'],
  )
  for (const wrong of [
    '<StorageClass>Warm</StorageClass>',
    '<DataRedundancyType>RAID</DataRedundancyType>',
  ]) {
    assert.equal(codeOf(await make('warm-bucket', wrong)), 'InvalidArgument')
  }
  assert.equal(codeOf(await make('warm-bucket', '<StorageClass>')), 'MalformedXML')
  await world.expect(404, { method: 'GET', bucket: 'warm-bucket' })
})

const taggingOf = (tags: readonly (readonly [string, string])[]): string => {
  const items = tags.map(([key, value]) => `<Tag><Key>${key}</Key><Value>${value}</Value></Tag>`)
  return `<Tagging><TagSet>${items.join('')}</TagSet></Tagging>`
}

test('tags are kept, told, deleted all or by name, and buckets are found by them', async () => {
  const world = await createWorld()
  const put = (tags: readonly (readonly [string, string])[], name = bucket) =>
    world.ask({ method: 'PUT', bucket: name, query: { tagging: '' }, body: taggingOf(tags) })
  const told = async () => {
    const set = child(await tell(world, { tagging: '' }), 'TagSet')
    assert.ok(set)
    return children(set, 'Tag').map((tag) => [text(tag, 'Key'), text(tag, 'Value')])
  }
  assert.deepEqual(await told(), [])
  const tags = [
    ['k', 'v'],
    ['123++', '++123%'],
    ['中 文', ''],
  ] as const
  assert.equal((await put(tags)).status, 200)
  assert.deepEqual(await told(), tags)

  await world.expect(200, { method: 'PUT', bucket: 'other-bucket' })
  await put([['k', 'w']], 'other-bucket')
  const found = async (query: Record<string, string>) => {
    const root = documentOf(await world.expect(200, { method: 'GET', query }))
    const list = child(root, 'Buckets')
    const names = list ? children(list, 'Bucket').map((each) => text(each, 'Name')) : []
    return [...names, ...(text(root, 'IsTruncated') === 'true' ? [`then ${text(root, 'NextMarker')}`] : [])]
  }
  assert.deepEqual(await found({ tagging: '"k":"v"' }), [bucket])
  const listed = await world.expect(200, { method: 'GET', query: { tagging: '"k":"v"' } })
  assert.match(listed.text, /<Bucket>.*<Tagging><TagSet><Tag><Key>k<\/Key><Value>v<\/Value><\/Tag>/s)
  assert.doesNotMatch((await world.expect(200, { method: 'GET' })).text, /<Tagging>/)
  assert.deepEqual(await found({ tagging: '"k":"v","123++":"++123%"' }), [bucket])
  assert.deepEqual(await found({ tagging: '"k":"v","123++":"x"' }), [])
  assert.deepEqual(await found({ tagging: '"k"' }), [bucket, 'other-bucket'])
  assert.deepEqual(await found({ 'tag-key': 'k', 'max-keys': '1' }), [bucket, `then ${bucket}`])
  assert.deepEqual(await found({ 'tag-key': 'k', 'max-keys': '1', marker: bucket }), ['other-bucket'])
  assert.deepEqual(await found({ 'tag-key': 'k', 'tag-value': 'w', prefix: 'ex' }), [])
  assert.deepEqual(await found({ regionList: '' }), [bucket, 'other-bucket'])
  for (const query of [
    { tagging: 'k=v' },
    { 'tag-value': 'v' },
    { 'max-keys': '0' },
    { 'max-keys': '1001' },
  ]) {
    assert.equal(codeOf(await world.expect(400, { method: 'GET', query })), 'InvalidArgument')
  }

  await world.expect(204, { method: 'DELETE', bucket, query: { tagging: 'k,absent' } })
  assert.deepEqual(await told(), tags.slice(1))
  for (const _ of [1, 2]) await world.expect(204, { method: 'DELETE', bucket, query: { tagging: '' } })
  assert.deepEqual(await told(), [])
})

test('tags beyond the limits are refused', async () => {
  const world = await createWorld()
  const many = (count: number) => Array.from({ length: count }, (_, index) => [`k${index}`, 'v'] as const)
  const put = (tags: readonly (readonly [string, string])[]) =>
    world.ask({ method: 'PUT', bucket, query: { tagging: '' }, body: taggingOf(tags) })
  assert.equal((await put(many(20))).status, 200)
  for (const tags of [
    many(21),
    [['', 'v']],
    [['k'.repeat(65), 'v']],
    [['k', 'v'.repeat(129)]],
    [
      ['k', 'v'],
      ['k', 'w'],
    ],
  ] as const) {
    assert.equal(codeOf(await put(tags)), 'InvalidArgument')
  }
  for (const body of ['<Tags></Tags>', '<Tagging></Tagging>']) {
    const malformed = await world.ask({ method: 'PUT', bucket, query: { tagging: '' }, body })
    assert.equal(codeOf(malformed), 'MalformedXML')
  }
})

const statOf = async (world: World): Promise<Record<string, number>> => {
  const root = await tell(world, { stat: '' })
  return Object.fromEntries(root.children.map((each) => [each.name, Number(each.text)]))
}

async function fill(world: World): Promise<void> {
  const put = (key: string, size: number, storageClass?: string) =>
    world.expect(200, {
      method: 'PUT',
      bucket,
      key,
      body: 'x'.repeat(size),
      ...(storageClass === undefined ? {} : { headers: { 'x-oss-storage-class': storageClass } }),
    })
  await put('a', 7)
  await put('a', 9)
  await put('b', 0)
  await put('gone', 5)
  await put('cool', 3, 'IA')
  await put('cold', 100_000, 'Archive')
  await world.expect(204, { method: 'DELETE', bucket, key: 'gone' })
  const uploadId = await initiate(world, 'b')
  await initiate(world, 'c')
  for (const partNumber of [1, 2, 3]) {
    await sendPart(world, { key: 'b', uploadId }, partNumber, new Uint8Array(10))
  }
}

const FILLED = {
  Storage: 100_012,
  ObjectCount: 4,
  MultipartUploadCount: 2,
  MultipartPartCount: 3,
  LiveChannelCount: 0,
  LastModifiedTime: START / 1000,
  StandardStorage: 9,
  StandardObjectCount: 2,
  InfrequentAccessStorage: 65_536,
  InfrequentAccessRealStorage: 3,
  InfrequentAccessObjectCount: 1,
  ArchiveStorage: 100_000,
  ArchiveRealStorage: 100_000,
  ArchiveObjectCount: 1,
  ColdArchiveStorage: 0,
  ColdArchiveRealStorage: 0,
  ColdArchiveObjectCount: 0,
  DeepColdArchiveStorage: 0,
  DeepColdArchiveRealStorage: 0,
  DeepColdArchiveObjectCount: 0,
  DeleteMarkerCount: 0,
}

test('the stat of a bucket counts what is in it', async () => {
  const world = await createWorld()
  const empty = await statOf(world)
  assert.deepEqual(empty, {
    ...Object.fromEntries(Object.keys(FILLED).map((name) => [name, 0])),
    LastModifiedTime: START / 1000,
  })
  await fill(world)
  assert.deepEqual(await statOf(world), FILLED)
})

test('settings and counts are the same after the server was started again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-settings-'))
  try {
    const first = await openDiskStorage({ folder, durability: 'durable' })
    const before = await createWorld({ storage: first })
    await fill(before)
    await before.expect(200, { method: 'PUT', bucket, headers: { 'x-oss-acl': 'public-read' } })
    await before.expect(200, { method: 'PUT', bucket, query: { tagging: '' }, body: taggingOf([['k', 'v']]) })
    const rule = '<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>'
    const body = `<CORSConfiguration>${rule}</CORSConfiguration>`
    await before.expect(200, { method: 'PUT', bucket, query: { cors: '' }, body })
    await first.close()
    const second = await openDiskStorage({ folder, durability: 'durable' })
    const after = await createWorld({ storage: second })
    assert.deepEqual(await statOf(after), FILLED)
    assert.equal(await grantOf(after), 'public-read')
    assert.equal(children(await tell(after, { cors: '' }), 'CORSRule').length, 1)
    const set = child(await tell(after, { tagging: '' }), 'TagSet')
    assert.equal(set && children(set, 'Tag').length, 1)
    await second.close()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test('white space before a document, and before its declaration, is no matter', async () => {
  const world = await createWorld()
  const declared = (inner: string): string => `\r\n\t <?xml version="1.0" encoding="UTF-8"?>\n\t${inner}\n`
  const configuration =
    '<CreateBucketConfiguration><StorageClass>IA</StorageClass></CreateBucketConfiguration>'
  await world.expect(200, { method: 'PUT', bucket: 'cool-bucket', body: declared(configuration) })
  const info = await world.expect(200, { method: 'GET', bucket: 'cool-bucket', query: { bucketInfo: '' } })
  assert.match(info.text, /<StorageClass>IA</)
  const deletion = declared('<Delete><Object><Key>k</Key></Object></Delete>')
  const md5 = { 'content-md5': createHash('md5').update(deletion).digest('base64') }
  await world.expect(200, { method: 'POST', bucket, query: { delete: '' }, headers: md5, body: deletion })
  const uploadId = await initiate(world, 'k')
  const etag = await sendPart(world, { key: 'k', uploadId }, 1, new Uint8Array(1))
  const completion = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${etag}</ETag></Part></CompleteMultipartUpload>`
  await world.expect(200, {
    method: 'POST',
    bucket,
    key: 'k',
    query: { uploadId },
    body: declared(completion),
  })
})

test('what was never set is told as OSS tells it', async () => {
  const world = await createWorld()
  assert.equal((await tell(world, { location: '' })).text, 'oss-cn-hangzhou')
  assert.deepEqual((await tell(world, { versioning: '' })).children, [])
  assert.deepEqual((await tell(world, { logging: '' })).children, [])
  assert.equal(text(await tell(world, { referer: '' }), 'AllowEmptyReferer'), 'true')
  assert.equal(text(await tell(world, { requestPayment: '' }), 'Payer'), 'BucketOwner')
  const unset: Record<string, string> = {
    policy: 'NoSuchBucketPolicy',
    website: 'NoSuchWebsiteConfiguration',
    encryption: 'NoSuchServerSideEncryptionRule',
    worm: 'NoSuchWORMConfiguration',
    transferAcceleration: 'NoSuchTransferAccelerationConfiguration',
  }
  for (const [name, code] of Object.entries(unset)) {
    assert.equal(codeOf(await world.expect(404, { method: 'GET', bucket, query: { [name]: '' } })), code)
    const put: Ask = { method: 'PUT', bucket, query: { [name]: '' }, body: '<x></x>' }
    assert.ok([400, 405, 501].includes((await world.ask(put)).status), name)
  }
  for (const name of ['policy', 'website', 'encryption', 'logging']) {
    await world.expect(204, { method: 'DELETE', bucket, query: { [name]: '' } })
  }
  const asked = ['acl', 'location', 'stat', 'tagging', 'versioning', 'versions', 'live', 'policy', 'logging']
  for (const name of asked) {
    const reply = await world.expect(404, { method: 'GET', bucket: 'no-such', query: { [name]: '' } })
    assert.deepEqual([codeOf(reply), reply.headers['x-oss-ec']], ['NoSuchBucket', '0015-00000101'])
  }
})

test('versions are listed as of a bucket that never kept any, in pages, and there are no live channels', async () => {
  const world = await createWorld()
  for (const key of ['a\u000b', 'b/1', 'b/2', 'c+ '])
    await world.expect(200, { method: 'PUT', bucket, key, body: key })
  const found: unknown[] = []
  let next: Record<string, string> = {}
  for (let page = 1; page <= 10; page += 1) {
    const query = { versions: '', delimiter: '/', 'max-keys': '1', 'encoding-type': 'url', ...next }
    const root = await tell(world, query)
    for (const version of children(root, 'Version')) {
      assert.equal(text(version, 'IsLatest'), 'true')
      assert.ok(child(version, 'Owner'))
      found.push([decodeURIComponent(text(version, 'Key') ?? ''), text(version, 'VersionId')])
    }
    found.push(
      ...children(root, 'CommonPrefixes').map((each) => decodeURIComponent(text(each, 'Prefix') ?? '')),
    )
    if (text(root, 'IsTruncated') !== 'true') break
    next = {
      'key-marker': decodeURIComponent(text(root, 'NextKeyMarker') ?? ''),
      'version-id-marker': text(root, 'NextVersionIdMarker') ?? '',
    }
  }
  assert.deepEqual(found, [['a\u000b', 'null'], 'b/', ['c+ ', 'null']])
  const channels = await tell(world, { live: '', prefix: 'p' })
  assert.deepEqual(
    channels.children.map(({ name, text }) => [name, text]),
    [
      ['Prefix', 'p'],
      ['Marker', ''],
      ['MaxKeys', '100'],
      ['IsTruncated', 'false'],
      ['NextMarker', ''],
    ],
  )
})
