/** A rate limit on this machine's clock. */
import { RateLimit } from '../transport/rate.js'
import { createNodeRuntime } from './runtime.js'

export type { RateLimit }

/**
 * A limit for `limitRate` that any number of uploads can share: together they keep within it. It can be changed while they
 * run.
 *
 * ```ts
 * const limit = createRateLimit(10 * 1024 * 1024)
 * const both = [resumableUpload(bucket, 'a', '/data/a', { limitRate: limit }), resumableUpload(bucket, 'b', '/data/b', { limitRate: limit })]
 * limit.set(2 * 1024 * 1024)
 * await Promise.all(both)
 * ```
 *
 * In any second at most 1.1 times the limit leaves, over a longer time the limit and at most half a second's worth more.
 *
 * @param bytesPerSecond at least 1; `Infinity` for no limit
 * @throws UploadError `invalid-argument`
 */
export function createRateLimit(bytesPerSecond: number): RateLimit {
  return new RateLimit(bytesPerSecond, createNodeRuntime())
}
