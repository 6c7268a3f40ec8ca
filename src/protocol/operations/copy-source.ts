/** The header that names what is copied: `/bucket/key`, the key percent-encoded, perhaps with `?versionId=`. */
import { formDecode, fromWire, percentEncode } from '../encode.js'
import type { WireHeaders } from '../message.js'
import { invalidArgument } from './requests.js'

export interface CopySource {
  readonly bucket: string
  readonly key: string
  readonly versionId?: string
}

const NAME = 'x-oss-copy-source'

export function copySourceHeader({ bucket, key, versionId }: CopySource): WireHeaders {
  const version = versionId === undefined ? '' : `?versionId=${percentEncode(versionId)}`
  return { [NAME]: `/${bucket}/${percentEncode(key)}${version}` }
}

/** The operation's own numbers for a source that is none, that asks for more than a version, whose version is empty. */
export interface CopySourceEcs {
  readonly source?: string
  readonly query?: string
  readonly version?: string
}

/** @throws ProtocolError InvalidArgument when it is no bucket and key, perhaps with a version */
export function readCopySource(headers: WireHeaders, ecs: CopySourceEcs = {}): CopySource {
  const value = headers[NAME] ?? ''
  // Clients escape the key's question marks, so the first plain one ends it.
  const [path = '', ...query] = value.split('?')
  const [, bucket, key] = /^\/([^/]+)\/(.+)$/s.exec(decoded(path, value, ecs.source)) ?? []
  const version = /^versionId=([^&]*)$/.exec(query.join('?'))
  if (bucket === undefined || key === undefined) throw invalidSource(value, ecs.source)
  if (query.length > 0 && version === null) throw invalidSource(value, ecs.query ?? ecs.source)
  if (version?.[1] === '') throw invalidSource(value, ecs.version ?? ecs.source)
  const versionId = version?.[1] && decoded(version[1], value, ecs.source)
  return { bucket, key: key, ...(versionId ? { versionId } : {}) }
}

function decoded(text: string, value: string, ec: string | undefined): string {
  try {
    return formDecode(fromWire(text))
  } catch {
    throw invalidSource(value, ec)
  }
}

function invalidSource(value: string, ec: string | undefined): Error {
  const message = 'Copy Source must mention the source bucket and key: /sourcebucket/sourcekey.'
  return invalidArgument(NAME, value, message, ec)
}
