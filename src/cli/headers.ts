/** Reads `--header 'Name: value'` and `--meta key=value`. Which headers an upload may have is the library's to say. */
import { UsageError } from './failure.js'

export type HeaderMap = Readonly<Record<string, string>>

/** @throws UsageError for what is no header, and for one that is given twice */
export function parseHeaders(given: {
  readonly header?: readonly string[] | undefined
  readonly meta?: readonly string[] | undefined
}): HeaderMap {
  const headers: Record<string, string> = {}
  const entries = [...(given.header ?? []).map(headerOf), ...(given.meta ?? []).map(metaOf)]
  for (const [name, value] of entries) {
    if (Object.hasOwn(headers, name)) throw new UsageError(`The header ${name} is given twice.`)
    headers[name] = value
  }
  return headers
}

function headerOf(text: string): [string, string] {
  const colon = text.indexOf(':')
  const name = text.slice(0, Math.max(colon, 0)).trim().toLowerCase()
  // The value may be a secret, so the message does not repeat it.
  if (!isToken(name)) throw new UsageError("--header needs the form 'Name: value'.")
  return [name, text.slice(colon + 1).trim()]
}

function metaOf(text: string): [string, string] {
  const equals = text.indexOf('=')
  const name = text.slice(0, Math.max(equals, 0)).trim().toLowerCase()
  if (!isToken(name)) throw new UsageError('--meta needs the form key=value.')
  return [`x-oss-meta-${name}`, text.slice(equals + 1).trim()]
}

function isToken(text: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(text)
}
