/** Chooses part ranges. Every plan fits the service's limits, so later code never checks them. */
import { UploadError } from './errors.js'
import type { ServiceLimits } from './ports.js'

const MiB = 1024 * 1024

/** Parts are at least this large when nobody asks otherwise: small enough to lose little, large enough for few requests. */
export const smallestCalculatedPartSize = 8 * MiB

/** The calculated part size grows once a file would have more parts than this, half of what OSS allows. */
export const calculatedPartCount = 5000

/** How a source of `size` bytes is cut: `partCount` parts of `partSize` bytes, the last one shorter where it must be. */
export interface Plan {
  readonly size: number
  readonly partSize: number
  readonly partCount: number
}

export interface PartRange {
  readonly start: number
  /** Exclusive. */
  readonly end: number
}

/**
 * The part size nobody asked for: 8 MiB, and from 40,000 MiB on the size divided by 5,000, rounded up to a whole MiB; at
 * most the service's largest part.
 */
export function calculatePartSize(size: number, limits: ServiceLimits): number {
  const even = Math.ceil(size / calculatedPartCount / MiB) * MiB
  return Math.min(Math.max(smallestCalculatedPartSize, even, limits.minPartSize), limits.maxPartSize)
}

/** Throws `invalid-argument` when the size is beyond the service, or the part size asked for can't be used. */
export function planParts(request: {
  readonly size: number
  readonly partSize?: number | undefined
  readonly limits: ServiceLimits
}): Plan {
  const { size, limits } = request
  if (size > limits.maxObjectSize) {
    throw new UploadError(
      'invalid-argument',
      `The file has ${size} bytes; an object may have at most ${limits.maxObjectSize}.`,
    )
  }
  const partSize = request.partSize ?? calculatePartSize(size, limits)
  assertPartSize(partSize, limits)
  const partCount = Math.max(1, Math.ceil(size / partSize))
  if (partCount > limits.maxParts) {
    const smallest = Math.max(limits.minPartSize, Math.ceil(size / limits.maxParts))
    throw new UploadError(
      'invalid-argument',
      `A part size of ${partSize} bytes needs ${partCount} parts; at most ${limits.maxParts} are allowed. ` +
        `The smallest part size that works for ${size} bytes is ${smallest}.`,
    )
  }
  return { size, partSize, partCount }
}

/** Throws `invalid-argument` when no upload to this service may have parts of this size. */
export function assertPartSize(partSize: number, limits: ServiceLimits): void {
  if (!Number.isSafeInteger(partSize) || partSize < limits.minPartSize || partSize > limits.maxPartSize) {
    throw new UploadError(
      'invalid-argument',
      `The part size must be a whole number of bytes from ${limits.minPartSize} to ${limits.maxPartSize}, not ${partSize}.`,
    )
  }
}

/** Whether parts of this size can carry `size` bytes: what decides if a recorded plan still serves a changed file. */
export function planFits(size: number, partSize: number, limits: ServiceLimits): boolean {
  return size > 0 && size <= limits.maxObjectSize && Math.ceil(size / partSize) <= limits.maxParts
}

export function partRange(plan: Plan, partNumber: number): PartRange {
  const start = (partNumber - 1) * plan.partSize
  return { start, end: Math.min(start + plan.partSize, plan.size) }
}

export function partLength(plan: Plan, partNumber: number): number {
  const { start, end } = partRange(plan, partNumber)
  return end - start
}
