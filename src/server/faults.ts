/**
 * Failures on request. A rule names requests (by operation, bucket, key, part) and what happens to them; it lets the
 * first `skip` of them pass and then strikes `times` times. Rules are plain data, so they can come as JSON.
 */
import { OPERATION_NAMES } from './routes.js'

export interface FaultTarget {
  readonly operation?: string
  readonly bucket?: string
  readonly key?: string
  readonly partNumber?: number
}

export type FaultEffect =
  /** Waits `ms` milliseconds, before the work (the default) or between the work and the answer. */
  | { readonly effect: 'delay'; readonly ms: number; readonly when?: 'before' | 'after' }
  /**
   * Breaks the connection: before the work, with `bodyBytes` once more than so many of the request's body came; or when
   * the work is done, with `bodyBytes` after so many of the answer's body. A body that is shorter is not broken.
   */
  | { readonly effect: 'drop'; readonly when?: 'before' | 'after'; readonly bodyBytes?: number }
  /** Takes the request's body in, and gives the answer's out, no faster than this. */
  | { readonly effect: 'throttle'; readonly bytesPerSecond: number }
  /**
   * `stored`: one bit of the body is turned over before it is hashed and stored. `checksum`: the CRC-64 said is wrong.
   * `answer`: one bit of the answer's body is turned over, and its checksums stay those of the right bytes.
   */
  | { readonly effect: 'corrupt'; readonly what: 'stored' | 'checksum' | 'answer' }
  /** Answers with an error, of any status: instead of the work (the default), or after it was done. */
  | {
      readonly effect: 'error'
      readonly code: string
      readonly status?: number
      readonly message?: string
      readonly headers?: Readonly<Record<string, string>>
      readonly when?: 'before' | 'after'
    }

export type FaultRule = FaultEffect & {
  /** One name or several, as OSS writes them, such as `UploadPart`. Default: all. */
  readonly operation?: string | readonly string[]
  readonly bucket?: string | readonly string[]
  readonly key?: string | readonly string[]
  readonly partNumber?: number | readonly number[]
  /** Matching requests that pass first. Default 0. */
  readonly skip?: number
  /** Matching requests that are struck. Default 1; `null` is all. */
  readonly times?: number | null
}

export interface Faults {
  add(...rules: readonly FaultRule[]): void
  clear(): void
  /** The effects on this request, in the order of the rules. Counts. */
  strike(target: FaultTarget): readonly FaultEffect[]
}

/** @throws TypeError when a rule can't be read, saying which and why */
export function createFaults(initial: readonly FaultRule[] = []): Faults {
  let rules: { rule: FaultRule; seen: number }[] = []
  const faults: Faults = {
    add(...added) {
      for (const rule of added) checkRule(rule)
      rules.push(...added.map((rule) => ({ rule, seen: 0 })))
    },
    clear() {
      rules = []
    },
    strike(target) {
      return rules.flatMap((each) => {
        if (!matches(each.rule, target)) return []
        each.seen += 1
        const { skip = 0, times = 1 } = each.rule
        const isStruck = each.seen > skip && (times === null || each.seen <= skip + times)
        return isStruck ? [each.rule] : []
      })
    },
  }
  faults.add(...initial)
  return faults
}

function matches(rule: FaultRule, target: FaultTarget): boolean {
  return (
    among(rule.operation, target.operation) &&
    among(rule.bucket, target.bucket) &&
    among(rule.key, target.key) &&
    among(rule.partNumber, target.partNumber)
  )
}

function among<T>(wanted: T | readonly T[] | undefined, value: T | undefined): boolean {
  if (wanted === undefined) return true
  return value !== undefined && (Array.isArray(wanted) ? wanted.includes(value) : wanted === value)
}

function checkRule(rule: unknown): void {
  const problem = problemOf(rule)
  if (problem !== undefined) throw new TypeError(`Not a fault rule (${problem}): ${JSON.stringify(rule)}`)
}

/** A misspelt field would make a rule strike what it was not meant for. */
const FIELDS: ReadonlySet<string> = new Set(
  `effect operation bucket key partNumber skip times ms when bodyBytes bytesPerSecond what code status message headers`.split(
    ' ',
  ),
)

const WHAT: ReadonlySet<unknown> = new Set(['stored', 'checksum', 'answer'])

function problemOf(rule: unknown): string | undefined {
  if (typeof rule !== 'object' || rule === null) return 'not an object'
  const stray = Object.keys(rule).find((name) => !FIELDS.has(name))
  if (stray !== undefined) return `unknown field ${stray}`
  const { effect, operation, ...fields } = rule as Record<string, unknown>
  const names = operation === undefined ? [] : Array.isArray(operation) ? operation : [operation]
  // A misspelt name would never strike, and the test that set it would pass for the wrong reason.
  const unknown = names.find((name) => !OPERATION_NAMES.has(name))
  if (unknown !== undefined) return `unknown operation ${String(unknown)}`
  const isCount = (value: unknown): boolean =>
    typeof value === 'number' && Number.isFinite(value) && value >= 0
  for (const name of ['skip', 'ms', 'bodyBytes', 'bytesPerSecond', 'status']) {
    if (fields[name] !== undefined && !isCount(fields[name])) return `${name} is no number`
  }
  for (const [name, type] of [
    ['bucket', 'string'],
    ['key', 'string'],
    ['partNumber', 'number'],
  ] as const) {
    const given = fields[name]
    const all: readonly unknown[] = given === undefined ? [] : Array.isArray(given) ? given : [given]
    if (all.some((each) => typeof each !== type)) return `${name} is no ${type} or list of them`
  }
  const { times, when, status } = fields
  if (typeof status === 'number' && !(Number.isInteger(status) && status >= 200 && status <= 599)) {
    return 'status is not one of 200 to 599'
  }
  if (times !== undefined && times !== null && times !== Number.POSITIVE_INFINITY && !isCount(times)) {
    return 'times is no number'
  }
  if (when !== undefined && when !== 'before' && when !== 'after') return 'when is neither before nor after'
  switch (effect) {
    case 'delay':
      return fields['ms'] === undefined ? 'ms is missing' : undefined
    case 'drop':
      return undefined
    case 'throttle':
      return fields['bytesPerSecond'] ? undefined : 'bytesPerSecond is missing or 0'
    case 'corrupt':
      return WHAT.has(fields['what']) ? undefined : 'what is none of stored, checksum and answer'
    case 'error':
      return typeof fields['code'] === 'string' ? undefined : 'code is missing'
    default:
      return `unknown effect ${String(effect)}`
  }
}
