/**
 * How names become ledger keys. Order of ledger keys is order of the names' UTF-8 bytes, and no name, however written,
 * can reach into another bucket's range: bucket names hold no NUL, and a key followed by something has its NULs escaped.
 */

const END = '\0'

const bytesOf = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

/** NUL becomes NUL FF and the end NUL NUL: order is kept and no key is the beginning of another. */
const escapeNul = (bytes: string): string => bytes.replaceAll('\0', '\0\xff')

export const keys = {
  format: () => 'f',
  bucket: (name: string) => `b${bytesOf(name)}`,
  /** Also the beginning of every key with that prefix. */
  object: (bucket: string, key: string) => `o${bytesOf(bucket)}${END}${bytesOf(key)}`,
  /** The beginnings of all buckets, and of all uploads. */
  buckets: () => 'b',
  uploads: () => 'u',
  /** The beginning of all uploads of all keys with that prefix. */
  uploadPrefix: (bucket: string, prefix: string) => `u${bytesOf(bucket)}${END}${escapeNul(bytesOf(prefix))}`,
  /** The beginning of all uploads of exactly this key. */
  uploadsOf: (bucket: string, key: string) => `${keys.uploadPrefix(bucket, key)}\0\0`,
  upload: (bucket: string, key: string, uploadId: string) =>
    `${keys.uploadsOf(bucket, key)}${bytesOf(uploadId)}`,
  partsOf: (uploadId: string) => `p${bytesOf(uploadId)}${END}`,
  part: (uploadId: string, partNumber: number) =>
    `${keys.partsOf(uploadId)}${String(partNumber).padStart(5, '0')}`,
  manifest: (id: string) => `m${id}`,
  /** An id of a manifest, for one that is only ever replaced or removed together with its object. */
  manifestIdOf: (bucket: string, key: string) => keys.object(bucket, key).slice(1),
  /** There while anything refers to this content. */
  content: (id: string) => `c${id}`,
  /** There while more than one thing does; says how many beyond the first. */
  sharing: (id: string) => `s${id}`,
  /** The beginning of all leftovers. */
  leftovers: () => 'l',
  leftover: (number: number) => `l${String(number).padStart(16, '0')}`,
} as const

/** The first key above this one. */
export function justAfter(key: string): string {
  return `${key}\0`
}

/** The first key above all that begin with this one. */
export function afterAll(prefix: string): string {
  let length = prefix.length
  while (length > 0 && prefix.charCodeAt(length - 1) === 0xff) length -= 1
  if (length === 0) throw new RangeError('nothing is above a prefix of FF bytes alone')
  return prefix.slice(0, length - 1) + String.fromCharCode(prefix.charCodeAt(length - 1) + 1)
}

/** Ledger keys are strings of bytes, so this is not a matter for Math.max. */
export function laterOf(a: string, b: string): string {
  if (a > b) return a
  return b
}
