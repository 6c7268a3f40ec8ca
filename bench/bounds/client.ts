/** Signed requests to one bucket over kept connections, and nothing else: what is measured is the server. */
import { Agent, type IncomingMessage, request } from 'node:http'
import { encodeQuery, percentEncodePath } from '../../src/protocol/encode.js'
import { signV4 } from '../../src/protocol/signing.js'
import type { Served } from './served.js'

export interface Ask {
  readonly method: string
  /** Without it: the bucket. */
  readonly key?: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  /** Chunks need a `content-length` among the headers. */
  readonly body?: Uint8Array | AsyncIterable<Uint8Array>
}

export interface Reply {
  readonly headers: IncomingMessage['headers']
  readonly bytes: Buffer
  readonly ms: number
}

export interface Client {
  /** @throws Error when the answer is not of success */
  ask(ask: Ask): Promise<Reply>
  close(): void
}

export function createClient(served: Served, bucket: string, { sockets = 8 } = {}): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: sockets })

  async function ask({ method, key, query = {}, headers: given = {}, body }: Ask): Promise<Reply> {
    const host = `127.0.0.1:${served.port}`
    const length = body instanceof Uint8Array ? { 'content-length': String(body.length) } : {}
    const headers = { host, ...length, ...given }
    const { credentials } = served
    const signed = signV4({
      method,
      bucket,
      ...(key === undefined ? {} : { key }),
      query,
      headers,
      credentials,
      region: 'cn-hangzhou',
      date: new Date(),
    })
    const path = `/${bucket}/${percentEncodePath(key ?? '')}`
    const text = encodeQuery(query)
    const started = performance.now()
    const answer = await send({
      method,
      path: text === '' ? path : `${path}?${text}`,
      headers: { ...headers, ...signed.headers, authorization: signed.authorization },
      body,
    })
    return { ...answer, ms: performance.now() - started }
  }

  function send(wire: {
    method: string
    path: string
    headers: Record<string, string>
    body: Ask['body']
  }): Promise<Omit<Reply, 'ms'>> {
    const { method, path, headers, body } = wire
    return new Promise((resolve, reject) => {
      const sending = request({ agent, port: served.port, method, path, headers }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.once('error', reject)
        response.once('end', () => {
          const bytes = Buffer.concat(chunks)
          const { statusCode = 0 } = response
          if (statusCode >= 200 && statusCode < 300) resolve({ headers: response.headers, bytes })
          else reject(new Error(`${method} ${path}: ${statusCode} ${bytes.toString('utf8')}`))
        })
      })
      sending.once('error', reject)
      if (body === undefined || body instanceof Uint8Array) sending.end(body)
      else pour(body, sending).catch((error: unknown) => sending.destroy(error as Error))
    })
  }

  return { ask, close: () => agent.destroy() }
}

async function pour(chunks: AsyncIterable<Uint8Array>, sink: NodeJS.WritableStream): Promise<void> {
  for await (const chunk of chunks) {
    if (!sink.write(chunk)) await new Promise((resolve) => sink.once('drain', resolve))
  }
  sink.end()
}
