import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServiceError } from '../../engine/errors.js'
import { ServiceClock } from './clock.js'

const hour = 3_600_000
const refusal = new ServiceError('denied', 'RequestTimeTooSkewed', {
  status: 403,
  serviceCode: 'RequestTimeTooSkewed',
})

test("the service's time is its last Date and the time since; signing keeps to our own clock", () => {
  let monotonic = 5
  const clock = new ServiceClock({ monotonic: () => monotonic, wallClock: () => 1000 })
  assert.equal(clock.now(), undefined)
  clock.hear(7_000_000)
  monotonic = 105
  assert.equal(clock.now(), 7_000_100)
  assert.equal(clock.signingTime(), 1000)
})

test('a clock that is off is corrected; refused again with the right time it is denied', () => {
  let wall = 10 * hour
  const clock = new ServiceClock({ monotonic: () => 0, wallClock: () => wall })
  const first = clock.refused(refusal, clock.signingTime(), 12 * hour)
  assert.equal(first.meaning, 'clock-skew')
  assert.match(first.message, /-120 minutes/)
  assert.equal(clock.signingTime(), 12 * hour)
  wall += 1000
  assert.equal(clock.signingTime(), 12 * hour + 1000)
  assert.equal(clock.refused(refusal, clock.signingTime(), 12 * hour + 2000), refusal)
})

test('a request signed before the correction may come again', () => {
  const clock = new ServiceClock({ monotonic: () => 0, wallClock: () => 0 })
  const signedFor = clock.signingTime()
  assert.equal(clock.refused(refusal, signedFor, hour).meaning, 'clock-skew')
  assert.equal(clock.refused(refusal, signedFor, hour).meaning, 'clock-skew')
  assert.equal(clock.signingTime(), hour)
})

test("without the service's time nothing can be corrected", () => {
  const clock = new ServiceClock({ monotonic: () => 0, wallClock: () => 0 })
  assert.equal(clock.refused(refusal, 0, undefined), refusal)
})
