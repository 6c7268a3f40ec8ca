/**
 * Puts an object's headers together: `--header` and `--meta` as they stand, every other flag as the header it means. Two
 * that mean one header are a wrong call, never a silent choice. Which headers an upload may have is the library's to say.
 */
import { callbackHeaders } from './callback-flags.js'
import { readCustomerKey } from './customer-key.js'
import { UsageError } from './failure.js'
import type { Environment } from './home.js'
import { type HeaderMap, pairOf } from './pairs.js'

/** Flags that mean one header each, by its name; their value is the header's. */
const plainFlags = {
  storageClass: ['--storage-class', 'x-oss-storage-class'],
  acl: ['--acl', 'x-oss-object-acl'],
  contentType: ['--content-type', 'content-type'],
  contentEncoding: ['--content-encoding', 'content-encoding'],
  contentDisposition: ['--content-disposition', 'content-disposition'],
  cacheControl: ['--cache-control', 'cache-control'],
  expires: ['--expires', 'expires'],
  sse: ['--sse', 'x-oss-server-side-encryption'],
  sseKmsKeyId: ['--sse-kms-key-id', 'x-oss-server-side-encryption-key-id'],
  sseDataEncryption: ['--sse-data-encryption', 'x-oss-server-side-data-encryption'],
} as const

export type HeaderFlags = Readonly<Partial<Record<keyof typeof plainFlags, string>>> & {
  readonly header?: readonly string[] | undefined
  readonly meta?: readonly string[] | undefined
  readonly tagging?: readonly string[] | undefined
  readonly forbidOverwrite?: boolean | undefined
  readonly callback?: string | undefined
  readonly callbackVar?: readonly string[] | undefined
  readonly sseCustomerKeyFile?: string | undefined
  readonly sseCustomerKeyEnv?: string | undefined
}

interface Entry {
  readonly flag: string
  readonly name: string
  readonly value: string
}

/**
 * The headers of all flags, those that lie in files included.
 *
 * @throws UsageError for what is no header, for two flags that mean the same one, and for files that can't be used
 */
export async function readHeaders(flags: HeaderFlags, environment: Environment): Promise<HeaderMap> {
  return joined([
    ...entriesOf(flags),
    ...named('--callback', await callbackHeaders(flags)),
    ...named('the customer key flags', await readCustomerKey(flags, environment)),
  ])
}

/**
 * The headers that something was begun with; those whose values are not kept have to come again.
 *
 * @throws UsageError
 */
export function withSecretHeaders(
  { headers, secretHeaders }: { readonly headers: HeaderMap; readonly secretHeaders: readonly string[] },
  given: HeaderMap,
  what: 'run' | 'upload',
): HeaderMap {
  const missing = secretHeaders.filter((name) => given[name] === undefined)
  if (missing.length > 0) {
    throw new UsageError(
      `The ${what} was begun with ${missing.join(' and ')}, whose value is not kept: give it again with --sse-customer-key-file or --header.`,
    )
  }
  return { ...headers, ...given }
}

function entriesOf(flags: HeaderFlags): readonly Entry[] {
  if (flags.sseKmsKeyId !== undefined && flags.sse !== 'KMS' && !isGiven(flags, plainFlags.sse[1])) {
    throw new UsageError('--sse-kms-key-id needs --sse KMS.')
  }
  if (flags.sseDataEncryption !== undefined && flags.sse !== 'KMS' && !isGiven(flags, plainFlags.sse[1])) {
    throw new UsageError('--sse-data-encryption needs --sse KMS.')
  }
  const plain = Object.entries(plainFlags).flatMap(([key, [flag, name]]) => {
    const value = flags[key as keyof typeof plainFlags]
    return value === undefined ? [] : [{ flag, name, value }]
  })
  const { tagging, forbidOverwrite } = flags
  return [
    ...(flags.header ?? []).map(headerOf),
    ...(flags.meta ?? []).map(metaOf),
    ...plain,
    ...(tagging === undefined
      ? []
      : [{ flag: '--tagging', name: 'x-oss-tagging', value: taggingOf(tagging) }]),
    ...(forbidOverwrite === true
      ? [{ flag: '--forbid-overwrite', name: 'x-oss-forbid-overwrite', value: 'true' }]
      : []),
  ]
}

function named(flag: string, headers: HeaderMap): readonly Entry[] {
  return Object.entries(headers).map(([name, value]) => ({ flag, name, value }))
}

function joined(entries: readonly Entry[]): HeaderMap {
  const taken = new Map<string, Entry>()
  for (const entry of entries) {
    const earlier = taken.get(entry.name)
    if (earlier !== undefined) throw givenTwice(earlier, entry)
    taken.set(entry.name, entry)
  }
  return Object.fromEntries([...taken.values()].map(({ name, value }) => [name, value]))
}

function givenTwice({ flag, name }: Entry, later: Entry): UsageError {
  const by = flag === later.flag ? '' : `, by ${flag} and by ${later.flag}`
  return new UsageError(`The header ${name} is given twice${by}.`)
}

function isGiven({ header = [] }: HeaderFlags, name: string): boolean {
  return header.some((text) => text.slice(0, text.indexOf(':')).trim().toLowerCase() === name)
}

function headerOf(text: string): Entry {
  const colon = text.indexOf(':')
  const name = text.slice(0, Math.max(colon, 0)).trim().toLowerCase()
  // The value may be a secret, so the message does not repeat it.
  if (!isToken(name)) throw new UsageError("--header needs the form 'Name: value'.")
  return { flag: '--header', name, value: text.slice(colon + 1).trim() }
}

function metaOf(text: string): Entry {
  const [key, value] = pairOf(text)
  const name = key.toLowerCase()
  if (!isToken(name)) throw new UsageError('--meta needs the form key=value.')
  return { flag: '--meta', name: `x-oss-meta-${name}`, value }
}

/** What OSS allows an object. */
const mostTags = 10
const longestTagKey = 128
const longestTagValue = 256

function taggingOf(pairs: readonly string[]): string {
  const tags = new Map<string, string>()
  for (const pair of pairs) {
    const [key, value] = pairOf(pair)
    if (key === '') throw new UsageError('--tagging needs the form key=value.')
    if (tags.has(key)) throw new UsageError(`--tagging names ${key} twice.`)
    if ([...key].length > longestTagKey || [...value].length > longestTagValue) {
      throw new UsageError(
        `--tagging ${key}: a key has at most ${longestTagKey} characters, a value at most ${longestTagValue}.`,
      )
    }
    tags.set(key, value)
  }
  if (tags.size > mostTags) throw new UsageError(`An object has at most ${mostTags} tags, not ${tags.size}.`)
  return [...tags].map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`).join('&')
}

function isToken(text: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(text)
}
