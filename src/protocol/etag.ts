/** ETags: quoted on the wire, bare everywhere else, and upper-case hex by OSS's habit. */
import { md5, toHex } from '../checksum/digest.js'
import { utf8Bytes } from './encode.js'

export function quoteEtag(etag: string): string {
  return `"${etag}"`
}

/** Takes both forms, since clients send both. */
export function unquoteEtag(etag: string): string {
  return /^\s*"(.*)"\s*$/s.exec(etag)?.[1] ?? etag.trim()
}

/**
 * The ETag that OSS gives an object made of these parts, in order: the MD5 of the parts' ETags written one after another
 * in upper-case hex, and their number. S3 takes the MD5 of the digests' bytes instead, and so gets another value.
 *
 * @param digest a faster MD5, where the platform has one: ten thousand parts have ETags of 320 kB
 */
export function multipartEtag(
  partEtags: readonly string[],
  digest: (bytes: Uint8Array) => Uint8Array = md5,
): string {
  const written = partEtags.map((etag) => etag.toUpperCase()).join('')
  return `${toHex(digest(utf8Bytes(written))).toUpperCase()}-${partEtags.length}`
}
