/**
 * The profiles of this user: `config` in the folder of longhaul, sections of settings, for this user alone. INI, since people edit
 * it by hand and know it from the other tools of the field; and comments have to outlive a `config set`.
 */
import { join } from 'node:path'
import { UsageError } from './failure.js'
import { type Environment, homeFolder } from './home.js'
import { changeIni, type IniSection, parseIni } from './ini.js'
import { readPrivateText, writePrivateText } from './private-file.js'
import { checkSetting, isSettingName, type SettingName, settingNames } from './profile-settings.js'

export interface Profile {
  readonly name: string
  /** The file it stands in. */
  readonly path: string
  readonly values: ReadonlyMap<SettingName, string>
  /** What stands there and is not followed, for people. */
  readonly notes: readonly string[]
}

export const defaultProfile = 'default'

export function profilesPath(environment: Environment): string {
  return join(homeFolder(environment), 'config')
}

/** @throws CommandError `denied` when others could have read or written it; UsageError for what it can't say */
export async function readProfiles(environment: Environment): Promise<readonly Profile[]> {
  const path = profilesPath(environment)
  const text = await readText(path)
  try {
    return parseIni(text ?? '', { strict: true }).map((section) => profileIn(section, path))
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(`${path}: ${error.message}.`)
    throw error
  }
}

/** @throws UsageError for a name that no profile can have */
export async function changeProfile(
  environment: Environment,
  name: string,
  changes: ReadonlyMap<SettingName, string | undefined>,
): Promise<string> {
  if (!/^[^\s[\]=#;]+$/.test(name)) {
    throw new UsageError(
      `${JSON.stringify(name)} can't be the name of a profile: use letters, digits and hyphens.`,
    )
  }
  const path = profilesPath(environment)
  let text = (await readText(path)) ?? ''
  for (const [key, value] of changes) text = changeIni(text, { section: name, key, value })
  await writePrivateText(path, text)
  return path
}

function readText(path: string): Promise<string | undefined> {
  return readPrivateText(path, `Take their rights away: chmod 600 ${path}`)
}

function profileIn({ name, entries }: IniSection, path: string): Profile {
  const values = new Map<SettingName, string>()
  for (const { key, value, lineNumber } of entries) {
    if (!isSettingName(key)) throw new RangeError(`line ${lineNumber}: ${unknownSetting(key)}`)
    if (value === '') continue
    try {
      checkSetting(key, value)
    } catch (error) {
      throw new RangeError(`line ${lineNumber}: ${error instanceof Error ? error.message : error}`)
    }
    values.set(key, value)
  }
  return { name, path, values, notes: [] }
}

export function unknownSetting(key: string): string {
  if (key === 'insecure') return 'insecure is no setting: give --insecure with each command that needs it'
  const shown = key.replace(/[^\x21-\x7e]/g, '?').slice(0, 40)
  return `there is no setting ${shown}; there are ${settingNames.join(', ')}`
}

export function noSuchProfile(name: string, known: readonly string[], path: string): UsageError {
  const others = known.length === 0 ? 'There is none at all' : `There are: ${known.join(', ')}`
  return new UsageError(`There is no profile ${JSON.stringify(name)} in ${path}. ${others}.`)
}
