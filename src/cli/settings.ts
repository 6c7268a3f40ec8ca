/** A connection as the settings describe it. Nothing falls back to this machine by itself. */
import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import {
  Bucket,
  type BucketOptions,
  type CredentialsSource,
  cloudCredentials,
  defaultStore,
  fileCredentials,
  processCredentials,
  type ServiceOptions,
} from '../index.js'
import { UsageError } from './failure.js'
import type { Environment } from './home.js'
import { findRunningServer } from './run-file.js'
import { type ConnectionFlags, type Keys, type ResolvedSettings, resolveSettings } from './setting-levels.js'
import type { World } from './world.js'

export type { ConnectionFlags } from './setting-levels.js'

export interface RetryFlags {
  /** Milliseconds; may be `Infinity`. */
  readonly retryFor?: number
}

const usualPatienceMs = 20_000

/** For commands that only ask. */
export function retryOf({ retryFor = usualPatienceMs }: RetryFlags): {
  readonly retry: { readonly noProgressForMs: number }
} {
  return { retry: { noProgressForMs: retryFor } }
}

/** Everything of a bucket but its name. `endpoint` is absent where nothing tells it. */
export interface Connection extends Omit<BucketOptions, 'name' | 'endpoint'> {
  readonly endpoint?: string
}

/** What is needed of the process to find out. */
export type Place = Pick<World, 'environment' | 'program' | 'screen'>

/** @throws UsageError, saying what to set, or how to start the server that `--local` needs */
export async function resolveConnection(flags: ConnectionFlags, place: Place): Promise<Connection> {
  return (await resolveWithOrigins(flags, place)).connection
}

/** The same, and where each setting comes from; those of `--local` come from its run file. */
export async function resolveWithOrigins(
  flags: ConnectionFlags,
  place: Place,
): Promise<{ readonly connection: Connection; readonly settings?: ResolvedSettings }> {
  const { screen } = place
  if (flags.insecure === true) {
    screen.err(
      'WARNING: --insecure: no certificate is checked, so whoever is on the way can read and change all that is sent.',
    )
  }
  if (flags.local === true) return { connection: await localConnection(flags, place) }
  const settings = await resolveSettings(flags, place.environment)
  for (const note of settings.notes) screen.err(note)
  return { connection: await connectionOf(settings, flags, place), settings }
}

async function localConnection(flags: ConnectionFlags, { environment, program }: Place): Promise<Connection> {
  for (const [name, given] of [
    ['--endpoint', flags.endpoint],
    ['--profile', flags.profile],
    ['--credential-process', flags.credentialProcess],
    ['--credentials-file', flags.credentialsFile],
  ] as const) {
    if (given !== undefined) throw new UsageError(`Give either --local or ${name}, not both.`)
  }
  const { endpoint, region, accessKeyId, accessKeySecret } = await findRunningServer(environment, program)
  const credentials = { accessKeyId, accessKeySecret }
  const { signatureVersion } = flags
  return {
    endpoint,
    region: flags.region ?? region,
    credentials,
    ...(signatureVersion && { signatureVersion }),
  }
}

/** @throws UsageError for files that can't be read */
export async function connectionOf(
  { texts, keys }: ResolvedSettings,
  flags: ConnectionFlags,
  place: Place,
): Promise<Connection> {
  const { endpoint, region, proxy } = texts
  const version = texts['signature-version']?.value
  const caFile = texts['ca-file']
  return {
    ...(endpoint === undefined ? {} : { endpoint: endpoint.value }),
    ...(region === undefined ? {} : { region: region.value }),
    ...(version === 'v1' || version === 'v4' ? { signatureVersion: version } : {}),
    ...(proxy === undefined ? {} : { proxy: proxy.value }),
    ...(caFile === undefined ? {} : { ca: await readCertificates(caFile.value) }),
    ...(flags.insecure === true ? { insecure: true } : {}),
    credentials: await credentialsOf(keys, place),
  }
}

async function credentialsOf(
  keys: Keys | undefined,
  { screen, environment }: Place,
): Promise<CredentialsSource> {
  switch (keys?.kind) {
    case 'fixed': {
      const { accessKeyId, accessKeySecret, securityToken } = keys
      return { accessKeyId, accessKeySecret, ...(securityToken === undefined ? {} : { securityToken }) }
    }
    case 'process':
      return processCredentials(keys.command, { environment })
    case 'file':
      await warnOfRights(resolve(keys.path), (note) => screen.err(note))
      return fileCredentials(resolve(keys.path))
    case 'cloud':
      return cloudCredentials()
    default:
      throw new UsageError(
        'No access key. Run longhaul config, set OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET, give --profile, --credential-process or --credentials-file, or give --local for the longhaul server of this machine.',
      )
  }
}

/** Who provides such a file, as a cluster does, may have reasons: so it is used, and said. */
async function warnOfRights(path: string, tell: (note: string) => void): Promise<void> {
  if (process.getuid === undefined) return
  const stats = await stat(path).catch(() => undefined)
  if (stats !== undefined && (stats.mode & 0o077) !== 0) {
    tell(`${path} holds a key and others may read it: chmod 600 ${path}`)
  }
}

async function readCertificates(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new UsageError(`The certificates in ${path} can't be read: ${why}.`)
  }
}

/** @throws UsageError without an endpoint; UploadError `invalid-argument` for names that can't be */
export function openBucket(connection: Connection, name: string): Bucket {
  return new Bucket({ ...openService(connection), name })
}

/** @throws UsageError without an endpoint */
export function openService({ endpoint, ...rest }: Connection): ServiceOptions {
  if (endpoint === undefined) {
    throw new UsageError(
      'No endpoint. Give --endpoint, set OSS_ENDPOINT or OSS_REGION, run longhaul config, or give --local for the longhaul server of this machine.',
    )
  }
  return { ...rest, endpoint }
}

export function storeFolder(flags: { readonly store?: string }, environment: Environment): string {
  return flags.store ?? defaultStore({ ...environment })
}
