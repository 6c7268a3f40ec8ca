/** Holds what the service says it stored against what we computed while sending. A difference is never success. */
import { ServiceError } from './errors.js'
import type { Computed, Integrity } from './ports.js'

/** Throws `corrupt` when the service did not get the bytes we read, `odd-answer` when it does not say what it got. */
export function assertSameBytes(
  integrity: Integrity,
  {
    receipt,
    computed,
    size,
  }: {
    readonly receipt: { readonly etag: string; readonly crc64?: string }
    readonly computed: Computed
    readonly size: number
  },
): void {
  if (computed.size !== size) {
    throw new ServiceError('corrupt', `${computed.size} bytes were sent instead of ${size}.`)
  }
  if (integrity === 'crc64' && receipt.crc64 === undefined) {
    throw new ServiceError(
      'odd-answer',
      'The service did not say which CRC-64 it computed over what it stored.',
    )
  }
  if (integrity === 'crc64' && receipt.crc64 !== computed.crc64) {
    throw new ServiceError(
      'corrupt',
      `The service stored other bytes than were sent: its CRC-64 is ${receipt.crc64}, ours is ${computed.crc64}.`,
    )
  }
  if (integrity === 'etag-md5' && receipt.etag.toLowerCase() !== computed.md5) {
    throw new ServiceError(
      'corrupt',
      'The service stored other bytes than were sent: the ETag is not their MD5.',
    )
  }
}
