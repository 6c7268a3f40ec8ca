/** Whether, when and how often: the whole judgement of a failed request, without a clock. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type FailureMeaning, ServiceError, type UploadErrorCode } from './errors.js'
import { asUploadError, type FailedAttempt, isCurable, isServiceError, judgeFailure } from './retry.js'

const hopeless: Readonly<Partial<Record<FailureMeaning, UploadErrorCode>>> = {
  denied: 'denied',
  'invalid-part': 'integrity',
  'object-exists': 'conflict',
  'bucket-missing': 'not-found',
  'object-missing': 'not-found',
  'callback-failed': 'callback-failed',
  refused: 'invalid-argument',
  unsupported: 'unsupported',
}
const curable: readonly FailureMeaning[] = [
  'network',
  'no-such-host',
  'untrusted',
  'stalled',
  'unavailable',
  'throttled',
  'corrupt',
  'odd-answer',
  'credentials-rejected',
  'clock-skew',
]

const failed = (meaning: FailureMeaning, more: Partial<FailedAttempt> = {}): FailedAttempt => ({
  error: new ServiceError(meaning, `It was ${meaning}.`, { status: 503, requestId: 'R', ec: '0001' }),
  attempt: 1,
  sameMeaning: 1,
  acquainted: true,
  metBefore: false,
  patienceLeftMs: 900_000,
  luck: 0.5,
  ...more,
})

function delayOf(attempt: FailedAttempt): number {
  const verdict = judgeFailure(attempt)
  assert.ok(verdict.kind === 'wait', 'it gave up')
  return verdict.delayMs
}

function codeOf(attempt: FailedAttempt): UploadErrorCode {
  const verdict = judgeFailure(attempt)
  assert.ok(verdict.kind === 'give-up', 'it would try again')
  return verdict.error.code
}

test('what trying again can not cure is told at once, by its own code and with all the service said', () => {
  for (const [meaning, code] of Object.entries(hopeless)) {
    const verdict = judgeFailure(failed(meaning as FailureMeaning))
    assert.ok(verdict.kind === 'give-up')
    const { error } = verdict
    assert.equal(error.code, code, meaning)
    assert.deepEqual([error.status, error.requestId, error.ec], [503, 'R', '0001'])
    assert.ok(error.cause instanceof ServiceError)
    assert.equal(isCurable(meaning as FailureMeaning), false)
  }
})

test('what may be cured is tried again while there is patience, and is interrupted after', () => {
  for (const meaning of curable) {
    assert.equal(isCurable(meaning), true)
    assert.equal(judgeFailure(failed(meaning)).kind, 'wait', meaning)
    const verdict = judgeFailure(failed(meaning, { patienceLeftMs: 0 }))
    assert.ok(verdict.kind === 'give-up')
    assert.equal(verdict.error.code, 'interrupted')
    assert.equal(verdict.error.retryable, true)
    assert.match(verdict.error.message, new RegExp(`It was ${meaning}\\.`))
  }
})

test('the delay is never longer than the patience that is left, nor negative', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...curable),
      fc.integer({ min: 1, max: 1_000_000 }),
      fc.oneof(fc.double({ min: 0.001, max: 1e7, noNaN: true }), fc.constant(Number.POSITIVE_INFINITY)),
      fc.double({ min: 0, max: 0.999999, noNaN: true }),
      (meaning, attempt, patienceLeftMs, luck) => {
        const delayMs = delayOf(failed(meaning, { attempt, patienceLeftMs, luck }))
        assert.ok(delayMs >= 0 && delayMs <= patienceLeftMs && delayMs < 20_000, `${delayMs}`)
      },
    ),
  )
})

test('the ceiling of the delay doubles from 200 ms to 20 s; the delay is anywhere below', () => {
  const ceilings = Array.from(
    { length: 12 },
    (_, index) => 2 * delayOf(failed('network', { attempt: index + 1 })),
  )
  assert.deepEqual(
    ceilings,
    [200, 400, 800, 1600, 3200, 6400, 12_800, 20_000, 20_000, 20_000, 20_000, 20_000],
  )
  assert.equal(delayOf(failed('network', { attempt: 9, luck: 0 })), 0)
})

test('the wish of the service is kept, within the patience', () => {
  const error = new ServiceError('throttled', 'Slow down.', { retryAfterMs: 30_000 })
  assert.equal(delayOf(failed('throttled', { error })), 30_000)
  assert.equal(delayOf(failed('throttled', { error, patienceLeftMs: 5000 })), 5000)
  assert.equal(delayOf(failed('throttled', { error, patienceLeftMs: Number.POSITIVE_INFINITY })), 30_000)
})

test('what the adapter has already cured is tried again at once, but only the first time', () => {
  for (const meaning of ['credentials-rejected', 'clock-skew'] as const) {
    assert.equal(delayOf(failed(meaning, { attempt: 5, sameMeaning: 1 })), 0)
    assert.ok(delayOf(failed(meaning, { attempt: 6, sameMeaning: 2 })) > 0)
  }
})

test('wrong checksums five times are a broken way, however long the patience', () => {
  const patienceLeftMs = Number.POSITIVE_INFINITY
  assert.equal(judgeFailure(failed('corrupt', { sameMeaning: 4, attempt: 40, patienceLeftMs })).kind, 'wait')
  assert.equal(codeOf(failed('corrupt', { sameMeaning: 5, patienceLeftMs })), 'integrity')
})

test('something that never gave a sensible answer is no object service', () => {
  const stranger = { acquainted: false, patienceLeftMs: Number.POSITIVE_INFINITY }
  assert.equal(judgeFailure(failed('odd-answer', { ...stranger, sameMeaning: 2 })).kind, 'wait')
  assert.equal(codeOf(failed('odd-answer', { ...stranger, sameMeaning: 3 })), 'invalid-argument')
  assert.equal(judgeFailure(failed('odd-answer', { sameMeaning: 300 })).kind, 'wait')
  assert.equal(judgeFailure(failed('network', { ...stranger, sameMeaning: 300 })).kind, 'wait')
})

test('a name that never stood for anything is mistyped: a few tries tell, unless an earlier run or endless patience speaks for it', () => {
  const stranger = { acquainted: false, sameMeaning: 6 }
  const judge = (more: Partial<FailedAttempt>) =>
    judgeFailure(failed('no-such-host', { ...stranger, ...more }))
  assert.equal(codeOf(failed('no-such-host', stranger)), 'interrupted')
  const verdict = judge({})
  assert.equal(verdict.kind === 'give-up' && verdict.error.message, 'It was no-such-host.')
  assert.equal(judge({ sameMeaning: 5 }).kind, 'wait')
  assert.equal(judge({ metBefore: true }).kind, 'wait')
  assert.equal(judge({ acquainted: true }).kind, 'wait')
  assert.equal(judge({ patienceLeftMs: Number.POSITIVE_INFINITY }).kind, 'wait')
})

test('a certificate that is not believed ends it at once, but of a service that has spoken to us in this process', () => {
  const patienceLeftMs = Number.POSITIVE_INFINITY
  const stranger = { acquainted: false, metBefore: true, patienceLeftMs }
  assert.equal(codeOf(failed('untrusted', stranger)), 'denied')
  assert.equal(judgeFailure(failed('untrusted', { sameMeaning: 300 })).kind, 'wait')
  assert.equal(codeOf(failed('untrusted', { patienceLeftMs: 0 })), 'interrupted')
})

test('an outage is sat out for ever when that is asked', () => {
  const patienceLeftMs = Number.POSITIVE_INFINITY
  assert.equal(
    judgeFailure(failed('network', { attempt: 1e9, sameMeaning: 1e9, patienceLeftMs })).kind,
    'wait',
  )
})

test('a failure that nobody judged has the code of its meaning', () => {
  const codes: Readonly<Partial<Record<FailureMeaning, UploadErrorCode>>> = {
    ...hopeless,
    network: 'interrupted',
    stalled: 'interrupted',
    unavailable: 'interrupted',
    throttled: 'interrupted',
    corrupt: 'integrity',
    'odd-answer': 'interrupted',
    'credentials-rejected': 'denied',
    'clock-skew': 'denied',
    'upload-gone': 'conflict',
  }
  for (const [meaning, code] of Object.entries(codes)) {
    assert.equal(asUploadError(new ServiceError(meaning as FailureMeaning, 'x')).code, code, meaning)
  }
})

test('a service error is told from others, and by its meaning', () => {
  const error = new ServiceError('network', 'x')
  assert.equal(isServiceError(error), true)
  assert.equal(isServiceError(error, 'network', 'stalled'), true)
  assert.equal(isServiceError(error, 'stalled'), false)
  assert.equal(isServiceError(new Error('network')), false)
  assert.equal(isServiceError(undefined), false)
})
