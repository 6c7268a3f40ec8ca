/**
 * Lifecycle rules, and the document that says them. What a rule may not have, or has to have, is complained of as
 * OSS does, by its EC.
 */
import { parseIso } from '../dates.js'
import { ProtocolError } from '../errors.js'
import { child, children, text, type XmlElement } from '../xml.js'
import { invalidArgument, malformedXml, wholeNumber } from './requests.js'
import { readTag, type Tag } from './tagging.js'

/**
 * From when on: so many whole days after the last change; at once for what is older than a date; or, an old form, from a
 * date on for everything. Dates are milliseconds since the epoch, at midnight UTC.
 */
export type LifecycleAge =
  | { readonly days: number }
  | { readonly createdBefore: number }
  | { readonly date: number }

export interface LifecycleTransition {
  readonly age: LifecycleAge
  readonly storageClass: string
}

/** What a rule leaves alone although its prefix fits. */
export interface LifecycleFilter {
  /** Bytes. */
  readonly sizeGreaterThan?: number
  readonly sizeLessThan?: number
  readonly nots: readonly { readonly prefix: string; readonly tag?: Tag }[]
}

export interface LifecycleRule {
  /** Empty in a request: the server makes one. */
  readonly id: string
  /** Empty: all. */
  readonly prefix: string
  readonly enabled: boolean
  /** An object has to have all of them. */
  readonly tags: readonly Tag[]
  readonly filter?: LifecycleFilter
  readonly expiration?: LifecycleAge
  /** Of versions, which are kept and told, but find nothing to do in a bucket without them. */
  readonly expiredObjectDeleteMarker?: boolean
  readonly abortMultipartUpload?: LifecycleAge
  readonly transitions: readonly LifecycleTransition[]
  readonly noncurrentExpirationDays?: number
  readonly noncurrentTransitions: readonly { readonly days: number; readonly storageClass: string }[]
}

export interface LifecycleConfiguration {
  readonly rules: readonly LifecycleRule[]
}

const STORAGE_CLASSES: ReadonlySet<string> = new Set(['IA', 'Archive', 'ColdArchive', 'DeepColdArchive'])
const DAY_MS = 86_400_000
const MOST_DAYS = 2 ** 31 - 1

export function readLifecycle(root: XmlElement): LifecycleConfiguration {
  expectOnly(root, ['Rule'])
  return { rules: children(root, 'Rule').map(readRule) }
}

function readRule(rule: XmlElement): LifecycleRule {
  expectOnly(rule, [
    'ID',
    'Prefix',
    'Status',
    'Tag',
    'Filter',
    'Expiration',
    'AbortMultipartUpload',
    'Transition',
    'NoncurrentVersionExpiration',
    'NoncurrentVersionTransition',
  ])
  if (children(rule, 'Prefix').length > 1) throw malformedXml('0014-00000010')
  const [filter, expiration, abort] = ['Filter', 'Expiration', 'AbortMultipartUpload'].map((name) =>
    single(rule, name),
  )
  const noncurrentExpiration = single(rule, 'NoncurrentVersionExpiration')
  return {
    id: text(rule, 'ID')?.trim() ?? '',
    prefix: text(rule, 'Prefix') ?? '',
    enabled: readStatus(rule),
    tags: children(rule, 'Tag').map(readLifecycleTag),
    ...(filter === undefined ? {} : { filter: readFilter(filter) }),
    ...(expiration === undefined ? {} : readExpiration(expiration)),
    ...(abort === undefined ? {} : { abortMultipartUpload: readAbort(abort) }),
    transitions: children(rule, 'Transition').map(readTransition),
    ...(noncurrentExpiration === undefined
      ? {}
      : { noncurrentExpirationDays: requiredDays(noncurrentExpiration, 'NoncurrentDays') }),
    noncurrentTransitions: children(rule, 'NoncurrentVersionTransition').map((transition) => {
      refuseAccessTime(transition)
      return {
        days: requiredDays(transition, 'NoncurrentDays'),
        storageClass: readStorageClass(transition),
      }
    }),
  }
}

function readStatus(rule: XmlElement): boolean {
  const status = text(rule, 'Status')?.trim()
  if (status !== 'Enabled' && status !== 'Disabled') throw malformedXml()
  return status === 'Enabled'
}

function readExpiration(
  expiration: XmlElement,
): Pick<LifecycleRule, 'expiration' | 'expiredObjectDeleteMarker'> {
  expectOnly(expiration, [...AGES, 'ExpiredObjectDeleteMarker'])
  const marker = text(expiration, 'ExpiredObjectDeleteMarker')?.trim().toLowerCase()
  if (marker !== undefined && marker !== 'true' && marker !== 'false') throw malformedXml()
  const given = agesIn(expiration)
  if (given.length > 1 || (marker === 'true' && given.length > 0)) throw malformedXml()
  if (given.length === 0 && marker !== 'true') throw malformedXml('0014-00000060')
  return {
    ...(given.length === 0 ? {} : { expiration: readAge(expiration) }),
    ...(marker === undefined ? {} : { expiredObjectDeleteMarker: marker === 'true' }),
  }
}

function readAbort(abort: XmlElement): LifecycleAge {
  if (child(abort, 'IsAccessTime') !== undefined) throw malformedXml('0014-00000071')
  expectOnly(abort, AGES)
  const given = agesIn(abort)
  if (given.length === 0) throw malformedXml('0014-00000073')
  if (given.length > 1) throw malformedXml('0014-00000074')
  return readAge(abort)
}

function readTransition(transition: XmlElement): LifecycleTransition {
  refuseAccessTime(transition)
  expectOnly(transition, ['Days', 'CreatedBeforeDate', 'StorageClass', 'IsAccessTime'])
  if (agesIn(transition).length !== 1) throw malformedXml()
  return { age: readAge(transition), storageClass: readStorageClass(transition) }
}

/** Nothing here watches when an object was read last. */
function refuseAccessTime(transition: XmlElement): void {
  if (text(transition, 'IsAccessTime')?.trim().toLowerCase() === 'true') {
    throw new ProtocolError(
      'bad-request',
      'NotImplemented',
      'Rules by the last access are not implemented.',
      {
        fields: { ArgumentName: 'IsAccessTime' },
      },
    )
  }
  const others = ['ReturnToStdWhenVisit', 'AllowSmallFile']
  if (others.some((name) => child(transition, name) !== undefined)) throw malformedXml('0014-00000052')
}

function readStorageClass(transition: XmlElement): string {
  const storageClass = text(transition, 'StorageClass')?.trim() ?? ''
  if (STORAGE_CLASSES.has(storageClass)) return storageClass
  throw invalidArgument('StorageClass', storageClass, 'Objects can not be moved to this storage class.')
}

/** Letters, digits, spaces and `+-=._:/`; their length and number are nobody's concern here. */
function readLifecycleTag(element: XmlElement): Tag {
  const tag = readTag(element)
  if (!/^[\p{L}\p{N} +\-=._:/]+$/u.test(tag.key)) {
    throw invalidArgument('Key', tag.key, 'The key of the tag is not valid.', '0014-00000031')
  }
  if (!/^[\p{L}\p{N} +\-=._:/]*$/u.test(tag.value)) {
    throw invalidArgument('Value', tag.value, 'The value of the tag is not valid.')
  }
  return tag
}

function readFilter(filter: XmlElement): LifecycleFilter {
  expectOnly(filter, ['ObjectSizeGreaterThan', 'ObjectSizeLessThan', 'Not'])
  const size = (name: string): number | undefined => {
    const said = text(filter, name)?.trim()
    if (said === undefined) return undefined
    return wholeNumber(said) ?? fail(invalidArgument(name, said, 'A number of bytes is expected.'))
  }
  const [more, less] = [size('ObjectSizeGreaterThan'), size('ObjectSizeLessThan')]
  return {
    ...(more === undefined ? {} : { sizeGreaterThan: more }),
    ...(less === undefined ? {} : { sizeLessThan: less }),
    nots: children(filter, 'Not').map((not) => {
      const tag = child(not, 'Tag')
      return {
        prefix: text(not, 'Prefix') ?? '',
        ...(tag === undefined ? {} : { tag: readLifecycleTag(tag) }),
      }
    }),
  }
}

const AGES = ['Days', 'CreatedBeforeDate', 'Date'] as const

function agesIn(parent: XmlElement): XmlElement[] {
  return AGES.flatMap((name) => children(parent, name))
}

/** Of the one age that is there. */
function readAge(parent: XmlElement): LifecycleAge {
  if (child(parent, 'Days') !== undefined) return { days: requiredDays(parent, 'Days') }
  const createdBefore = text(parent, 'CreatedBeforeDate')
  return createdBefore === undefined
    ? { date: midnight('Date', text(parent, 'Date') ?? '') }
    : { createdBefore: midnight('CreatedBeforeDate', createdBefore) }
}

function requiredDays(parent: XmlElement, name: string): number {
  const said = text(parent, name)?.trim()
  if (said === undefined) throw malformedXml()
  const days = wholeNumber(said)
  if (days !== undefined && days >= 1 && days <= MOST_DAYS) return days
  throw invalidArgument(name, said, `'${name}' must be a positive integer.`)
}

function midnight(name: string, said: string): number {
  const time = parseIso(said)
  if (time !== undefined && time % DAY_MS === 0) return time
  throw invalidArgument(name, said, `'${name}' must be at midnight GMT.`)
}

function single(parent: XmlElement, name: string): XmlElement | undefined {
  const [first, second] = children(parent, name)
  if (second !== undefined) throw malformedXml()
  return first
}

/** What is not known here can't be done either. */
function expectOnly(parent: XmlElement, names: readonly string[]): void {
  if (parent.children.some(({ name }) => !names.includes(name))) throw malformedXml('0014-00000017')
}

function fail(error: ProtocolError): never {
  throw error
}
