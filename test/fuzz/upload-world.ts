/** The OSS adapter over the server's own handler, with no socket between, in virtual time: and one answer can be changed. */

import type { ObjectService } from '../../src/engine/ports.js'
import { type Transport, TransportError } from '../../src/protocol/message.js'
import {
  createFaults,
  createHandler,
  createMemoryStorage,
  type Faults,
  type ServerResponse,
} from '../../src/server/index.js'
import { createBucketClient } from '../../src/services/bucket-client.js'
import { createCredentials } from '../../src/services/credentials.js'
import { createOssService } from '../../src/services/oss/oss.js'
import type { OssOptions } from '../../src/services/oss/requests.js'
import { createClock, type VirtualClock } from '../engine/clock.js'
import { sliceOf } from '../services/scripted.js'
import { type Mutation, mutated, mutatedHeaders } from './mutate.js'

export interface Disturbance {
  /** Which request of a run, from 0. */
  readonly nth: number
  /**
   * `answer`: the work is done and its answer changed. `lost`: done, and no answer comes. `earlier`: done, and the answer
   * before it comes once more. `refused`: not done, and some error document comes changed.
   */
  readonly kind: 'answer' | 'lost' | 'earlier' | 'refused'
  /** 0: as it was. */
  readonly status: number
  readonly headChanges: readonly Mutation[]
  readonly bodyChanges: readonly Mutation[]
}

export interface UploadWorld {
  readonly service: ObjectService
  readonly clock: VirtualClock
  readonly faults: Faults
  /** From the next request on; `undefined`: no more. */
  disturb(disturbance: Disturbance | undefined): void
  /** Somebody else's. */
  storeObject(key: string, bytes: Uint8Array): Promise<void>
  objectBytes(key: string): Promise<Uint8Array>
  /** Ids of uploads that are unfinished. */
  unfinished(): Promise<readonly string[]>
  /** Method and first parameter of the request whose answer was changed last. */
  readonly struck: string | undefined
}

const bucket = 'examplebucket'
const epoch = Date.UTC(2026, 0, 2, 3, 4, 5, 678)

interface PlainAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

export async function createUploadWorld(): Promise<UploadWorld> {
  const clock = createClock()
  const now = (): number => epoch + clock.now()
  const keys = { accessKeyId: 'id', accessKeySecret: 'secret' }
  const faults = createFaults()
  const storage = createMemoryStorage()
  await storage.putBucket({ name: bucket, created: now(), acl: 'private', storageClass: 'Standard' })
  let luck = 0
  const handler = createHandler({
    storage,
    credentials: [keys],
    clock: {
      now,
      async sleep(ms) {
        clock.pass(ms)
      },
    },
    random: () => {
      luck = (luck + 0.6180339887) % 1
      return luck
    },
    faults,
  })
  let disturbance: Disturbance | undefined
  let asked = 0
  let earlier: PlainAnswer | undefined
  let lastStruck: string | undefined

  const direct: Transport = async (request) => {
    const body = await bodyOf(request)
    const headers = { ...request.headers, 'content-length': String(body.length) }
    const answer = await plain(
      await handler({ method: request.method, target: request.target, headers, body: once(body) }),
    )
    return httpOf(request.method === 'HEAD' ? { ...answer, body: new Uint8Array() } : answer)
  }
  const disturbed: Transport = async (request, options) => {
    const isStruck = disturbance?.nth === asked
    asked += 1
    const struck = isStruck ? disturbance : undefined
    if (struck !== undefined)
      lastStruck = `${request.method} ${/\?([a-zA-Z]+)/.exec(request.target)?.[1] ?? ''}`
    if (struck?.kind === 'refused') {
      await bodyOf(request)
      return httpOf(changed(refusal, struck))
    }
    const response = await direct(request, options)
    const body = await response.body.bytes(Number.POSITIVE_INFINITY)
    const answer = { status: response.status, headers: response.headers, body }
    const before = earlier
    earlier = answer
    if (struck === undefined) return httpOf(answer)
    if (struck.kind === 'lost') throw new TransportError('reset', 'The connection was reset.')
    return httpOf(changed(struck.kind === 'earlier' ? (before ?? answer) : answer, struck))
  }

  const options: OssOptions = {
    endpoint: 'http://127.0.0.1:9500',
    bucket,
    credentials: createCredentials(keys, { wallClock: now }),
    transport: disturbed,
    clock: { monotonic: () => clock.now() + 0.25, wallClock: now },
  }
  const undisturbed = { ...options, transport: direct }
  const signal = new AbortController().signal
  return {
    service: createOssService(options),
    clock,
    faults,
    disturb(given) {
      disturbance = given
      asked = 0
    },
    async storeObject(key, bytes) {
      const sending = { headers: {}, signal, onSent: () => {}, patience: 1 }
      await createOssService(undisturbed).putObject(key, sliceOf(bytes, 65_536), sending)
      clock.pass(5000)
    },
    async objectBytes(key) {
      const { chunks } = await createBucketClient(undisturbed).getObject(key, { signal })
      return collect(chunks)
    },
    async unfinished() {
      const { uploads } = await createBucketClient(undisturbed).listMultipartUploads({ signal })
      return uploads.map(({ uploadId }) => uploadId)
    },
    get struck() {
      return lastStruck
    },
  }
}

const refusal: PlainAnswer = {
  status: 403,
  headers: { 'x-oss-request-id': 'R', date: new Date(epoch).toUTCString() },
  body: Buffer.from(
    '<Error><Code>NoSuchUpload</Code><Message>Said so.</Message><RequestId>R</RequestId></Error>',
  ),
}

function changed(answer: PlainAnswer, { status, headChanges, bodyChanges }: Disturbance): PlainAnswer {
  return {
    status: status || answer.status,
    headers: mutatedHeaders(answer.headers, headChanges),
    body: bodyChanges.length === 0 ? answer.body : mutated(answer.body, bodyChanges),
  }
}

async function plain({ status, headers, body }: ServerResponse): Promise<PlainAnswer> {
  return { status, headers, body: body instanceof Uint8Array ? body : await collect(body) }
}

function httpOf({ status, headers, body }: PlainAnswer) {
  return {
    status,
    headers,
    body: { bytes: async () => body, chunks: () => once(body), discard() {} },
  }
}

async function* once(body: Uint8Array): AsyncGenerator<Uint8Array> {
  yield body
}

async function bodyOf({ body }: Parameters<Transport>[0]): Promise<Uint8Array> {
  if (body === undefined || body instanceof Uint8Array) return body ?? new Uint8Array()
  const blocks: Uint8Array[] = []
  await body.pump(async (block) => void blocks.push(block.slice()))
  return Buffer.concat(blocks)
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const blocks: Uint8Array[] = []
  for await (const chunk of chunks) blocks.push(chunk)
  return Buffer.concat(blocks)
}
