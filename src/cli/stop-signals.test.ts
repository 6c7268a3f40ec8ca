/** One wish to stop, however often it arrives, and a second one that is meant. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createStopSignals, sameWishMs } from './stop-signals.js'

test('the first signal stops, and names what stopped us', () => {
  const signals = createStopSignals()
  assert.equal(signals.stoppedBy, undefined)
  assert.equal(signals.heard('SIGHUP', 7), 'stop')
  assert.equal(signals.stoppedBy, 'SIGHUP')
})

test('a Ctrl-C that npx passes on besides is one Ctrl-C', () => {
  const signals = createStopSignals()
  assert.equal(signals.heard('SIGINT', 1000), 'stop')
  assert.equal(signals.heard('SIGINT', 1000), 'same')
  assert.equal(signals.heard('SIGTERM', 1000 + sameWishMs), 'same')
  assert.equal(signals.stoppedBy, 'SIGINT')
})

test('a signal after that is meant', () => {
  const signals = createStopSignals()
  signals.heard('SIGTERM', 0)
  signals.heard('SIGTERM', sameWishMs)
  assert.equal(signals.heard('SIGTERM', sameWishMs + 1), 'insist')
  assert.equal(signals.heard('SIGINT', sameWishMs * 10), 'insist')
})
