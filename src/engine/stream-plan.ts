/**
 * Part sizes of an input whose size nobody knows: small at first, and growing with what has come, so that the parts of an
 * upload suffice for nearly all that they could carry. Pure.
 */
import { UploadError } from './errors.js'
import { assertPartSize, calculatePartSize, smallestCalculatedPartSize } from './plan.js'
import type { ServiceLimits } from './ports.js'

const MiB = 1024 * 1024

/**
 * A part has a share of what came before it: one of so many, which is a twentieth of the parts that there may be. With the
 * 10,000 parts of OSS that is a five-hundredth, 8 MiB up to 4 GB and 200 MiB at 100 GiB: parts are that many before they
 * begin to grow, each e-fold after that takes as many again, and what is left at the largest size carries the rest.
 */
function shareOf({ maxParts }: ServiceLimits): number {
  return Math.max(1, Math.floor(maxParts / 20))
}

export interface StreamPlan {
  readonly smallest: number
  /** Bytes that an input may have at most. */
  readonly capacity: number
  /** Bytes of the next part, once `sentBytes` are in parts before it. */
  partSize(sentBytes: number): number
}

/**
 * `max(smallest, sentBytes / 500 rounded up to a whole MiB)`, at most the service's largest part. `smallest` is the part
 * size asked for, else the one of a file of the expected size, else 8 MiB.
 *
 * @throws UploadError `invalid-argument` when the part size can't be used, or the expected size can't be carried
 */
export function planStream(request: {
  readonly partSize?: number | undefined
  /** Bytes that the input is said to have, at most. */
  readonly expectedSize?: number | undefined
  readonly limits: ServiceLimits
}): StreamPlan {
  const { expectedSize, limits } = request
  const smallest =
    request.partSize ??
    (expectedSize === undefined
      ? Math.min(Math.max(smallestCalculatedPartSize, limits.minPartSize), limits.maxPartSize)
      : calculatePartSize(expectedSize, limits))
  assertPartSize(smallest, limits)
  const share = shareOf(limits)
  // A service of small parts grows in small steps.
  const step = Math.min(MiB, smallest)
  const partSize = (sentBytes: number): number => {
    const grown = Math.ceil(sentBytes / share / step) * step
    return Math.min(Math.max(smallest, grown), limits.maxPartSize)
  }
  const capacity = capacityOf(partSize, limits)
  if (expectedSize !== undefined && expectedSize > capacity) {
    throw new UploadError(
      'invalid-argument',
      `An input of ${expectedSize} bytes is more than ${limits.maxParts} parts carry that begin with ${smallest} bytes, ${capacity} in all.`,
    )
  }
  return { smallest, capacity, partSize }
}

function capacityOf(partSize: (sentBytes: number) => number, limits: ServiceLimits): number {
  let sent = 0
  for (let part = 1; part <= limits.maxParts; part += 1) sent += partSize(sent)
  return Math.min(sent, limits.maxObjectSize)
}
