/**
 * Failures on request. A rule names requests (by operation, bucket, key, part) and what happens to them; it lets the
 * first `skip` of them pass and then strikes `times` times. Rules are plain data, so they can come as JSON.
 */
import type { ErrorToSay } from '../protocol/errors.js'
import { type Clock, ConnectionDropped } from './exchange.js'
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
   * Breaks the connection without an answer: before the work, after `bodyBytes` of the body if given, or when the work
   * is done.
   */
  | { readonly effect: 'drop'; readonly when?: 'before' | 'after'; readonly bodyBytes?: number }
  /** Takes the body in no faster than this. */
  | { readonly effect: 'throttle'; readonly bytesPerSecond: number }
  /** `stored`: one bit of the body is turned over before it is hashed and stored. `checksum`: the CRC-64 said is wrong. */
  | { readonly effect: 'corrupt'; readonly what: 'stored' | 'checksum' }
  /** Answers with an error: instead of the work (the default), or after it was done. */
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
  readonly bucket?: string
  readonly key?: string
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

function problemOf(rule: unknown): string | undefined {
  if (typeof rule !== 'object' || rule === null) return 'not an object'
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
      return fields['what'] === 'stored' || fields['what'] === 'checksum' ? undefined : 'what is missing'
    case 'error':
      return typeof fields['code'] === 'string' ? undefined : 'code is missing'
    default:
      return `unknown effect ${String(effect)}`
  }
}

/** Before the work: waits and drops as the effects say. Gives the error to answer with instead of the work, if any. */
export async function strikeBefore(
  effects: readonly FaultEffect[],
  clock: Clock,
): Promise<FaultError | undefined> {
  return strikeAt('before', effects, clock)
}

/** The same between the work and its answer. */
export async function strikeAfter(
  effects: readonly FaultEffect[],
  clock: Clock,
): Promise<FaultError | undefined> {
  return strikeAt('after', effects, clock)
}

export interface FaultError {
  readonly error: ErrorToSay
  readonly headers: Readonly<Record<string, string>>
}

async function strikeAt(
  time: 'before' | 'after',
  effects: readonly FaultEffect[],
  clock: Clock,
): Promise<FaultError | undefined> {
  for (const each of effects) {
    if (each.effect === 'throttle' || each.effect === 'corrupt') continue
    if ((each.when ?? 'before') !== time) continue
    if (each.effect === 'delay') await clock.sleep(each.ms)
    if (each.effect === 'drop' && each.bodyBytes === undefined)
      throw new ConnectionDropped('dropped by a fault rule')
    if (each.effect === 'error') {
      const { code, status, message, headers = {} } = each
      const error = {
        code,
        ...(status === undefined ? {} : { status }),
        ...(message === undefined ? {} : { message }),
      }
      return { error, headers }
    }
  }
  return undefined
}

/** The body as the effects let it through. */
export async function* strikeBody(
  body: AsyncIterable<Uint8Array>,
  effects: readonly FaultEffect[],
  clock: Clock,
): AsyncGenerator<Uint8Array> {
  let received = 0
  for await (const chunk of body) {
    let passed = chunk
    for (const each of effects) {
      if (each.effect === 'throttle') await clock.sleep((chunk.length / each.bytesPerSecond) * 1000)
      if (
        each.effect === 'drop' &&
        each.bodyBytes !== undefined &&
        received + chunk.length > each.bodyBytes
      ) {
        throw new ConnectionDropped('dropped by a fault rule')
      }
      if (each.effect === 'corrupt' && each.what === 'stored' && received === 0 && chunk.length > 0) {
        passed = chunk.slice()
        passed[0] = (passed[0] ?? 0) ^ 1
      }
    }
    received += chunk.length
    yield passed
  }
}

/** The answer's headers as the effects let them through. */
export function strikeHeaders(
  headers: Readonly<Record<string, string>>,
  effects: readonly FaultEffect[],
): Readonly<Record<string, string>> {
  const said = headers['x-oss-hash-crc64ecma']
  const isWrong = effects.some((each) => each.effect === 'corrupt' && each.what === 'checksum')
  if (!isWrong || said === undefined) return headers
  return { ...headers, 'x-oss-hash-crc64ecma': (BigInt(said) ^ 1n).toString() }
}
