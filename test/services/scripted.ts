/** A transport that answers from a script and remembers what it was asked: the OSS adapter's tests without a socket. */
import type { Slice } from '../../src/engine/ports.js'
import type { HttpRequest, HttpResponse, Transport, TransportOptions } from '../../src/protocol/message.js'
import { type CredentialsSource, createCredentials } from '../../src/services/credentials.js'
import { createOssService } from '../../src/services/oss/oss.js'
import type { OssOptions } from '../../src/services/oss/requests.js'

export interface Asked {
  readonly request: HttpRequest
  readonly options: TransportOptions
  readonly path: string
  readonly query: URLSearchParams
  /** What the body's pump gave, where the script read it. */
  readonly body: Uint8Array
}

export interface Scripted {
  readonly status: number
  readonly headers?: Record<string, string>
  readonly body?: string | Uint8Array
}

/** Answers, or throws what it throws. The body is read whole before, unless `readBody` is false. */
export type Script = (asked: Asked, count: number) => Scripted | Promise<Scripted>

export const startTime = Date.UTC(2026, 0, 2, 3, 4, 5)

export function scriptedService(
  script: Script,
  options: Partial<OssOptions> & { source?: CredentialsSource; readBody?: boolean } = {},
) {
  const { source, readBody = true, ...given } = options
  const asked: Asked[] = []
  const clock = { now: startTime, monotonic: () => clock.now, wallClock: () => clock.now }
  const transport: Transport = async (request, transportOptions = {}) => {
    const url = new URL(request.origin + request.target)
    const body = readBody ? await bodyOf(request) : new Uint8Array()
    const entry = { request, options: transportOptions, path: url.pathname, query: url.searchParams, body }
    asked.push(entry)
    return responseOf(await script(entry, asked.length))
  }
  const credentials = createCredentials(
    source ?? { accessKeyId: 'key-id', accessKeySecret: 'hidden-secret' },
    clock,
  )
  const ossOptions: OssOptions = {
    endpoint: 'https://oss-cn-hangzhou.aliyuncs.com',
    bucket: 'examplebucket',
    credentials,
    transport,
    clock,
    ...given,
  }
  return { service: createOssService(ossOptions), ossOptions, asked, clock }
}

function responseOf({ status, headers = {}, body = '' }: Scripted): HttpResponse {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  return {
    status,
    headers: { 'x-oss-request-id': 'R1', date: new Date(startTime).toUTCString(), ...headers },
    body: {
      bytes: async () => bytes,
      async *chunks() {
        yield bytes
      },
      discard() {},
    },
  }
}

async function bodyOf({ body }: HttpRequest): Promise<Uint8Array> {
  if (body === undefined || body instanceof Uint8Array) return body ?? new Uint8Array()
  const blocks: Uint8Array[] = []
  await body.pump(async (block) => void blocks.push(block.slice()))
  return Buffer.concat(blocks)
}

export function errorBody(code: string, more = ''): string {
  return `<Error><Code>${code}</Code><Message>Said so.</Message><RequestId>R1</RequestId>${more}</Error>`
}

export function sliceOf(bytes: Uint8Array, blockSize = 1000): Slice {
  return {
    start: 0,
    size: bytes.length,
    async pump(sink) {
      for (let start = 0; start < bytes.length; start += blockSize) {
        await sink(bytes.subarray(start, start + blockSize))
      }
    },
  }
}
