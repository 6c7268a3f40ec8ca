/**
 * The policy of a PostObject: what a form may say and how large its file may be, as JSON that its author has signed. The
 * ECs are those that the service gives each mistake.
 */
import { fromBase64, toBase64 } from '../checksum/digest.js'
import { parseIso } from './dates.js'
import { utf8Bytes } from './encode.js'
import { ProtocolError } from './errors.js'

export interface PostPolicy {
  /** Milliseconds since the epoch. */
  readonly expiration: number
  readonly conditions: readonly PostCondition[]
}

export type PostCondition =
  | { readonly match: 'content-length-range'; readonly least: number; readonly most: number }
  | { readonly match: 'eq' | 'starts-with'; readonly field: string; readonly value: string }
  | { readonly match: 'in' | 'not-in'; readonly field: string; readonly values: readonly string[] }

/** The `policy` field: the document's UTF-8 in base64. */
export function encodePostPolicy(policy: {
  readonly expiration: string
  readonly conditions: readonly unknown[]
}): string {
  return toBase64(utf8Bytes(JSON.stringify(policy)))
}

/** @throws ProtocolError `InvalidPolicyDocument` */
export function decodePostPolicy(base64: string): PostPolicy {
  const document = parse(decode(base64))
  const unknown = Object.keys(document).find((name) => name !== 'expiration' && name !== 'conditions')
  if (unknown !== undefined) throw invalid(`Unexpected: '${unknown}'`, '0006-00000206')
  const { expiration, conditions } = document
  if (expiration === undefined && conditions === undefined) {
    throw invalid('Policy missing expiration and conditions.', '0006-00000209')
  }
  if (conditions === undefined) throw invalid('Policy missing conditions.', '0006-00000207')
  if (expiration === undefined) throw invalid('Policy missing expiration.', '0006-00000208')
  if (typeof expiration !== 'string') throw invalidExpiration(String(expiration), '0006-00000210')
  if (expiration === '') throw invalidExpiration(expiration, '0006-00000211')
  const time = parseIso(expiration)
  if (time === undefined) throw invalidExpiration(expiration, '0006-00000212')
  if (!Array.isArray(conditions)) throw invalid('Conditions must be a list.', '0006-00000214')
  if (conditions.length === 0) throw invalid('Conditions must not be empty.', '0006-00000215')
  return { expiration: time, conditions: conditions.map(readCondition) }
}

/**
 * Holds a form against a policy.
 *
 * @param fields by lower-case name, `bucket` among them, as they are after `${filename}` was put in
 * @param mustBeNamed fields that some condition has to be about, if the form has them
 * @returns how large the file may be
 * @throws ProtocolError `AccessDenied`, naming the first condition that does not hold
 */
export function checkPostPolicy(
  policy: PostPolicy,
  form: {
    readonly fields: ReadonlyMap<string, string>
    readonly mustBeNamed: readonly string[]
    readonly now: number
  },
): { readonly least: number; readonly most: number } {
  if (form.now > policy.expiration) throw denied('Policy expired.', '0006-00000213')
  let least = 0
  let most = Number.POSITIVE_INFINITY
  const named = new Set<string>()
  for (const condition of policy.conditions) {
    if (condition.match === 'content-length-range') {
      least = Math.max(least, condition.least)
      most = Math.min(most, condition.most)
      continue
    }
    named.add(condition.field.toLowerCase())
    const value = form.fields.get(condition.field.toLowerCase())
    if (value === undefined) throw failed(condition, '0006-00000226')
    if (!holds(condition, value)) throw failed(condition, '0006-00000227')
  }
  const extra = form.mustBeNamed.find((name) => form.fields.has(name) && !named.has(name))
  if (extra !== undefined) throw denied(`Extra input fields: ${extra}`, '0006-00000228')
  return { least, most }
}

type FieldCondition = Exclude<PostCondition, { match: 'content-length-range' }>

function holds(condition: FieldCondition, value: string): boolean {
  switch (condition.match) {
    case 'eq':
      return value === condition.value
    case 'starts-with':
      return value.startsWith(condition.value)
    case 'in':
      return condition.values.includes(value)
    case 'not-in':
      return !condition.values.includes(value)
  }
}

function decode(base64: string): string {
  let bytes: Uint8Array
  try {
    bytes = fromBase64(base64)
  } catch {
    throw invalid('Invalid base64.', '0006-00000202')
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw invalid('Invalid UTF-8.', '0006-00000203')
  }
}

function parse(json: string): Readonly<Record<string, unknown>> {
  try {
    const document: unknown = JSON.parse(json)
    if (typeof document === 'object' && document !== null && !Array.isArray(document)) {
      return document as Record<string, unknown>
    }
  } catch {
    // Said below, as for JSON of another kind.
  }
  throw invalid('Invalid JSON.', '0006-00000204')
}

function readCondition(condition: unknown): PostCondition {
  if (Array.isArray(condition)) return readList(condition)
  if (typeof condition !== 'object' || condition === null) {
    throw invalid('A condition must be a map or a list.', '0006-00000222')
  }
  const [entry, ...others] = Object.entries(condition)
  if (entry === undefined || others.length > 0) {
    throw invalid('Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.')
  }
  const [field, value] = entry
  if (typeof value !== 'string') throw wrongType()
  return { match: 'eq', field, value }
}

function readList(list: readonly unknown[]): PostCondition {
  const [match, ...operands] = list
  if (typeof match !== 'string' || match.startsWith('$')) {
    throw invalid('A condition must begin with its matching mode.', '0006-00000216')
  }
  const mode = match.toLowerCase()
  if (!MODES.has(mode)) throw invalid(`Unsupported matching mode: ${match}`, '0006-00000217')
  const [first, second] = operands
  if (operands.length !== 2) {
    throw invalid(`Condition ${mode} must have exactly two operands.`, '0006-00000218')
  }
  if (mode === 'content-length-range') return readRange(first, second)
  if (typeof first !== 'string') throw wrongType()
  const field = first.startsWith('$') ? first.slice(1) : first
  if (mode === 'in' || mode === 'not-in') {
    if (!isTextList(second)) throw wrongType()
    return { match: mode, field, values: second }
  }
  if (typeof second !== 'string') throw wrongType()
  return { match: mode === 'eq' ? 'eq' : 'starts-with', field, value: second }
}

const MODES: ReadonlySet<string> = new Set(['content-length-range', 'eq', 'starts-with', 'in', 'not-in'])

function readRange(least: unknown, most: unknown): PostCondition {
  const isNested = [least, most].some((value) => typeof value === 'object')
  if (isNested) throw invalid('Invalid content-length-range.', '0006-00000223')
  if (!isSize(least)) throw invalid('Invalid least size of content-length-range.', '0006-00000220')
  if (!isSize(most)) throw invalid('Invalid greatest size of content-length-range.', '0006-00000221')
  if (most < least) throw invalid('The content-length-range ends before it begins.', '0006-00000219')
  return { match: 'content-length-range', least, most }
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

function wrongType(): ProtocolError {
  return invalid('Invalid type of a value in a condition.', '0006-00000224')
}

function invalidExpiration(value: string, ec: string): ProtocolError {
  return invalid(`Invalid 'expiration' value: '${value}'`, ec)
}

function invalid(message: string, ec?: string): ProtocolError {
  return new ProtocolError('bad-request', 'InvalidPolicyDocument', `Invalid Policy: ${message}`, { ec })
}

function denied(message: string, ec: string): ProtocolError {
  return new ProtocolError('bad-request', 'AccessDenied', `Invalid according to Policy: ${message}`, { ec })
}

/** The condition as the service repeats it: always as a list. */
function failed(condition: FieldCondition, ec: string): ProtocolError {
  const operand = 'values' in condition ? textList(condition.values) : JSON.stringify(condition.value)
  const text = `["${condition.match}", ${JSON.stringify(`$${condition.field}`)}, ${operand}]`
  return denied(`Policy Condition failed: ${text}`, ec)
}

function textList(values: readonly string[]): string {
  return `[${values.map((value) => JSON.stringify(value)).join(', ')}]`
}
