/** OSS's own JavaScript client can't tell: it reaches the server in both of its ways, under both signatures. */
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { createServer, type Server } from '../../src/server/index.js'
import { bytesFrom } from './world.js'

/** What is used of the client, which brings no types. */
interface Client {
  putBucket(name: string): Promise<unknown>
  listBuckets(query: object): Promise<{ buckets: { name: string }[] }>
  put(key: string, body: Buffer, options?: object): Promise<{ res: { status: number } }>
  get(key: string, options?: object): Promise<{ content: Buffer; res: { status: number } }>
  head(
    key: string,
  ): Promise<{ meta: Record<string, string> | null; res: { headers: Record<string, string> } }>
  list(query: object): Promise<{ objects?: { name: string }[]; prefixes?: string[] }>
  listV2(query: object): Promise<{ objects?: { name: string }[] }>
  delete(key: string): Promise<unknown>
  multipartUpload(key: string, body: Buffer, options: object): Promise<{ etag: string }>
  initMultipartUpload(key: string): Promise<{ uploadId: string }>
  listUploads(query: object): Promise<{ uploads: { name: string; uploadId: string }[] }>
  abortMultipartUpload(key: string, uploadId: string): Promise<unknown>
}
const AliOss = createRequire(import.meta.url)('ali-oss') as new (options: object) => Client

async function useAll(server: Server, options: object): Promise<void> {
  const { accessKeyId, accessKeySecret } = server
  const client = new AliOss({
    region: 'oss-cn-hangzhou',
    bucket: 'examplebucket',
    accessKeyId,
    accessKeySecret,
    retryMax: 0,
    ...options,
  })
  await client.putBucket('otherbucket')
  const { buckets } = await client.listBuckets({ 'max-keys': 10 })
  assert.deepEqual(
    buckets.map(({ name }) => name),
    ['examplebucket', 'otherbucket'],
  )

  const key = 'dir/ü 1+2.txt'
  const meta = { a: 'b' }
  assert.equal((await client.put(key, Buffer.from('hello'), { meta })).res.status, 200)
  assert.equal((await client.get(key)).content.toString(), 'hello')
  assert.equal((await client.get(key, { headers: { Range: 'bytes=1-2' } })).content.toString(), 'el')
  assert.deepEqual((await client.head(key)).meta, meta)
  await assert.rejects(client.get('absent'), { code: 'NoSuchKey', status: 404 })
  await assert.rejects(client.head('absent'), { status: 404 })

  assert.deepEqual((await client.list({ delimiter: '/', 'max-keys': 10 })).prefixes, ['dir/'])
  assert.deepEqual(
    (await client.list({ prefix: 'dir/' })).objects?.map(({ name }) => name),
    [key],
  )
  assert.deepEqual(
    (await client.listV2({ prefix: '' })).objects?.map(({ name }) => name),
    [key],
  )

  const large = Buffer.from(bytesFrom(1, 350_000))
  const { etag } = await client.multipartUpload('large', large, { partSize: 102_400, parallel: 3 })
  assert.match(etag, /^"[0-9A-F]{32}-4"$/)
  assert.ok((await client.get('large')).content.equals(large))

  const { uploadId } = await client.initMultipartUpload('unfinished')
  const { uploads } = await client.listUploads({ 'max-uploads': 10 })
  assert.deepEqual(
    uploads.map((each) => each.uploadId),
    [uploadId],
  )
  await client.abortMultipartUpload('unfinished', uploadId)
  await client.delete('large')
  await client.delete(key)
  await assert.rejects(client.get(key), { code: 'NoSuchKey' })
}

for (const authorizationV4 of [false, true]) {
  const version = authorizationV4 ? 'V4' : 'V1'
  for (const [way, optionsFor] of [
    ['an IP endpoint', (server: Server) => ({ endpoint: server.endpoint })],
    [
      'localhost and sldEnable',
      (server: Server) => ({ endpoint: `http://localhost:${server.port}`, sldEnable: true }),
    ],
    ['an IP endpoint and sldEnable', (server: Server) => ({ endpoint: server.endpoint, sldEnable: true })],
  ] as const) {
    test(`ali-oss with ${way}, ${version}`, async () => {
      const server = await createServer({ buckets: ['examplebucket'] })
      try {
        await useAll(server, { authorizationV4, ...optionsFor(server) })
      } finally {
        await server.close()
      }
    })
  }
}
