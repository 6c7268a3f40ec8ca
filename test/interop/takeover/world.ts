/** One tool, one file, one bucket: the tool is stopped at a certain moment, and longhaul is run where it ran. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fixture } from '../../support/paths.js'
import { type ProgramEnd, runProgram } from '../programs.js'
import type { LoggedRequest, Serving } from '../serving.js'
import { checkpointsOf, type Tool, variables } from './tools.js'

export const PART = 100 * 1024
export const PARTS = 12
const SIZE = (PARTS - 1) * PART + 7
export const KEY = 'dir/a b+中.dat'
const WAIT_MS = 60_000
/** Longer than any test: what it stalls has to be killed. */
const STALL_MS = 600_000

export interface World {
  readonly tool: Tool
  readonly bucket: string
  readonly folder: string
  readonly bytes: Buffer
  /** Runs the tool with these faults at the server until the server has done as much as `enough` wants, and kills it. */
  interrupt(
    faults: readonly object[],
    enough: (asked: readonly LoggedRequest[]) => boolean,
    how?: { readonly sequential?: boolean },
  ): Promise<string>
  longhaul(...args: string[]): Promise<ProgramEnd>
  /** The same; it has to end with 0. Resolves to its JSON lines. */
  lines(...args: string[]): Promise<readonly Readonly<Record<string, unknown>>[]>
  /** What the server was asked since the last call, of this bucket. */
  asked(): readonly LoggedRequest[]
  writeFile(bytes: Uint8Array): Promise<void>
  /** The object as it is at the service. */
  object(): Promise<Buffer>
}

export interface WorldOptions {
  readonly tool: Tool
  readonly server: Serving
  readonly signature: 'v1' | 'v4'
  readonly folder: string
  readonly bucket: string
}

/** Stalls these parts for ever, so that a tool which sends two at a time stores what comes before the second, and no more. */
export const stalling = (...partNumbers: number[]): object => ({
  effect: 'delay',
  ms: STALL_MS,
  operation: 'UploadPart',
  partNumber: partNumbers,
  times: null,
})

/** The answer to Complete never comes. */
export const silentComplete = {
  effect: 'delay',
  ms: STALL_MS,
  when: 'after',
  operation: 'CompleteMultipartUpload',
  times: null,
}

export async function createWorld(options: WorldOptions): Promise<World> {
  const { tool, server, signature, folder, bucket } = options
  await mkdir(folder, { recursive: true })
  const bytes = randomBytes(SIZE)
  const file = 'local.dat'
  await writeFile(join(folder, file), bytes)
  const settings = {
    OSS_ENDPOINT: server.endpoint,
    OSS_REGION: server.region,
    OSS_ACCESS_KEY_ID: server.accessKeyId,
    OSS_ACCESS_KEY_SECRET: server.accessKeySecret,
  }
  const env = {
    ...settings,
    OSS_SIGNATURE_VERSION: signature,
    HOME: folder,
    TMPDIR: folder,
    LONGHAUL_STORE: join(folder, 'store'),
    PYTHONDONTWRITEBYTECODE: '1',
  }
  let seen = server.requests.length
  const asked = (): readonly LoggedRequest[] => {
    const since = server.requests.slice(seen)
    seen = server.requests.length
    return since.filter((request) => request.bucket === bucket)
  }
  const longhaul = (...args: string[]): Promise<ProgramEnd> =>
    runProgram(process.execPath, [fixture('dist/cli/start.cjs'), ...args], { cwd: folder, env })
  const lines: World['lines'] = async (...args) => {
    const ended = await longhaul(...args, '--json')
    assert.equal(ended.code, 0, ended.output)
    return ended.stdout
      .toString()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  }
  await lines('mb', `oss://${bucket}`)
  return {
    tool,
    bucket,
    folder,
    bytes,
    longhaul,
    lines,
    asked,
    async interrupt(faults, enough, { sequential = false } = {}) {
      await setFaults(server, faults)
      asked()
      const { program, args } = tool.command({ bucket, key: KEY, folder, file, partSize: PART }, signature)
      const filled = args.map((arg) => filledIn(arg, settings))
      let kill: ((signal: NodeJS.Signals) => void) | undefined
      let end: ProgramEnd | undefined
      const ended = runProgram(program, filled, {
        cwd: folder,
        env: { ...env, SEQUENTIAL: sequential ? '1' : '0' },
        onStart: (killer) => (kill = killer),
      })
      void ended.then((told) => (end = told))
      const all: LoggedRequest[] = []
      const untilMs = performance.now() + WAIT_MS
      let checkpoints: readonly string[] = []
      while (end === undefined && performance.now() < untilMs) {
        all.push(...asked())
        checkpoints = await checkpointsOf(tool, folder)
        if (checkpoints.length > 0 && enough(all)) break
        await sleep(20)
      }
      // What it was told last, it may still be writing down.
      await sleep(300)
      kill?.('SIGKILL')
      const { code, output } = await ended
      assert.equal(code, undefined, `${tool.title} ended before it was killed:\n${output}`)
      await setFaults(server, [])
      all.push(...asked())
      assert.ok(enough(all), `${tool.title} did not get so far: ${JSON.stringify(all)}\n${output}`)
      const [checkpoint, ...more] = checkpoints
      assert.ok(checkpoint !== undefined && more.length === 0, `checkpoints: ${checkpoints.join(' ')}`)
      return checkpoint
    },
    writeFile: (changed) => writeFile(join(folder, file), changed),
    async object() {
      await lines('get', '--force', `oss://${bucket}/${KEY}`, 'back.dat')
      return readFile(join(folder, 'back.dat'))
    },
  }
}

function filledIn(arg: string, settings: Readonly<Record<string, string>>): string {
  const name = Object.entries(variables).find(([, placeholder]) => placeholder === arg)?.[0]
  return name === undefined ? arg : (settings[name] ?? '')
}

async function setFaults(server: Serving, faults: readonly object[]): Promise<void> {
  const url = `${server.endpoint}/_longhaul/faults`
  await (await fetch(url, { method: 'DELETE' })).arrayBuffer()
  if (faults.length === 0) return
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(faults) })
  assert.equal(answer.status, 200, await answer.text())
}

/** Numbers of the parts that were stored, in order. */
export function storedParts(asked: readonly LoggedRequest[]): readonly number[] {
  return asked
    .filter(({ operation, status }) => operation === 'UploadPart' && status === 200)
    .map(({ partNumber = 0 }) => partNumber)
    .sort((a, b) => a - b)
}
