/** A server with a few things in it for whatever comes, and what must hold of each of its answers. */
import assert from 'node:assert/strict'
import { percentEncode } from '../../src/protocol/encode.js'
import { decodeErrorDocument } from '../../src/protocol/errors.js'
import type { WireHeaders } from '../../src/protocol/message.js'
import { signV4 } from '../../src/protocol/signing.js'
import { parseXml } from '../../src/protocol/xml.js'
import { addressesOf, meaningOfHost, parseTarget } from '../../src/server/addressing.js'
import {
  CREDENTIALS,
  chunksOf,
  createWorld,
  REGION,
  type Reply,
  replyOf,
  type World,
} from '../server/world.js'

export interface RawRequest {
  readonly method: string
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

const BUCKET = 'examplebucket'
/** More than any of these requests has a reason to be answered with. */
const LONGEST_ANSWER = 8 * 1024 * 1024

export interface ServerWorld {
  readonly world: World
  /** Asks, and holds the answer to what must be true of all of them. */
  ask(request: RawRequest): Promise<Reply>
}

export async function createServerWorld(): Promise<ServerWorld> {
  const failures: unknown[] = []
  const world = await createWorld({
    domains: { 'img.example.test': BUCKET },
    baseNames: ['oss.test'],
    minPartSize: 1,
    onInternalError: (error) => failures.push(error),
  })
  const put = { method: 'PUT', bucket: BUCKET, body: 'content' }
  await world.expect(200, { ...put, key: 'k', headers: { 'x-oss-object-acl': 'public-read' } })
  await world.expect(200, { ...put, key: 'dir/k', headers: { 'x-oss-tagging': 'a=b', 'x-oss-meta-a': 'c' } })
  world.log.length = 0
  return {
    world,
    async ask({ method, target, headers, body }) {
      const reply = await replyOf(
        await world.handler({ method, target, headers, body: chunksOf(body, 7_001) }),
      )
      if (failures.length > 0) throw failures[0]
      assertAnswer(method, reply)
      assert.equal(world.log.at(-1)?.status, reply.status)
      assert.doesNotMatch(JSON.stringify(world.log), /test-secret/)
      return reply
    },
  }
}

function assertAnswer(method: string, reply: Reply): void {
  const { status, headers, bytes } = reply
  assert.ok(Number.isInteger(status) && status >= 200 && status < 600 && status !== 500, `status ${status}`)
  assert.match(headers['x-oss-request-id'] ?? '', /^[0-9A-F]{24}$/)
  for (const [name, value] of Object.entries(headers)) {
    assert.match(name, /^[a-z0-9!#$%&'*+.^_`|~-]+$/, `header ${JSON.stringify(name)}`)
    assert.match(value, /^[\t\u0020-\u007e\u0080-\u00ff]*$/, `${name}: ${JSON.stringify(value)}`)
  }
  assert.ok(bytes.length <= LONGEST_ANSWER)
  assert.ok(!reply.text.includes('test-secret'), 'the secret is in an answer')
  if (method === 'HEAD') assert.equal(bytes.length, 0)
  if (status < 400 || status === 417) return
  const document = decodeErrorDocument(status, headers, bytes)
  assert.ok(document.code, `status ${status} without a code`)
  if (method !== 'HEAD') assert.equal(parseXml(bytes).name, 'Error')
}

/** Signs whatever it is, so that it gets past the door; what can't be read is not signed. */
export function signed(request: RawRequest, now: number): RawRequest {
  const { method, target, headers } = request
  let parsed: ReturnType<typeof parseTarget>
  try {
    parsed = parseTarget(target)
    percentEncode(parsed.path)
  } catch {
    return request
  }
  const meaning = meaningOfHost(headers['host'] ?? '', {
    baseNames: ['oss.test'],
    domains: new Map([['img.example.test', BUCKET]]),
  })
  const [address = {}] = addressesOf(meaning, parsed.path)
  const made = signV4({
    method,
    ...address,
    query: parsed.query,
    headers: headers as WireHeaders,
    credentials: CREDENTIALS,
    region: REGION,
    date: new Date(now),
  })
  return { ...request, headers: { ...headers, ...made.headers, authorization: made.authorization } }
}
