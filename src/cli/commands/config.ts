/** `longhaul config`: the profiles of this user. A secret comes by a prompt, standard input or a file, never by a word of a command. */
import { readFile } from 'node:fs/promises'
import { endpointOfService } from '../../index.js'
import { CommandError, UsageError } from '../failure.js'
import { shownName } from '../invocation.js'
import { writeJson } from '../json.js'
import {
  changeProfile,
  defaultProfile,
  noSuchProfile,
  type Profile,
  profilesPath,
  readProfiles,
  unknownSetting,
} from '../profile-file.js'
import { allProfiles } from '../profile-ossutil.js'
import {
  checkSetting,
  isSecret,
  isSettingName,
  type SettingName,
  settings,
  shownValue,
  withoutPassword,
} from '../profile-settings.js'
import { type ConnectionFlags, type Keys, resolveSettings } from '../setting-levels.js'
import type { World } from '../world.js'

export interface ConfigFlags {
  readonly profile?: string
  readonly json?: boolean
}

export interface ConfigSetFlags extends ConfigFlags {
  readonly fromFile?: string
}

/** Asks for what most people need. */
export async function configInteractively(flags: ConfigFlags, world: World): Promise<number> {
  const { ask, askHidden, screen, environment, program } = world
  if (ask === undefined || askHidden === undefined) {
    throw new UsageError(
      `There is no terminal to ask at. Use: ${program} config set NAME VALUE, and for the secret: ${program} config set access-key-secret < FILE`,
    )
  }
  const name = profileName(flags, environment)
  const known = (await readProfiles(environment)).find((profile) => profile.name === name)
  const values = known?.values ?? new Map<SettingName, string>()
  screen.err(`Profile ${name} of ${profilesPath(environment)}. An empty answer leaves a setting as it is.`)
  const changes = new Map<SettingName, string>()
  const asked = async (setting: SettingName, question: string): Promise<void> => {
    const old = values.get(setting)
    const shown = old === undefined ? '' : ` [${shownValue(setting, old)}]`
    const answer = (await (isSecret(setting) ? askHidden : ask)(`${question}${shown}: `)).trim()
    if (answer !== '') changes.set(setting, checked(setting, answer))
  }
  await asked('region', 'Region, such as cn-hangzhou')
  const region = changes.get('region') ?? values.get('region')
  const usual = region === undefined ? '' : ` (empty: ${endpointOfService(region)})`
  await asked('endpoint', `Endpoint${usual}`)
  await asked('access-key-id', 'Access key id')
  await asked('access-key-secret', 'Access key secret (not shown)')
  if (changes.size === 0) {
    screen.out('Nothing was changed.')
    return 0
  }
  const path = await changeProfile(environment, name, changes)
  screen.out(`Wrote ${[...changes.keys()].join(', ')} of the profile ${name} to ${path}.`)
  return 0
}

export async function configSet(
  setting: string,
  value: string | undefined,
  flags: ConfigSetFlags,
  world: World,
): Promise<number> {
  const { screen, environment, program } = world
  const name = settingNamed(setting)
  if (value !== undefined && isSecret(name)) {
    throw new UsageError(
      `${name} is a secret, and a command's words can be seen by others and stay in the shell's history. Leave the value out, and type it or give it on standard input: ${program} config set ${name}`,
    )
  }
  if (value !== undefined && flags.fromFile !== undefined) {
    throw new UsageError('Give either the value or --from-file, not both.')
  }
  const given = value ?? (await valueFromElsewhere(name, flags, world))
  const profile = profileName(flags, environment)
  const path = await changeProfile(environment, profile, new Map([[name, checked(name, given)]]))
  tell({ setting: name, profile, path, done: 'Wrote' }, flags, screen)
  return 0
}

async function valueFromElsewhere(
  name: SettingName,
  { fromFile }: ConfigSetFlags,
  world: World,
): Promise<string> {
  if (fromFile !== undefined) {
    const text = await readFile(fromFile, 'utf8').catch((error: Error) => {
      throw new UsageError(`${fromFile} can't be read: ${error.message}.`)
    })
    return withoutLineEnd(text)
  }
  const { ask, askHidden } = world
  if (ask === undefined || askHidden === undefined) return withoutLineEnd((await world.readInput?.()) ?? '')
  return (await (isSecret(name) ? askHidden : ask)(`${name}, ${settings[name].what}: `)).trim()
}

export async function configUnset(
  setting: string,
  flags: ConfigFlags,
  { screen, environment }: World,
): Promise<number> {
  const name = settingNamed(setting)
  const profile = profileName(flags, environment)
  await ownProfile(profile, environment)
  const path = await changeProfile(environment, profile, new Map([[name, undefined]]))
  tell({ setting: name, profile, path, done: 'Removed' }, flags, screen)
  return 0
}

export async function configGet(
  setting: string,
  flags: ConfigFlags,
  { screen, environment }: World,
): Promise<number> {
  const name = settingNamed(setting)
  const profile = profileName(flags, environment)
  const value = (await ownProfile(profile, environment)).values.get(name)
  if (value === undefined) {
    throw new CommandError(
      'not-found',
      `The profile ${profile} of ${profilesPath(environment)} has no ${name}.`,
    )
  }
  const shown = shownValue(name, value)
  if (flags.json === true) {
    writeJson(screen, 'result', { profile, name, value: shown })
    writeJson(screen, 'summary', { exitCode: 0 })
  } else screen.out(shown)
  return 0
}

export async function configList(flags: ConfigFlags, { screen, environment }: World): Promise<number> {
  const profiles = await allProfiles(environment)
  for (const { name, path, values } of profiles) {
    const texts = [...values].map(([setting, value]) => [setting, shownValue(setting, value)] as const)
    if (flags.json === true) {
      writeJson(screen, 'profile', { profile: name, file: path, settings: Object.fromEntries(texts) })
      continue
    }
    screen.out(shownName(`[${name}] of ${path}`))
    for (const [setting, value] of texts) screen.out(shownName(`  ${setting} = ${value}`))
  }
  if (flags.json === true) writeJson(screen, 'summary', { exitCode: 0, count: profiles.length })
  else if (profiles.length === 0)
    screen.out(`There are no profiles. ${profilesPath(environment)} is not there.`)
  return 0
}

export interface ConfigShowFlags extends ConnectionFlags {
  readonly json?: boolean
}

/** What a command with the same flags would use, and where each value comes from. Nothing is asked of anybody. */
export async function configShow(flags: ConfigShowFlags, { screen, environment }: World): Promise<number> {
  const { texts, keys, notes } = await resolveSettings(flags, environment)
  for (const note of notes) screen.err(note)
  const rows = [
    ...Object.entries(texts).map(([name, { value, from }]) => ({
      name,
      value: name === 'proxy' ? withoutPassword(value) : value,
      from,
    })),
    ...keyRows(keys),
    ...(flags.insecure === true ? [{ name: 'certificates', value: 'not checked', from: '--insecure' }] : []),
  ]
  if (flags.json === true) {
    for (const row of rows) writeJson(screen, 'setting', row)
    writeJson(screen, 'summary', { exitCode: 0, count: rows.length })
    return 0
  }
  const nameWidth = Math.max(...rows.map(({ name }) => name.length))
  const valueWidth = Math.max(...rows.map(({ value }) => value.length))
  for (const { name, value, from } of rows) {
    screen.out(shownName(`${name.padEnd(nameWidth)}  ${value.padEnd(valueWidth)}  from ${from}`))
  }
  return 0
}

interface Row {
  readonly name: string
  readonly value: string
  readonly from: string
}

function keyRows(keys: Keys | undefined): readonly Row[] {
  switch (keys?.kind) {
    case 'fixed': {
      const { accessKeyId, accessKeySecret, securityToken, from } = keys
      const token = securityToken === undefined ? [] : [['security-token', securityToken] as const]
      return (
        [['access-key-id', accessKeyId], ['access-key-secret', accessKeySecret], ...token] as const
      ).map(([name, value]) => ({ name, value: shownValue(name, value), from }))
    }
    case 'process':
      return [{ name: 'credential-process', value: keys.command, from: keys.from }]
    case 'file':
      return [{ name: 'credentials-file', value: keys.path, from: keys.from }]
    case 'cloud':
      return [{ name: 'credentials', value: 'cloud', from: keys.from }]
    default:
      return [{ name: 'access-key-id', value: '-', from: 'nowhere' }]
  }
}

function tell(
  { setting, profile, path, done }: { setting: SettingName; profile: string; path: string; done: string },
  { json }: ConfigFlags,
  screen: World['screen'],
): void {
  if (json === true) writeJson(screen, 'summary', { exitCode: 0, profile, name: setting, file: path })
  else screen.out(`${done} ${setting} of the profile ${profile} in ${path}.`)
}

/** The profile that a command without flags would use. */
function profileName({ profile }: ConfigFlags, environment: World['environment']): string {
  return profile ?? (environment['LONGHAUL_PROFILE'] || defaultProfile)
}

async function ownProfile(name: string, environment: World['environment']): Promise<Profile> {
  const profiles = await readProfiles(environment)
  const found = profiles.find((profile) => profile.name === name)
  if (found !== undefined) return found
  throw noSuchProfile(
    name,
    profiles.map((profile) => profile.name),
    profilesPath(environment),
  )
}

function settingNamed(name: string): SettingName {
  if (isSettingName(name)) return name
  const sentence = unknownSetting(name)
  throw new UsageError(`${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`)
}

function checked(name: SettingName, value: string): string {
  try {
    checkSetting(name, value)
    return value
  } catch (error) {
    const sentence = error instanceof Error ? error.message : String(error)
    throw new UsageError(`${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`)
  }
}

function withoutLineEnd(text: string): string {
  return text.replace(/\r?\n$/, '')
}
