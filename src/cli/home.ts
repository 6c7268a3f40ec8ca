/** Where this user's own things are: `LONGHAUL_HOME`, else `.longhaul` in the home directory. */
import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { CommandError } from './failure.js'

export type Environment = Readonly<Record<string, string | undefined>>

/** @throws CommandError `store-unusable` for a user without a home directory */
export function homeFolder(environment: Environment): string {
  const given = environment['LONGHAUL_HOME']
  if (given) return resolve(given)
  const home = homeOrEmpty()
  if (isAbsolute(home)) return join(home, '.longhaul')
  throw new CommandError(
    'store-unusable',
    'This user has no home directory. Set HOME, or name a folder in LONGHAUL_HOME.',
  )
}

function homeOrEmpty(): string {
  try {
    return homedir()
  } catch {
    // A user id that the system's list of users does not have, as in containers.
    return ''
  }
}

/** Tells the commands of this machine where `serve` listens and with which keys. */
export function runFilePath(environment: Environment): string {
  return join(homeFolder(environment), 'serve.json')
}

export function defaultDataFolder(environment: Environment): string {
  return join(homeFolder(environment), 'data')
}
