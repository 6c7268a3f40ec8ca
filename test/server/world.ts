/** A server as a function, with memory storage and a clock and luck of its own: the smallest world that shows a behaviour. */
import assert from 'node:assert/strict'
import { formatHttpDate } from '../../src/protocol/dates.js'
import { bytesToWire, encodeQuery, percentEncodePath } from '../../src/protocol/encode.js'
import type { Query } from '../../src/protocol/message.js'
import { presignV1, presignV4, signV1, signV4 } from '../../src/protocol/signing.js'
import { parseXml, text, type XmlElement } from '../../src/protocol/xml.js'
import type { ServerCredentials } from '../../src/server/exchange.js'
import {
  createFaults,
  createHandler,
  createMemoryStorage,
  type Handler,
  type HandlerOptions,
  type RequestLogEntry,
} from '../../src/server/index.js'

export const START = Date.UTC(2024, 0, 2, 3, 4, 5)
export const CREDENTIALS: ServerCredentials = { accessKeyId: 'test-id', accessKeySecret: 'test-secret' }
export const REGION = 'cn-hangzhou'
const HOST = '127.0.0.1:9500'

export interface Ask {
  readonly method: string
  readonly bucket?: string
  readonly key?: string
  readonly query?: Query
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string
  /** How it is signed; default a V4 header. */
  readonly signed?: 'v1' | 'v4' | 'v1-url' | 'v4-url' | 'not'
  readonly credentials?: ServerCredentials
  readonly region?: string
  /** Milliseconds that the client's clock is ahead. */
  readonly aheadMs?: number
}

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: Uint8Array
  readonly text: string
}

export interface World {
  readonly handler: Handler
  readonly log: RequestLogEntry[]
  readonly faults: ReturnType<typeof createFaults>
  readonly clock: { time: number; slept: number[] }
  ask(ask: Ask): Promise<Reply>
  /** Asks, and expects that status. */
  expect(status: number, ask: Ask): Promise<Reply>
}

export async function createWorld(options: Partial<HandlerOptions> = {}): Promise<World> {
  const clock = { time: START, slept: [] as number[] }
  const log: RequestLogEntry[] = []
  const faults = createFaults()
  const handler = createHandler({
    storage: createMemoryStorage(),
    credentials: [CREDENTIALS],
    clock: {
      now: () => clock.time,
      async sleep(ms) {
        clock.slept.push(ms)
        clock.time += ms
      },
    },
    random: seededRandom(1),
    region: REGION,
    faults,
    onRequest: (entry) => log.push(entry),
    ...options,
  })

  async function ask(asked: Ask): Promise<Reply> {
    const { target, headers } = wireOf(asked, clock.time)
    const response = await handler({
      method: asked.method,
      target,
      headers,
      body: chunksOf(bytesOf(asked.body)),
    })
    return replyOf(response)
  }

  const world: World = {
    handler,
    log,
    faults,
    clock,
    ask,
    async expect(status, asked) {
      const reply = await ask(asked)
      assert.equal(reply.status, status, `${asked.method} ${asked.key ?? asked.bucket}: ${reply.text}`)
      return reply
    },
  }
  const headers = options.strict ? { host: 'examplebucket.localhost' } : {}
  await world.expect(200, { method: 'PUT', bucket: 'examplebucket', headers })
  log.length = 0
  return world
}

/** The request line's target and the headers, signed as asked. */
export function wireOf(asked: Ask, now: number): { target: string; headers: Record<string, string> } {
  const { method, bucket, key, signed = 'v4', credentials = CREDENTIALS, region = REGION } = asked
  const time = now + (asked.aheadMs ?? 0)
  const body = bytesOf(asked.body)
  const headers: Record<string, string> = { host: HOST, ...asked.headers }
  if (asked.body !== undefined || method === 'PUT') headers['content-length'] ??= String(body.length)
  const request = { method, bucket, key, query: asked.query ?? {}, headers, credentials }
  let query = asked.query ?? {}
  if (signed === 'v1') {
    headers['date'] = formatHttpDate(time)
    const made = signV1(request)
    Object.assign(headers, made.headers, { authorization: made.authorization })
  } else if (signed === 'v4') {
    const made = signV4({ ...request, region, date: new Date(time) })
    Object.assign(headers, made.headers, { authorization: made.authorization })
  } else if (signed === 'v1-url') {
    query = { ...query, ...presignV1({ ...request, expires: Math.floor(time / 1000) + 60 }).query }
  } else if (signed === 'v4-url') {
    query = { ...query, ...presignV4({ ...request, region, date: new Date(time), expiresSeconds: 60 }).query }
  }
  const path = bucket === undefined ? '/' : `/${bucket}/${percentEncodePath(key ?? '')}`
  const queryText = encodeQuery(query)
  return { target: queryText === '' ? path : `${path}?${queryText}`, headers }
}

export async function replyOf(response: Awaited<ReturnType<Handler>>): Promise<Reply> {
  const chunks: Uint8Array[] = []
  if (response.body instanceof Uint8Array) chunks.push(response.body)
  else for await (const chunk of response.body) chunks.push(chunk)
  const bytes = new Uint8Array(Buffer.concat(chunks))
  return {
    status: response.status,
    headers: response.headers,
    bytes,
    text: Buffer.from(bytes).toString('utf8'),
  }
}

export function bytesOf(body: Uint8Array | string | undefined): Uint8Array {
  return typeof body === 'string' ? new TextEncoder().encode(body) : (body ?? new Uint8Array())
}

/** In pieces of odd size, so that no test depends on a body coming whole. */
export async function* chunksOf(bytes: Uint8Array, size = 70_001): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.slice(start, start + size)
}

/** The root of an answer's document. */
export function documentOf(reply: Reply): XmlElement {
  return parseXml(reply.bytes)
}

export function codeOf(reply: Reply): string | undefined {
  return text(documentOf(reply), 'Code')
}

/** Bytes that differ from seed to seed and from place to place. */
export function bytesFrom(seed: number, size: number): Uint8Array {
  const random = seededRandom(seed)
  return Uint8Array.from({ length: size }, () => Math.floor(random() * 256))
}

/** Uniform in [0, 1). */
export function seededRandom(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export const wire = (value: string): string => bytesToWire(new TextEncoder().encode(value))

/** Initiates an upload and gives its id. */
export async function initiate(
  world: World,
  key: string,
  headers: Record<string, string> = {},
): Promise<string> {
  const reply = await world.expect(200, {
    method: 'POST',
    bucket: 'examplebucket',
    key,
    query: { uploads: '' },
    headers,
  })
  const id = text(documentOf(reply), 'UploadId')
  assert.match(id ?? '', /^[0-9A-F]{32}$/)
  return id ?? ''
}

/** Uploads a part and gives its ETag, unquoted. */
export async function sendPart(
  world: World,
  upload: { key: string; uploadId: string },
  partNumber: number,
  body: Uint8Array,
): Promise<string> {
  const reply = await world.expect(200, {
    method: 'PUT',
    bucket: 'examplebucket',
    key: upload.key,
    query: { partNumber: String(partNumber), uploadId: upload.uploadId },
    body,
  })
  return (reply.headers['etag'] ?? '').replaceAll('"', '')
}

export function completionOf(parts: readonly { partNumber: number; etag: string }[]): string {
  const items = parts.map(
    ({ partNumber, etag }) => `<Part><PartNumber>${partNumber}</PartNumber><ETag>"${etag}"</ETag></Part>`,
  )
  return `<CompleteMultipartUpload>${items.join('')}</CompleteMultipartUpload>`
}
