/** Objects as parts of a page: images, players that ask for ranges, downloads under a name. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { ScriptedTest } from '../scripted.js'
import { bytesOf, type World } from './world.js'

/** Red, one pixel. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFAAH/e+m+7wAAAABJRU5ErkJggg==',
  'base64',
)
const RATE = 8000

/** Silence, one byte for each sample. */
function wave(seconds: number): Buffer {
  const size = seconds * RATE
  const head = Buffer.alloc(44)
  head.write('RIFF')
  head.writeUInt32LE(36 + size, 4)
  head.write('WAVEfmt ', 8)
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20)
  head.writeUInt16LE(1, 22)
  head.writeUInt32LE(RATE, 24)
  head.writeUInt32LE(RATE, 28)
  head.writeUInt16LE(1, 32)
  head.writeUInt16LE(8, 34)
  head.write('data', 36)
  head.writeUInt32LE(size, 40)
  return Buffer.concat([head, Buffer.alloc(size, 0x80)])
}

interface Image {
  readonly shown: boolean
  readonly width?: number
  readonly pixel?: readonly number[] | string
}

export const media: readonly ScriptedTest<World>[] = [
  {
    name: '<img> shows what is public-read without a signature, and nothing else',
    async run({ call, put, server, bucket }) {
      await put('public.png', PNG, { 'Content-Type': 'image/png', 'x-oss-object-acl': 'public-read' })
      await put('private.png', PNG, { 'Content-Type': 'image/png' })
      const at = (key: string): string => `${server.endpoint}/${bucket}/${key}`
      const open = await call<Image>('showImage', { url: at('public.png') })
      assert.deepEqual([open.shown, open.width, open.pixel], [true, 1, 'SecurityError'])
      assert.deepEqual(await call('showImage', { url: at('private.png') }), { shown: false })
      assert.deepEqual(await call('showImage', { url: at('none.png') }), { shown: false })
    },
  },
  {
    name: '<img crossorigin>: its pixels are for pages that the rules name, for others it is not shown',
    async run({ call, put, url, visit, site }) {
      await put('k.png', PNG, { 'Content-Type': 'image/png' })
      const show = () =>
        call<Image>('showImage', { url: url('GET', { key: 'k.png' }), crossOrigin: 'anonymous' })
      const seen = await show()
      assert.deepEqual([seen.shown, seen.width, Array.isArray(seen.pixel)], [true, 1, true])
      await visit(site.otherOrigin)
      assert.deepEqual(await show(), { shown: false })
    },
  },
  {
    name: 'ranges as players ask for them, by fetch: all of it, from the middle, the end; beyond it the whole',
    async run({ send, put, url, setRules }) {
      const bytes = randomBytes(1000)
      await put('k', bytes, { 'Content-Type': 'video/mp4' })
      await setRules([{ expose: ['Content-Range', 'Accept-Ranges', 'Content-Length'] }])
      const get = async (range: string) => {
        const { status, headers, ...seen } = await send({
          url: url('GET', { key: 'k' }),
          headers: { Range: range },
        })
        assert.equal(headers['accept-ranges'], 'bytes')
        return [status, headers['content-range'], bytesOf({ status, headers, ...seen })]
      }
      assert.deepEqual(await get('bytes=0-'), [206, 'bytes 0-999/1000', bytes])
      assert.deepEqual(await get('bytes=500-599'), [206, 'bytes 500-599/1000', bytes.subarray(500, 600)])
      assert.deepEqual(await get('bytes=990-'), [206, 'bytes 990-999/1000', bytes.subarray(990)])
      assert.deepEqual(await get('bytes=-10'), [206, 'bytes 990-999/1000', bytes.subarray(990)])
      assert.deepEqual(await get('bytes=900-2000'), [200, undefined, bytes])
    },
  },
  {
    name: "a real player: <audio> reads what it needs, and goes to a moment near the end by the browser's own ranges",
    async run({ call, put, url, requests }) {
      const seconds = 2000
      await put('k.wav', wave(seconds), { 'Content-Type': 'audio/wav' })
      const asked = { url: url('GET', { key: 'k.wav' }), seconds: seconds - 10 }
      const played = await call<{ error?: string; duration: number; at: number }>('playFrom', asked)
      assert.deepEqual(played, { duration: seconds, at: seconds - 10 })
      const reads = requests('GetObject').map(({ status }) => status)
      // What it has of a range already it may only ask to be confirmed.
      assert.deepEqual(
        reads.filter((status) => status !== 206 && status !== 304),
        [],
      )
      assert.ok(reads.length >= 2 && reads.includes(206), `reads: ${reads.join(' ')}`)
    },
  },
  {
    name: 'response-content-disposition: a link becomes a download under the name that the URL says',
    async run({ call, page, put, url }) {
      const bytes = randomBytes(500_000)
      await put('dir/k', bytes)
      const name = 'bericht 中文 ü.bin'
      const query = {
        'response-content-disposition': `attachment; filename="report.bin"; filename*=UTF-8''${encodeURIComponent(name)}`,
        'response-content-type': 'application/octet-stream',
      }
      await call('follow', { url: url('GET', { key: 'dir/k', query }) })
      const [download] = await Promise.all([page.waitForEvent('download'), page.click('#link')])
      assert.equal(download.suggestedFilename(), name)
      assert.deepEqual(await readFile(await download.path()), bytes)
    },
  },
]
