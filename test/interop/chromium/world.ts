/** What a test of Chromium has: a bucket, a page of another origin in a profile of its own, and URLs to give to it. */
import assert from 'node:assert/strict'
import type { LoggedRequest, Serving } from '../serving.js'
import { type Signed, signedUrl } from '../signed-url.js'
import { type Browser, type Page, type Profile, STEP_MS } from './browser.js'
import type { Site } from './site.js'

export interface PageRequest {
  readonly url: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly text?: string
  readonly base64?: string
  readonly form?: FormOf
}

export interface FormOf {
  readonly fields: readonly (readonly [name: string, value: string])[]
  readonly file: { readonly name: string; readonly type: string; readonly base64: string }
}

/** What a page sees of an answer. */
export interface Seen {
  readonly status: number
  readonly type: string
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  readonly base64: string
  /** The name of the error, when the browser gives the page nothing but that. */
  readonly blocked?: string
}

export interface CorsRule {
  readonly origins?: readonly string[]
  readonly methods?: readonly string[]
  readonly headers?: readonly string[]
  readonly expose?: readonly string[]
  readonly maxAge?: number
}

export interface World {
  readonly server: Serving
  readonly site: Site
  readonly bucket: string
  readonly signature: 'v1' | 'v4'
  readonly page: Page
  /** A URL that anybody may use, and no other of this test's. */
  url(method: string, signed: Signed): string
  /** Absent: the bucket has none. */
  setRules(rules: readonly CorsRule[] | undefined, responseVary?: boolean): Promise<void>
  /** The page asks. */
  send(request: PageRequest): Promise<Seen>
  sendAll(requests: readonly PageRequest[]): Promise<readonly Seen[]>
  /** Any other function of page.js. */
  call<R>(name: string, arg?: unknown): Promise<R>
  /** A page of that origin in the same browser. */
  visit(origin: string): Promise<void>
  /** By the test itself, past the browser. */
  put(key: string, content: string | Uint8Array, headers?: Readonly<Record<string, string>>): Promise<void>
  read(key: string): Promise<Buffer>
  requests(operation?: string): readonly LoggedRequest[]
  until(what: string, fulfilled: () => boolean): Promise<void>
  close(): Promise<void>
}

export interface WorldOptions {
  readonly browser: Browser
  readonly site: Site
  readonly server: Serving
  readonly signature: 'v1' | 'v4'
  readonly bucket: string
}

const EXPOSED = ['ETag', 'x-oss-request-id', 'x-oss-hash-crc64ecma', 'x-oss-next-append-position', 'x-oss-ec']
const METHODS = ['GET', 'PUT', 'POST', 'DELETE', 'HEAD']
/** A test that takes longer loses its browser, and so ends. */
const TEST_MS = 240_000

export const base64 = (content: string | Uint8Array): string => Buffer.from(content).toString('base64')
export const bytesOf = (seen: Seen): Buffer => Buffer.from(seen.base64, 'base64')

export async function createWorld(options: WorldOptions): Promise<World> {
  const { browser, server, site, bucket } = options
  let signed = 0
  // Each URL is good for another time than those before it, so that no answer comes from the browser's cache unasked.
  const url = (method: string, request: Signed): string => {
    signed += 1
    return signedUrl(options, method, { seconds: 600 + signed, ...request })
  }
  const since = server.requests.length
  const profile: Profile = await browser.newContext()
  profile.setDefaultTimeout(STEP_MS)
  const limit = setTimeout(() => void profile.close().catch(() => undefined), TEST_MS)
  const page = await profile.newPage()
  const call = <R>(name: string, arg: unknown = {}): Promise<R> =>
    page.evaluate(
      ([called, given]) => {
        const { inPage } = globalThis as unknown as { inPage: Record<string, (arg: unknown) => unknown> }
        return inPage[called]?.(given) as R
      },
      [name, arg] as const,
    )
  const world: World = {
    ...options,
    page,
    url,
    call,
    async setRules(rules, responseVary = false) {
      const method = rules === undefined ? 'DELETE' : 'PUT'
      const asked = url(method, { query: { cors: '' } })
      const body = rules === undefined ? null : corsDocument(rules, { origin: site.origin, responseVary })
      const answer = await ask(asked, { method, body: body && new TextEncoder().encode(body) })
      assert.ok(answer.ok, await answer.text())
    },
    send: (request) => call('send', request),
    sendAll: (requests) => call('sendAll', requests),
    async visit(origin) {
      await page.goto(`${origin}/`)
    },
    async put(key, content, headers = {}) {
      const body = new Uint8Array(Buffer.from(content))
      const answer = await ask(url('PUT', { key, headers }), { method: 'PUT', headers, body })
      assert.equal(answer.status, 200, await answer.text())
    },
    async read(key) {
      const answer = await ask(url('GET', { key }), {})
      const bytes = Buffer.from(await answer.arrayBuffer())
      assert.equal(answer.status, 200, bytes.toString())
      return bytes
    },
    requests: (operation) =>
      server.requests
        .slice(since)
        .filter(
          (request) => request.bucket === bucket && request.operation === (operation ?? request.operation),
        ),
    async until(what, fulfilled) {
      const end = Date.now() + STEP_MS
      while (!fulfilled()) {
        assert.ok(Date.now() < end, `waited in vain until ${what}`)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    },
    async close() {
      clearTimeout(limit)
      await profile.close()
    },
  }
  const made = await ask(url('PUT', {}), { method: 'PUT' })
  assert.equal(made.status, 200, await made.text())
  await world.setRules([{}])
  await world.visit(site.origin)
  return world
}

const ask = (url: string, init: RequestInit): Promise<Response> =>
  fetch(url, { ...init, signal: AbortSignal.timeout(STEP_MS) })

function corsDocument(
  rules: readonly CorsRule[],
  { origin, responseVary }: { readonly origin: string; readonly responseVary: boolean },
): string {
  const all = (name: string, values: readonly string[]): string =>
    values.map((value) => `<${name}>${value}</${name}>`).join('')
  const said = rules.map(
    ({ origins = [origin], methods = METHODS, headers = ['*'], expose = EXPOSED, maxAge }) =>
      `<CORSRule>${all('AllowedOrigin', origins)}${all('AllowedMethod', methods)}${all('AllowedHeader', headers)}` +
      `${all('ExposeHeader', expose)}${all('MaxAgeSeconds', maxAge === undefined ? [] : [String(maxAge)])}</CORSRule>`,
  )
  return `<CORSConfiguration>${said.join('')}<ResponseVary>${responseVary}</ResponseVary></CORSConfiguration>`
}
