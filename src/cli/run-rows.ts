/** A run of many files as `uploads` shows it beside single uploads. Pure. */
import type { PendingRun } from '../index.js'
import { oneLine } from './failure.js'
import { objectUrl } from './object-url.js'

/** What a run was asked for, as far as its definition tells; one that a program began may have another. */
interface Asked {
  readonly prefix?: unknown
  readonly roots?: unknown
}

export function runTarget({ bucket, definition }: PendingRun): string {
  const { prefix } = askedOf(definition)
  return bucket === '' ? '-' : oneLine(objectUrl({ bucket, key: typeof prefix === 'string' ? prefix : '' }))
}

/** The files and folders that it is of, the first of them where there are several. */
export function runSource({ name, definition }: PendingRun): string {
  const { roots } = askedOf(definition)
  const paths = (Array.isArray(roots) ? roots : []).flatMap((root: unknown) =>
    typeof root === 'object' && root !== null && 'path' in root && typeof root.path === 'string'
      ? [root.path]
      : [],
  )
  const [first, ...more] = paths
  if (first === undefined) return oneLine(name)
  return oneLine(more.length === 0 ? first : `${first} and ${more.length} more`)
}

export function runCounts({ done, failed }: PendingRun): string {
  return `${done} done${failed === 0 ? '' : `, ${failed} failed`}`
}

function askedOf(definition: unknown): Asked {
  return typeof definition === 'object' && definition !== null ? definition : {}
}

/** The fields of a `run` line. */
export function runFields({ definition: _, ...run }: PendingRun): object {
  return run
}
