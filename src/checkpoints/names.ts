/** The names a target goes by: in files, where only the hash decides, and in messages. Pure. */
import { hash } from 'node:crypto'
import type { Target } from '../engine/ports.js'
import type { ManifestTarget } from '../many/ports.js'

const HASH_DIGITS = 32
const READABLE_CHARACTERS = 40

/** The same for equal targets alone. */
export function targetHash({ service, bucket, key }: Target): string {
  return shortHash([service, bucket, key])
}

/** The end of the key, for people to recognise, and the hash. Safe as a file name everywhere. */
export function checkpointId(target: Target): string {
  return `${readableEnd(target.key) || 'object'}-${targetHash(target)}`
}

/** The same for a manifest, whose hash is no checkpoint's: no checkpoint's target has four texts. */
export function manifestId({ service, bucket, name }: ManifestTarget): string {
  return `${readableEnd(name) || 'manifest'}-${shortHash(['manifest', service, bucket, name])}`
}

function shortHash(names: readonly string[]): string {
  return hash('sha256', JSON.stringify(names)).slice(0, HASH_DIGITS)
}

function readableEnd(text: string): string {
  return text
    .replace(/[^A-Za-z0-9._-]+/g, '_')
    .slice(-READABLE_CHARACTERS)
    .replace(/^[._-]+/, '')
}

export function hashOfId(checkpointId: string): string {
  return checkpointId.slice(-HASH_DIGITS)
}

/** One line, whatever the key. */
export function targetInWords({ bucket, key }: Target): string {
  return `${bucket}/${key}`.replace(/\p{Cc}/gu, '?')
}
