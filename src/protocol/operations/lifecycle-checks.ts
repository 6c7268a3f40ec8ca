/** Whether lifecycle rules, each of them well-formed, make sense together. */
import { utf8Bytes } from '../encode.js'
import { ProtocolError } from '../errors.js'
import type { LifecycleAge, LifecycleConfiguration, LifecycleRule } from './lifecycle-rules.js'
import { invalidArgument, malformedXml } from './requests.js'

const MOST_RULES = 1000
/** Bytes. */
const LONGEST_ID = 255
/** Fragments never follow two rules, also where the request allows overlaps. */
const MAY_OVERLAP: ReadonlySet<string> = new Set([
  'Expiration',
  'Transition',
  'NoncurrentVersionExpiration',
  'NoncurrentVersionTransition',
])
/** From warm to cold: an object only ever gets colder. */
const COLDNESS = ['Standard', 'IA', 'Archive', 'ColdArchive', 'DeepColdArchive']

export function checkLifecycle(
  { rules }: LifecycleConfiguration,
  { allowSameActionOverlap }: { readonly allowSameActionOverlap: boolean },
): void {
  if (rules.length === 0) throw malformedXml('0014-00000013')
  if (rules.length > MOST_RULES) {
    throw invalidArgument('Rule', String(rules.length), `A bucket has at most ${MOST_RULES} lifecycle rules.`)
  }
  const ids = new Set<string>()
  for (const rule of rules) {
    checkRule(rule)
    if (rule.id !== '' && ids.has(rule.id)) {
      throw invalidArgument('ID', rule.id, 'Rule ID must be unique. Found same ID for more than one rule.')
    }
    ids.add(rule.id)
  }
  checkOverlaps(rules, allowSameActionOverlap ? MAY_OVERLAP : new Set())
}

function checkRule(rule: LifecycleRule): void {
  if (utf8Bytes(rule.id).length > LONGEST_ID) {
    throw invalidArgument('ID', rule.id, `ID length should not exceed allowed limit of ${LONGEST_ID}.`)
  }
  if (actionsOf(rule).length === 0) {
    throw invalidRequest('At least one action needs to be specified in a rule.', '0014-00000026')
  }
  if (
    rule.abortMultipartUpload !== undefined &&
    (rule.tags.length > 0 || (rule.filter?.nots ?? []).length > 0)
  ) {
    const what = rule.tags.length > 0 ? 'Tag' : 'Not'
    throw invalidArgument(what, rule.id, `${what} cannot be used with AbortMultipartUpload.`)
  }
  checkOrder(rule)
}

/** What comes later in an object's life has to be later. */
function checkOrder({ expiration, transitions, noncurrentTransitions }: LifecycleRule): void {
  const steps: Step[] = [...transitions].sort(byColdness)
  if (expiration !== undefined) steps.push({ age: expiration })
  checkSteps(steps)
  checkSteps(
    [...noncurrentTransitions]
      .sort(byColdness)
      .map(({ days, storageClass }) => ({ age: { days }, storageClass })),
  )
}

function checkSteps(steps: readonly Step[]): void {
  for (const [index, step] of steps.entries()) {
    const before = steps[index - 1]
    if (before?.storageClass === undefined) continue
    if (step.storageClass === before.storageClass) throw malformedXml()
    if ('days' in step.age !== 'days' in before.age) {
      const actions =
        step.storageClass === undefined
          ? `Expiration and Transition for StorageClass ${before.storageClass} actions`
          : `Transition for StorageClass ${before.storageClass} and ${step.storageClass} actions`
      throw invalidRequest(`Found mixed CreatedBeforeDate and Days based ${actions}`, '0014-00000080')
    }
    // Of two dates the service takes any: what was made before the earlier one follows that step at once.
    if (!('days' in step.age && 'days' in before.age) || step.age.days > before.age.days) continue
    const action =
      step.storageClass === undefined
        ? 'Expiration action'
        : `Transition action for StorageClass ${step.storageClass}`
    const message = `Days in the ${action} must be more than the Transition action for StorageClass ${before.storageClass}`
    throw invalidArgument('Days', String(step.age.days), message)
  }
}

interface Step {
  readonly age: LifecycleAge
  /** Absent: the end. */
  readonly storageClass?: string
}

/** Which of two overlapping rules an object follows nobody could tell. */
function checkOverlaps(rules: readonly LifecycleRule[], allowed: ReadonlySet<string>): void {
  const byPrefix = [...rules].sort((a, b) => (a.prefix < b.prefix ? -1 : 1))
  for (const [index, rule] of byPrefix.entries()) {
    for (const other of byPrefix.slice(index + 1)) {
      if (!other.prefix.startsWith(rule.prefix)) break
      if (tagsOf(rule) !== tagsOf(other)) continue
      const action = actionsOf(rule).find((each) => !allowed.has(each) && actionsOf(other).includes(each))
      if (action === undefined) continue
      throw invalidArgument('Prefix', other.prefix, `Overlap for same action type ${action}`)
    }
  }
}

function actionsOf(rule: LifecycleRule): string[] {
  const expires = rule.expiration !== undefined || rule.expiredObjectDeleteMarker === true
  return [
    ...(expires ? ['Expiration'] : []),
    ...(rule.abortMultipartUpload === undefined ? [] : ['AbortMultipartUpload']),
    ...(rule.transitions.length === 0 ? [] : ['Transition']),
    ...(rule.noncurrentExpirationDays === undefined ? [] : ['NoncurrentVersionExpiration']),
    ...(rule.noncurrentTransitions.length === 0 ? [] : ['NoncurrentVersionTransition']),
  ]
}

function tagsOf({ tags }: LifecycleRule): string {
  return JSON.stringify(tags.map(({ key, value }) => [key, value]).sort())
}

function byColdness(a: { readonly storageClass: string }, b: { readonly storageClass: string }): number {
  return COLDNESS.indexOf(a.storageClass) - COLDNESS.indexOf(b.storageClass)
}

function invalidRequest(message: string, ec?: string): ProtocolError {
  return new ProtocolError('bad-request', 'InvalidRequest', message, { ec })
}
