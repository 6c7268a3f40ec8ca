/** The far end of the wire: the server's handler as a function, what of it a client may see, and whether it answers as it should. */
import { parseAuthorization } from '../../src/protocol/authorization.js'
import { parseHttpDate, parseIsoBasic } from '../../src/protocol/dates.js'
import { decodeErrorDocument } from '../../src/protocol/errors.js'
import type { HttpRequest } from '../../src/protocol/message.js'
import type { WireAnswer, WireRequest } from '../../src/protocol/operations/operation.js'
import { addressesOf, meaningOfHost, parseTarget } from '../../src/server/addressing.js'
import { ConnectionDropped, type Handler } from '../../src/server/exchange.js'
import { type OperationName, route } from '../../src/server/routes.js'
import { concat } from '../../src/services/memory.js'
import { refusal } from './wire-forgeries.js'
import type { Luck, World } from './world.js'

/** What a request asks, as the far end reads it. */
export interface Asked extends WireRequest {
  readonly operation: OperationName
  readonly head: boolean
  readonly accessKeyId: string
  /** Milliseconds since the epoch. */
  readonly signedFor: number
}

export interface FarEnd {
  readonly baseNames: readonly string[]
  /** Milliseconds since the epoch. */
  clock(): number
  /** The service's answer to a request that arrived whole. */
  answer(asked: Asked, request: HttpRequest, body: Uint8Array): Promise<WireAnswer>
  /** The answer to a request whose body never comes, or breaks off after so many bytes: `undefined` when there is none. */
  answerWithout(request: HttpRequest, size: number, sent: number): Promise<WireAnswer | undefined>
}

export interface FarEndOptions {
  readonly world: World
  readonly luck: Luck
  readonly handler: Handler
  readonly baseNames: readonly string[]
  readonly clock: () => number
  /** Does the service speak of uploads as Ceph does? */
  readonly ceph: boolean
  /** Is every refusal here somebody's mistake that a right client never meets? */
  readonly strict: boolean
}

/** What a right client may be refused with. Any other refusal by the server is somebody's mistake. */
const expected: ReadonlySet<string> = new Set([
  'FileAlreadyExists',
  'InvalidPart',
  'NoSuchBucket',
  'NoSuchKey',
  'NoSuchUpload',
  'RequestTimeTooSkewed',
  'SecurityTokenExpired',
])

export function createFarEnd({
  world,
  luck,
  handler,
  baseNames,
  clock,
  ceph,
  strict,
}: FarEndOptions): FarEnd {
  /** A mistake need not reach anybody whose answer is lost: so nobody is answered from then on. */
  let mistake: Error | undefined
  const mistaken = (message: string): Error => {
    mistake ??= new Error(message)
    return mistake
  }

  /** An upload that is not there, in Ceph's words. */
  function cephs({ operation, head }: Asked, answer: WireAnswer): WireAnswer {
    if (operation === 'AbortMultipartUpload') return answer
    world.strike('upload gone, as Ceph says it')
    const code = operation === 'CompleteMultipartUpload' ? 'InternalError' : 'NoSuchKey'
    return refusal({ code }, { luck, now: clock(), head })
  }

  return {
    baseNames,
    clock,
    async answer(asked, request, body) {
      if (mistake !== undefined) throw mistake
      const answer = await call(handler, request, body.length, whole(body))
      if (answer.status < 300) return answer
      const { code = `status ${answer.status}` } = decodeErrorDocument(
        answer.status,
        answer.headers,
        answer.body,
      )
      if (strict && !expected.has(code)) throw mistaken(`the server answered ${asked.operation} with ${code}`)
      if (code === 'SecurityTokenExpired') world.strike('token expired')
      if (code === 'RequestTimeTooSkewed') world.strike('clock refused')
      return code === 'NoSuchUpload' && ceph ? cephs(asked, answer) : answer
    },
    async answerWithout(request, size, sent) {
      try {
        const answer = await call(handler, request, size, torn(sent))
        if (answer.status < 300) throw mistaken('the server took a body that broke off for a whole one')
        return answer
      } catch (error) {
        if (error instanceof ConnectionDropped) return undefined
        throw error
      }
    },
  }
}

export function askedOf(request: HttpRequest, baseNames: readonly string[]): Asked {
  const { method, headers } = request
  const { path, query } = parseTarget(request.target)
  const [address = {}] = addressesOf(meaningOfHost(headers['host'] ?? '', { baseNames }), path)
  const routed = route({ method, address, query, headers })
  if (routed.kind === 'refused') throw new Error(`no operation: ${method} ${request.target}`)
  return {
    method,
    ...address,
    query,
    headers,
    operation: routed.name,
    head: method === 'HEAD',
    accessKeyId: parseAuthorization(headers['authorization'] ?? '')?.accessKeyId ?? '',
    signedFor: parseIsoBasic(headers['x-oss-date'] ?? '') ?? parseHttpDate(headers['date'] ?? '') ?? 0,
  }
}

async function call(
  handler: Handler,
  { method, target, headers }: HttpRequest,
  size: number,
  body: AsyncIterable<Uint8Array>,
): Promise<WireAnswer> {
  const response = await handler({
    method,
    target,
    headers: { ...headers, 'content-length': String(size) },
    body,
  })
  if (response.body instanceof Uint8Array) return { ...response, body: response.body }
  const blocks: Uint8Array[] = []
  for await (const block of response.body) blocks.push(block)
  return { ...response, body: concat(blocks) }
}

async function* whole(body: Uint8Array): AsyncGenerator<Uint8Array> {
  const middle = body.length >> 1
  if (middle > 0) yield body.slice(0, middle)
  yield body.slice(middle)
}

async function* torn(sent: number): AsyncGenerator<Uint8Array> {
  if (sent > 0) yield new Uint8Array(sent)
  throw new ConnectionDropped('the body broke off')
}
