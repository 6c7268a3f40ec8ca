import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { answerDeadlineMs, defaultStallLimits, SendWatch } from './stall.js'

const limits = { ...defaultStallLimits, windowMs: 30_000, windowBytes: 30_000, sampleMs: 500 }

/** The time of the first sample that says "stalled", with one sample every half second for `forMs`. */
function stallTime(
  patience: number,
  forMs: number,
  at: (ms: number) => { takenBytes: number; queuedBytes: number },
): number | undefined {
  const watch = new SendWatch(limits, patience, { nowMs: 0, takenBytes: 0, queuedBytes: 1 })
  for (let nowMs = 500; nowMs <= forMs; nowMs += 500) if (watch.stalled({ nowMs, ...at(nowMs) })) return nowMs
  return undefined
}

test('a socket that takes nothing stalls after its window, twice the patience after twice the window', () => {
  const dead = () => ({ takenBytes: 0, queuedBytes: 10 })
  assert.equal(stallTime(1, 100_000, dead), 30_000)
  assert.equal(stallTime(2, 100_000, dead), 60_000)
})

test('a rate just above the least never stalls, one below it does, however it comes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.boolean(), (bursts, fast) => {
      const bytesPerMs = fast ? 1.05 : 0.9
      const step = (30_000 / 2 / bursts) | 0 // the bytes arrive in bursts, several in a window
      const at = (ms: number) => ({ takenBytes: Math.floor(ms / step) * step * bytesPerMs, queuedBytes: 1 })
      const time = stallTime(1, 1_000_000, at)
      // A burst may fall on the wrong side of a window: only a rate well above is safe whatever the burst.
      if (!fast) assert.ok(time !== undefined)
      else if (bursts > 10) assert.equal(time, undefined)
    }),
  )
})

test('a body that has nothing queued is not judged', () => {
  assert.equal(
    stallTime(1, 1_000_000, (ms) => ({ takenBytes: 0, queuedBytes: ms % 25_000 === 0 ? 0 : 1 })),
    undefined,
  )
})

test('time in which the process slept is not counted', () => {
  const watch = new SendWatch(limits, 1, { nowMs: 0, takenBytes: 0, queuedBytes: 1 })
  assert.equal(watch.stalled({ nowMs: 3_600_000, takenBytes: 0, queuedBytes: 1 }), false)
})

test('the deadline of the answer grows with the size, the time of sending and the patience, within bounds', () => {
  const at = (bytes: number, durationMs: number, patience: number) =>
    answerDeadlineMs(defaultStallLimits, { bytes, durationMs, patience })
  assert.equal(at(0, 0, 1), 30_000)
  assert.equal(at(0, 0, 3), 90_000)
  assert.equal(at(1024 * 1024, 0, 1), 38_000)
  assert.equal(at(8 * 1024 ** 2, 0, 1), at(5 * 1024 ** 3, 0, 1))
  assert.equal(at(0, 5000, 1), 35_000)
  assert.equal(at(0, Number.MAX_SAFE_INTEGER, 1), 630_000)
})
