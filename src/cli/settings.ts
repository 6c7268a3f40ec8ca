/** Where to send and with which key: flags first, then the environment. Nothing falls back to this machine by itself. */
import { Bucket, type BucketOptions, defaultStore, endpointOfService, type ServiceOptions } from '../index.js'
import { UsageError } from './failure.js'
import type { Environment } from './home.js'
import { findRunningServer } from './run-file.js'

export interface ConnectionFlags {
  readonly endpoint?: string
  readonly region?: string
  readonly local?: boolean
  readonly signatureVersion?: 'v1' | 'v4'
}

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

/** Everything of a bucket but its name. `endpoint` is absent where neither flags nor environment tell it. */
export interface Connection extends Omit<BucketOptions, 'name' | 'endpoint'> {
  readonly endpoint?: string
}

/** @throws UsageError, saying what to set, or how to start the server that `--local` needs */
export async function resolveConnection(
  flags: ConnectionFlags,
  environment: Environment,
  program: string,
): Promise<Connection> {
  const { signatureVersion } = flags
  const version = signatureVersion === undefined ? {} : { signatureVersion }
  if (flags.local === true) {
    if (flags.endpoint !== undefined) throw new UsageError('Give either --local or --endpoint, not both.')
    const { endpoint, region, accessKeyId, accessKeySecret } = await findRunningServer(environment, program)
    const credentials = { accessKeyId, accessKeySecret }
    return { endpoint, region: flags.region ?? region, credentials, ...version }
  }
  const region = flags.region ?? set(environment, 'OSS_REGION')
  const endpoint = flags.endpoint ?? set(environment, 'OSS_ENDPOINT') ?? endpointOf(region)
  return {
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    credentials: credentialsFrom(environment),
    ...version,
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
      'No endpoint. Give --endpoint, set OSS_ENDPOINT or OSS_REGION, or give --local for the longhaul server of this machine.',
    )
  }
  return { ...rest, endpoint }
}

export function storeFolder(flags: { readonly store?: string }, environment: Environment): string {
  return flags.store ?? defaultStore({ ...environment })
}

function endpointOf(region: string | undefined): string | undefined {
  return region === undefined ? undefined : endpointOfService(region)
}

function credentialsFrom(environment: Environment): {
  readonly accessKeyId: string
  readonly accessKeySecret: string
  readonly securityToken?: string
} {
  const accessKeyId = set(environment, 'OSS_ACCESS_KEY_ID')
  const accessKeySecret = set(environment, 'OSS_ACCESS_KEY_SECRET')
  const securityToken = set(environment, 'OSS_SESSION_TOKEN')
  if (accessKeyId === undefined || accessKeySecret === undefined) {
    const missing = [
      ...(accessKeyId === undefined ? ['OSS_ACCESS_KEY_ID'] : []),
      ...(accessKeySecret === undefined ? ['OSS_ACCESS_KEY_SECRET'] : []),
    ]
    throw new UsageError(
      `No access key. Set ${missing.join(' and ')} in the environment, or give --local for the longhaul server of this machine.`,
    )
  }
  return { accessKeyId, accessKeySecret, ...(securityToken === undefined ? {} : { securityToken }) }
}

/** An empty variable is as good as none. */
function set(environment: Environment, name: string): string | undefined {
  return environment[name] || undefined
}
