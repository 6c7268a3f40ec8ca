/**
 * The cloud's own ways to keys (the role of an instance, OIDC, profiles of the vendor's command line, a credentials URI) by
 * the vendor's library, which is installed beside this one by those who need it.
 */
import { createRequire } from 'node:module'
import type { GivenCredentials } from '../services/credentials.js'
import { lastingUntilGood } from './credential-source.js'

const library = '@alicloud/credentials'

export interface CloudCredentialsOptions {
  /** Gives the vendor's module. Default: `import('@alicloud/credentials')`. */
  readonly load?: (() => Promise<unknown>) | undefined
  /** Milliseconds since the epoch. Default: this machine's clock. */
  readonly now?: (() => number) | undefined
}

/**
 * The library does not tell when keys end. It renews them a quarter of an hour before, so who asks it again every five
 * minutes, as half of this makes us, never signs with keys that are over.
 */
const assumedLifeMs = 10 * 60_000

/** What is used of the library. */
interface Client {
  getCredential(): Promise<{ accessKeyId?: unknown; accessKeySecret?: unknown; securityToken?: unknown }>
}

/**
 * Credentials as the cloud gives them to what runs in it, for `credentials` of a bucket. Needs the package
 * `@alicloud/credentials` (2.4 or later), whose documentation says in which order it looks.
 */
export function cloudCredentials(options: CloudCredentialsOptions = {}): () => Promise<GivenCredentials> {
  const { load = () => import(library), now = Date.now } = options
  let client: Promise<Client> | undefined
  return lastingUntilGood(async () => {
    client ??= makeClient(load)
    const made = await client.catch((error: unknown) => {
      client = undefined
      throw error
    })
    const { accessKeyId, accessKeySecret, securityToken } = await made
      .getCredential()
      .catch((error: unknown) => {
        throw new Error(`${library} found none: ${withoutValues(error)}`)
      })
    const keys = { accessKeyId: String(accessKeyId ?? ''), accessKeySecret: String(accessKeySecret ?? '') }
    if (typeof securityToken !== 'string' || securityToken === '') return keys
    return { ...keys, securityToken, expiration: now() + assumedLifeMs }
  })
}

/** Whether the vendor's library can be found from here. */
export function hasCloudLibrary(): boolean {
  try {
    createRequire(import.meta.url).resolve(library)
    return true
  } catch {
    return false
  }
}

async function makeClient(load: () => Promise<unknown>): Promise<Client> {
  const loaded = await load().catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new Error(
      `the cloud's own credentials need a package that is not installed: npm install ${library}`,
    )
  })
  const Constructor = constructorIn(loaded)
  if (Constructor === undefined)
    throw new Error(`${library} is not as expected: version 2.4 or later is needed`)
  const made: unknown = new Constructor()
  if (isClient(made)) return made
  throw new Error(`${library} is not as expected: version 2.4 or later is needed`)
}

/** A CommonJS module with a default export comes as the default of a default. */
function constructorIn(loaded: unknown): (new () => unknown) | undefined {
  let found = loaded
  for (let depth = 0; depth < 3 && typeof found === 'object' && found !== null; depth += 1) {
    found = 'default' in found ? found.default : undefined
  }
  return typeof found === 'function' ? (found as new () => unknown) : undefined
}

function isClient(value: unknown): value is Client {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Partial<Client>).getCredential === 'function'
  )
}

/** The library's messages repeat whole answers and files that it could not read, keys included. */
function withoutValues(error: unknown): string {
  const text = error instanceof Error ? error.message : ''
  const words = text
    .replace(/[{"'`].*$/s, '…')
    .replace(/[A-Za-z0-9+/=_-]{16,}/g, (word) => (/^(?:[A-Z_]+|[a-z_-]+)$/.test(word) ? word : '…'))
  return words === '' ? 'it gave no reason' : words
}
