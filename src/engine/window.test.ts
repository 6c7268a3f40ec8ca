import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { FailureMeaning } from './errors.js'
import { Window, type WindowChange } from './window.js'

const paceMs = 100

/** Sends evenly for so long, at a rate that depends on the number of parts in flight; what changed, and when it ended. */
function send(
  window: Window,
  options: { readonly fromMs: number; readonly forMs: number; readonly rate: (numThreads: number) => number },
): readonly WindowChange[] {
  const changes: WindowChange[] = []
  const tickMs = 20
  for (let nowMs = options.fromMs; nowMs < options.fromMs + options.forMs; nowMs += tickMs) {
    const inFlight = window.numThreads
    const change = window.sent({ bytes: options.rate(inFlight) * tickMs, inFlight, nowMs })
    if (change !== undefined) changes.push(change)
  }
  return changes
}

const linear = (numThreads: number): number => 1000 * numThreads
const flat = (): number => 1000

test('it begins with four, or with as many as there may be', () => {
  assert.equal(new Window({ most: 32, paceMs }).numThreads, 4)
  assert.equal(new Window({ most: 3, paceMs }).numThreads, 3)
  assert.equal(new Window({ most: 1, paceMs }).numThreads, 1)
})

test('while more are faster it doubles, up to the most', () => {
  const window = new Window({ most: 32, paceMs })
  const changes = send(window, { fromMs: 0, forMs: 12 * paceMs, rate: linear })
  assert.deepEqual(
    changes.map(({ numThreads, reason }) => [numThreads, reason]),
    [
      [8, 'climb'],
      [16, 'climb'],
      [32, 'climb'],
    ],
  )
  assert.equal(changes[0]?.message, '8 parts at once: 4 carried 3.81 MiB/s, and more may be faster.')
  assert.deepEqual(send(window, { fromMs: 12 * paceMs, forMs: 1000 * paceMs, rate: linear }), [])
})

test('the time between two times of sending says nothing about the number', () => {
  const window = new Window({ most: 32, paceMs })
  const [climb] = send(window, { fromMs: 0, forMs: 4 * paceMs, rate: linear })
  assert.equal(climb?.numThreads, 8)
  window.begin()
  const changes = send(window, { fromMs: 10_000 * paceMs, forMs: 12 * paceMs, rate: linear })
  assert.deepEqual(
    changes.map(({ numThreads, reason }) => [numThreads, reason]),
    [
      [16, 'climb'],
      [32, 'climb'],
    ],
  )
})

test('more that are not faster are taken back, and tried again more and more rarely', () => {
  const window = new Window({ most: 32, paceMs })
  const forMs = 1000 * paceMs
  const changes = send(window, { fromMs: 0, forMs, rate: flat })
  assert.deepEqual(
    changes.slice(0, 4).map(({ numThreads, reason }) => [numThreads, reason]),
    [
      [8, 'climb'],
      [4, 'no-gain'],
      [5, 'climb'],
      [4, 'no-gain'],
    ],
  )
  assert.equal(window.numThreads, 4)
  // Rests of 6, 12, 24, 48, 96 and then 120 paces, with a try of 26 after each.
  assert.ok(changes.length >= 18 && changes.length <= 20, `${changes.length} changes`)
})

test('a way that is full between two powers of two is found by steps', () => {
  const window = new Window({ most: 32, paceMs })
  send(window, { fromMs: 0, forMs: 400 * paceMs, rate: (numThreads) => 1000 * Math.min(numThreads, 9) })
  assert.ok(window.numThreads >= 9 && window.numThreads <= 13, `${window.numThreads}`)
})

test('a refusal halves it once, however many parts were refused together', () => {
  for (const meaning of ['throttled', 'unavailable'] as const) {
    const window = new Window({ most: 32, paceMs })
    send(window, { fromMs: 0, forMs: 12 * paceMs, rate: linear })
    const nowMs = 50 * paceMs
    const change = window.failed(meaning, nowMs)
    assert.deepEqual([change?.numThreads, change?.reason], [16, 'throttled'])
    for (let index = 0; index < 15; index += 1) assert.equal(window.failed(meaning, nowMs + index), undefined)
    assert.equal(window.numThreads, 16)
    // Who goes on refusing gets less and less, but one.
    for (let index = 1; index <= 10; index += 1) window.failed(meaning, nowMs + index * 4 * paceMs)
    assert.equal(window.numThreads, 1)
  }
})

test('a try that is refused goes back to what was good', () => {
  for (const meaning of ['throttled', 'network'] as const) {
    const window = new Window({ most: 32, paceMs })
    send(window, { fromMs: 0, forMs: 4 * paceMs, rate: linear })
    assert.equal(window.numThreads, 8)
    assert.equal(window.failed(meaning, 4 * paceMs)?.numThreads, 4)
    // And the next try is a small one, and not at once.
    const [next] = send(window, { fromMs: 4 * paceMs, forMs: 40 * paceMs, rate: linear })
    assert.equal(next?.numThreads, 5)
    assert.deepEqual(send(window, { fromMs: 44 * paceMs, forMs: 0, rate: linear }), [])
  }
})

test('broken connections take a quarter, and it comes back in seconds once they hold', () => {
  for (const meaning of ['network', 'stalled', 'odd-answer'] as const) {
    const window = new Window({ most: 16, paceMs })
    send(window, { fromMs: 0, forMs: 30 * paceMs, rate: linear })
    assert.equal(window.numThreads, 16)
    const change = window.failed(meaning, 30 * paceMs)
    assert.deepEqual([change?.numThreads, change?.reason], [12, 'broken'])
    for (let pace = 34; pace < 200; pace += 4) window.failed(meaning, pace * paceMs)
    assert.equal(window.numThreads, 1)
    send(window, { fromMs: 200 * paceMs, forMs: 25 * paceMs, rate: linear })
    assert.equal(window.numThreads, 16)
  }
})

test('what says nothing of the number changes nothing', () => {
  const window = new Window({ most: 32, paceMs })
  for (const meaning of ['corrupt', 'denied', 'upload-gone', 'credentials-rejected', 'refused'] as const) {
    assert.equal(window.failed(meaning, 0), undefined)
  }
  assert.equal(window.numThreads, 4)
})

test('nothing is learnt while fewer parts are in flight than were wanted', () => {
  const window = new Window({ most: 32, paceMs })
  for (let nowMs = 0; nowMs < 100 * paceMs; nowMs += 20) {
    assert.equal(window.sent({ bytes: 1000, inFlight: 3, nowMs }), undefined)
  }
  assert.equal(window.numThreads, 4)
})

test('whatever happens it stays between one and the most, and each change is told', () => {
  const happening = fc.oneof(
    fc.record({ bytes: fc.nat(1e9), inFlight: fc.option(fc.nat(40), { nil: undefined }) }),
    fc.constantFrom<FailureMeaning>('throttled', 'unavailable', 'network', 'stalled', 'corrupt'),
  )
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.array(fc.tuple(fc.nat(500), happening), { maxLength: 200 }),
      (most, story) => {
        const window = new Window({ most, paceMs })
        let nowMs = 0
        for (const [passedMs, what] of story) {
          nowMs += passedMs
          const before = window.numThreads
          const change =
            typeof what === 'string'
              ? window.failed(what, nowMs)
              : window.sent({ bytes: what.bytes, inFlight: what.inFlight ?? before, nowMs })
          assert.ok(window.numThreads >= 1 && window.numThreads <= most)
          assert.equal(change?.numThreads ?? before, window.numThreads)
          if (change !== undefined) assert.notEqual(change.numThreads, before)
          if (typeof what === 'string') assert.ok(window.numThreads <= before)
        }
      },
    ),
  )
})
