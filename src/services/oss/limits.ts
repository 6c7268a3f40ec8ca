/** The limits that OSS documents for multipart upload and PutObject. */
import type { ServiceLimits } from '../../engine/ports.js'

const maxPartSize = 5 * 1024 ** 3
const maxParts = 10_000

/** The largest object, which OSS calls 48.8 TB, is 10,000 parts of 5 GiB. */
export const ossLimits: ServiceLimits = {
  minPartSize: 100 * 1024,
  maxPartSize,
  maxParts,
  maxObjectSize: maxParts * maxPartSize,
  maxPutSize: maxPartSize,
}
