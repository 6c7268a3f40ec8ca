/**
 * Sends callbacks over HTTP, to this machine alone unless more is allowed: who may upload would otherwise make this
 * server send requests into networks that he himself can't reach. Signed as the service signs, with a key pair made for
 * this run; the public key is served by this server, at the URL that each callback names.
 */
import { createHash, createSign, generateKeyPair, type KeyObject } from 'node:crypto'
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { promisify } from 'node:util'
import { formatHttpDate } from '../protocol/dates.js'
import { OWNER } from './context.js'
import {
  type CallbackAnswer,
  CallbackFailure,
  type CallbackRequest,
  type Handler,
  type SendCallback,
} from './exchange.js'

/** The service's, and not to be changed there either. */
const TIMEOUT_MS = 5_000
const MAX_ANSWER_SIZE = 3 * 1024 * 1024
const KEY_BITS = 2048
export const PUBLIC_KEY_PATH = '/_longhaul/callback-public-key.pem'
/** What callbacks call themselves, so that this server knows its own. */
export const CALLBACK_AGENT = 'aliyun-oss-callback'

export interface CallbackSender {
  readonly send: SendCallback
  /** PEM. */
  publicKey(): Promise<string>
  /** Those under way fail. */
  close(): void
}

export interface CallbackSenderOptions {
  /** Names and addresses beside this machine's own; `*` is all. */
  readonly allowedHosts: readonly string[]
  /** Such as `http://127.0.0.1:9500`. */
  readonly endpoint: () => string
  readonly timeoutMs?: number
}

export function createCallbackSender(options: CallbackSenderOptions): CallbackSender {
  const { allowedHosts, endpoint, timeoutMs = TIMEOUT_MS } = options
  const allowed = new Set(allowedHosts.map((host) => host.toLowerCase()))
  const underWay = new Set<ClientRequest>()
  let isClosed = false
  let pair: Promise<{ publicKey: KeyObject; privateKey: KeyObject }> | undefined

  function keys(): Promise<{ publicKey: KeyObject; privateKey: KeyObject }> {
    pair ??= promisify(generateKeyPair)('rsa', { modulusLength: KEY_BITS })
    return pair
  }

  return {
    async send(callback) {
      const url = new URL(callback.url)
      const host = hostOf(url)
      const isOwn = isThisMachine(host)
      if (!isOwn && !allowed.has('*') && !allowed.has(host)) {
        throw new CallbackFailure('not-allowed', `This server may not call ${host}.`)
      }
      const { privateKey } = await keys()
      if (isClosed) throw new CallbackFailure('unreachable', 'The server is closing.')
      const headers = headersOf(callback, url, { privateKey, endpoint: endpoint() })
      return new Promise<CallbackAnswer>((resolve, reject) => {
        const send = url.protocol === 'https:' ? httpsRequest : httpRequest
        const request = send(url, {
          method: 'POST',
          headers,
          agent: false,
          ...(isOwn && isIP(host) === 0 ? { lookup: lookupOwn } : {}),
        })
        const timer = setTimeout(() => {
          reject(new CallbackFailure('timed-out', `No whole answer within ${timeoutMs} ms.`))
          request.destroy()
        }, timeoutMs)
        underWay.add(request)
        request.once('close', () => {
          clearTimeout(timer)
          underWay.delete(request)
          reject(new CallbackFailure('unreachable', 'The connection was closed.'))
        })
        request.once('error', (error) => reject(failureOf(error)))
        request.once('response', (response) =>
          readAnswer(response).then(resolve, (error) => {
            reject(failureOf(error))
            request.destroy()
          }),
        )
        request.end(callback.body)
      })
    },

    async publicKey() {
      const { publicKey } = await keys()
      return publicKey.export({ type: 'spki', format: 'pem' }).toString()
    },

    close() {
      isClosed = true
      for (const request of underWay) request.destroy()
    },
  }
}

/** Serves the public key beside everything else. No bucket can have the name that its path begins with. */
export function withPublicKey(handler: Handler, sender: CallbackSender): Handler {
  return async (request) => {
    if (request.method !== 'GET' || request.target !== PUBLIC_KEY_PATH) return handler(request)
    const body = Buffer.from(await sender.publicKey(), 'latin1')
    const headers = { 'content-type': 'application/x-pem-file', 'content-length': String(body.length) }
    return { status: 200, headers, body }
  }
}

function headersOf(
  { body, contentType, host, bucket, requestId }: CallbackRequest,
  url: URL,
  { privateKey, endpoint }: { readonly privateKey: KeyObject; readonly endpoint: string },
): Record<string, string> {
  const signed = `${decodedPath(url)}${url.search}\n${body}`
  return {
    host: host ?? url.host,
    connection: 'close',
    date: formatHttpDate(Date.now()),
    'content-type': contentType,
    'content-length': String(Buffer.byteLength(body)),
    'content-md5': createHash('md5').update(body).digest('base64'),
    'user-agent': CALLBACK_AGENT,
    'x-oss-bucket': bucket,
    'x-oss-request-id': requestId,
    'x-oss-requester': OWNER.id,
    'x-oss-signature-version': '1.0',
    'x-oss-tag': 'CALLBACK',
    'x-oss-pub-key-url': Buffer.from(endpoint + PUBLIC_KEY_PATH).toString('base64'),
    authorization: createSign('RSA-MD5').update(signed).sign(privateKey, 'base64'),
  }
}

function decodedPath({ pathname }: URL): string {
  try {
    return decodeURIComponent(pathname)
  } catch {
    return pathname
  }
}

async function readAnswer(response: IncomingMessage): Promise<CallbackAnswer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_ANSWER_SIZE) {
      throw new CallbackFailure('too-long', `The answer has more than ${MAX_ANSWER_SIZE} bytes.`)
    }
    chunks.push(chunk)
  }
  return { status: response.statusCode ?? 0, body: Buffer.concat(chunks) }
}

function failureOf(error: unknown): CallbackFailure {
  if (error instanceof CallbackFailure) return error
  return new CallbackFailure('unreachable', error instanceof Error ? error.message : String(error))
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '').toLowerCase()
}

function isThisMachine(host: string): boolean {
  return (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host === '::1' ||
    (isIP(host) === 4 && host.startsWith('127.'))
  )
}

/** Names of this machine are not asked of anybody. */
const lookupOwn: LookupFunction = (_name, options, done) => {
  if (!options.all) return done(null, '127.0.0.1', 4)
  done(null, [
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ])
}
