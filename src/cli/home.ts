/** Where this user's own things are: `LONGHAUL_HOME`, else `.longhaul` in the home directory. */
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

export type Environment = Readonly<Record<string, string | undefined>>

export function homeFolder(environment: Environment): string {
  const given = environment['LONGHAUL_HOME']
  return given ? resolve(given) : join(homedir(), '.longhaul')
}

/** Tells the commands of this machine where `serve` listens and with which keys. */
export function runFilePath(environment: Environment): string {
  return join(homeFolder(environment), 'serve.json')
}

export function defaultDataFolder(environment: Environment): string {
  return join(homeFolder(environment), 'data')
}
