/**
 * The names that tools give their checkpoints: a digest of the file and one of the object. Who knows either can prove it by
 * the name, which is how a relative path is resolved and a bucket that is not written down is checked.
 */
import { md5, toHex } from '../../checksum/digest.js'

export interface NameDigests {
  readonly file: string
  readonly target: string
}

const bySdk = /^([0-9a-f]{32})-([0-9a-f]{32})\.u?cp$/
const byOss2 = /^([0-9a-f]{32})--([0-9a-f]{32})$/

/** What the name of an SDK's or ossutil's checkpoint tells; `undefined` when it was given another name. */
export function digestsOfName(name: string): NameDigests | undefined {
  const [, file, target] = bySdk.exec(name) ?? []
  return file === undefined || target === undefined ? undefined : { file, target }
}

/** Could some tool have named a checkpoint so by itself? */
export function isUsualName(name: string): boolean {
  return bySdk.test(name) || byOss2.test(name)
}

export function digestOfName(text: string): string {
  return toHex(md5(new TextEncoder().encode(text)))
}
