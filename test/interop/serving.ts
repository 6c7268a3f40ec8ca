/** Starts the real `serve` as a process of its own, as users do, for one part's tests. */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { endsWithUs } from '../support/command.js'
import { fixture } from '../support/paths.js'

export interface ServeOptions {
  /** Keeps its data and whatever else it needs here. */
  readonly folder: string
  readonly durability: 'memory' | 'durable'
  readonly buckets?: readonly string[]
  /** More flags of `serve`. */
  readonly args?: readonly string[]
}

/** A line of the server's log. */
export interface LoggedRequest {
  readonly method: string
  readonly status: number
  readonly operation?: string
  readonly code?: string
  readonly bucket?: string
  readonly key?: string
  readonly partNumber?: number
}

export interface Serving {
  readonly endpoint: string
  readonly port: number
  readonly region: string
  readonly accessKeyId: string
  readonly accessKeySecret: string
  /** Of the server's requests so far. */
  readonly requests: LoggedRequest[]
  stop(): Promise<void>
}

const START_MS = 60_000
const STOP_MS = 15_000

/** @throws Error when it does not listen in a minute, with what it said */
export async function startServe(options: ServeOptions): Promise<Serving> {
  mkdirSync(options.folder, { recursive: true })
  const accessKeyId = `LTAI${randomBytes(8).toString('hex')}`
  const accessKeySecret = randomBytes(15).toString('hex')
  const buckets = options.buckets ?? []
  const child = spawn(
    process.execPath,
    [
      fixture('dist/cli/start.cjs'),
      ...['serve', '--json', '--port', '0', '--data', join(options.folder, 'data')],
      ...['--durability', options.durability],
      ...['--access-key-id', accessKeyId, '--access-key-secret', accessKeySecret],
      ...(buckets.length > 0 ? ['--bucket', ...buckets] : []),
      ...(options.args ?? []),
    ],
    { env: { ...process.env, HOME: options.folder }, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  endsWithUs(child)
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-4_000)
  })
  const requests: LoggedRequest[] = []
  const listening = new Promise<{ endpoint: string; region: string }>((resolve, reject) => {
    child.once('error', reject)
    void ended.then(() => reject(new Error(`serve ended before it listened: ${said}`)))
    createInterface({ input: child.stdout }).on('line', (line) => {
      const told = JSON.parse(line) as { type: string } & LoggedRequest & { endpoint: string; region: string }
      if (told.type === 'listening') resolve(told)
      else if (told.type === 'request') requests.push(told)
    })
  })
  const limit = setTimeout(() => child.kill('SIGKILL'), START_MS)
  const { endpoint, region } = await listening.finally(() => clearTimeout(limit))
  return {
    endpoint,
    region,
    port: Number(new URL(endpoint).port),
    accessKeyId,
    accessKeySecret,
    requests,
    async stop() {
      const hard = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
      child.kill('SIGTERM')
      await ended
      clearTimeout(hard)
    },
  }
}
