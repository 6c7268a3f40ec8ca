/**
 * The server as a function from request to response. With memory storage, and a clock and luck given in, it waits for
 * nothing but its own promises: a simulation drives it with virtual time.
 */
import { formatHttpDate } from '../protocol/dates.js'
import { type ErrorToSay, encodeErrorDocument, ProtocolError } from '../protocol/errors.js'
import type { WireHeaders } from '../protocol/message.js'
import { type Address, addressesOf, hostName, meaningOfHost, parseTarget, type Target } from './addressing.js'
import { authenticate } from './auth.js'
import { anonymous, UNSIGNED_OVERRIDE } from './auth-errors.js'
import { abandon, countBody, telling } from './bodies.js'
import { bucketOperations } from './bucket-operations.js'
import { type Answer, type Operate, Refusal } from './context.js'
import {
  type Clock,
  ConnectionDropped,
  type Handler,
  type RequestLogEntry,
  type ServerCredentials,
  type ServerRequest,
} from './exchange.js'
import {
  createFaults,
  type FaultEffect,
  type Faults,
  strikeAfter,
  strikeBefore,
  strikeBody,
  strikeHeaders,
} from './faults.js'
import { randomHex } from './hex.js'
import { MIN_PART_SIZE, multipartOperations } from './multipart-operations.js'
import { checkBucketName, checkKey } from './names.js'
import { objectOperations } from './object-operations.js'
import { RESPONSE_OVERRIDES } from './operation-row.js'
import { postObjectOperations } from './post-object-operation.js'
import { type OperationName, type RoutableRequest, route } from './routes.js'
import { type Storage, StorageError } from './storage/storage.js'
import { checkStrictly } from './strict.js'

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
  /** Told of every request when its answer is ready. Must not throw. */
  readonly onRequest?: (entry: RequestLogEntry) => void
  /** Told of every failure that is not the client's, for which the answer is InternalError. Must not throw. */
  readonly onInternalError?: (error: unknown) => void
}

const OPERATIONS: Readonly<Record<OperationName, Operate>> = {
  ...bucketOperations,
  ...objectOperations,
  ...multipartOperations,
  ...postObjectOperations,
}

/** What is known of a request so far; the log tells it, however far the request got. */
interface Progress {
  operation?: string
  address?: Address
  uploadId?: string
  partNumber?: number
  code?: string
  bytesIn: number
  effects: readonly FaultEffect[]
}

export function createHandler(options: HandlerOptions): Handler {
  const { clock, random, region = 'cn-hangzhou', minPartSize = MIN_PART_SIZE } = options
  const { faults = createFaults(), baseNames = [], domains = {}, strict = false } = options
  const names = {
    baseNames,
    domains: new Map(Object.entries(domains).map(([host, bucket]) => [hostName(host), bucket])),
  }
  let sequence = 0

  return async (request) => {
    const started = clock.now()
    const requestId = randomHex(random, 24)
    const progress: Progress = { bytesIn: 0, effects: [] }
    sequence += 1
    const own = sequence

    function log(status: number | undefined, bytesOut: number): void {
      const { operation, address, uploadId, partNumber, code, bytesIn, effects } = progress
      const entry: RequestLogEntry = {
        sequence: own,
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
        ...answer.headers,
      }
      const hasLength = 'content-length' in headers || answer.status === 204 || answer.status === 304
      if (!hasLength && answer.body instanceof Uint8Array) {
        headers['content-length'] = String(answer.body.length)
      }
      log(answer.status, request.method === 'HEAD' ? 0 : Number(headers['content-length'] ?? 0))
      const { body } = answer
      const told =
        body instanceof Uint8Array ? body : telling(body, (error) => options.onInternalError?.(error))
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
      return await answer(request, progress, broken)
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

  async function answer(
    request: ServerRequest,
    progress: Progress,
    broken: { error: unknown },
  ): Promise<Answer> {
    const { method, headers } = request
    const host = headers['host'] ?? ''
    const { path, query } = readTarget(request.target)
    const meaning = meaningOfHost(host, names)
    const addresses = addressesOf(meaning, path)
    progress.address = addresses[0] ?? {}
    const posted = addresses.find((each) => isPostObject({ method, address: each, query, headers }))
    const verdict =
      posted === undefined
        ? authenticate(
            { method, query, headers, addresses },
            { credentials: options.credentials, region, now: clock.now(), strict },
          )
        : // Who signed a form stands in the form.
          { kind: 'in-form' as const, address: posted }
    if (verdict.kind === 'refused') throw new Refusal(verdict.error)
    const { address } = verdict
    if (verdict.kind === 'anonymous') {
      if (RESPONSE_OVERRIDES.some((name) => name in query)) throw new Refusal(UNSIGNED_OVERRIDE)
      throw new Refusal(anonymous(address))
    }
    progress.address = address
    const { bucket, key } = address
    if (strict) checkStrictly({ meaning, address, headers, region })
    if (bucket !== undefined) checkBucketName(bucket)
    if (key !== undefined) checkKey(key)

    const routed = route({ method, address, query, headers })
    if (routed.name !== undefined) progress.operation = routed.name
    if (routed.kind === 'refused') throw new Refusal(routed.error)
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

    const counted = countBody(request.body, progress, broken)
    const worked = await OPERATIONS[routed.name]({
      storage: options.storage,
      clock,
      random,
      region,
      minPartSize,
      credentials: options.credentials,
      host,
      request: { method, query, headers, ...address },
      body: progress.effects.length === 0 ? counted : strikeBody(counted, progress.effects, clock),
    })
    const after = await strikeAfter(progress.effects, clock).catch(async (error: unknown) => {
      await abandon(worked)
      throw error
    })
    if (after === undefined) return { ...worked, headers: strikeHeaders(worked.headers, progress.effects) }
    await abandon(worked)
    throw new Refusal(after.error, after.headers)
  }
}

function isPostObject(request: RoutableRequest): boolean {
  return route(request).name === 'PostObject'
}

function readTarget(target: string): Target {
  try {
    return parseTarget(target)
  } catch {
    throw new Refusal({ code: 'InvalidArgument', message: "Couldn't parse the specified URI." })
  }
}

function errorToSay(error: unknown): ErrorToSay {
  if (error instanceof Refusal) return error.error
  if (error instanceof ProtocolError && error.kind === 'bad-request') return error
  if (error instanceof StorageError) {
    if (error.code === 'no-such-bucket') return { code: 'NoSuchBucket' }
    if (error.code === 'bucket-not-empty') return { code: 'BucketNotEmpty' }
  }
  return { code: 'InternalError' }
}

/** Only what an error document says: an Error object's own properties do not spread. */
function plain({ code, status, message, ec }: ErrorToSay): ErrorToSay {
  return {
    code,
    ...(status === undefined ? {} : { status }),
    ...(message === undefined ? {} : { message }),
    ...(ec === undefined ? {} : { ec }),
  }
}
