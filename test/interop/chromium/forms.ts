/** PostObject by a page: HTML forms that the browser sends and then shows the answer of, and FormData by fetch. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { FILENAME, type Signing, signedV1, signedV4 } from '../../server/forms.js'
import type { ScriptedTest } from '../scripted.js'
import { element, errorOf } from '../signed-url.js'
import type { PageResponse } from './browser.js'
import { base64, type World } from './world.js'

type Fields = readonly (readonly [name: string, value: string])[]

interface Submission {
  readonly fields: Fields
  readonly signing?: Signing
  readonly file?: { readonly name: string; readonly mimeType: string; readonly buffer: Buffer }
}

const IN_UPLOADS = ['starts-with', '$key', 'uploads/']
const KEY = `uploads/${FILENAME}`
const image = (size: number) => ({
  name: 'bild 中文 ü+&.png',
  mimeType: 'image/png',
  buffer: randomBytes(size),
})

/** As an application's server makes them, now. */
function fieldsOf({ server, signature }: World, { fields, signing = {} }: Submission): Fields {
  const { accessKeyId, accessKeySecret, region } = server
  const now = Date.now()
  const signed = (signature === 'v1' ? signedV1 : signedV4)({
    conditions: [IN_UPLOADS],
    time: now,
    expiration: new Date(now + 3_600_000).toISOString(),
    credentials: { accessKeyId, accessKeySecret },
    region,
    ...signing,
  })
  return [...signed, ...fields]
}

const actionOf = ({ server, bucket }: World): string => `${server.endpoint}/${bucket}/`

/** A person chooses a file and presses the button. */
async function submit(world: World, submission: Submission): Promise<PageResponse> {
  const { page, call } = world
  await call('makeForm', { action: actionOf(world), fields: fieldsOf(world, submission) })
  await page.setInputFiles('input[type=file]', submission.file ?? image(1000))
  const answered = page.waitForResponse((response) => response.request().method() === 'POST')
  const [answer] = await Promise.all([answered, page.click('button')])
  return answer
}

/** What stands on the page that the browser shows now. */
const shown = ({ page }: World): Promise<string> =>
  page.evaluate((): string => {
    const { document } = globalThis as unknown as { document: { documentElement: { textContent: string } } }
    return document.documentElement.textContent
  }, undefined)

async function waitForServer({ page, server }: World): Promise<void> {
  await page.waitForURL(({ port }) => port === String(server.port))
}

async function answerOf(response: PageResponse): Promise<{ status: number; text: string }> {
  return { status: response.status(), text: await response.text() }
}

export const forms: readonly ScriptedTest<World>[] = [
  {
    name: 'a form with a file and success_action_status 201: the answer is shown, the key has the name with 中文 ü',
    async run(world) {
      const file = image(300_000)
      const answer = await submit(world, {
        file,
        fields: [
          ['key', KEY],
          ['success_action_status', '201'],
          ['x-oss-meta-word', 'value'],
        ],
      })
      const { status, text } = await answerOf(answer)
      const key = `uploads/${file.name}`
      assert.equal(status, 201, text)
      assert.equal(element(text, 'Key'), key.replace('&', '&amp;'))
      assert.equal(element(text, 'Bucket'), world.bucket)
      assert.match(element(text, 'ETag') ?? '', /^(")?(&quot;)?[0-9A-F]{32}/)
      await waitForServer(world)
      assert.ok((await shown(world)).includes('PostResponse') || (await shown(world)).includes(key))
      assert.deepEqual(await world.read(key), file.buffer)
      await world.visit(world.site.origin)
      const head = await world.send({ url: world.url('HEAD', { key }), method: 'HEAD' })
      assert.equal(head.headers['content-type'], 'image/png')
    },
  },
  {
    name: 'success_action_redirect: the browser goes on there, told of bucket, key and ETag',
    async run(world) {
      const { page, site } = world
      const answer = await submit(world, {
        fields: [
          ['key', KEY],
          ['success_action_redirect', `${site.origin}/done?order=7`],
        ],
      })
      assert.equal(answer.status(), 303)
      await page.waitForURL(({ pathname }) => pathname === '/done')
      const told = new URL(page.url()).searchParams
      const key = `uploads/${image(0).name}`
      assert.deepEqual([told.get('order'), told.get('bucket'), told.get('key')], ['7', world.bucket, key])
      const head = await world.send({ url: world.url('HEAD', { key }), method: 'HEAD' })
      assert.equal(told.get('etag'), head.headers['etag'])
    },
  },
  {
    name: 'without either the browser gets 204 and stays where it is',
    async run(world) {
      const answer = await submit(world, { fields: [['key', KEY]] })
      assert.equal(answer.status(), 204)
      assert.equal(world.page.url(), `${world.site.origin}/`)
      assert.equal((await world.read(`uploads/${image(0).name}`)).length, 1000)
    },
  },
  {
    name: "a policy that is violated, is over, or was changed: the browser shows OSS's error document",
    async run(world) {
      const cases: readonly (readonly [Submission, readonly [number, string]])[] = [
        [{ fields: [['key', 'elsewhere/k']] }, [403, 'AccessDenied']],
        [
          { fields: [['key', KEY]], signing: { expiration: new Date(Date.now() - 1000).toISOString() } },
          [403, 'AccessDenied'],
        ],
        [
          { fields: [['key', KEY]], signing: { conditions: [['content-length-range', 0, 10]] } },
          [400, 'EntityTooLarge'],
        ],
        [
          {
            fields: [
              ['key', KEY],
              ['policy', base64('{"expiration":"2099-01-01T00:00:00.000Z","conditions":[]}')],
            ],
          },
          [403, 'SignatureDoesNotMatch'],
        ],
      ]
      for (const [submission, expected] of cases) {
        const answer = await answerOf(await submit(world, submission))
        assert.deepEqual(errorOf(answer).slice(0, 2), expected, answer.text)
        await waitForServer(world)
        assert.ok((await shown(world)).includes(expected[1]), await shown(world))
        await world.visit(world.site.origin)
      }
      const query = { 'list-type': '2', prefix: '' }
      assert.equal(element((await world.send({ url: world.url('GET', { query }) })).text, 'KeyCount'), '0')
    },
  },
  {
    name: 'a large file that is refused while it still comes: the error is shown, not a broken connection',
    async run(world) {
      const file = {
        name: 'large.bin',
        mimeType: 'application/octet-stream',
        buffer: Buffer.alloc(30_000_000),
      }
      for (const [conditions, expected] of [
        [[['eq', '$key', 'other']], [403, 'AccessDenied']],
        [[['content-length-range', 0, 1000]], [400, 'EntityTooLarge']],
      ] as const) {
        const answer = await answerOf(
          await submit(world, { fields: [['key', KEY]], signing: { conditions }, file }),
        )
        assert.deepEqual(errorOf(answer).slice(0, 2), expected)
        await waitForServer(world)
        assert.ok((await shown(world)).includes(expected[1]))
        await world.visit(world.site.origin)
      }
    },
  },
  {
    name: 'FormData by fetch needs no preflight; the page reads 201 and the ETag, and refusals too',
    async run(world) {
      const bytes = randomBytes(3_000_000)
      const file = { name: 'bild "1" 中.png', type: 'image/png', base64: base64(bytes) }
      const post = (submission: Submission) =>
        world.send({
          url: actionOf(world),
          method: 'POST',
          form: { fields: fieldsOf(world, submission), file },
        })
      const fields: Fields = [
        ['key', 'uploads/中/a b'],
        ['success_action_status', '201'],
      ]
      const answer = await post({ fields })
      assert.equal(answer.status, 201, answer.text)
      assert.match(answer.headers['etag'] ?? '', /^"[0-9A-F]{32}"$/)
      assert.deepEqual(await world.read('uploads/中/a b'), bytes)
      assert.equal(world.requests('OptionObject').length, 0)
      const refused = await post({ fields: [['key', 'elsewhere']] })
      assert.deepEqual(errorOf(refused).slice(0, 2), [403, 'AccessDenied'])
      const large = await post({ fields, signing: { conditions: [['content-length-range', 0, 10]] } })
      assert.deepEqual(errorOf(large).slice(0, 2), [400, 'EntityTooLarge'])
      await world.setRules([{ methods: ['GET'] }])
      // A form needs nobody's permission to be sent: the rules keep the page from the answer alone.
      assert.equal((await post({ fields: [['key', 'uploads/unread']] })).blocked, 'TypeError')
      assert.deepEqual(await world.read('uploads/unread'), bytes)
    },
  },
]
