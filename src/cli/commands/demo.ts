/**
 * `longhaul demo`: the main job on this machine alone, told step by step. Everything is in one temporary folder, and a
 * promise that does not hold makes the demo fail.
 */
import { rmSync } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Bucket, type UploadEvent, verifyObject } from '../../index.js'
import { brokenPromises, type DemoEvidence } from '../demo-evidence.js'
import { makeFile, requireSpace } from '../demo-file.js'
import { CommandError, UsageError } from '../failure.js'
import type { Environment } from '../home.js'
import { type JsonLine, type OwnCommand, runOwnCommand } from '../own-command.js'
import { createProgressDisplay } from '../progress-display.js'
import { findRunningServer } from '../run-file.js'
import { countOf, formatDuration, formatRate, formatSize } from '../sizes.js'
import type { World } from '../world.js'

export interface DemoFlags {
  /** Bytes. */
  readonly size?: number
  readonly keep?: boolean
}

const MiB = 1024 * 1024
const usualSize = 256 * MiB
const smallestSize = MiB
const smallestPartSize = 128 * 1024
const aimedPartCount = 64
/** The first run is held to a rate that takes so long for the whole, so that there is a middle to kill it in. */
const firstRunMs = 4_000
const numThreads = 4
const bucketName = 'demo-bucket'
const serverStartMs = 30_000

export async function demo(file: string | undefined, flags: DemoFlags, world: World): Promise<number> {
  const size = file === undefined ? (flags.size ?? usualSize) : await sizeOf(file, flags)
  if (size < smallestSize) {
    throw new UsageError(`The demo needs a file of at least ${formatSize(smallestSize)}, to have a middle.`)
  }
  const folder = await temporaryFolder()
  const children: OwnCommand[] = []
  const forget = world.atSuddenEnd(() => {
    for (const child of children) child.kill('SIGKILL')
    if (flags.keep !== true) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  })
  try {
    await requireSpace(folder, { bytes: size * (file === undefined ? 2 : 1) + 64 * MiB, given: file })
    await tellStory({ folder, size, given: file, children }, world)
  } finally {
    await endAll(children)
    if (flags.keep === true) world.screen.out(`\nEverything is still in ${folder}`)
    else await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    forget()
  }
  for (const line of whatNext(world.program)) world.screen.out(line)
  return 0
}

interface Stage {
  readonly folder: string
  readonly size: number
  readonly given: string | undefined
  readonly children: OwnCommand[]
}

async function tellStory(stage: Stage, world: World): Promise<void> {
  const { folder, size, given, children } = stage
  const { screen, signal } = world
  const environment = ownEnvironment(world.environment, folder)
  const say = (line: string): void => screen.out(line)

  const received = new Map<number, number>()
  const server = await startServer({ folder, environment, children, received }, world)
  say(`A server of our own listens on ${server.endpoint}; everything is in ${folder}`)

  const source = given === undefined ? join(folder, 'demo.bin') : resolve(given)
  if (given === undefined) await makeFile(source, size, signal)
  const partSize = Math.max(smallestPartSize, Math.ceil(size / aimedPartCount / 4096) * 4096)
  const partCount = Math.ceil(size / partSize)
  say(`The file has ${formatSize(size)}, ${countOf(partCount, 'part')} of ${formatSize(partSize)}.`)

  const put = (...more: readonly string[]): readonly string[] => [
    ...['put', '--json', '--local', '--num-threads', String(numThreads), '--multipart-threshold', '0'],
    ...['--part-size', String(partSize), ...more, source, `oss://${bucketName}/demo.bin`],
  ]
  const rate = Math.max(1, Math.ceil((size / firstRunMs) * 1000))
  const half = Math.ceil(partCount / 2)
  say(`\nFirst run, held to ${formatRate(rate)} so that there is a middle to stop it in:`)
  const first = await runPut({ args: put('--limit-rate', String(rate)), environment, children }, world, half)
  if (first.ended !== 'SIGKILL') {
    throw broken(`the first run ended with ${first.ended} before it could be killed. ${first.complaints}`)
  }
  say(
    `Killed (SIGKILL, nothing could be tidied up) with ${first.acknowledged.size} of ${partCount} parts acknowledged.`,
  )

  say('\nSecond run, the same command again:')
  const second = await runPut({ args: put(), environment, children }, world)
  if (second.summary === undefined || second.ended !== 0) {
    throw broken(`the second run ended with ${second.ended}. ${second.complaints}`)
  }
  const bucket = new Bucket({ ...server, name: bucketName, credentials: server })
  const verified = await verifyObject(bucket, 'demo.bin', source, { signal })
  const evidence: DemoEvidence = {
    partCount,
    size,
    acknowledged: first.acknowledged,
    receivedTimes: received,
    summary: summaryOf(second.summary),
    verified,
  }
  const promises = brokenPromises(evidence)
  if (promises.length > 0) throw broken(`${promises.join('; ')}.`)
  for (const line of endLines(evidence, second.summary)) say(line)
}

/** What children get: nothing of the user's own settings, stores and keys. */
function ownEnvironment(environment: Environment, folder: string): Environment {
  const own = Object.entries(environment).filter(([name]) => !/^(OSS_|LONGHAUL_)/.test(name))
  return {
    ...Object.fromEntries(own),
    LONGHAUL_HOME: join(folder, 'home'),
    LONGHAUL_STORE: join(folder, 'store'),
  }
}

async function startServer(
  stage: {
    readonly folder: string
    readonly environment: Environment
    readonly children: OwnCommand[]
    readonly received: Map<number, number>
  },
  { program, script, signal }: World,
): ReturnType<typeof findRunningServer> {
  const { folder, environment, children, received } = stage
  let isListening: () => void = () => {}
  const listening = new Promise<'listening'>((done) => {
    isListening = () => done('listening')
  })
  const args = ['serve', '--json', '--port', '0', '--data', join(folder, 'data'), '--bucket', bucketName]
  const child = runOwnCommand(args, {
    script,
    environment,
    onLine(line) {
      if (line['type'] === 'listening') isListening()
      if (line['type'] !== 'request' || line['operation'] !== 'UploadPart' || line['status'] !== 200) return
      const partNumber = Number(line['partNumber'])
      received.set(partNumber, (received.get(partNumber) ?? 0) + 1)
    },
  })
  children.push(child)
  const timeout = AbortSignal.any([signal, AbortSignal.timeout(serverStartMs)])
  const outcome = await Promise.race([listening, child.ended, aborted(timeout)])
  signal.throwIfAborted()
  if (outcome !== 'listening') throw broken(`the server did not start. ${child.complaints()}`)
  return findRunningServer(environment, program)
}

interface PutEnd {
  readonly ended: number | NodeJS.Signals
  readonly acknowledged: ReadonlySet<number>
  readonly summary: JsonLine | undefined
  readonly complaints: string
}

/** @param killAfter kill it when so many parts are acknowledged */
async function runPut(
  run: {
    readonly args: readonly string[]
    readonly environment: Environment
    readonly children: OwnCommand[]
  },
  { screen, script, signal }: World,
  killAfter = Number.POSITIVE_INFINITY,
): Promise<PutEnd> {
  const acknowledged = new Set<number>()
  let summary: JsonLine | undefined
  const display = createProgressDisplay(screen)
  const child = runOwnCommand(run.args, {
    script,
    environment: run.environment,
    onLine(line) {
      if (line['type'] === 'summary') summary = line
      else display.event(line as unknown as UploadEvent)
      if (line['type'] !== 'part-stored') return
      acknowledged.add(Number(line['partNumber']))
      if (acknowledged.size >= killAfter) child.kill('SIGKILL')
    },
  })
  run.children.push(child)
  const stop = (): void => child.kill('SIGKILL')
  signal.addEventListener('abort', stop)
  if (signal.aborted) stop()
  const ended = await child.ended
  signal.removeEventListener('abort', stop)
  display.close()
  signal.throwIfAborted()
  return { ended, acknowledged, summary, complaints: child.complaints() }
}

function summaryOf(line: JsonLine): DemoEvidence['summary'] {
  return {
    exitCode: line['exitCode'],
    resumed: line['resumed'],
    partsKept: line['partsKept'],
    partsSent: line['partsSent'],
    bytesKept: line['bytesKept'],
    bytesSent: line['bytesSent'],
    crc64: line['crc64'],
  }
}

function endLines({ partCount, summary, verified }: DemoEvidence, line: JsonLine): readonly string[] {
  return [
    `Done in ${formatDuration(Number(line['durationMs']))}.`,
    '',
    `  parts kept      ${summary.partsKept} of ${partCount}, compared with the file before they were trusted`,
    `  parts sent      ${summary.partsSent}`,
    `  not sent twice  ${formatSize(Number(summary.bytesKept))}; the server counted no acknowledged part a second time`,
    `  CRC-64          ${verified.crc64.file} of the file, ${verified.crc64.object} of the object: equal`,
  ]
}

function whatNext(program: string): readonly string[] {
  return [
    '',
    'Next, with two terminals:',
    `  ${program} serve`,
    `  ${program} put --local FILE oss://examplebucket/`,
    'Stop put with Ctrl-C or kill -9 and run it again. Then:',
    `  ${program} uploads`,
    `  ${program} put --help`,
  ]
}

async function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'longhaul-demo-')).catch((cause: Error) => {
    throw new CommandError(
      'store-unusable',
      `The folder for temporary files ${tmpdir()} can't be used: ${cause.message}. Name another with TMPDIR.`,
      { cause },
    )
  })
}

async function sizeOf(file: string, { size }: DemoFlags): Promise<number> {
  if (size !== undefined) throw new UsageError('Give either a file or --size, not both.')
  const stats = await stat(file).catch((error: Error) => {
    throw new CommandError('source-missing', `${file} can't be used: ${error.message}`)
  })
  if (!stats.isFile()) throw new CommandError('source-missing', `${file} is no regular file.`)
  return stats.size
}

/** Asks each to end, and makes sure of it. */
async function endAll(children: readonly OwnCommand[]): Promise<void> {
  for (const child of children) child.kill('SIGTERM')
  const timer = setTimeout(() => {
    for (const child of children) child.kill('SIGKILL')
  }, 5_000)
  await Promise.all(children.map((child) => child.ended))
  clearTimeout(timer)
}

function broken(what: string): CommandError {
  return new CommandError('internal', `The demo failed: ${what.trim()}`)
}

function aborted(signal: AbortSignal): Promise<'aborted'> {
  return new Promise((done) => {
    if (signal.aborted) done('aborted')
    else signal.addEventListener('abort', () => done('aborted'), { once: true })
  })
}
