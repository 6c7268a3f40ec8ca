/** Moments as people write them: so long ago, or a date. Pure. */
import { parseDuration } from './sizes.js'

/**
 * Milliseconds since the epoch of `7d` (that long before now), `2026-11-01` (midnight UTC) or `2026-11-01T08:00:00+08:00`.
 *
 * @throws RangeError
 */
export function parseMoment(text: string, now: number): number {
  const trimmed = text.trim()
  const date = Date.parse(trimmed)
  // Without a zone the same words would mean another moment on another machine.
  const isDate = /^\d{4}-\d\d-\d\d$/.test(trimmed) || /(Z|GMT|[+-]\d\d:?\d\d)$/i.test(trimmed)
  if (isDate && !Number.isNaN(date)) return date
  try {
    return now - parseDuration(trimmed)
  } catch {
    throw new RangeError('It is no time such as 7d (ago), 2026-11-01 or 2026-11-01T08:00:00Z.')
  }
}
