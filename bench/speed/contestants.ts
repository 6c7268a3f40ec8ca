/** Who is measured: each a program of its own, brought into a folder of its own, or missing with the reason. */
import { existsSync, mkdirSync } from 'node:fs'
import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { findGo } from '../../test/interop/go/module.js'
import { MODULE, VERSION } from '../../test/interop/go/tests.js'
import { Missing } from '../../test/interop/part.js'
import { findProgram, mustRun, type ProgramOptions } from '../../test/interop/programs.js'
import { fixture } from '../../test/support/paths.js'
import type { Job } from './job.js'

export type ContestantName =
  | 'longhaul'
  | 'go'
  | 'ali-oss'
  | 'lib-storage'
  | 'oss2'
  | 'curl'
  | 'bare-http'
  | 'bare-socket'

/** What Node takes before any promise of ours: they stand in the tables to measure by, and no goal refers to them. */
export const yardsticks = ['bare-http', 'bare-socket'] as const satisfies readonly ContestantName[]

/** Under each table in which they stand. */
export const yardstickNote =
  '"Node alone" is a loop of nothing but reading blocks, their CRC-64 and PUT, in plain JavaScript: no signature, no upload begun or ' +
  "completed, no checkpoint, no second try, no deadline, no look whether the file changed. How far it is from a goal is Node's own; " +
  'how far ours is from it is ours.'

export interface Contestant {
  readonly name: ContestantName
  /** Such as `OSS Go SDK v2 1.6.1 (Uploader), go1.26.8`. */
  readonly title: string
  /** Which checksum it takes of the bytes. */
  readonly checksum: string
  command(job: Job): readonly [program: string, ...args: string[]]
}

/** Somebody who could not come, and why. */
export interface Absent {
  readonly name: ContestantName
  readonly reason: string
}

/** pip, npm and the Go proxy may have to fetch and compile much. */
const INSTALL_MS = 900_000

/** @param folder keeps what was installed @throws Missing when this machine lacks what it takes */
type Bring = (folder: string) => Promise<Omit<Contestant, 'name'>>

const client = (file: string): string => fixture(`bench/speed/clients/${file}`)

async function longhaul(): Promise<Omit<Contestant, 'name'>> {
  const { version } = JSON.parse(await readFile(fixture('package.json'), 'utf8')) as { version: string }
  return {
    title: `longhaul ${version}`,
    checksum: 'CRC-64',
    command: (job) => [process.execPath, client('longhaul.mjs'), JSON.stringify(job)],
  }
}

async function go(folder: string): Promise<Omit<Contestant, 'name'>> {
  const tools = await findGo(folder)
  const options: ProgramOptions = { cwd: folder, env: tools.env, limitMs: INSTALL_MS }
  const program = join(folder, 'uploader')
  await copyFile(client('go/main.go'), join(folder, 'main.go'))
  if (!existsSync(join(folder, 'go.mod'))) await mustRun(tools.program, ['mod', 'init', 'bench'], options)
  await mustRun(tools.program, ['get', `${MODULE}/oss@${VERSION}`], options)
  await mustRun(tools.program, ['build', '-o', program, '.'], options)
  return {
    title: `OSS Go SDK v2 ${VERSION.slice(1)} (Uploader), ${tools.version}`,
    checksum: 'CRC-64',
    command: (job) => [program, JSON.stringify(job)],
  }
}

function npm(name: string, packages: readonly string[], file: string, checksum: string): Bring {
  return async (folder) => {
    await writeFile(join(folder, 'package.json'), '{ "private": true }')
    const options: ProgramOptions = { cwd: folder, limitMs: INSTALL_MS }
    const program = process.platform === 'win32' ? 'npm.cmd' : 'npm'
    const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', ...packages]
    await mustRun(program, args, options).catch((error: Error) => {
      throw new Missing(`npm can't bring it: ${error.message}`)
    })
    const manifest = createRequire(join(folder, 'package.json')).resolve(`${name}/package.json`)
    const { version } = JSON.parse(await readFile(manifest, 'utf8')) as { version: string }
    return {
      title: `${name} ${version}`,
      checksum,
      command: (job) => [process.execPath, client(file), folder, JSON.stringify(job)],
    }
  }
}

async function oss2(folder: string): Promise<Omit<Contestant, 'name'>> {
  const hint = 'Python 3 with venv is needed: https://www.python.org'
  const python3 = await findProgram(['python3', 'python'], ['-m', 'venv', '--help'], hint)
  const python = join(folder, 'venv', 'bin', 'python')
  const options: ProgramOptions = { limitMs: INSTALL_MS }
  if (!existsSync(python)) await mustRun(python3, ['-m', 'venv', join(folder, 'venv')], options)
  await mustRun(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', 'oss2'], options)
  const version = /^Version: (\S+)/m.exec(await mustRun(python, ['-m', 'pip', 'show', 'oss2']))?.[1]
  return {
    title: `oss2 ${version ?? ''}, ${(await mustRun(python, ['--version'])).trim()}`,
    checksum: 'CRC-64',
    command: (job) => [python, client('oss2_client.py'), JSON.stringify(job)],
  }
}

async function curl(): Promise<Omit<Contestant, 'name'>> {
  await findProgram(['curl'], ['--version'], 'curl is needed: https://curl.se')
  const version = /^curl (\S+)/.exec(await mustRun('curl', ['--version']))?.[1]
  await findProgram(['bash'], ['--version'], 'bash is needed, to tell what curl takes')
  // It tells the time it took itself, and bash the processor's.
  const script =
    "TIMEFORMAT='%U %S'; time curl --silent --fail --output /dev/null --write-out '%{time_total}\\n' \"$@\""
  return {
    title: `curl ${version ?? ''} (-T, one PUT)`,
    checksum: 'none',
    command: (job) => {
      if (job.kind !== 'one') throw new Error('curl is measured with one file alone')
      const url = `${job.endpoint}/${job.bucket}/${job.key}`
      return ['bash', '-c', script, 'curl', '--insecure', '--upload-file', job.file, url]
    },
  }
}

/** @param way of Node's to send: what is sent is the same */
function bare(way: string, file: string): Bring {
  return async () => ({
    title: `Node alone, ${way}`,
    checksum: 'CRC-64',
    command: (job) => [process.execPath, client(file), JSON.stringify(job)],
  })
}

const bringing: Readonly<Record<ContestantName, Bring>> = {
  longhaul,
  go,
  'ali-oss': npm('ali-oss', ['ali-oss@6'], 'ali-oss.mjs', 'none'),
  'lib-storage': npm(
    '@aws-sdk/lib-storage',
    ['@aws-sdk/lib-storage@3', '@aws-sdk/client-s3@3'],
    'lib-storage.mjs',
    'CRC-32, SHA-256',
  ),
  oss2,
  curl,
  'bare-http': bare('node:http', 'bare-http.mjs'),
  'bare-socket': bare('bare sockets', 'bare-socket.mjs'),
}

/** Each as it can be had on this machine. What is installed below the folder is used again. */
export async function bringContestants(
  names: readonly ContestantName[],
  { folder, say }: { readonly folder: string; readonly say: (line: string) => void },
): Promise<{ readonly present: readonly Contestant[]; readonly absent: readonly Absent[] }> {
  const present: Contestant[] = []
  const absent: Absent[] = []
  for (const name of names) {
    const own = join(folder, name)
    mkdirSync(own, { recursive: true })
    try {
      const brought = await bringing[name](own)
      present.push({ name, ...brought })
      say(brought.title)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      absent.push({ name, reason })
      say(`${name} is missing: ${reason}`)
    }
  }
  return { present, absent }
}
