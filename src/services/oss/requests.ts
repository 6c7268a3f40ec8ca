/**
 * One request to one bucket: addressed, signed at the moment it is sent, sent, and read. Every failure leaves here as a
 * `ServiceError`, the signal's reason, or what the body's source failed with. Nothing is tried twice.
 */
import { ServiceError, UploadError } from '../../engine/errors.js'
import type { CancelSignal } from '../../engine/ports.js'
import { formatHttpDate, parseHttpDate, parseIso } from '../../protocol/dates.js'
import { encodeQuery, percentEncodePath } from '../../protocol/encode.js'
import { decodeErrorDocument, type ErrorDocument, ProtocolError } from '../../protocol/errors.js'
import {
  type HttpRequest,
  type HttpResponse,
  type RequestBody,
  type Transport,
  TransportError,
  type TransportOptions,
  type WireHeaders,
} from '../../protocol/message.js'
import type { Operation, WireAnswer, WireRequest } from '../../protocol/operations/operation.js'
import { type Credentials, signV1, signV4 } from '../../protocol/signing.js'
import type { CredentialsProvider } from '../credentials.js'
import { type Clock, ServiceClock } from './clock.js'
import { type Addressing, type Endpoint, parseEndpoint } from './endpoint.js'
import { type Asked, failureOf, lineOf, notOss } from './failures.js'
import { checkBucketName, checkKey } from './names.js'

export interface OssOptions {
  /** Such as `https://oss-cn-hangzhou.aliyuncs.com` or `http://127.0.0.1:9500`. */
  readonly endpoint: string
  readonly bucket: string
  /** Such as `cn-hangzhou`. Default: what the endpoint says; `cn-hangzhou` for IP addresses and localhost. */
  readonly region?: string | undefined
  /** Default `v4`. */
  readonly signatureVersion?: 'v1' | 'v4' | undefined
  /** Default: `path` for IP addresses and localhost, `virtual` otherwise. */
  readonly addressing?: Addressing | undefined
  readonly credentials: CredentialsProvider
  readonly transport: Transport
  readonly clock: Clock
}

/** Without a bucket, what is asked concerns none. */
export type AccessOptions = Omit<OssOptions, 'bucket'> & { readonly bucket?: string }

export interface CallOptions extends TransportOptions {
  readonly signal: CancelSignal
  /** Beside those of the operation. */
  readonly headers?: WireHeaders
  /** Object bytes, in the place of the operation's own body. */
  readonly body?: RequestBody
}

export interface Called<Output> extends Trace {
  readonly output: Output
}

interface Trace {
  /** The answer's Date in milliseconds. */
  readonly date: number | undefined
  readonly requestId: string | undefined
}

/** Largest answer that belongs to the protocol: a page of a thousand entries with long, encoded names. */
const maxAnswerBytes = 16 * 1024 * 1024
const maxErrorBytes = 1024 * 1024

/** Keys that are refused with these may be old ones. */
const refusedKeys: ReadonlySet<string> = new Set([
  'InvalidAccessKeyId',
  'InvalidSecurityToken',
  'SecurityTokenExpired',
  'SignatureDoesNotMatch',
])

export class Requests {
  readonly endpoint: Endpoint
  readonly clock: ServiceClock
  readonly #options: AccessOptions
  readonly #place: Place

  /** @throws UploadError `invalid-argument` for a wrong endpoint, region or bucket name */
  constructor(options: AccessOptions) {
    this.#options = options
    this.endpoint = parseEndpoint(options.endpoint, options)
    this.clock = new ServiceClock(options.clock)
    if (options.bucket !== undefined) checkBucketName(options.bucket)
    this.#place = placeOf(this.endpoint, options.bucket)
    if (options.signatureVersion !== 'v1' && this.endpoint.region === undefined) {
      throw new UploadError('invalid-argument', `The endpoint ${options.endpoint} needs a region beside it.`)
    }
  }

  /** The whole exchange of an operation whose answer belongs to the protocol. */
  async call<Input, Output>(
    operation: Operation<Input, Output>,
    input: Input,
    options: CallOptions,
  ): Promise<Called<Output>> {
    const request = operation.encodeRequest(input)
    const asked = this.#asked(operation.name, request)
    const { response, date, requestId } = await this.#send(asked, request, options)
    const body = await readBody(response, maxAnswerBytes, options.signal)
    const answer = { status: response.status, headers: response.headers, body }
    return { output: this.#decode(operation, asked, answer), date, requestId }
  }

  /** For object bytes: the answer's head decoded, its body left to be read. */
  async open<Input, Output>(
    operation: Operation<Input, Output>,
    input: Input,
    options: CallOptions,
  ): Promise<{ output: Output; chunks: AsyncIterable<Uint8Array> }> {
    const request = operation.encodeRequest(input)
    const asked = this.#asked(operation.name, request)
    const { response } = await this.#send(asked, request, options)
    const { status, headers } = response
    try {
      const output = this.#decode(operation, asked, { status, headers, body: new Uint8Array() })
      return { output, chunks: readChunks(response, options.signal) }
    } catch (error) {
      response.body.discard()
      throw error
    }
  }

  #asked(operation: string, { key }: WireRequest): Asked {
    if (key !== undefined) checkKey(key)
    const { origin, region } = this.endpoint
    return { operation, bucket: this.#options.bucket ?? '', key, origin, region }
  }

  /** Resolves with an answer of success. */
  async #send(
    asked: Asked,
    request: WireRequest,
    options: CallOptions,
  ): Promise<Trace & { readonly response: HttpResponse }> {
    const { signal } = options
    const keys = await this.#options.credentials.current(signal)
    const signedFor = this.clock.signingTime()
    const http = this.#httpRequest(request, options, keys, signedFor)
    const response = await this.#options.transport(http, options).catch((error: unknown) => {
      throw translated(error, signal)
    })
    const { date, requestId } = traceOf(response)
    // A stranger's Date, such as a cache's or a captive portal's, may be of any time.
    if (date !== undefined && requestId !== undefined) this.clock.hear(date)
    if (response.status < 300 && response.status !== 203) return { response, date, requestId }
    const body = await readBody(response, maxErrorBytes, signal)
    const document = decodeErrorDocument(response.status, response.headers, body)
    throw await this.#cure(failureOf(asked, document, response.headers), document, {
      keys,
      signedFor,
      signal,
      date,
    })
  }

  #httpRequest(
    request: WireRequest,
    options: CallOptions,
    keys: Credentials,
    signedFor: number,
  ): HttpRequest {
    const { endpoint } = this
    const { origin, host } = this.#place
    const target = targetOf(this.#place, request)
    const body = options.body ?? request.body
    const headers: Record<string, string> = {
      ...request.headers,
      ...options.headers,
      host,
      // Without it anything between us and the service may compress an answer, and a range or a CRC-64 then fits nothing.
      'accept-encoding': 'identity',
    }
    const signable = {
      method: request.method,
      bucket: request.bucket,
      key: request.key,
      query: request.query,
      headers,
      credentials: keys,
    }
    if (this.#options.signatureVersion === 'v1') headers['date'] = formatHttpDate(signedFor)
    const signed =
      this.#options.signatureVersion === 'v1'
        ? signV1(signable)
        : signV4({ ...signable, region: endpoint.region ?? '', date: new Date(signedFor) })
    Object.assign(headers, signed.headers)
    headers['authorization'] = signed.authorization
    return { method: request.method, origin, target, headers, ...(body === undefined ? {} : { body }) }
  }

  /** Refused keys and a refused clock may be put right for the next attempt. */
  async #cure(
    error: ServiceError,
    document: ErrorDocument,
    sent: {
      readonly keys: Credentials
      readonly signedFor: number
      readonly signal: CancelSignal
      readonly date: number | undefined
    },
  ): Promise<ServiceError> {
    if (document.code === 'RequestTimeTooSkewed') {
      const serviceTime = parseIso(document.fields['ServerTime'] ?? '') ?? sent.date
      return this.clock.refused(error, sent.signedFor, serviceTime)
    }
    if (!isAboutKeys(document) || !(await this.#options.credentials.replace(sent.keys, sent.signal)))
      return error
    const { status, serviceCode, ec, requestId } = error
    const message = `The access key was refused and is replaced. ${error.message}`
    return new ServiceError('credentials-rejected', message, {
      cause: error,
      status,
      serviceCode,
      ec,
      requestId,
    })
  }

  #decode<Input, Output>(operation: Operation<Input, Output>, asked: Asked, answer: WireAnswer): Output {
    const { status, headers } = answer
    const requestId = headers['x-oss-request-id']
    const odd = (text: string, cause?: unknown) =>
      new ServiceError('odd-answer', lineOf(`${text} (${asked.operation} ${status}).`), {
        cause,
        status,
        requestId,
      })
    // Every answer of OSS has one; a captive portal's page, which would do for some operations, has none.
    if (requestId === undefined) throw odd(notOss(asked, status))
    try {
      return operation.decodeAnswer(answer)
    } catch (cause) {
      if (!(cause instanceof ProtocolError)) throw cause
      throw cause.document ? failureOf(asked, cause.document, headers) : odd(cause.message, cause)
    }
  }
}

export interface Place {
  readonly origin: string
  readonly host: string
  /** What stands before the key in a path. */
  readonly folder: string
}

/** Where requests go: the bucket in the host name or in the path. */
export function placeOf(endpoint: Endpoint, bucket: string | undefined): Place {
  const url = new URL(endpoint.origin)
  const isInHost = endpoint.addressing === 'virtual' && bucket !== undefined
  if (isInHost) url.hostname = `${bucket}.${url.hostname}`
  return { origin: url.origin, host: url.host, folder: isInHost || bucket === undefined ? '' : `/${bucket}` }
}

function targetOf({ folder }: Place, request: Pick<WireRequest, 'key' | 'query'>): string {
  const path = `${folder}/${percentEncodePath(request.key ?? '')}`
  const query = encodeQuery(request.query)
  return query === '' ? path : `${path}?${query}`
}

/** A token that ended is sometimes only told in the message. */
function isAboutKeys({ code = '', message }: ErrorDocument): boolean {
  if (refusedKeys.has(code)) return true
  return code === 'AccessDenied' && /security ?token|\bexpired\b/i.test(message)
}

async function readBody(response: HttpResponse, limit: number, signal: CancelSignal): Promise<Uint8Array> {
  try {
    return await response.body.bytes(limit)
  } catch (error) {
    throw translated(error, signal)
  }
}

async function* readChunks(response: HttpResponse, signal: CancelSignal): AsyncGenerator<Uint8Array> {
  try {
    yield* response.body.chunks()
  } catch (error) {
    throw translated(error, signal)
  }
}

const meanings = {
  connect: 'network',
  'no-such-host': 'no-such-host',
  untrusted: 'untrusted',
  reset: 'network',
  stalled: 'stalled',
  garbled: 'odd-answer',
  refused: 'denied',
} as const

function translated(error: unknown, signal: CancelSignal): unknown {
  if (signal.aborted || !(error instanceof TransportError)) return error
  const meaning = meanings[error.failure]
  return new ServiceError(meaning, lineOf(`${error.message.replace(/\.$/, '')}.`), { cause: error })
}

function traceOf({ headers }: HttpResponse): Trace {
  return { date: parseHttpDate(headers['date'] ?? ''), requestId: headers['x-oss-request-id'] || undefined }
}
