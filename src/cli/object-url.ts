/** `oss://bucket/key`, the way objects are named on the command line. The key is taken as it stands: nothing is decoded. */
import { UsageError } from './failure.js'

export interface ObjectUrl {
  readonly bucket: string
  /** May be empty or end in a slash: the caller decides what that means. */
  readonly key: string
}

const scheme = 'oss://'

export function isObjectUrl(text: string): boolean {
  return text.toLowerCase().startsWith(scheme)
}

/** @throws UsageError */
export function parseObjectUrl(text: string): ObjectUrl {
  if (!isObjectUrl(text)) {
    throw new UsageError(`${JSON.stringify(text)} names no object: write it as oss://bucket/key.`)
  }
  const rest = text.slice(scheme.length)
  const slash = rest.indexOf('/')
  const bucket = slash === -1 ? rest : rest.slice(0, slash)
  if (bucket === '') {
    throw new UsageError(`${JSON.stringify(text)} names no bucket: write it as oss://bucket/key.`)
  }
  return { bucket, key: slash === -1 ? '' : rest.slice(slash + 1) }
}

/** For commands that need one object and no default. @throws UsageError */
export function parseWholeObjectUrl(text: string): ObjectUrl {
  const url = parseObjectUrl(text)
  if (url.key === '' || url.key.endsWith('/')) {
    throw new UsageError(`${JSON.stringify(text)} names no object: the key is missing after ${text}.`)
  }
  return url
}

export function objectUrl({ bucket, key }: ObjectUrl): string {
  return `${scheme}${bucket}/${key}`
}
