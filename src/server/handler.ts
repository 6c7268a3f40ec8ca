/**
 * The server as a function from request to response. With memory storage, and a clock and luck given in, it waits for
 * nothing but its own promises: a simulation drives it with virtual time.
 */
import { errorDefaults } from '../protocol/codes.js'
import { formatHttpDate } from '../protocol/dates.js'
import { type ErrorToSay, encodeErrorDocument } from '../protocol/errors.js'
import type { Query, WireHeaders } from '../protocol/message.js'
import { bucketFirst, checkAnonymous } from './access.js'
import { type Address, addressesOf, hostName, meaningOfHost } from './addressing.js'
import { authenticate } from './auth.js'
import { abandon, countBody, telling } from './bodies.js'
import { type Answer, Refusal } from './context.js'
import { corsHeadersOf } from './cors.js'
import { type BeginDigest, beginDigestHere } from './digest.js'
import { errorToSay, plain } from './error-to-say.js'
import {
  type Clock,
  ConnectionDropped,
  type Handler,
  type RequestLogEntry,
  type SendCallback,
  type ServerCredentials,
  type ServerRequest,
} from './exchange.js'
import { strikeAfter, strikeAnswer, strikeBefore, strikeBody } from './fault-strikes.js'
import { createFaults, type FaultEffect, type Faults } from './faults.js'
import { randomHex } from './hex.js'
import { MIN_PART_SIZE } from './multipart-operations.js'
import { checkBucketName, checkKey } from './names.js'
import { OPERATIONS } from './operations.js'
import { checkReferer } from './referer.js'
import { readTarget } from './request-target.js'
import { isPostObject, route } from './routes.js'
import type { Verdict } from './signer.js'
import type { Storage } from './storage/storage.js'
import { checkStrictly } from './strict.js'
import { pacerOf } from './traffic-limit.js'

export interface HandlerOptions {
  readonly storage: Storage
  /** Read at every request, so the caller may change what is in it. */
  readonly credentials: readonly ServerCredentials[]
  readonly clock: Clock
  /** Uniform in [0, 1): request ids and upload ids are made of it. */
  readonly random: () => number
  /** Default `cn-hangzhou`. Signatures of version 4 for another region are refused. */
  readonly region?: string
  /** Names of this server besides IP addresses and localhost. */
  readonly baseNames?: readonly string[]
  /** Custom domains: requests to this host mean this bucket, and their path is the key. */
  readonly domains?: Readonly<Record<string, string>>
  /** Refuse also what only the service refuses, such as the bucket in the path. Default false. */
  readonly strict?: boolean
  /** Bytes that every part but the last has at least. Default 102400, as OSS has it; less where many small worlds are tried. */
  readonly minPartSize?: number
  readonly faults?: Faults
  /** How callbacks are sent. Absent: a request for one is refused as NotImplemented. */
  readonly sendCallback?: SendCallback
  /** Where bodies are hashed. Default: on this thread. */
  readonly beginDigest?: BeginDigest
  /** The number of the next request in the log. Default: they are counted here. */
  readonly nextSequence?: () => number
  /** Told of every request when its answer is ready. Must not throw. */
  readonly onRequest?: (entry: RequestLogEntry) => void
  /** Told of every failure that is not the client's, for which the answer is InternalError. Must not throw. */
  readonly onInternalError?: (error: unknown) => void
}

/** What is known of a request so far; the log tells it, however far the request got. */
interface Progress {
  operation?: string
  address?: Address
  uploadId?: string
  partNumber?: number
  code?: string
  ec?: string
  bytesIn: number
  effects: readonly FaultEffect[]
  /** What the bucket's CORS rules add to the answer, be it an error. */
  corsHeaders: WireHeaders
}

export function createHandler(options: HandlerOptions): Handler {
  const { clock, random, region = 'cn-hangzhou', minPartSize = MIN_PART_SIZE } = options
  const { faults = createFaults(), baseNames = [], domains = {}, strict = false } = options
  const names = {
    baseNames,
    domains: new Map(Object.entries(domains).map(([host, bucket]) => [hostName(host), bucket])),
  }
  const { nextSequence = counter() } = options

  return async (request) => {
    const started = clock.now()
    const requestId = randomHex(random, 24)
    const progress: Progress = { bytesIn: 0, effects: [], corsHeaders: {} }
    const sequence = nextSequence()

    function log(status: number | undefined, bytesOut: number): void {
      const { operation, address, uploadId, partNumber, code, ec, bytesIn, effects } = progress
      const entry: RequestLogEntry = {
        sequence,
        time: started,
        method: request.method,
        requestId,
        bytesIn,
        bytesOut,
        durationMs: clock.now() - started,
        ...(operation === undefined ? {} : { operation }),
        ...address,
        ...(uploadId === undefined ? {} : { uploadId }),
        ...(partNumber === undefined ? {} : { partNumber }),
        ...(status === undefined ? {} : { status }),
        ...(code === undefined ? {} : { code }),
        ...(ec === undefined ? {} : { ec }),
        ...(effects.length === 0 ? {} : { faults: effects.map((each) => each.effect) }),
      }
      options.onRequest?.(entry)
    }

    try {
      const answer = await answerOrRefuse(request, requestId, progress)
      const headers: Record<string, string> = {
        server: 'AliyunOSS',
        date: formatHttpDate(clock.now()),
        'x-oss-request-id': requestId,
        'x-oss-server-time': String(Math.max(0, Math.round(clock.now() - started))),
        ...progress.corsHeaders,
        ...answer.headers,
      }
      const hasLength = 'content-length' in headers || answer.status === 204 || answer.status === 304
      if (!hasLength && answer.body instanceof Uint8Array) {
        headers['content-length'] = String(answer.body.length)
      }
      log(answer.status, request.method === 'HEAD' ? 0 : Number(headers['content-length'] ?? 0))
      const { body } = answer
      const told =
        body instanceof Uint8Array
          ? body
          : telling(body, (error) => {
              // A fault rule's doing is no failure.
              if (!(error instanceof ConnectionDropped)) options.onInternalError?.(error)
            })
      return { ...answer, headers, body: told }
    } catch (error) {
      // Nothing is answered: the connection is to break, or it already did while the body came.
      log(undefined, 0)
      throw error
    }
  }

  /** Only what leaves the client without an answer rejects. */
  async function answerOrRefuse(
    request: ServerRequest,
    requestId: string,
    progress: Progress,
  ): Promise<Answer> {
    const broken = { error: undefined as unknown }
    try {
      return await answer(request, requestId, progress, broken)
    } catch (error) {
      if (error instanceof ConnectionDropped || (error !== undefined && error === broken.error)) throw error
      const said = errorToSay(error)
      const isRefusal = error instanceof Refusal
      if (said.code === 'InternalError' && !isRefusal) options.onInternalError?.(error)
      const headers = isRefusal ? error.headers : {}
      return refusal(said, request, requestId, progress, headers)
    }
  }

  function refusal(
    error: ErrorToSay,
    request: ServerRequest,
    requestId: string,
    progress: Progress,
    headers: WireHeaders,
  ): Answer {
    progress.code = error.code
    const ec = error.ec ?? errorDefaults(error.code).ec
    if (ec !== undefined) progress.ec = ec
    const hostId = request.headers['host'] ?? ''
    const bucket = progress.address?.bucket
    const namesBucket = error.code === 'NoSuchBucket' || error.code === 'BucketNotEmpty'
    const fields = namesBucket && bucket !== undefined ? { BucketName: bucket } : {}
    const answer = encodeErrorDocument(
      { ...plain(error), fields: { ...fields, ...error.fields } },
      { requestId, hostId, head: request.method === 'HEAD' },
    )
    return { ...answer, headers: { ...answer.headers, ...headers } }
  }

  /** Known before anything is decided, since a browser hides from its page whatever comes without them. */
  async function corsHeaders(
    { method, headers }: ServerRequest,
    bucket: string | undefined,
  ): Promise<WireHeaders> {
    const { origin } = headers
    const mayBeCached = method === 'GET' || method === 'HEAD'
    if (bucket === undefined || method === 'OPTIONS' || !(origin || mayBeCached)) return {}
    const cors = (await options.storage.getBucket(bucket))?.cors
    return cors === undefined ? {} : corsHeadersOf(cors, { origin, method })
  }

  /** Who asks for what. */
  function judge({ method, headers }: ServerRequest, query: Query, addresses: readonly Address[]): Verdict {
    // Nobody signs what a browser asks beforehand; a presigned URL is signed for another method.
    if (method === 'OPTIONS') return { kind: 'anonymous', address: addresses[0] ?? {} }
    // Who signed a form stands in the form.
    const posted = addresses.find((each) => isPostObject({ method, address: each, query, headers }))
    if (posted !== undefined) return { kind: 'anonymous', address: posted }
    return authenticate(
      { method, query, headers, addresses },
      { credentials: options.credentials, region, now: clock.now(), strict },
    )
  }

  async function answer(
    request: ServerRequest,
    requestId: string,
    progress: Progress,
    broken: { error: unknown },
  ): Promise<Answer> {
    const { method, headers } = request
    const host = headers['host'] ?? ''
    const { path, query } = readTarget(request.target)
    const meaning = meaningOfHost(host, names)
    const addresses = addressesOf(meaning, path)
    progress.address = addresses[0] ?? {}
    progress.corsHeaders = await corsHeaders(request, progress.address.bucket)
    const verdict = judge(request, query, addresses)
    if (verdict.kind === 'refused') {
      throw new Refusal(
        await bucketFirst(options.storage, { method, query, headers, addresses }, verdict.error),
      )
    }
    const { address } = verdict
    progress.address = address
    const { bucket, key } = address
    if (strict) checkStrictly({ meaning, address, headers, region })
    if (bucket !== undefined) checkBucketName(bucket)
    if (key !== undefined) checkKey(key)

    // A browser asks beforehand about the whole URL; what its parameters mean is for the request to come.
    const routed = route({ method, address, query: method === 'OPTIONS' ? {} : query, headers })
    if (routed.name !== undefined) progress.operation = routed.name
    const principal = verdict.kind === 'signed' ? 'owner' : 'anonymous'
    if (principal === 'anonymous') {
      await checkAnonymous(options.storage, { operation: routed.name, ...address, query, headers })
    }
    if (routed.kind === 'refused') throw new Refusal(routed.error)
    if (key !== undefined && method !== 'OPTIONS' && headers['authorization'] === undefined) {
      const referer = (await options.storage.getBucket(bucket ?? ''))?.referer
      if (referer !== undefined) checkReferer(referer, headers['referer'])
    }
    if (query['uploadId']) progress.uploadId = query['uploadId']
    if (/^[0-9]+$/.test(query['partNumber'] ?? '')) progress.partNumber = Number(query['partNumber'])

    const { partNumber } = progress
    progress.effects = faults.strike({
      operation: routed.name,
      ...address,
      ...(partNumber === undefined ? {} : { partNumber }),
    })
    const before = await strikeBefore(progress.effects, clock)
    if (before !== undefined) throw new Refusal(before.error, before.headers)

    const pacer = pacerOf({ operation: routed.name, query, headers }, clock)
    const counted = countBody(request.body, progress, broken)
    const worked = await OPERATIONS[routed.name]({
      storage: options.storage,
      clock,
      random,
      region,
      minPartSize,
      beginDigest: options.beginDigest ?? beginDigestHere,
      credentials: options.credentials,
      ...(options.sendCallback === undefined ? {} : { sendCallback: options.sendCallback }),
      requestId,
      host,
      principal,
      request: { method, query, headers, ...address },
      body: pacer.pace(
        progress.effects.length === 0 ? counted : strikeBody(counted, progress.effects, clock),
      ),
    })
    const after = await strikeAfter(progress.effects, clock).catch(async (error: unknown) => {
      await abandon(worked)
      throw error
    })
    if (after === undefined) {
      const body = worked.body instanceof Uint8Array ? worked.body : pacer.pace(worked.body)
      const said = { ...pacer.headers(), ...worked.headers }
      return strikeAnswer({ ...worked, headers: said, body }, progress.effects, {
        clock,
        hasBody: method !== 'HEAD',
      })
    }
    await abandon(worked)
    throw new Refusal(after.error, after.headers)
  }
}

/** 1, 2, 3 and so on. */
export function counter(): () => number {
  let count = 0
  return () => {
    count += 1
    return count
  }
}
