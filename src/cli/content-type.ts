/**
 * The content type that nobody named, by the extension of the key, else of the file. The command line does this as the
 * other tools do; the library sends what it is given and nothing else.
 */
import { basename } from 'node:path'
import type { HeaderMap } from './pairs.js'

export interface ContentTypeFlags {
  /** False for `--no-guess-content-type`. */
  readonly guessContentType?: boolean
}

/** The headers of one object of a command: those of the flags, and the type that its own name tells. */
export async function withContentType(
  headers: HeaderMap,
  names: { readonly key: string; readonly file?: string | undefined },
  flags: ContentTypeFlags,
): Promise<HeaderMap> {
  if (headers['content-type'] !== undefined || flags.guessContentType === false) return headers
  const type = (await guessed(names.key)) ?? (await guessed(names.file ?? ''))
  return type === undefined ? headers : { ...headers, 'content-type': type }
}

async function guessed(path: string): Promise<string | undefined> {
  const name = basename(path)
  // A name without a dot is no extension, and one with a dot in front alone is hidden, not of a kind.
  if (name.lastIndexOf('.') < 1) return undefined
  return (await import('mime')).default.getType(name) ?? undefined
}
