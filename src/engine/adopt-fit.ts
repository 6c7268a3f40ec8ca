/**
 * Can the parts of an upload that nobody wrote down be parts of this file? No listing tells the part size, so it is read
 * off the parts. Sizes alone prove nothing: what fits here still has to be compared with the file, byte for byte.
 */
import { partLength, planFits } from './plan.js'
import type { ListedPart, ServiceLimits } from './ports.js'

/** More refuted parts than this speak for another file, or for one of which next to nothing is left. */
export const maxProofParts = 32

export type Fit =
  /** Mostly one; two where a single part may be the last, shorter one or one in the middle. Never none. */
  | { readonly kind: 'fits'; readonly partSizes: readonly number[] }
  | { readonly kind: 'unfit'; readonly why: string }

/** @param listed.parts in any order, each number once */
export function fitParts(listed: {
  /** Bytes of the file. */
  readonly size: number
  readonly limits: ServiceLimits
  readonly parts: readonly ListedPart[]
}): Fit {
  const { size, limits } = listed
  const parts = [...listed.parts].sort((a, b) => a.partNumber - b.partNumber)
  const last = parts.at(-1)
  if (last === undefined) return unfit('it has no part, so nothing tells whose it is')
  const [first] = parts
  const even = parts.slice(0, -1).every((part) => part.size === first?.size)
  if (!even) return unfit('its parts have different sizes')
  const guesses = parts.length > 1 ? [first?.size ?? 0] : sizesByOne(last, { size, limits })
  const partSizes = [...new Set(guesses)].filter((partSize) => {
    if (!Number.isSafeInteger(partSize) || partSize < limits.minPartSize || partSize > limits.maxPartSize) {
      return false
    }
    if (!planFits(size, partSize, limits)) return false
    const plan = { size, partSize, partCount: Math.max(1, Math.ceil(size / partSize)) }
    return last.partNumber <= plan.partCount && last.size === partLength(plan, last.partNumber)
  })
  if (partSizes.length > 0) return { kind: 'fits', partSizes }
  return unfit(`its part ${last.partNumber} of ${last.size} bytes can not be a part of a file of ${size}`)
}

/** One part says little: it is as large as the others, or it is the last and ends where the file does. */
function sizesByOne(
  { partNumber, size: partSize }: ListedPart,
  { size, limits }: { readonly size: number; readonly limits: ServiceLimits },
): readonly number[] {
  // The only part there is may be smaller than parts otherwise have to be.
  if (partNumber === 1) return [partSize === size ? Math.max(partSize, limits.minPartSize) : partSize]
  return [partSize, (size - partSize) / (partNumber - 1)]
}

/** At most so many of these, from the first to the last, evenly spread. */
export function spread<T>(all: readonly T[], most: number): readonly T[] {
  if (all.length <= most) return all
  return Array.from({ length: most }, (_, index) =>
    Math.floor((index * (all.length - 1)) / (most - 1)),
  ).flatMap((at) => all.slice(at, at + 1))
}

function unfit(why: string): Fit {
  return { kind: 'unfit', why }
}
