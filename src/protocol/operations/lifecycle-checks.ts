/** Whether lifecycle rules, each of them well-formed, make sense together. */
import { utf8Bytes } from '../encode.js'
import { ProtocolError } from '../errors.js'
import type { LifecycleAge, LifecycleConfiguration, LifecycleRule } from './lifecycle-rules.js'
import { invalidArgument, malformedXml } from './requests.js'

const MOST_RULES = 1000
/** Bytes. */
const LONGEST_ID = 255
/** From warm to cold: an object only ever gets colder. */
const COLDNESS = ['Standard', 'IA', 'Archive', 'ColdArchive', 'DeepColdArchive']

export function checkLifecycle(
  { rules }: LifecycleConfiguration,
  { allowSameActionOverlap }: { readonly allowSameActionOverlap: boolean },
): void {
  if (rules.length === 0) throw malformedXml()
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
  if (!allowSameActionOverlap) checkOverlaps(rules)
}

function checkRule(rule: LifecycleRule): void {
  if (utf8Bytes(rule.id).length > LONGEST_ID) {
    throw invalidArgument('ID', rule.id, `ID length should not exceed allowed limit of ${LONGEST_ID}.`)
  }
  if (actionsOf(rule).length === 0) {
    throw invalidRequest('At least one action needs to be specified in a rule.', '0014-00000026')
  }
  const { expiration, transitions } = rule
  for (const { age, storageClass } of transitions) {
    if (expiration === undefined) continue
    if (kindOf(age) !== kindOf(expiration)) {
      const actions = `Expiration and Transition for StorageClass ${storageClass} actions`
      throw invalidRequest(`Found mixed CreatedBeforeDate and Days based ${actions}`, '0014-00000080')
    }
    if (amountOf(age) >= amountOf(expiration)) throw tooLate('Expiration', storageClass)
  }
  const inOrder = [...transitions].sort((a, b) => coldness(a.storageClass) - coldness(b.storageClass))
  for (const [index, { age, storageClass }] of inOrder.entries()) {
    const warmer = inOrder[index - 1]
    if (warmer === undefined) continue
    if (warmer.storageClass === storageClass) throw malformedXml()
    const isMixed = kindOf(age) !== kindOf(warmer.age)
    if (isMixed || amountOf(age) <= amountOf(warmer.age)) throw tooLate(storageClass, warmer.storageClass)
  }
}

/** Which of two overlapping rules an object follows nobody could tell. */
function checkOverlaps(rules: readonly LifecycleRule[]): void {
  const byPrefix = [...rules].sort((a, b) => (a.prefix < b.prefix ? -1 : 1))
  for (const [index, rule] of byPrefix.entries()) {
    for (const other of byPrefix.slice(index + 1)) {
      if (!other.prefix.startsWith(rule.prefix)) break
      if (tagsOf(rule) !== tagsOf(other)) continue
      const action = actionsOf(rule).find((each) => actionsOf(other).includes(each))
      if (action === undefined) continue
      const prefixes = `'${rule.prefix}' and '${other.prefix}'`
      throw invalidRequest(`Found overlapping prefixes ${prefixes} for same action type '${action}'`)
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

function kindOf(age: LifecycleAge): 'days' | 'date' {
  return 'days' in age ? 'days' : 'date'
}

function amountOf(age: LifecycleAge): number {
  if ('days' in age) return age.days
  return 'date' in age ? age.date : age.createdBefore
}

function coldness(storageClass: string): number {
  return COLDNESS.indexOf(storageClass)
}

function tooLate(later: string, sooner: string): ProtocolError {
  return invalidRequest(`The ${later} action has to come after the transition to ${sooner}.`)
}

function invalidRequest(message: string, ec?: string): ProtocolError {
  return new ProtocolError('bad-request', 'InvalidRequest', message, { ec })
}
