/**
 * What a bucket's lifecycle rules say is due: pure decisions over records and a time. Days are whole: what is to go after
 * one day goes at the first midnight (UTC) that is at least a day after its last change, as OSS has it.
 */

import type { LifecycleAge, LifecycleRule } from '../protocol/operations/lifecycle-rules.js'
import type { Tag } from '../protocol/operations/tagging.js'
import { taggingOf } from './object-tags.js'
import type { BucketRecord, ObjectRecord, UploadRecord } from './storage/storage.js'
import { storageClassOf } from './storage-class.js'

const DAY_MS = 86_400_000
const COLDNESS = ['Standard', 'IA', 'Archive', 'ColdArchive', 'DeepColdArchive']

export type DueAction =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'expire' }
  | { readonly kind: 'move'; readonly storageClass: string }

/** Of two rules for the same keys, that which removes wins over that which moves, and the colder class over the less cold. */
export function dueForObject(bucket: BucketRecord, object: ObjectRecord, now: number): DueAction {
  const rules = rulesFor(bucket, object)
  if ((expiryOf(rules, object.modified)?.at ?? Number.POSITIVE_INFINITY) <= now) return { kind: 'expire' }
  const present = COLDNESS.indexOf(storageClassOf(object.headers, bucket))
  const coldest = rules
    .flatMap((rule) => rule.transitions)
    .filter(({ age, storageClass }) => dueAt(age, object.modified) <= now && canMove(object, storageClass))
    .map(({ storageClass }) => COLDNESS.indexOf(storageClass))
    .reduce((most, each) => Math.max(most, each), present)
  const storageClass = COLDNESS[coldest]
  return coldest > present && storageClass !== undefined
    ? { kind: 'move', storageClass }
    : { kind: 'nothing' }
}

/** @param lastChange when it was begun, or its last part came */
export function isAbortDue(
  bucket: BucketRecord,
  upload: UploadRecord,
  { lastChange, now }: { readonly lastChange: number; readonly now: number },
): boolean {
  return enabledRules(bucket).some(
    ({ prefix, abortMultipartUpload: age }) =>
      age !== undefined && upload.key.startsWith(prefix) && dueAt(age, lastChange) <= now,
  )
}

/** When the object will go, and by which rule; `undefined` if by none. */
export function objectExpiry(
  bucket: BucketRecord,
  object: ObjectRecord,
): { readonly at: number; readonly ruleId: string } | undefined {
  return expiryOf(rulesFor(bucket, object), object.modified)
}

export function enabledRules({ lifecycle }: BucketRecord): readonly LifecycleRule[] {
  return lifecycle?.rules.filter((rule) => rule.enabled) ?? []
}

/** Of rules whose prefixes begin with one another, OSS follows the longest alone. */
function rulesFor(bucket: BucketRecord, object: ObjectRecord): LifecycleRule[] {
  const rules = enabledRules(bucket).filter((rule) => object.key.startsWith(rule.prefix))
  if (rules.length === 0) return []
  const tags = taggingOf(object.headers)
  const fitting = rules.filter(({ tags: wanted, filter }) => {
    if (!hasAll(tags, wanted)) return false
    if (filter === undefined) return true
    const { sizeGreaterThan = -1, sizeLessThan = Number.POSITIVE_INFINITY, nots } = filter
    if (object.size <= sizeGreaterThan || object.size >= sizeLessThan) return false
    return !nots.some(
      ({ prefix, tag }) => object.key.startsWith(prefix) && (tag === undefined || hasAll(tags, [tag])),
    )
  })
  const longest = fitting.reduce((most, { prefix }) => Math.max(most, prefix.length), 0)
  return fitting.filter(({ prefix }) => prefix.length === longest)
}

function expiryOf(
  rules: readonly LifecycleRule[],
  modified: number,
): { readonly at: number; readonly ruleId: string } | undefined {
  return rules
    .flatMap(({ id, expiration }) =>
      expiration === undefined ? [] : [{ ruleId: id, at: dueAt(expiration, modified) }],
    )
    .filter(({ at }) => at !== Number.POSITIVE_INFINITY)
    .reduce<{ at: number; ruleId: string } | undefined>(
      (first, each) => (first === undefined || each.at < first.at ? each : first),
      undefined,
    )
}

/** Infinite for what the age never reaches. */
function dueAt(age: LifecycleAge, lastChange: number): number {
  if ('days' in age) return midnightFrom(lastChange + age.days * DAY_MS)
  if ('date' in age) return age.date
  return lastChange < age.createdBefore ? midnightFrom(lastChange) : Number.POSITIVE_INFINITY
}

/** What can still be appended to is never cold, and a link has no bytes that could be. */
function canMove({ type }: { readonly type: string }, storageClass: string): boolean {
  if (type === 'Appendable') return storageClass === 'IA' || storageClass === 'Archive'
  return type !== 'Symlink'
}

function midnightFrom(time: number): number {
  return Math.ceil(time / DAY_MS) * DAY_MS
}

function hasAll(tags: readonly Tag[], wanted: readonly Tag[]): boolean {
  return wanted.every(({ key, value }) => tags.some((tag) => tag.key === key && tag.value === value))
}
