/** A multipart upload by a page that has nothing but signed URLs, and what is left when its requests break off. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { ScriptedTest } from '../scripted.js'
import { element, errorOf } from '../signed-url.js'
import { base64, type Seen, type World } from './world.js'

const PART = 100 * 1024
const KEY = 'dir/a b+中.bin'
/** In bits per second: `LARGE` then lasts ten seconds, which is also how long what the kernel took already keeps the server busy. */
const SLOWLY = { 'x-oss-traffic-limit': '4096000' }
const LARGE = 5_000_000

async function begin({ send, url }: World): Promise<string> {
  const begun = await send({ url: url('POST', { key: KEY, query: { uploads: '' } }), method: 'POST' })
  assert.equal(begun.status, 200, begun.text)
  return element(begun.text, 'UploadId') ?? ''
}

const partUrl = ({ url }: World, uploadId: string, partNumber: number, query = {}): string =>
  url('PUT', { key: KEY, query: { uploadId, partNumber: String(partNumber), ...query } })

function sendParts(
  world: World,
  uploadId: string,
  parts: ReadonlyMap<number, Buffer>,
): Promise<readonly Seen[]> {
  const requests = [...parts].map(([number, bytes]) => ({
    url: partUrl(world, uploadId, number),
    method: 'PUT',
    base64: base64(bytes),
  }))
  return world.sendAll(requests)
}

function complete(world: World, uploadId: string, etags: readonly (string | undefined)[]): Promise<Seen> {
  const headers = { 'Content-Type': 'application/xml' }
  const parts = etags.map(
    (etag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${etag}</ETag></Part>`,
  )
  return world.send({
    url: world.url('POST', { key: KEY, query: { uploadId }, headers }),
    method: 'POST',
    headers,
    text: `<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`,
  })
}

async function listed({ send, url }: World, uploadId: string): Promise<readonly string[]> {
  const { text } = await send({ url: url('GET', { key: KEY, query: { uploadId } }) })
  return [...text.matchAll(/<PartNumber>(\d+)</g)].map(([, number = '']) => number)
}

/** Parts 1 and 3 are there, part 2 broke off: it is sent again, and the whole is what was meant. */
async function finish(world: World, uploadId: string, parts: ReadonlyMap<number, Buffer>): Promise<void> {
  const around = new Map([...parts].filter(([number]) => number !== 2))
  const [first, third] = await sendParts(world, uploadId, around)
  assert.deepEqual(await listed(world, uploadId), ['1', '3'])
  const [second] = await sendParts(world, uploadId, new Map([...parts].filter(([number]) => number === 2)))
  const etags = [first, second, third].map((part) => part?.headers['etag'])
  const done = await complete(world, uploadId, etags)
  assert.equal(done.status, 200, done.text)
  assert.ok((await world.read(KEY)).equals(Buffer.concat([...parts.values()])))
}

const threeParts = (): ReadonlyMap<number, Buffer> =>
  new Map([
    [1, randomBytes(PART)],
    [2, randomBytes(LARGE)],
    [3, randomBytes(7)],
  ])

/** The server has noticed, so nothing of the broken request is still to come. */
const brokenPart = (world: World): Promise<void> =>
  world.until('the server has given up the part', () =>
    world.requests('UploadPart').some(({ partNumber, status }) => partNumber === 2 && status !== 200),
  )

export const multipart: readonly ScriptedTest<World>[] = [
  {
    name: 'initiate, parts six at a time, list and complete by signed URLs; the object is the same bytes',
    async run(world) {
      const uploadId = await begin(world)
      assert.match(uploadId, /^[0-9A-F]{32}$/)
      const sizes = [PART, PART + 1, PART, 3 * PART, PART, PART, PART, PART, 5]
      const parts = new Map(sizes.map((size, index) => [index + 1, randomBytes(size)]))
      const answers = await sendParts(world, uploadId, parts)
      assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
      assert.equal((await listed(world, uploadId)).length, sizes.length)
      const etags = answers.map(({ headers }) => headers['etag'])
      const wrong = await complete(world, uploadId, [...etags.slice(1), etags[0]])
      assert.deepEqual(errorOf(wrong).slice(0, 2), [400, 'InvalidPart'], 'a refusal, after which it goes on')
      const done = await complete(world, uploadId, etags)
      assert.equal(done.status, 200, done.text)
      assert.equal(element(done.text, 'Key'), KEY)
      assert.match(done.headers['etag'] ?? '', /^"[0-9A-F]{32}-9"$/)
      assert.ok((await world.read(KEY)).equals(Buffer.concat([...parts.values()])))
      assert.deepEqual(errorOf(await complete(world, uploadId, etags)).slice(0, 2), [404, 'NoSuchUpload'])
    },
  },
  {
    name: 'XMLHttpRequest aborted when bytes are on their way: no such part, it is sent again, the bytes are right',
    async run(world) {
      const uploadId = await begin(world)
      const url = partUrl(world, uploadId, 2, SLOWLY)
      const { ended, sent } = await world.call<{ ended: string; sent: number }>('abortUpload', {
        url,
        size: LARGE,
      })
      assert.equal(ended, 'abort')
      assert.ok(sent > 0 && sent < LARGE, `${sent} bytes`)
      await brokenPart(world)
      await finish(world, uploadId, threeParts())
    },
  },
  {
    name: 'fetch aborted by its signal: no such part, it is sent again, the bytes are right',
    async run(world) {
      const uploadId = await begin(world)
      const url = partUrl(world, uploadId, 2, SLOWLY)
      await world.call('beginFetch', { url, size: LARGE })
      await world.until('the part is let through', () =>
        world.requests('OptionObject').some(({ method, status }) => method === 'OPTIONS' && status === 200),
      )
      assert.equal(await world.call('endFetch'), 'AbortError')
      await finish(world, uploadId, threeParts())
    },
  },
  {
    name: 'a download that the page leaves: the server goes on serving, the next is whole',
    async run(world) {
      const bytes = randomBytes(LARGE)
      await world.put(KEY, bytes)
      const slow = world.url('GET', { key: KEY, query: SLOWLY })
      const { read, after } = await world.call<{ read: number; after: string }>('abortDownload', {
        url: slow,
      })
      assert.ok(read > 0 && read < LARGE, `${read} bytes`)
      assert.equal(after, 'AbortError')
      const whole = await world.send({ url: world.url('GET', { key: KEY }) })
      assert.ok(Buffer.from(whole.base64, 'base64').equals(bytes))
    },
  },
  {
    name: 'an upload given up by the page: aborted, gone, a late part refused in words that it reads',
    async run(world) {
      const uploadId = await begin(world)
      await sendParts(world, uploadId, new Map([[1, randomBytes(PART)]]))
      const abort = world.url('DELETE', { key: KEY, query: { uploadId } })
      assert.equal((await world.send({ url: abort, method: 'DELETE' })).status, 204)
      const [late] = await sendParts(world, uploadId, new Map([[2, randomBytes(PART)]]))
      assert.deepEqual(late && errorOf(late), [404, 'NoSuchUpload', '0042-00000104'])
    },
  },
]
