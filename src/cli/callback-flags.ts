/**
 * `--callback` and `--callback-var`: what the service is to tell whom when the object is there. The service sees it only
 * with the last request, after all parts: so what it would refuse then is refused here, before the first.
 */
import { readFile } from 'node:fs/promises'
import { UsageError } from './failure.js'
import { type HeaderMap, pairOf } from './pairs.js'

/** Of either header, in base64. */
const longestHeader = 5 * 1024

/** @throws UsageError */
export async function callbackHeaders(flags: {
  readonly callback?: string | undefined
  readonly callbackVar?: readonly string[] | undefined
}): Promise<HeaderMap> {
  const { callback, callbackVar } = flags
  if (callback === undefined) {
    if (callbackVar === undefined) return {}
    throw new UsageError('--callback-var needs --callback, which says who is told.')
  }
  const variables = callbackVar === undefined ? undefined : variablesOf(callbackVar)
  return {
    'x-oss-callback': base64('--callback', checked(parsed(await textOf(callback)))),
    ...(variables === undefined ? {} : { 'x-oss-callback-var': base64('--callback-var', variables) }),
  }
}

/** JSON as it stands, or the file that has it. */
async function textOf(given: string): Promise<string> {
  if (given.trimStart().startsWith('{')) return given
  try {
    return await readFile(given, 'utf8')
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new UsageError(`--callback is JSON or a file that has it. ${why}`)
  }
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new UsageError('--callback is no JSON.')
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw new UsageError('--callback is JSON, but no object.')
}

function checked(callback: Readonly<Record<string, unknown>>): object {
  for (const name of ['callbackUrl', 'callbackBody']) {
    const value = callback[name]
    if (typeof value !== 'string' || value === '') throw new UsageError(`--callback needs a ${name}.`)
  }
  return callback
}

function variablesOf(pairs: readonly string[]): object {
  const variables: Record<string, string> = {}
  for (const pair of pairs) {
    const [given, value] = pairOf(pair)
    const name = given.startsWith('x:') ? given : `x:${given}`
    if (!/^x:[^A-Z\s]+$/.test(name)) {
      throw new UsageError('--callback-var needs the form name=value, the name in small letters.')
    }
    if (Object.hasOwn(variables, name)) throw new UsageError(`--callback-var names ${name} twice.`)
    variables[name] = value
  }
  return variables
}

function base64(flag: string, value: object): string {
  const text = Buffer.from(JSON.stringify(value)).toString('base64')
  if (text.length <= longestHeader) return text
  throw new UsageError(`${flag} is too long: OSS takes ${longestHeader} characters of base64.`)
}
