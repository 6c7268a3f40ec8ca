/** The URL under which the client reached an object. */
import { percentEncodePath } from '../protocol/encode.js'

/** @param host as the client asked for it, with port */
export function locationOf(
  host: string,
  { bucket, key }: { readonly bucket: string; readonly key: string },
): string {
  const base = host.startsWith(`${bucket}.`) ? host : `${host}/${bucket}`
  return `http://${base}/${percentEncodePath(key)}`
}
