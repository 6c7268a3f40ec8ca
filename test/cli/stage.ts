/**
 * Where a transcript is played: a folder and a server of its own, the built command line as a process. Beside `longhaul`
 * it knows a few commands that set the scene; they are listed in `scenery`.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { parseSize } from '../../src/cli/sizes.js'
import { Bucket, remoteUploads } from '../../src/index.js'
import { createServer, type FaultRule } from '../../src/server/index.js'
import { foreignDocument } from '../checkpoints/foreign-samples.js'
import { type Output, wordsOf } from './transcript.js'

export const mainScript = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url))

const commandMs = 60_000
const accessKeyId = 'LHTRANSCRIPT'
const accessKeySecret = 'a-secret-that-never-shows'
/** Nobody, where the test runs as root. */
const unprivileged = { uid: 65_534, gid: 65_534 }

export interface Stage {
  /** What a command printed and how it ended; `undefined` for scenery. */
  run(command: string): Promise<Output | undefined>
  /** Replaces `${ENDPOINT}` and the like. */
  fill(text: string): string
  close(): Promise<void>
}

interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<Output>
  readonly firstLine: Promise<unknown>
}

export async function openStage(): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-transcript-'))
  let partsAnswered = 0
  let onPart: () => void = () => {}
  const server = await createServer({
    buckets: ['examplebucket'],
    credentials: { accessKeyId, accessKeySecret },
    onRequest({ operation, status }) {
      if (operation !== 'UploadPart' || status !== 200) return
      partsAnswered += 1
      onPart()
    },
    onFailure() {},
  })
  const other = createHttpServer((_, response) => response.end('<html>hello</html>')).listen(0, '127.0.0.1')
  await once(other, 'listening')
  const variables: Record<string, string> = {
    ENDPOINT: server.endpoint,
    OTHER: `http://127.0.0.1:${(other.address() as AddressInfo).port}`,
    PORT: String(server.port),
    DIR: folder,
    KEY_ID: accessKeyId,
    SECRET: accessKeySecret,
  }
  const environment: Record<string, string | undefined> = {
    PATH: process.env['PATH'],
    HOME: folder,
    LONGHAUL_HOME: join(folder, 'home'),
    LONGHAUL_STORE: join(folder, 'store'),
    OSS_ENDPOINT: server.endpoint,
    OSS_ACCESS_KEY_ID: accessKeyId,
    OSS_ACCESS_KEY_SECRET: accessKeySecret,
  }
  let running: Running | undefined

  /** Resolves when the server has acknowledged so many parts from now on. */
  const parts = (count: number): Promise<void> => {
    const from = partsAnswered
    return new Promise((resolve) => {
      onPart = () => {
        if (partsAnswered - from >= count) resolve()
      }
    })
  }

  const start = (
    words: readonly string[],
    options: { readonly uid?: number; readonly gid?: number; readonly input?: Iterable<Uint8Array> } = {},
  ): Running => {
    const { input, ...user } = options
    const own = words.indexOf('longhaul')
    const settings = words.slice(0, own).map((word) => word.split(/=(.*)/s).slice(0, 2))
    const env = { ...environment, ...Object.fromEntries(settings) }
    const args = [mainScript, ...words.slice(own + 1)]
    const child = spawn(process.execPath, args, {
      cwd: folder,
      env,
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      ...user,
    }) as ChildProcess & { readonly stdout: Readable; readonly stderr: Readable }
    if (child.stdin !== null && input !== undefined) {
      // The command may end before it has read all.
      pipeline(Readable.from(input), child.stdin).catch(() => {})
    }
    const collected = { stdout: '', stderr: '' }
    child.stdout.on('data', (chunk) => {
      collected.stdout += String(chunk)
    })
    child.stderr.on('data', (chunk) => {
      collected.stderr += String(chunk)
    })
    const timer = setTimeout(() => child.kill('SIGKILL'), commandMs)
    const ended = once(child, 'close').then(([code, signal]): Output => {
      clearTimeout(timer)
      const plain = (text: string): string => text.replaceAll(`node ${mainScript}`, 'longhaul')
      const exitCode: number | string = typeof code === 'number' ? code : String(signal)
      return { stdout: plain(collected.stdout), stderr: plain(collected.stderr), exitCode }
    })
    return { child, ended, firstLine: once(child.stdout, 'data') }
  }

  /** What another tool would have left of the only unfinished upload of a key: foreign TOOL FILE oss://bucket/key PARTSIZE CHECKPOINT. */
  const writeForeign = async (tool: string, words: readonly string[]): Promise<void> => {
    const [file = '', url = '', partSize = '', checkpoint = ''] = words
    const [, name = '', key = ''] = /^oss:\/\/([^/]+)\/(.+)$/.exec(url) ?? []
    const credentials = { accessKeyId, accessKeySecret }
    const bucket = new Bucket({ endpoint: server.endpoint, name, credentials })
    const { uploads } = await remoteUploads(bucket, { prefix: key, store: join(folder, 'store') })
    const path = join(folder, file)
    const { size } = await lstat(path)
    const facts = { bucket: name, key, uploadId: uploads[0]?.uploadId ?? '', file: path, size }
    const { text } = foreignDocument(tool as 'oss2', { ...facts, partSize: parseSize(partSize) })
    await mkdir(dirname(join(folder, checkpoint)), { recursive: true })
    await writeFile(join(folder, checkpoint), text)
  }

  const scenery: Readonly<Record<string, (...words: string[]) => Promise<unknown>>> = {
    file: (name, size = '0') => writeFile(join(folder, name ?? ''), bytesOf(parseSize(size))),
    sparse: async (name = '', size = '0') => {
      await writeFile(join(folder, name), '')
      await truncate(join(folder, name), parseSize(size))
    },
    text: (name = '', ...words) => writeFile(join(folder, name), words.join(' ')),
    folder: (name = '') => mkdir(join(folder, name)),
    remove: (name = '') => rm(join(folder, name), { recursive: true }),
    link: (name = '', target = '') => symlink(target, join(folder, name)),
    mode: (name = '', octal = '') => chmod(join(folder, name), Number.parseInt(octal, 8)),
    set: async (name = '', value) => {
      environment[name] = value === '' ? undefined : value
    },
    fault: async (...words) => server.faults.add(JSON.parse(words.join(' ')) as FaultRule),
    mend: async () => server.faults.clear(),
    foreign: async (tool = '', ...words) => writeForeign(tool, words),
    damage: (name = '', lineNumber = '') => damageLines(join(folder, name), Number(lineNumber)),
    scribble: async (name = '') => {
      for (const file of await readdir(join(folder, name)))
        await writeFile(join(folder, name, file), 'no checkpoint\n')
    },
    empty: async (name = '') => {
      const left = await readdir(join(folder, name))
      if (left.length > 0) throw new Error(`${name} holds ${left.join(', ')}`)
    },
    absent: async (name = '') => {
      if (await lstat(join(folder, name)).catch(() => undefined)) throw new Error(`${name} is there`)
    },
    // Starts a command and goes on once it has printed a line, or the server acknowledged a part of it.
    start: async (...words) => {
      const acknowledged = parts(1)
      running = start(words)
      await Promise.race([running.firstLine, acknowledged, running.ended])
    },
  }

  const run = async (command: string): Promise<Output | undefined> => {
    const [verb = '', ...words] = wordsOf(command)
    const scene = scenery[verb]
    if (scene !== undefined) {
      // JSON keeps its quotes.
      await scene(...(verb === 'fault' ? [command.slice('fault '.length)] : words))
      return undefined
    }
    if (verb === 'lines') {
      const stdout = await readFile(join(folder, words[0] ?? ''), 'utf8')
      return { stdout: stdout.replaceAll(`node ${mainScript}`, 'longhaul'), stderr: '', exitCode: 0 }
    }
    if (verb === 'stop') {
      if (running === undefined) throw new Error('nothing was started')
      running.child.kill(words[0] as NodeJS.Signals)
      return running.ended
    }
    if (verb === 'signal') {
      const [signal, count, ...own] = words
      const reached = parts(Number(count))
      const { child, ended } = start(own)
      await Promise.race([reached, ended])
      child.kill(signal as NodeJS.Signals)
      return ended
    }
    // What a command reads from standard input: a file, or bytes without end until it is stopped.
    if (verb === 'pipe') {
      const [name = '', ...own] = words
      return start(own, { input: [await readFile(join(folder, name))] }).ended
    }
    if (verb === 'endless') {
      const [signal, count, ...own] = words
      const reached = parts(Number(count))
      const { child, ended } = start(own, { input: withoutEnd() })
      await Promise.race([reached, ended])
      child.kill(signal as NodeJS.Signals)
      return ended
    }
    if (verb === 'unprivileged') {
      return start(words, process.getuid?.() === 0 ? unprivileged : {}).ended
    }
    return start([verb, ...words]).ended
  }

  await chmod(folder, 0o755)
  return {
    run,
    fill: (text) => text.replace(/\$\{(\w+)\}/g, (whole, name: string) => variables[name] ?? whole),
    async close() {
      running?.child.kill('SIGKILL')
      await running?.ended
      other.close()
      await server.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Can this machine run the command line as a user without rights? */
export async function canDropPrivileges(): Promise<boolean> {
  if (process.getuid === undefined) return false
  const options = process.getuid() === 0 ? unprivileged : {}
  const child = spawn(process.execPath, [mainScript, '--version'], {
    cwd: tmpdir(),
    stdio: 'ignore',
    ...options,
  })
  // That user may not even be allowed to reach the program, in a folder that is private to this one.
  const code = await once(child, 'exit').then(
    ([exitCode]) => exitCode as number | null,
    () => undefined,
  )
  return code === 0
}

function* withoutEnd(): Generator<Uint8Array> {
  for (;;) yield bytesOf(64 * 1024)
}

/** The same bytes for the same size, no two blocks alike. */
export function bytesOf(size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  let word = 88_172_645
  for (let index = 0; index < size; index += 1) {
    word ^= word << 13
    word ^= word >>> 17
    word ^= word << 5
    bytes[index] = word
  }
  return bytes
}

/** One changed byte in the middle of that line of every file, which the check of the line has to notice. */
async function damageLines(folder: string, lineNumber: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    const lines = (await readFile(path, 'utf8')).split('\n')
    const line = lines[lineNumber - 1] ?? ''
    const middle = Math.floor(line.length / 2)
    lines[lineNumber - 1] =
      `${line.slice(0, middle)}${line[middle] === '0' ? '1' : '0'}${line.slice(middle + 1)}`
    await writeFile(path, lines.join('\n'))
  }
}
