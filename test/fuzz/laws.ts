/** What must hold of everything that was read from outside, whatever it was. Each law throws when it is broken. */
import assert from 'node:assert/strict'
import { ServiceError, UploadError } from '../../src/engine/errors.js'
import { MAX_PART_NUMBER } from '../../src/protocol/operations/requests.js'

const MAX_CRC64 = 2n ** 64n - 1n
/** Characters: a line that a person is to read. */
const LONGEST_MESSAGE = 4000

export function assertCrc64(value: unknown): void {
  assert.ok(typeof value === 'string' && /^(0|[1-9][0-9]{0,19})$/.test(value), `crc64 ${String(value)}`)
  assert.ok(BigInt(value) <= MAX_CRC64, `crc64 ${value}`)
}

export function assertCount(value: unknown): void {
  assert.ok(Number.isSafeInteger(value) && Number(value) >= 0, `no count: ${String(value)}`)
}

export function assertPartNumber(value: unknown): void {
  assertCount(value)
  assert.ok(Number(value) >= 1 && Number(value) <= MAX_PART_NUMBER, `part number ${String(value)}`)
}

export function assertText(value: unknown): void {
  assert.equal(typeof value, 'string')
}

/** Also not empty. */
export function assertWord(value: unknown): void {
  assert.ok(typeof value === 'string' && value !== '', `no word: ${JSON.stringify(value)}`)
}

export function assertTime(value: unknown): void {
  assert.ok(Number.isSafeInteger(value), `no time: ${String(value)}`)
}

/** An object of texts that is nothing else. */
export function assertTexts(value: unknown): void {
  assert.ok(typeof value === 'object' && value !== null)
  const prototype: unknown = Object.getPrototypeOf(value)
  assert.ok(prototype === Object.prototype || prototype === null, 'it has a prototype of its own')
  for (const text of Object.values(value)) assertText(text)
}

/** The value is absent or holds to the law. */
export function maybe(value: unknown, law: (value: unknown) => void): void {
  if (value !== undefined) law(value)
}

/** One line without control characters, short enough to be read. */
export function assertMessage(message: string): void {
  assert.doesNotMatch(message, /[\p{Cc}\u2028\u2029]/u)
  assert.ok(message.length > 0 && message.length <= LONGEST_MESSAGE, `${message.length} characters`)
}

/** The only failures that may leave an adapter. */
export function assertServiceError(error: unknown): asserts error is ServiceError {
  if (!(error instanceof ServiceError)) throw error
  assertMessage(error.message)
  maybe(error.retryAfterMs, (wish) => {
    assert.ok(typeof wish === 'number' && wish >= 0 && wish <= 300_000, `a wish of ${String(wish)} ms`)
  })
  for (const text of [error.serviceCode, error.ec, error.requestId]) maybe(text, assertText)
}

/** The only failures that a caller of the library may see; never one that calls itself a bug of ours. */
export function assertUploadError(error: unknown): asserts error is UploadError {
  if (!(error instanceof UploadError)) throw error
  assertMessage(error.message)
  assert.notEqual(error.code, 'internal')
}

const namesOfObjects = Object.getOwnPropertyNames(Object.prototype).sort().join()
const namesOfArrays = Object.getOwnPropertyNames(Array.prototype).sort().join()

/** What every object has is what it was. */
export function assertNothingPolluted(): void {
  assert.equal(Object.getOwnPropertyNames(Object.prototype).sort().join(), namesOfObjects)
  assert.equal(Object.getOwnPropertyNames(Array.prototype).sort().join(), namesOfArrays)
}
