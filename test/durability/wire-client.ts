/** Requests to a `serve` process: signed, sent, and read to the end. Rejects when the connection breaks. */
import { Agent, request as httpRequest } from 'node:http'
import { type Ask, wireOf } from '../server/world.js'
import { SERVE_KEYS } from './serve-process.js'

export interface WireAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: Buffer
  readonly text: string
}

export interface WireClient {
  ask(asked: Ask): Promise<WireAnswer>
  close(): void
}

/** Longer than a server under load takes; a hang must end the test all the same. */
const LONGEST_MS = 60_000

export function createWireClient(port: number): WireClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  return {
    ask(asked) {
      const { target, headers } = wireOf({ credentials: SERVE_KEYS, ...asked }, Date.now())
      return new Promise((resolve, reject) => {
        const request = httpRequest(
          {
            host: '127.0.0.1',
            port,
            method: asked.method,
            path: target,
            headers,
            agent,
            timeout: LONGEST_MS,
          },
          (response) => {
            const chunks: Buffer[] = []
            response.on('data', (chunk: Buffer) => chunks.push(chunk))
            response.on('error', reject)
            response.on('close', () => {
              if (!response.complete) reject(new Error('the answer broke off'))
            })
            response.on('end', () => {
              const bytes = Buffer.concat(chunks)
              const said = Object.entries(response.headers).map(([name, value]) => [name, String(value)])
              resolve({
                status: response.statusCode ?? 0,
                headers: Object.fromEntries(said) as Record<string, string>,
                bytes,
                text: bytes.toString('utf8'),
              })
            })
          },
        )
        request.on('timeout', () => request.destroy(new Error('no answer')))
        request.on('error', reject)
        request.end(Buffer.from(asked.body ?? ''))
      })
    },
    close: () => agent.destroy(),
  }
}
