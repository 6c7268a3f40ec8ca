/**
 * The configuration of ossutil, read and never written: `[Credentials]` of its version 1, `[default]` and `[profile NAME]` of version 2.
 * Names of keys go by without regard to case, hyphens and underscores, as there.
 */
import { readFile, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { CommandError } from './failure.js'
import type { Environment } from './home.js'
import { type IniSection, parseIni } from './ini.js'
import { defaultProfile, type Profile, readProfiles } from './profile-file.js'
import type { SettingName } from './profile-settings.js'

const names: Readonly<Record<string, SettingName>> = {
  endpoint: 'endpoint',
  host: 'endpoint',
  region: 'region',
  accesskeyid: 'access-key-id',
  accessid: 'access-key-id',
  accesskeysecret: 'access-key-secret',
  accesskey: 'access-key-secret',
  ststoken: 'security-token',
  credentialprocess: 'credential-process',
  signversion: 'signature-version',
}

/** Keys are in the file itself. */
const plainModes: readonly string[] = ['', 'ak', 'ststoken']

export function ossutilPath(environment: Environment): string | undefined {
  if (environment['OSSUTIL_CONFIG_FILE']) return environment['OSSUTIL_CONFIG_FILE']
  const home = environment['HOME'] || homedir()
  return home === '' ? undefined : join(home, '.ossutilconfig')
}

/** Ours and those of ossutil, of which one is only found where none of ours has its name. */
export async function allProfiles(environment: Environment): Promise<readonly Profile[]> {
  const own = await readProfiles(environment)
  const foreign = await readOssutilProfiles(environment)
  return [...own, ...foreign.filter(({ name }) => !own.some((profile) => profile.name === name))]
}

/** Empty where there is no such file. @throws CommandError `denied` when it can't be read or belongs to somebody else */
export async function readOssutilProfiles(environment: Environment): Promise<readonly Profile[]> {
  const path = ossutilPath(environment)
  if (path === undefined) return []
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
    throw new CommandError('denied', `${path} can't be read: ${error.message}`, { cause: error })
  })
  if (text === undefined) return []
  const warning = await rightsOf(path)
  const sections = profilesOf(parseIni(text, { strict: false }))
  return sections.flatMap((section) => {
    const name = profileName(section.name)
    return name === undefined ? [] : [profileOf(name, inherited(section, sections), path, warning)]
  })
}

/** ossutil itself leaves its file readable to the group, so that is only said. */
async function rightsOf(path: string): Promise<readonly string[]> {
  if (process.getuid === undefined) return []
  const { uid, mode } = await stat(path)
  if (uid !== process.getuid() && uid !== 0) {
    throw new CommandError('denied', `${path} belongs to another user, so it is not used.`)
  }
  return (mode & 0o077) === 0 ? [] : [`${path} holds a key and others may read it: chmod 600 ${path}`]
}

function profileName(section: string): string | undefined {
  const plain = section.toLowerCase()
  if (plain === 'credentials' || plain === 'default') return defaultProfile
  return /^profile\s+(\S+)$/i.exec(section)?.[1]
}

/** Version 1 has `[Credentials]` and `[Default]` side by side, which are one profile: the keys go before the rest. */
function profilesOf(sections: readonly IniSection[]): readonly IniSection[] {
  const isKeys = ({ name }: IniSection): boolean => name.toLowerCase() === 'credentials'
  const merged = new Map<string, IniSection>()
  for (const section of [...sections.filter(isKeys), ...sections.filter((each) => !isKeys(each))]) {
    const name = profileName(section.name)
    if (name === undefined) continue
    const known = merged.get(name)
    merged.set(name, {
      name: known?.name ?? section.name,
      entries: [...(known?.entries ?? []), ...section.entries],
    })
  }
  return [...merged.values()]
}

function plainKey(key: string): string {
  return key.toLowerCase().replace(/[-_]/g, '')
}

/** `source-profile` names another one whose settings count where this one has none. */
function inherited(section: IniSection, sections: readonly IniSection[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  const seen = new Set<IniSection>()
  for (let next: IniSection | undefined = section; next !== undefined && !seen.has(next); ) {
    seen.add(next)
    for (const { key, value } of next.entries) {
      if (value !== '' && !found.has(plainKey(key))) found.set(plainKey(key), value)
    }
    const source: string | undefined = next.entries.find(
      ({ key }) => plainKey(key) === 'sourceprofile',
    )?.value
    next = sections.find(({ name }) => source !== undefined && profileName(name) === source)
  }
  return found
}

function profileOf(
  name: string,
  found: ReadonlyMap<string, string>,
  path: string,
  warning: readonly string[],
): Profile {
  const mode = found.get('mode') ?? ''
  const isPlain = plainModes.includes(mode.toLowerCase()) || found.has('credentialprocess')
  const values = new Map<SettingName, string>()
  for (const [key, value] of found) {
    const setting = names[key]
    if (setting === undefined) continue
    if (!isPlain && /^(?:access-key|security-token)/.test(setting)) continue
    if (setting === 'signature-version' && !/^v[14]$/i.test(value)) continue
    values.set(setting, setting === 'signature-version' ? value.toLowerCase() : value)
  }
  const notes = [
    ...warning,
    ...(isPlain
      ? []
      : [
          `The mode ${JSON.stringify(mode)} of ${path} is not followed; credentials = cloud in a profile of longhaul asks the cloud itself.`,
        ]),
    ...(/^true$/i.test(found.get('skipverifycert') ?? '')
      ? [`skipVerifyCert of ${path} is not followed: certificates are checked. --insecure turns that off.`]
      : []),
    ...(found.has('proxyhost')
      ? [`proxyHost of ${path} is not followed: set HTTPS_PROXY, or proxy in a profile.`]
      : []),
  ]
  return { name, path, values, notes }
}
