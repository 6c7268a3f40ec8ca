/**
 * Keys as a JSON document: what a credential process prints, or a file holds. The field names of every tool that is usual
 * here are understood: `AccessKeyId`, `access_key_id`, `SecretAccessKey`, `sts_token` and the like. No message repeats a value.
 */
import type { GivenCredentials } from './credentials.js'

type Field = 'accessKeyId' | 'accessKeySecret' | 'securityToken' | 'expiration' | 'version'

/** Without regard to case, hyphens and underscores. */
const fields: Readonly<Record<string, Field>> = {
  accesskeyid: 'accessKeyId',
  accesskeysecret: 'accessKeySecret',
  secretaccesskey: 'accessKeySecret',
  securitytoken: 'securityToken',
  sessiontoken: 'securityToken',
  ststoken: 'securityToken',
  expiration: 'expiration',
  stsexpiration: 'expiration',
  version: 'version',
}

/** A number below is seconds since the epoch, above it milliseconds: this one is the year 5138, or 1973. */
const leastMilliseconds = 100_000_000_000

/** @throws Error, saying what the document lacks */
export function readCredentialsDocument(text: string): GivenCredentials {
  const found = new Map<Field, unknown>()
  for (const [name, value] of Object.entries(parsed(text))) {
    const field = fields[name.toLowerCase().replace(/[-_]/g, '')]
    if (field !== undefined && value !== '' && value !== null) found.set(field, value)
  }
  const version = found.get('version')
  if (version !== undefined && version !== 1) throw new Error('its Version is not 1')
  const accessKeyId = textOf(found, 'accessKeyId')
  const accessKeySecret = textOf(found, 'accessKeySecret')
  if (accessKeyId === undefined || accessKeySecret === undefined) {
    const missing = accessKeyId === undefined ? 'AccessKeyId' : 'AccessKeySecret'
    throw new Error(`it has no ${missing}`)
  }
  const securityToken = textOf(found, 'securityToken')
  const expiration = expirationOf(found.get('expiration'))
  return {
    accessKeyId,
    accessKeySecret,
    ...(securityToken === undefined ? {} : { securityToken }),
    ...(expiration === undefined ? {} : { expiration }),
  }
}

function parsed(text: string): object {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch {
    // Said below. The parser's own message would repeat some of the text.
  }
  throw new Error('it is no JSON object')
}

function textOf(found: ReadonlyMap<Field, unknown>, field: Field): string | undefined {
  const value = found.get(field)
  if (value === undefined) return undefined
  if (typeof value !== 'string') throw new Error(`its ${field} is no text`)
  return value.trim()
}

/** Some tools write 0 for keys that do not end. */
function expirationOf(value: unknown): number | undefined {
  if (value === undefined || value === 0) return undefined
  const time = typeof value === 'number' ? value : Date.parse(String(value))
  if (Number.isNaN(time)) throw new Error('its Expiration is no date')
  return typeof value === 'number' && value < leastMilliseconds ? value * 1000 : time
}
