/** What `put` of many files was asked for: put together from the flags, kept in the manifest, and read from there again. */
import { createHash } from 'node:crypto'
import type { SkipRule, Symlinks } from '../index.js'
import { UsageError } from './failure.js'
import { withSecretHeaders } from './headers.js'
import type { HeaderMap } from './pairs.js'
import type { Root, RootFlags } from './roots.js'
import { slashed } from './roots.js'
import { createSelection, type SelectionFlags } from './selection.js'

export interface ManyFlags extends RootFlags, SelectionFlags {
  readonly from0?: boolean | undefined
  readonly symlinks?: Symlinks | undefined
  readonly skipSame?: boolean | undefined
  readonly skipExisting?: boolean | undefined
  /** Send only what changed since the last run, as its manifest tells, which is kept. */
  readonly onlyChanged?: boolean | undefined
  readonly maxFailures?: number | undefined
}

/** Everything that another life of the run needs, but for the connection and how fast to send. */
export interface PutPlan extends SelectionFlags {
  readonly kind: 'put'
  readonly v: 1
  readonly bucket: string
  readonly prefix: string
  readonly roots: readonly Root[]
  readonly recursive: boolean
  readonly from0: boolean
  readonly symlinks: Symlinks
  readonly skip: SkipRule
  readonly keepManifest: boolean
  readonly guessContentType: boolean
  readonly headers: HeaderMap
  /** Names of headers whose values are not kept. */
  readonly secretHeaders: readonly string[]
  readonly partSize?: number | undefined
  readonly multipartThreshold?: number | undefined
}

/** @throws UsageError */
export function planOf(
  what: Pick<PutPlan, 'bucket' | 'prefix' | 'roots' | 'headers' | 'partSize' | 'multipartThreshold'>,
  flags: ManyFlags & { readonly guessContentType?: boolean },
): PutPlan {
  const { minSize, maxSize, newerThan, olderThan, rules } = flags
  if (flags.skipSame === true && flags.skipExisting === true) {
    throw new UsageError('Give either --skip-same or --skip-existing, not both.')
  }
  // A pattern that is none is to be known before anything is sent.
  createSelection(flags)
  return {
    ...what,
    kind: 'put',
    v: 1,
    recursive: flags.recursive === true,
    from0: flags.from0 === true,
    symlinks: flags.symlinks ?? 'files',
    skip: flags.skipSame === true ? 'same' : flags.skipExisting === true ? 'existing' : 'never',
    keepManifest: flags.onlyChanged === true,
    guessContentType: flags.guessContentType !== false,
    secretHeaders: Object.keys(what.headers).filter(isSecret),
    rules,
    minSize,
    maxSize,
    newerThan,
    olderThan,
  }
}

/** Keys, and what a callback may carry, are not written down. */
function isSecret(name: string): boolean {
  return name.includes('customer-key') || name.startsWith('x-oss-callback')
}

/** A longer one is not kept: the command has to be typed again then. In characters. */
const longestKept = 1_000_000

/** What the manifest keeps of a plan. `undefined` when that is too much, or came from a pipe that nobody can read again. */
export function definitionOf(plan: PutPlan): unknown {
  if (plan.roots.some((root) => root.kind === 'list' && root.list === '-')) return undefined
  const headers = Object.fromEntries(Object.entries(plan.headers).filter(([name]) => !isSecret(name)))
  const kept = { ...plan, headers }
  return JSON.stringify(kept).length > longestKept ? undefined : kept
}

/** @throws UsageError when it is none of ours */
export function planFrom(definition: unknown, given: HeaderMap): PutPlan {
  if (!isPlan(definition)) {
    throw new UsageError(
      'This run does not tell what it was asked for: give the command that began it again.',
    )
  }
  return { ...definition, headers: withSecretHeaders(definition, given, 'run') }
}

function isPlan(value: unknown): value is PutPlan {
  if (typeof value !== 'object' || value === null) return false
  const { kind, v, roots, secretHeaders } = value as Partial<PutPlan>
  return kind === 'put' && v === 1 && Array.isArray(roots) && Array.isArray(secretHeaders)
}

/** The same for the same sources and destination, whatever else changes: what is done stays done under other filters. */
export function manifestName({ prefix, roots }: Pick<PutPlan, 'prefix' | 'roots'>): string {
  const places = roots.map((root) => JSON.stringify(root)).sort()
  const digest = createHash('sha256')
    .update(JSON.stringify([prefix, places]))
    .digest('hex')
    .slice(0, 16)
  const [first] = roots
  return `put ${digest} ${slashed(first?.path ?? '')}`
}
