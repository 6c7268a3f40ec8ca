/** `longhaul verify`: is the object what the file is? By size and CRC-64; nothing is downloaded. */
import { verifyObject } from '../../index.js'
import { type CustomerKeyFlags, readCustomerKey } from '../customer-key.js'
import { CommandError, printable } from '../failure.js'
import { writeJson } from '../json.js'
import { objectUrl, parseWholeObjectUrl } from '../object-url.js'
import { type ConnectionFlags, openBucket, resolveConnection } from '../settings.js'
import { formatSize } from '../sizes.js'
import { type OutputFlags, progressFor } from '../upload-job.js'
import type { World } from '../world.js'

export interface VerifyFlags extends ConnectionFlags, OutputFlags, CustomerKeyFlags {}

export async function verify(file: string, url: string, flags: VerifyFlags, world: World): Promise<number> {
  const target = parseWholeObjectUrl(url)
  const bucket = openBucket(await resolveConnection(flags, world), target.bucket)
  const headers = await readCustomerKey(flags, world.environment)
  const display = progressFor(flags, world)
  const verification = await verifyObject(bucket, target.key, file, {
    signal: world.signal,
    headers,
    progressCallback: (done, total) => display.bytes(done, total),
  }).finally(() => display.close())
  const { equal, size, crc64 } = verification
  if (flags.json === true) writeJson(world.screen, 'result', { ...target, file, equal, size, crc64 })
  if (!equal) throw new CommandError('integrity', difference({ file, url: objectUrl(target), size, crc64 }))
  if (flags.json === true) writeJson(world.screen, 'summary', { exitCode: 0, ...target, equal })
  else if (flags.quiet !== true) {
    world.screen.out(
      printable(
        `Equal: ${file} and ${objectUrl(target)} have ${formatSize(size.file)} and the CRC-64 ${crc64.file}`,
      ),
    )
  }
  return 0
}

function difference(found: {
  readonly file: string
  readonly url: string
  readonly size: { readonly file: number; readonly object: number }
  readonly crc64: { readonly file: string; readonly object: string | undefined }
}): string {
  const { file, url, size, crc64 } = found
  if (size.file !== size.object) {
    return `${file} and ${url} differ: the file has ${size.file} bytes, the object ${size.object}.`
  }
  if (crc64.object === undefined) {
    return `${file} and ${url} can't be compared: the service tells no CRC-64 of the object.`
  }
  return `${file} and ${url} differ: the file's CRC-64 is ${crc64.file}, the object's ${crc64.object}.`
}
