/** The value that so many of a hundred do not exceed, by nearest rank: one that was really measured. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const rank = Math.max(1, Math.ceil((percent / 100) * sorted.length))
  const found = sorted[rank - 1]
  if (found === undefined) throw new RangeError('Nothing was measured.')
  return found
}

export const inMs = (ms: number): string => `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`

export const inMiB = (bytes: number | undefined): string =>
  bytes === undefined ? 'not told by this system' : `${Math.round(bytes / 2 ** 20)} MiB`
