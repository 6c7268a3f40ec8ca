/** `longhaul serve`: the embedded server as a command. It ends with exit code 0 when it is told to stop. */
import { once } from 'node:events'
import { resolve } from 'node:path'
import { createServer, DataFolderError, type RequestLogEntry, type Server } from '../../server/index.js'
import { CommandError, oneLine, UsageError } from '../failure.js'
import { defaultDataFolder, runFilePath } from '../home.js'
import { jsonLine, writeJson } from '../json.js'
import { requestLine } from '../request-line.js'
import { announceServer, type RunningServer, withdrawServer } from '../run-file.js'
import { readRemembered, remember, rememberedFile } from '../serve-memory.js'
import { type Announcement, startText } from '../serve-text.js'
import type { World } from '../world.js'

export interface ServeFlags {
  readonly port?: number
  readonly host?: string
  readonly data?: string
  readonly region?: string
  readonly accessKeyId?: string
  readonly accessKeySecret?: string
  readonly bucket?: readonly string[]
  readonly domain?: readonly string[]
  readonly strict?: boolean
  readonly allowCallbacksTo?: readonly string[]
  readonly durability: 'durable' | 'fast' | 'memory'
  readonly json?: boolean
  readonly quiet?: boolean
  readonly log?: 'text' | 'json' | 'off'
  readonly metrics?: boolean
  readonly control?: boolean
}

const usualPort = 9500

export async function serve(flags: ServeFlags, world: World): Promise<number> {
  const { screen, environment, signal } = world
  const { durability, bucket: buckets = ['examplebucket'] } = flags
  const dataDir = durability === 'memory' ? undefined : resolve(flags.data ?? defaultDataFolder(environment))
  const remembered = dataDir === undefined ? {} : await readRemembered(dataDir)
  const credentials = givenKeys(flags) ?? remembered.credentials
  const domains = domainsOf(flags.domain ?? [])
  const onRequest = requestTeller(flags, world)
  const port = flags.port ?? remembered.port ?? usualPort
  const server = await started(port, () =>
    createServer({
      durability,
      port,
      buckets,
      domains,
      strict: flags.strict ?? false,
      metrics: flags.metrics ?? false,
      control: flags.control ?? false,
      ...(dataDir === undefined ? {} : { dataDir }),
      ...(flags.host === undefined ? {} : { host: flags.host }),
      ...(flags.allowCallbacksTo === undefined ? {} : { allowCallbacksTo: flags.allowCallbacksTo }),
      ...(flags.region === undefined ? {} : { region: flags.region }),
      ...(credentials === undefined ? {} : { credentials }),
      onRequest,
      onFailure: (error) => screen.err(`longhaul: the server failed: ${oneLine(textOf(error))}`),
    }),
  )
  try {
    if (dataDir !== undefined) await remember(dataDir, server)
    const { region, accessKeyId, accessKeySecret } = server
    const endpoint = reachable(server)
    const { pid } = process
    const running = { endpoint, region, accessKeyId, accessKeySecret, pid }
    const announcement = await announceOrTell(running, world)
    const announced = announcement === 'announced'
    if (!announced && dataDir === undefined && credentials === undefined) {
      const why =
        announcement === 'other' ? 'Another longhaul server is running here' : 'No file could tell of it'
      throw new CommandError(
        announcement === 'other' ? 'locked' : 'store-unusable',
        `${why}, so nobody could learn the key of this one: give --access-key-id and --access-key-secret.`,
      )
    }
    if (flags.json === true) writeJson(screen, 'listening', { endpoint, region, accessKeyId, pid })
    else {
      const secretFile = announced ? runFilePath(environment) : dataDir && rememberedFile(dataDir)
      const unsigned = { metrics: flags.metrics ?? false, control: flags.control ?? false }
      const place = { endpoint, region, accessKeyId, buckets, dataDir, durability }
      const facts = { ...place, ...unsigned, announcement, secretFile }
      for (const line of startText(facts, world.program)) screen.out(line)
    }
    if (!signal.aborted) await once(signal, 'abort')
  } finally {
    await withdrawServer(environment, process.pid).catch(() => {})
    await server.close()
  }
  if (flags.json === true) writeJson(screen, 'summary', { exitCode: 0 })
  return 0
}

/** Without the file for `--local` the server is of use all the same: a home that can't be written to is no reason to stop. */
async function announceOrTell(running: RunningServer, { environment, screen }: World): Promise<Announcement> {
  try {
    return (await announceServer(environment, running)) ? 'announced' : 'other'
  } catch (error) {
    screen.err(
      `longhaul: --local can't find this server, its file can't be written: ${oneLine(textOf(error))}`,
    )
    return 'not-possible'
  }
}

function domainsOf(given: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    given.map((text): [string, string] => {
      const [domain = '', bucket = '', ...more] = text.split('=')
      if (domain === '' || bucket === '' || more.length > 0) {
        throw new UsageError(`--domain is a host name and a bucket, img.example.test=photos, not ${text}.`)
      }
      return [domain, bucket]
    }),
  )
}

function givenKeys({
  accessKeyId,
  accessKeySecret,
}: ServeFlags): { readonly accessKeyId: string; readonly accessKeySecret: string } | undefined {
  if (accessKeyId === undefined && accessKeySecret === undefined) return undefined
  for (const text of [accessKeyId, accessKeySecret]) {
    if (text === undefined || !/^[\x21-\x7e]+$/.test(text)) {
      throw new UsageError('--access-key-id and --access-key-secret go together, without white space.')
    }
  }
  return { accessKeyId: accessKeyId ?? '', accessKeySecret: accessKeySecret ?? '' }
}

/** What can go wrong at the start, as one line each. */
async function started(port: number, start: () => Promise<Server>): Promise<Server> {
  try {
    return await start()
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException
    const cause = { cause: error }
    if (error instanceof DataFolderError) throw new CommandError('store-unusable', error.message, cause)
    if (error instanceof RangeError) throw new UsageError(error.message, cause)
    if (code === 'EADDRINUSE') {
      throw new CommandError(
        'locked',
        `The port ${port} is taken by another program. Choose another with --port, or --port 0 for any that is free.`,
        cause,
      )
    }
    if (syscall === 'listen' || syscall === 'getaddrinfo') {
      throw new UsageError(`It can't listen there: ${textOf(error)}`, cause)
    }
    if (code !== undefined) {
      throw new CommandError('store-unusable', `The data folder can't be used: ${textOf(error)}`, cause)
    }
    throw error
  }
}

/** An address that means all of them is no address to connect to. */
function reachable({ endpoint, host, port }: Server): string {
  if (host === '0.0.0.0') return `http://127.0.0.1:${port}`
  return host === '::' ? `http://[::1]:${port}` : endpoint
}

/** Under `--json` the lines belong to the others on stdout; else they go to stderr, whatever their form. */
function requestTeller(
  { json, quiet, log = quiet === true ? 'off' : json === true ? 'json' : 'text' }: ServeFlags,
  { screen }: World,
): (entry: RequestLogEntry) => void {
  if (quiet === true && log !== 'off') {
    throw new UsageError('Give either --quiet or --log, not both: --quiet is --log off.')
  }
  switch (log) {
    case 'off':
      return () => {}
    case 'text':
      return (entry) => screen.err(requestLine(entry))
    case 'json':
      return json === true
        ? (entry) => writeJson(screen, 'request', entry)
        : (entry) => screen.err(jsonLine('request', entry))
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
