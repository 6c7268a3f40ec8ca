/** What a Range header asks of an object. OSS ignores a range that does not fit, unless asked for the standard's behaviour. */

export type ResolvedRange =
  | { readonly kind: 'whole' }
  /** `end` excluded. */
  | { readonly kind: 'part'; readonly start: number; readonly end: number }
  | { readonly kind: 'unsatisfiable' }

/**
 * One range of bytes, or the whole for anything that is none. By default a range that reaches beyond the object is
 * ignored; with `standard` its end is cut, and one that begins beyond the object can't be satisfied.
 */
export function resolveRange(
  range: string | undefined,
  object: { readonly size: number; readonly standard: boolean },
): ResolvedRange {
  const asked = parseRange(range ?? '', object.size)
  if (!asked) return WHOLE
  const fits = asked.start >= 0 && asked.start < object.size && asked.end <= object.size
  if (fits && asked.start < asked.end) return { kind: 'part', ...asked }
  if (!object.standard) return WHOLE
  const start = Math.max(asked.start, 0)
  if (start >= object.size) return { kind: 'unsatisfiable' }
  return { kind: 'part', start, end: Math.min(asked.end, object.size) }
}

const WHOLE: ResolvedRange = { kind: 'whole' }

/** `start` is negative for a suffix longer than the object. */
function parseRange(range: string, size: number): { start: number; end: number } | undefined {
  // Spaces go first: between optional digits they would make the pattern quadratic.
  const [, first, last] = /^bytes=([0-9]*)-([0-9]*)$/i.exec(range.replaceAll(/\s/g, '')) ?? []
  if (first === undefined || last === undefined) return undefined
  if (first === '') return last === '' ? undefined : { start: size - Number(last), end: size }
  const start = Number(first)
  if (last === '') return { start, end: Math.max(size, start) }
  return Number(last) < start ? undefined : { start, end: Number(last) + 1 }
}
