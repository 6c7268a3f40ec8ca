/** Chooses unfinished uploads by the short ids that people see. Pure. */
import type { PendingUpload } from '../index.js'
import { CommandError, UsageError } from './failure.js'

/** An id ends in a digest; before it stands what people recognise. */
const digest = /[0-9a-f]{32}$/
const shortestShown = 8

/** The fewest digits, at least eight, that tell these uploads apart. */
export function shortIds(ids: readonly string[]): readonly string[] {
  const digests = ids.map((id) => digest.exec(id)?.[0] ?? id)
  for (let length = shortestShown; length < 32; length += 1) {
    const shortened = digests.map((text) => text.slice(0, length))
    if (new Set(shortened).size === ids.length) return shortened
  }
  return digests
}

/** @throws CommandError `not-found` when none fits, UsageError when several do */
export function choosePending(
  uploads: readonly PendingUpload[],
  given: string,
  program: string,
): PendingUpload {
  const exact = uploads.find(({ id }) => id === given)
  if (exact !== undefined) return exact
  const fitting = uploads.filter(({ id }) => fits(id, given))
  const [first] = fitting
  if (first === undefined || given === '') {
    throw new CommandError(
      'not-found',
      `There is no unfinished upload ${given} here. See: ${program} uploads`,
    )
  }
  if (fitting.length > 1) {
    const ids = shortIds(fitting.map(({ id }) => id))
    throw new UsageError(`${given} may be ${ids.join(' or ')}: give more of it.`)
  }
  return first
}

export function fits(id: string, given: string): boolean {
  return id.startsWith(given) || (digest.exec(id)?.[0].startsWith(given.toLowerCase()) ?? false)
}
