/** What the effects of fault rules do to one request: to its time, its body, and the answer it gets. */
import type { ErrorToSay } from '../protocol/errors.js'
import type { Answer } from './context.js'
import { type Clock, ConnectionDropped } from './exchange.js'
import type { FaultEffect } from './faults.js'

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

/** The request's body as the effects let it through. */
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
        each.when !== 'after' &&
        each.bodyBytes !== undefined &&
        received + chunk.length > each.bodyBytes
      ) {
        throw new ConnectionDropped('dropped by a fault rule')
      }
      if (each.effect === 'corrupt' && each.what === 'stored' && received === 0 && chunk.length > 0) {
        passed = turned(chunk)
      }
    }
    received += chunk.length
    yield passed
  }
}

/** The answer as the effects let it through. @param hasBody false for an answer to HEAD */
export function strikeAnswer(
  answer: Answer,
  effects: readonly FaultEffect[],
  { clock, hasBody }: { readonly clock: Clock; readonly hasBody: boolean },
): Answer {
  const headers = strikeHeaders(answer.headers, effects)
  const isStruck = effects.some(
    (each) =>
      each.effect === 'throttle' ||
      (each.effect === 'drop' && each.bodyBytes !== undefined) ||
      (each.effect === 'corrupt' && each.what === 'answer'),
  )
  if (!hasBody || !isStruck) return { ...answer, headers }
  const { body } = answer
  const isWhole = body instanceof Uint8Array
  const length = isWhole && !('content-length' in headers) ? { 'content-length': String(body.length) } : {}
  const struck: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]() {
      const given = isWhole ? once(body) : body[Symbol.asyncIterator]()
      const chunks = strikeAnswerBody({ [Symbol.asyncIterator]: () => given }, effects, clock)
      return {
        next: () => chunks.next(),
        async return() {
          await chunks.return(undefined)
          // A generator that was never begun lets go of nothing.
          await given.return?.()
          return { done: true, value: undefined }
        },
      }
    },
  }
  return { ...answer, headers: { ...headers, ...length }, body: struck }
}

async function* once(body: Uint8Array): AsyncGenerator<Uint8Array, undefined> {
  yield body
}

async function* strikeAnswerBody(
  body: AsyncIterable<Uint8Array>,
  effects: readonly FaultEffect[],
  clock: Clock,
): AsyncGenerator<Uint8Array> {
  let sent = 0
  for await (const chunk of body) {
    if (chunk.length === 0) continue
    let passed = chunk
    for (const each of effects) {
      if (each.effect === 'throttle') await clock.sleep((chunk.length / each.bytesPerSecond) * 1000)
      if (each.effect === 'corrupt' && each.what === 'answer' && sent === 0) passed = turned(passed)
      if (each.effect !== 'drop' || each.when !== 'after' || each.bodyBytes === undefined) continue
      if (sent + chunk.length <= each.bodyBytes) continue
      yield passed.subarray(0, each.bodyBytes - sent)
      throw new ConnectionDropped('dropped by a fault rule')
    }
    sent += chunk.length
    yield passed
  }
}

function turned(chunk: Uint8Array): Uint8Array {
  const copy = chunk.slice()
  copy[0] = (copy[0] ?? 0) ^ 1
  return copy
}

function strikeHeaders(
  headers: Readonly<Record<string, string>>,
  effects: readonly FaultEffect[],
): Readonly<Record<string, string>> {
  const said = headers['x-oss-hash-crc64ecma']
  const isWrong = effects.some((each) => each.effect === 'corrupt' && each.what === 'checksum')
  if (!isWrong || said === undefined) return headers
  return { ...headers, 'x-oss-hash-crc64ecma': (BigInt(said) ^ 1n).toString() }
}
