/** ali-oss as it is built for browsers, in a page of another origin. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { ScriptedTest } from '../scripted.js'
import { base64, type World } from './world.js'

const PART = 100 * 1024

interface Told<T> {
  readonly value?: T
  readonly error?: {
    readonly name: string
    readonly code?: string
    readonly status?: number
    readonly message: string
  }
}

interface Uploaded {
  readonly cancelled?: string
  readonly kept?: number
  readonly etag: string
  readonly status: number
}

function optionsOf({ server, signature, bucket }: World, more: object = {}): object {
  const { accessKeyId, accessKeySecret, port, region } = server
  const authorizationV4 = signature === 'v4'
  const endpoint = `http://localhost:${port}`
  const keys = { accessKeyId, accessKeySecret, bucket, region: `oss-${region}` }
  return { ...keys, endpoint, sldEnable: true, authorizationV4, ...more }
}

async function value<T>(told: Promise<Told<T>>): Promise<T> {
  const { value, error } = await told
  assert.equal(error, undefined)
  assert.ok(value !== undefined)
  return value
}

async function roundTrip(world: World, options: object): Promise<void> {
  const bytes = randomBytes(250_000)
  const content = base64(bytes)
  const keys = ['plain', 'dir/a b+c', 'dir/中文 ü.txt']
  for (const key of keys) {
    const put = { meta: { word: 'value' }, headers: { 'Cache-Control': 'no-cache' } }
    const told = await value(
      world.call<Told<{ status: number; etag: string }>>('ossPut', { options, key, base64: content, put }),
    )
    assert.equal(told.status, 200)
    assert.match(told.etag, /^"[0-9A-F]{32}"$/)
    assert.deepEqual(await world.read(key), bytes)
    const got = await value(world.call<Told<{ base64: string }>>('ossGet', { options, key }))
    assert.ok(Buffer.from(got.base64, 'base64').equals(bytes))
  }
  const listed = await value(world.call<Told<[string, number][]>>('ossList', { options }))
  assert.deepEqual(new Map(listed), new Map(keys.map((key) => [key, bytes.length])))
  assert.equal(await value(world.call<Told<number>>('ossDelete', { options, key: 'dir/a b+c' })), 204)
  const { error } = await world.call<Told<unknown>>('ossGet', { options, key: 'dir/a b+c' })
  assert.deepEqual([error?.code, error?.status], ['NoSuchKey', 404])
}

export const aliOss: readonly ScriptedTest<World>[] = [
  {
    name: 'ali-oss: put, get, list and delete of a File, with sldEnable',
    run: (world) => roundTrip(world, optionsOf(world)),
  },
  {
    name: 'ali-oss: the same with the bucket in the host name, below localhost',
    run: (world) => roundTrip(world, optionsOf(world, { sldEnable: false })),
  },
  {
    name: 'ali-oss: multipartUpload of a File, parts in parallel',
    async run(world) {
      const bytes = randomBytes(7 * PART + 5)
      const asked = { options: optionsOf(world), key: 'dir/large 中', base64: base64(bytes), partSize: PART }
      const told = await value(world.call<Told<Uploaded>>('ossMultipart', asked))
      assert.match(told.etag, /-8"$/)
      assert.ok((await world.read('dir/large 中')).equals(bytes))
      assert.equal(world.requests('UploadPart').length, 8)
    },
  },
  {
    name: 'ali-oss: multipartUpload cancelled half-way goes on from its checkpoint, and sends no part twice',
    async run(world) {
      const bytes = randomBytes(7 * PART + 5)
      const key = 'dir/large 中'
      const asked = { options: optionsOf(world), key, base64: base64(bytes), partSize: PART, stopAfter: 3 }
      const told = await value(world.call<Told<Uploaded>>('ossMultipart', asked))
      assert.deepEqual([told.cancelled, told.status], ['cancel', 200])
      assert.ok((told.kept ?? 0) >= 3 && (told.kept ?? 8) < 8, `${told.kept} parts`)
      assert.match(told.etag, /-8"$/)
      assert.ok((await world.read(key)).equals(bytes))
      assert.equal(world.requests('InitiateMultipartUpload').length, 1)
      const sent = world.requests('UploadPart').map(({ partNumber }) => partNumber)
      // The part that was on its way when it was cancelled may have arrived without anybody knowing.
      assert.ok(sent.length <= 9, String(sent))
      assert.deepEqual([...new Set(sent)].sort(), [1, 2, 3, 4, 5, 6, 7, 8])
    },
  },
  {
    name: 'ali-oss: an ETag that the rules hide makes it say that it has to be exposed',
    async run(world) {
      await world.setRules([{ expose: ['x-oss-request-id'] }])
      const bytes = base64(randomBytes(3 * PART))
      const asked = { options: optionsOf(world), key: 'k', base64: bytes, partSize: PART }
      const { error } = await world.call<Told<Uploaded>>('ossMultipart', asked)
      assert.match(error?.message ?? '', /etag of expose-headers/)
    },
  },
  {
    name: 'ali-oss: a wrong secret, and a bucket without rules: an error with its code, and one without',
    async run(world) {
      const content = { base64: base64('x') }
      const wrong = optionsOf(world, { accessKeySecret: 'wrong' })
      const refused = await world.call<Told<unknown>>('ossPut', { options: wrong, key: 'k', ...content })
      assert.deepEqual([refused.error?.code, refused.error?.status], ['SignatureDoesNotMatch', 403])
      await world.setRules(undefined)
      const unread = await world.call<Told<unknown>>('ossPut', {
        options: optionsOf(world),
        key: 'l',
        ...content,
      })
      assert.equal(unread.error?.name, 'RequestError')
      assert.equal(world.requests('PutObject').length, 0)
    },
  },
]
