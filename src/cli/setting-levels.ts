/**
 * Where each setting comes from: flags, a profile that a flag names, the environment, the profile that is usual, at last the
 * cloud itself. A key is taken whole from one place: half of one is an error, not a reason to look on.
 */
import { endpointOfService, hasCloudLibrary } from '../index.js'
import { UsageError } from './failure.js'
import type { Environment } from './home.js'
import { defaultProfile, noSuchProfile, type Profile, profilesPath, readProfiles } from './profile-file.js'
import { readOssutilProfiles } from './profile-ossutil.js'
import type { SettingName } from './profile-settings.js'

export interface ConnectionFlags {
  readonly endpoint?: string
  readonly region?: string
  readonly local?: boolean
  readonly signatureVersion?: 'v1' | 'v4'
  readonly profile?: string
  readonly credentialProcess?: string
  readonly credentialsFile?: string
  readonly caFile?: string
  readonly insecure?: boolean
}

/** Was anything said of how to reach the service? */
export function hasConnectionFlag(flags: ConnectionFlags): boolean {
  const { endpoint, region, local, signatureVersion, profile, insecure } = flags
  const { credentialProcess, credentialsFile, caFile } = flags
  const places = [endpoint, region, local, signatureVersion, profile, insecure]
  return [...places, credentialProcess, credentialsFile, caFile].some((flag) => flag !== undefined)
}

/** A value, and where it stands. */
export interface Told {
  readonly value: string
  /** Such as `--endpoint`, `OSS_ENDPOINT` or `profile default of /home/me/.longhaul/config`. */
  readonly from: string
}

export type Keys = { readonly from: string } & (
  | {
      readonly kind: 'fixed'
      readonly accessKeyId: string
      readonly accessKeySecret: string
      readonly securityToken?: string
    }
  | { readonly kind: 'process'; readonly command: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'cloud' }
)

/** What is asked for by name; all but the keys. */
export type PlainSetting = 'endpoint' | 'region' | 'signature-version' | 'proxy' | 'ca-file'

export interface Level {
  readonly texts: Readonly<Partial<Record<PlainSetting, Told>>>
  readonly keys?: Keys
  readonly notes: readonly string[]
}

export interface ResolvedSettings {
  readonly texts: Readonly<Partial<Record<PlainSetting, Told>>>
  readonly keys?: Keys
  /** What people should know of the profile that is used. */
  readonly notes: readonly string[]
}

/** @throws UsageError for half a key or an unknown profile; CommandError for a file that is not to be trusted */
export async function resolveSettings(
  flags: ConnectionFlags,
  environment: Environment,
): Promise<ResolvedSettings> {
  const given = flags.profile ?? set(environment, 'LONGHAUL_PROFILE')
  const profile = await findProfile(given, environment)
  const profileLevel = profile === undefined ? noLevel : levelOfProfile(profile)
  const environmentLevel = levelOfEnvironment(environment)
  const levels = [
    levelOfFlags(flags),
    // Who names a profile in a command means it, whatever else is around.
    ...(flags.profile === undefined ? [environmentLevel, profileLevel] : [profileLevel, environmentLevel]),
  ]
  const keys = levels.find((level) => level.keys !== undefined)?.keys ?? cloudKeys()
  return {
    texts: textsOf(levels),
    ...(keys === undefined ? {} : { keys }),
    notes: profileLevel.notes,
  }
}

const noLevel: Level = { texts: {}, notes: [] }

function levelOfFlags(flags: ConnectionFlags): Level {
  const { credentialProcess: command, credentialsFile: path } = flags
  if (command !== undefined && path !== undefined) {
    throw new UsageError('Give either --credential-process or --credentials-file, not both.')
  }
  const keys: Keys | undefined =
    command !== undefined
      ? { kind: 'process', command, from: '--credential-process' }
      : path !== undefined
        ? { kind: 'file', path, from: '--credentials-file' }
        : undefined
  return {
    texts: told({
      endpoint: [flags.endpoint, '--endpoint'],
      region: [flags.region, '--region'],
      'signature-version': [flags.signatureVersion, '--signature-version'],
      'ca-file': [flags.caFile, '--ca-file'],
    }),
    ...(keys === undefined ? {} : { keys }),
    notes: [],
  }
}

function levelOfEnvironment(environment: Environment): Level {
  const id = set(environment, 'OSS_ACCESS_KEY_ID')
  const secret = set(environment, 'OSS_ACCESS_KEY_SECRET')
  const token = set(environment, 'OSS_SESSION_TOKEN')
  const proxy = proxyVariable(environment)
  const keys = fixedKeys(
    { id, secret, token, from: 'OSS_ACCESS_KEY_ID' },
    (missing) =>
      new UsageError(
        `No access key. Set ${missing === 'id' ? 'OSS_ACCESS_KEY_ID' : 'OSS_ACCESS_KEY_SECRET'} in the environment, or give --local for the longhaul server of this machine.`,
      ),
  )
  return {
    texts: told({
      endpoint: [set(environment, 'OSS_ENDPOINT'), 'OSS_ENDPOINT'],
      region: [set(environment, 'OSS_REGION'), 'OSS_REGION'],
      // Which of them counts depends on where a request goes.
      proxy: [proxy === undefined ? undefined : 'environment', proxy ?? ''],
    }),
    ...(keys === undefined ? {} : { keys }),
    notes: [],
  }
}

function proxyVariable(environment: Environment): string | undefined {
  const names = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY']
  return names.find((name) => set(environment, name) !== undefined)
}

function levelOfProfile({ name, path, values, notes }: Profile): Level {
  const from = `profile ${name} of ${path}`
  const text = (setting: SettingName): [string | undefined, string] => [values.get(setting), from]
  const command = values.get('credential-process')
  const file = values.get('credentials-file')
  const fixed = fixedKeys(
    {
      id: values.get('access-key-id'),
      secret: values.get('access-key-secret'),
      token: values.get('security-token'),
      from,
    },
    (missing) =>
      new UsageError(
        `The profile ${name} of ${path} has no ${missing === 'id' ? 'access-key-id' : 'access-key-secret'}: a key needs both.`,
      ),
  )
  const ways: readonly Keys[] = [
    ...(fixed === undefined ? [] : [fixed]),
    ...(command === undefined ? [] : [{ kind: 'process', command, from } as const]),
    ...(file === undefined ? [] : [{ kind: 'file', path: file, from } as const]),
    ...(values.get('credentials') === 'cloud' ? [{ kind: 'cloud', from } as const] : []),
  ]
  if (ways.length > 1) {
    throw new UsageError(
      `The profile ${name} of ${path} tells of keys in several ways: leave one of access-key-id, credential-process, credentials-file and credentials.`,
    )
  }
  const [keys] = ways
  return {
    texts: told({
      endpoint: text('endpoint'),
      region: text('region'),
      'signature-version': text('signature-version'),
      proxy: text('proxy'),
      'ca-file': text('ca-file'),
    }),
    ...(keys === undefined ? {} : { keys }),
    notes,
  }
}

interface GivenKey {
  readonly id: string | undefined
  readonly secret: string | undefined
  readonly token: string | undefined
  readonly from: string
}

function fixedKeys(
  { id, secret, token, from }: GivenKey,
  halfKey: (missing: 'id' | 'secret') => UsageError,
): Keys | undefined {
  if (id === undefined && secret === undefined) return undefined
  if (id === undefined || secret === undefined) throw halfKey(id === undefined ? 'id' : 'secret')
  const fixed = { kind: 'fixed', accessKeyId: id, accessKeySecret: secret, from } as const
  return token === undefined ? fixed : { ...fixed, securityToken: token }
}

/** Asked last, and only where somebody installed what it needs. */
function cloudKeys(): Keys | undefined {
  return hasCloudLibrary() ? { kind: 'cloud', from: 'the cloud itself' } : undefined
}

async function findProfile(
  given: string | undefined,
  environment: Environment,
): Promise<Profile | undefined> {
  const name = given ?? defaultProfile
  const own = await readProfiles(environment)
  const found = own.find((profile) => profile.name === name)
  if (found !== undefined) return found
  const foreign = await readOssutilProfiles(environment)
  const other = foreign.find((profile) => profile.name === name)
  if (other === undefined && given !== undefined) {
    const known = [...own, ...foreign].map((profile) => profile.name)
    throw noSuchProfile(given, [...new Set(known)], profilesPath(environment))
  }
  return other
}

/** The first level that tells a setting wins; a region only where it can belong to the endpoint. */
function textsOf(levels: readonly Level[]): ResolvedSettings['texts'] {
  const first = (setting: PlainSetting): number => {
    const index = levels.findIndex((level) => level.texts[setting] !== undefined)
    return index === -1 ? levels.length : index
  }
  const valueAt = (setting: PlainSetting): Told | undefined => levels[first(setting)]?.texts[setting]
  const endpoint = valueAt('endpoint')
  const region =
    first('region') > first('endpoint') && tellsItsRegion(endpoint) ? undefined : valueAt('region')
  const derived =
    endpoint === undefined && region !== undefined
      ? { value: endpointOfService(region.value), from: region.from }
      : endpoint
  const entries = {
    endpoint: derived,
    region,
    'signature-version': valueAt('signature-version'),
    proxy: valueAt('proxy'),
    'ca-file': valueAt('ca-file'),
  }
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined))
}

/** A region from elsewhere, such as a profile for other buckets, would only contradict it. */
function tellsItsRegion(endpoint: Told | undefined): boolean {
  return endpoint !== undefined && /\boss-(?!accelerate)[a-z0-9-]+\.aliyuncs\.com/i.test(endpoint.value)
}

function told(
  given: Readonly<Partial<Record<PlainSetting, readonly [value: string | undefined, from: string]>>>,
): Level['texts'] {
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, [value, from]]) =>
      value === undefined ? [] : [[name, { value, from }]],
    ),
  )
}

/** An empty variable is as good as none. */
function set(environment: Environment, name: string): string | undefined {
  return environment[name] || undefined
}
