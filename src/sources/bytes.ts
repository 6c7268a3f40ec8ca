/**
 * Bytes in memory as a source, for small things and tests. Blocks are views of the caller's own bytes, and nothing waits
 * for the platform, so it runs under simulation. Its identity is computed from the content: a change is noticed.
 */
import { crc64, crc64ToDecimal } from '../checksum/index.js'
import { UploadError } from '../engine/errors.js'
import type { Source, SourceIdentity } from '../engine/ports.js'
import { sliceOf } from './pump.js'

/**
 * The bytes are not copied: they belong to the source until it is closed.
 *
 * @param options.name for messages; `bytes` by default
 * @param options.blockSize most bytes that a sink gets at once; 512 KiB by default
 */
export function bytesSource(
  bytes: Uint8Array,
  options: { readonly name?: string; readonly blockSize?: number } = {},
): Source {
  const { name = 'bytes', blockSize = 512 * 1024 } = options
  // The content's checksum takes the place of the modification time: equal for equal bytes, and moved by a change.
  const identity = async (): Promise<SourceIdentity> => ({
    size: bytes.length,
    mtimeNs: crc64ToDecimal(crc64(bytes)),
    ctimeNs: '0',
    device: '0',
    inode: '0',
  })
  return {
    name,
    identity,
    identityByName: identity,
    slice(start, end) {
      return sliceOf({ start, end }, async (offset, endOfSlice) => {
        if (offset >= bytes.length) {
          throw new UploadError(
            'source-changed',
            `${name} ends at byte ${bytes.length}, before byte ${endOfSlice}.`,
          )
        }
        return {
          bytes: bytes.subarray(offset, Math.min(offset + blockSize, endOfSlice)),
          giveBack: () => {},
        }
      })
    },
    close: async () => {},
  }
}
