/** Tells of each failure once: a storage that has failed gives the same error to every request after. */

/** Messages remembered, so as not to be told twice. */
const MOST_TOLD = 1_000

export function eachOnce(tell: (failure: unknown) => void): (failure: unknown) => void {
  const told = new Set<string>()
  return (failure) => {
    const message = failure instanceof Error ? failure.message : String(failure)
    if (told.has(message)) return
    if (told.size >= MOST_TOLD) told.clear()
    told.add(message)
    tell(failure)
  }
}
