/**
 * OSS's own JavaScript client against the embedded server, as users write it: in its two ways of addressing and under
 * both signatures, with its own resuming; and what it leaves unfinished or has stored, seen by this library.
 */
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { type TestContext, test } from 'node:test'
import { verifyObject } from '../../src/index.js'
import { bytesFrom, createWorld, PART, partNumbers, type World } from '../library/world.js'

interface Checkpoint {
  readonly uploadId: string
  readonly doneParts: readonly { readonly number: number }[]
}

/** What is used of the client, which brings no types. */
interface Client {
  put(key: string, file: string | Buffer, options?: object): Promise<{ res: { status: number } }>
  get(key: string): Promise<{ content: Buffer }>
  head(key: string): Promise<{
    meta: Record<string, string> | null
    res: { headers: Record<string, string> }
  }>
  listV2(query: object): Promise<{
    objects?: { name: string; size: number }[]
    nextContinuationToken?: string
    isTruncated: boolean
  }>
  list(query: object): Promise<{ objects?: { name: string }[]; prefixes?: string[] }>
  delete(key: string): Promise<{ res: { status: number } }>
  multipartUpload(key: string, file: string | Buffer, options: object): Promise<{ etag: string }>
  listParts(key: string, uploadId: string, query: object): Promise<{ parts: { PartNumber: string }[] }>
  listUploads(query: object): Promise<{ uploads: { name: string; uploadId: string }[] }>
  abortMultipartUpload(key: string, uploadId: string): Promise<unknown>
  signatureUrl(key: string, options?: object): string
  signatureUrlV4(method: string, seconds: number, request: object, key: string): Promise<string>
}
const AliOss = createRequire(import.meta.url)('ali-oss') as new (options: object) => Client

const ways: readonly (readonly [name: string, options: (world: World) => object])[] = [
  [
    'localhost, sldEnable',
    ({ server }) => ({ endpoint: `http://localhost:${server.port}`, sldEnable: true }),
  ],
  ['127.0.0.1, sldEnable', ({ server }) => ({ endpoint: server.endpoint, sldEnable: true })],
  ['127.0.0.1, the bucket in the Host', ({ server }) => ({ endpoint: server.endpoint })],
]

interface Setting {
  readonly world: World
  readonly client: Client
}

async function setUp(t: TestContext, options: (world: World) => object): Promise<Setting> {
  const world = await createWorld(t)
  const { accessKeyId, accessKeySecret } = world.server
  const client = new AliOss({
    region: 'oss-cn-hangzhou',
    bucket: 'examplebucket',
    accessKeyId,
    accessKeySecret,
    retryMax: 0,
    ...options(world),
  })
  return { world, client }
}

for (const authorizationV4 of [false, true]) {
  for (const [name, optionsOf] of ways) {
    const how = `ali-oss, ${authorizationV4 ? 'V4' : 'V1'}, ${name}`
    const begin = (t: TestContext) => setUp(t, (world) => ({ authorizationV4, ...optionsOf(world) }))

    test(`${how}: put, head, get, list and delete`, async (t) => {
      const { world, client } = await begin(t)
      const keys = ['plain', 'dir/a b+c', 'dir/中文 ü.txt']
      for (const [index, key] of keys.entries()) {
        const bytes = bytesFrom(index, 1000 + index)
        await client.put(key, bytes, {
          meta: { index: String(index) },
          headers: { 'Cache-Control': 'no-cache' },
        })
        const { meta, res } = await client.head(key)
        assert.deepEqual(meta, { index: String(index) })
        assert.deepEqual(
          [res.headers['content-length'], res.headers['cache-control']],
          [String(bytes.length), 'no-cache'],
        )
        assert.deepEqual((await client.get(key)).content, bytes)
        assert.deepEqual(await world.objectBytes(key), bytes, 'the library reads the same')
      }
      const filename = await world.file(bytesFrom(9, 0))
      await client.put('empty', filename)
      assert.equal((await client.get('empty')).content.length, 0)

      const first = await client.listV2({ 'max-keys': 3 })
      assert.equal(first.isTruncated, true)
      const second = await client.listV2({ 'max-keys': 3, 'continuation-token': first.nextContinuationToken })
      const listed = [...(first.objects ?? []), ...(second.objects ?? [])].map((object) => object.name)
      assert.deepEqual(new Set(listed), new Set([...keys, 'empty']))
      assert.deepEqual((await client.list({ delimiter: '/', 'max-keys': 10 })).prefixes, ['dir/'])

      for (const key of listed) assert.equal((await client.delete(key)).res.status, 204)
      assert.deepEqual((await client.listV2({ 'max-keys': 10 })).objects ?? [], [])
      await assert.rejects(client.get('plain'), { code: 'NoSuchKey', status: 404 })
    })

    test(`${how}: a multipart upload breaks off and goes on from its own checkpoint`, async (t) => {
      const { world, client } = await begin(t)
      const bytes = bytesFrom(1, 6 * PART + 5)
      const filename = await world.file(bytes)
      const options = { partSize: PART, parallel: 1, meta: { a: 'b' } }
      let checkpoint: Checkpoint | undefined
      world.stopAtPart(4)
      const broken = client.multipartUpload('dir/large', filename, {
        ...options,
        progress: (_: number, current?: Checkpoint) => {
          if (current !== undefined) checkpoint = JSON.parse(JSON.stringify(current)) as Checkpoint
        },
      })
      await assert.rejects(broken, { code: 'AccessDenied' })
      assert.ok(checkpoint !== undefined)
      const uploads = (await client.listUploads({ 'max-uploads': 10 })).uploads
      assert.deepEqual(
        uploads.map((upload) => [upload.name, upload.uploadId]),
        [['dir/large', checkpoint.uploadId]],
      )
      const { parts } = await client.listParts('dir/large', checkpoint.uploadId, { 'max-parts': 10 })
      assert.deepEqual(
        parts.map(({ PartNumber }) => Number(PartNumber)),
        [1, 2, 3],
      )
      world.server.requests.clear()
      const { etag } = await client.multipartUpload('dir/large', filename, {
        ...options,
        parallel: 3,
        checkpoint,
      })
      assert.match(etag, /-7"$/)
      assert.deepEqual([...partNumbers(world.asked('UploadPart'))].sort(), [4, 5, 6, 7])
      assert.deepEqual((await client.head('dir/large')).meta, { a: 'b' })
      assert.equal((await verifyObject(world.bucket, 'dir/large', filename)).equal, true)
    })

    test(`${how}: an upload of this library is seen and aborted, and an object of it is read`, async (t) => {
      const { world, client } = await begin(t)
      const bytes = bytesFrom(2, 3 * PART)
      const filename = await world.file(bytes)
      world.stopAtPart(3)
      await assert.rejects(world.upload('dir/k', filename))
      const [upload] = (await client.listUploads({ 'max-uploads': 10 })).uploads
      assert.deepEqual([upload?.name, [upload?.uploadId]], ['dir/k', await world.unfinished()])
      await client.abortMultipartUpload('dir/k', upload?.uploadId ?? '')
      await world.upload('dir/k', filename)
      assert.deepEqual((await client.get('dir/k')).content, bytes)
    })
  }

  test(`ali-oss, ${authorizationV4 ? 'V4' : 'V1'}: a presigned URL is good for whoever has it`, async (t) => {
    const { world, client } = await setUp(t, ({ server }) => ({
      authorizationV4,
      endpoint: `http://localhost:${server.port}`,
      sldEnable: true,
    }))
    await client.put('dir/k', Buffer.from('hello'))
    const url = authorizationV4
      ? await client.signatureUrlV4('GET', 60, {}, 'dir/k')
      : client.signatureUrl('dir/k', { expires: 60 })
    const answer = await fetch(url)
    assert.deepEqual([answer.status, await answer.text()], [200, 'hello'])
    const tampered = await fetch(url.replace('dir/k', 'dir/l'))
    assert.deepEqual([tampered.status, world.asked('GetObject').length], [403, 1])
    await tampered.body?.cancel()
  })
}
