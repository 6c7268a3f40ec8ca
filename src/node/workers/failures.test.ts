import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServiceError, UploadError } from '../../engine/errors.js'
import { fromClone, toClone } from './failures.js'

const there = (error: unknown): unknown => fromClone(structuredClone(toClone(error)), 'the reason')

test("a service's failure keeps all that is decided by, and loses its cause", () => {
  const details = { status: 503, serviceCode: 'SlowDown', ec: '1', requestId: 'R', retryAfterMs: 5 }
  const found = there(new ServiceError('throttled', 'Slow down.', { ...details, cause: new Error('x') }))
  assert.ok(found instanceof ServiceError)
  assert.deepEqual({ ...found }, { ...new ServiceError('throttled', 'Slow down.', details) })
  assert.equal(found.message, 'Slow down.')
  assert.equal(found.cause, undefined)
})

test("a file's failure stays one, a fault of ours stays a fault, and an abort has the signal's reason", () => {
  const found = there(new UploadError('source-changed', 'It ends at byte 3 now.'))
  assert.ok(found instanceof UploadError)
  assert.deepEqual([found.code, found.message], ['source-changed', 'It ends at byte 3 now.'])
  const bug = there(new TypeError('x is undefined'))
  assert.ok(bug instanceof Error && !(bug instanceof ServiceError) && !(bug instanceof UploadError))
  assert.match(bug.message, /x is undefined/)
  assert.equal(fromClone({ kind: 'aborted' }, 'the reason'), 'the reason')
})
