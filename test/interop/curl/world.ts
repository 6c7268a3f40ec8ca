/** What a test of curl has: URLs signed by `longhaul/signing`, and curl's answers taken apart. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ProgramEnd, type ProgramOptions, runProgram } from '../programs.js'
import type { LoggedRequest, Serving } from '../serving.js'
import { type Signed, signedUrl } from '../signed-url.js'

export interface Answer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  readonly text: string
}

export interface World {
  readonly server: Serving
  readonly folder: string
  readonly bucket: string
  readonly signature: 'v1' | 'v4'
  /** A URL that anybody may use. */
  url(method: string, signed: Signed): string
  /** One request by curl. It has to get an answer, whatever that is. */
  curl(...args: string[]): Promise<Answer>
  attempt(args: readonly string[], options?: ProgramOptions): Promise<ProgramEnd>
  put(key: string, content: string | Buffer): Promise<void>
  file(name: string, content: number | string | Buffer): Promise<{ path: string; bytes: Buffer }>
  path(name: string): string
  read(name: string): Promise<Buffer>
  requests(): readonly LoggedRequest[]
}

export interface WorldOptions {
  readonly program: string
  readonly server: Serving
  readonly signature: 'v1' | 'v4'
  readonly folder: string
  readonly bucket: string
}

export async function createWorld(options: WorldOptions): Promise<World> {
  const { program, server, folder, bucket } = options
  await mkdir(folder, { recursive: true })
  const path = (name: string): string => join(folder, name)
  const since = server.requests.length
  const attempt = (args: readonly string[], more: ProgramOptions = {}): Promise<ProgramEnd> =>
    // -q: what stands in somebody's .curlrc is none of our business; nor is a proxy.
    runProgram(program, ['-q', '--noproxy', '*', '-sS', '--max-time', '60', ...args], {
      cwd: folder,
      ...more,
    })
  const curl = async (...args: string[]): Promise<Answer> => {
    const name = randomBytes(6).toString('hex')
    const into = ['-D', path(`${name}.head`), '-o', path(`${name}.body`)]
    const ended = await attempt([...into, ...args])
    assert.equal(ended.code, 0, `curl ${args.join(' ')}: ${ended.output}`)
    // With -I curl gives the head for a body too; and where there is no body it makes no file.
    const hasBody = !args.includes('-I') && existsSync(path(`${name}.body`))
    const body = hasBody ? await readFile(path(`${name}.body`)) : Buffer.alloc(0)
    return { ...readHead(await readFile(path(`${name}.head`), 'latin1')), body, text: body.toString() }
  }
  const world: World = {
    ...options,
    path,
    attempt,
    curl,
    url: (method, signed) => signedUrl(options, method, signed),
    async put(key, content) {
      const { path: file } = await world.file('to-put', Buffer.from(content))
      // -T appends the file's name to a URL that ends in a slash.
      const sent = ['-X', 'PUT', '-H', 'Content-Type:', '--data-binary', `@${file}`]
      const answer = await curl(...sent, world.url('PUT', { key }))
      assert.equal(answer.status, 200, answer.text)
    },
    async file(name, content) {
      const bytes = typeof content === 'number' ? randomBytes(content) : Buffer.from(content)
      await writeFile(path(name), bytes)
      return { path: path(name), bytes }
    },
    read: (name) => readFile(path(name)),
    requests: () => server.requests.slice(since).filter((request) => request.bucket === bucket),
  }
  const made = await curl('-X', 'PUT', world.url('PUT', {}))
  assert.equal(made.status, 200, made.text)
  return world
}

/** Of the last answer: before it may stand 100 Continue. */
function readHead(text: string): { status: number; headers: Record<string, string> } {
  const last = text.trim().split('\r\n\r\n').at(-1) ?? ''
  const [first = '', ...lines] = last.split('\r\n')
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
  })
  return { status: Number(first.split(' ')[1]), headers: Object.fromEntries(headers) }
}
