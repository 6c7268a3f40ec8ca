/** Sizes, rates and durations as people write and read them. Pure. `k`, `Ki` and `KiB` are 1024, `KB` is 1000. */

const units: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  ...powers(1024, (letter) => [letter, `${letter}i`, `${letter}ib`]),
  ...powers(1000, (letter) => [`${letter}b`]),
}

const durationUnitsMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

function powers(base: number, namesOf: (letter: string) => readonly string[]): Record<string, number> {
  const entries = ['k', 'm', 'g', 't'].flatMap((letter, index) =>
    namesOf(letter).map((name): [string, number] => [name, base ** (index + 1)]),
  )
  return Object.fromEntries(entries)
}

/**
 * Bytes of `8MiB`, `10MB`, `512k`, `1.5g` or `123`.
 *
 * @throws RangeError when it is no size or no whole number of bytes
 */
export function parseSize(text: string): number {
  const [, digits = '', unit = ''] = /^([0-9]+(?:\.[0-9]+)?) ?([a-z]{0,3})$/i.exec(text.trim()) ?? []
  const factor = units[unit.toLowerCase()]
  if (digits === '' || factor === undefined) {
    throw new RangeError('It is no size such as 8MiB, 10MB, 512k or 1048576.')
  }
  const bytes = Number(digits) * factor
  if (!Number.isSafeInteger(bytes)) throw new RangeError('It is no whole number of bytes.')
  return bytes
}

/**
 * Bytes a second of `60MiB/s`, `500k` or `1000000`.
 *
 * @throws RangeError when it is no rate of at least one byte a second
 */
export function parseRate(text: string): number {
  const bytes = rateOf(text.trim().replace(/\/s(ec)?$/i, ''))
  if (bytes < 1) throw new RangeError('It has to be at least one byte a second.')
  return bytes
}

function rateOf(text: string): number {
  try {
    return parseSize(text)
  } catch {
    throw new RangeError('It is no rate such as 60MiB/s or 500k.')
  }
}

/**
 * Milliseconds of `90s`, `15m`, `1h30m`, `2d` or `1w`; `Infinity` for `forever`.
 *
 * @throws RangeError when it is no duration; a bare number has no unit and so is none
 */
export function parseDuration(text: string): number {
  const trimmed = text.trim().toLowerCase()
  if (trimmed === 'forever') return Number.POSITIVE_INFINITY
  const pieces = [...trimmed.matchAll(/([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d|w)/g)]
  if (pieces.length === 0 || pieces.map(([piece]) => piece).join('') !== trimmed) {
    throw new RangeError('It is no duration such as 90s, 15m, 2h or forever.')
  }
  return pieces.reduce((sum, [, count, unit = '']) => sum + Number(count) * (durationUnitsMs[unit] ?? 0), 0)
}

/** `0 B`, `1023 B`, `1.0 KiB`, `8.0 MiB`, `1.5 GiB`. */
export function formatSize(bytes: number): string {
  if (bytes < 1024) return `${Math.round(bytes)} B`
  let value = bytes
  let unit = 'B'
  for (const larger of ['KiB', 'MiB', 'GiB', 'TiB']) {
    // What would be written as 1024.0 belongs to the next unit.
    if (value < 1023.95) break
    value /= 1024
    unit = larger
  }
  return `${value.toFixed(1)} ${unit}`
}

export function formatRate(bytesPerSecond: number): string {
  return `${formatSize(bytesPerSecond)}/s`
}

/** `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return 'forever'
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return pair(minutes, 'min', seconds % 60, 's')
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return pair(hours, 'h', minutes % 60, 'min')
  return pair(Math.floor(hours / 24), 'd', hours % 24, 'h')
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`
}

/** `1 part`, `2 parts`. */
export function countOf(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`
}
