/** What a test of ossutil has: a bucket, a folder with files, and the program. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type ProgramEnd, type ProgramOptions, runProgram } from '../programs.js'
import type { LoggedRequest, Serving } from '../serving.js'

export interface World {
  readonly server: Serving
  readonly folder: string
  /** Not made yet. */
  readonly bucket: string
  /** `oss://bucket/key` */
  url(key?: string): string
  /** Runs `ossutil ARGS` with the server's address and keys, in the folder. It has to succeed; resolves to what it printed. */
  ossutil(...args: string[]): Promise<string>
  /** The same, whatever comes of it. */
  attempt(args: readonly string[], options?: ProgramOptions): Promise<ProgramEnd>
  /** Writes a file in the folder; random bytes unless given. */
  file(name: string, content: number | string): Promise<Buffer>
  read(name: string): Promise<Buffer>
  /** What the server was asked of this bucket since the last call. */
  asked(): readonly LoggedRequest[]
}

export interface WorldOptions {
  readonly program: string
  readonly server: Serving
  readonly signature: 'v1' | 'v4'
  readonly folder: string
  readonly bucket: string
}

export async function createWorld(options: WorldOptions): Promise<World> {
  const { program, server, signature, folder, bucket } = options
  await mkdir(folder, { recursive: true })
  const settings = [
    ...['-e', server.endpoint, '-i', server.accessKeyId, '-k', server.accessKeySecret],
    ...['--region', server.region, '--sign-version', signature, '-c', join(folder, 'no-configuration')],
  ]
  let seen = server.requests.length
  const attempt = (args: readonly string[], more: ProgramOptions = {}): Promise<ProgramEnd> =>
    runProgram(program, [...args, ...settings], {
      cwd: folder,
      env: { HOME: folder, OSS_ACCESS_KEY_ID: undefined, OSS_ACCESS_KEY_SECRET: undefined },
      ...more,
    })
  return {
    server,
    folder,
    bucket,
    url: (key) => (key === undefined ? `oss://${bucket}` : `oss://${bucket}/${key}`),
    attempt,
    async ossutil(...args) {
      const ended = await attempt(args)
      // It ends with 0 after some failures, and says so only in words.
      const isWell = ended.code === 0 && !/^(Error|error):/m.test(ended.output)
      assert.ok(isWell, `ossutil ${args.join(' ')} ended with ${ended.code}:\n${ended.output}`)
      return ended.stdout.toString()
    },
    async file(name, content) {
      const bytes = typeof content === 'string' ? Buffer.from(content) : randomBytes(content)
      await mkdir(dirname(join(folder, name)), { recursive: true })
      await writeFile(join(folder, name), bytes)
      return bytes
    },
    read: (name) => readFile(join(folder, name)),
    asked() {
      const since = server.requests.slice(seen)
      seen = server.requests.length
      return since.filter((request) => request.bucket === bucket)
    },
  }
}
