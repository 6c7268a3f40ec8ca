/** A server with one key, a home folder, and an endpoint on loopback that hands out keys as a cluster's would. */
import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { createServer, type Server } from '../../../src/server/index.js'
import { type ProgramEnd, runProgram } from '../programs.js'
import { type Cloud, leadingTo, startCloud } from './cloud.js'

export interface World {
  readonly server: Server
  /** With the token, when the key has one. */
  readonly key: {
    readonly accessKeyId: string
    readonly accessKeySecret: string
    readonly securityToken?: string
  }
  /** Of the endpoint that hands out keys. */
  readonly uri: string
  /** What that endpoint answers from now on. */
  answer(document: unknown): void
  readonly asked: () => number
  /** Writes a file below the home folder and gives its path. */
  file(name: string, text: string): Promise<string>
  /** The cloud's own addresses, played here, and what leads the library to them. */
  inCloud(): Promise<{ readonly cloud: Cloud; readonly environment: Readonly<Record<string, string>> }>
  /** `longhaul put` without any key of Longhaul's own. */
  put(environment?: Readonly<Record<string, string>>): Promise<ProgramEnd>
  close(): Promise<void>
}

export interface WorldOptions {
  readonly program: string
  readonly folder: string
  readonly name: string
}

export async function createWorld({ program, folder, name }: WorldOptions): Promise<World> {
  const home = join(folder, randomBytes(4).toString('hex'))
  await mkdir(home, { recursive: true })
  await writeFile(join(home, 'a.bin'), 'some bytes')
  let cloud: Cloud | undefined
  const isTemporary = /temporary/.test(name)
  const key = {
    accessKeyId: 'LTAI5tInteropExample',
    accessKeySecret: 'PlantedInteropSecret012345678',
    ...(isTemporary ? { securityToken: 'PlantedInteropToken012345678' } : {}),
  }
  const server = await createServer({ buckets: ['examplebucket'], credentials: key })
  let document: unknown = {}
  let asked = 0
  const keys = createHttpServer((_, response) => {
    asked += 1
    response.setHeader('content-type', 'application/json').end(JSON.stringify(document))
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => keys.once('listening', resolve))
  // One after the other: each ends with the process of the ring.
  keys.unref()
  return {
    server,
    key,
    uri: `http://127.0.0.1:${(keys.address() as AddressInfo).port}/`,
    answer(next) {
      document = next
    },
    asked: () => asked,
    async file(path, text) {
      const whole = join(home, path)
      await mkdir(dirname(whole), { recursive: true })
      await writeFile(whole, text)
      return whole
    },
    async inCloud() {
      cloud = await startCloud(key)
      const first = join(home, 'lead.cjs')
      await writeFile(first, leadingTo(cloud.port))
      return { cloud, environment: { NODE_OPTIONS: `--require=${first}` } }
    },
    put: (environment = {}) =>
      runProgram(process.execPath, [program, 'put', 'a.bin', 'oss://examplebucket/a'], {
        cwd: home,
        env: {
          OSS_ACCESS_KEY_ID: undefined,
          OSS_ACCESS_KEY_SECRET: undefined,
          OSS_SESSION_TOKEN: undefined,
          LONGHAUL_PROFILE: undefined,
          OSS_ENDPOINT: server.endpoint,
          HOME: home,
          LONGHAUL_HOME: join(home, '.longhaul'),
          LONGHAUL_STORE: join(home, 'store'),
          LONGHAUL_DEBUG: '1',
          ALIBABA_CLOUD_ECS_METADATA_DISABLED: 'true',
          ...environment,
        },
      }),
    async close() {
      cloud?.close()
      keys.close()
      await server.close()
    },
  }
}
