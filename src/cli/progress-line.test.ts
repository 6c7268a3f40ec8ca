/** The progress line at every width, and the state it is drawn from. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { clockTime, percentOf, progressLine } from './progress-line.js'
import {
  applyBytes,
  applyEvent,
  type ProgressState,
  rateOf,
  startProgress,
  timeLeftMs,
} from './progress-state.js'

const MiB = 1024 * 1024

function progress(counts: {
  consumed: number
  total: number
  kept?: number
  proved?: number
  sending?: number
}) {
  return {
    type: 'progress',
    consumedBytes: counts.consumed,
    totalBytes: counts.total,
    keptBytes: counts.kept ?? 0,
    provedBytes: counts.proved ?? 0,
    sendingBytes: counts.sending ?? 0,
  } as const
}

const waiting = {
  type: 'waiting',
  operation: 'UploadPart',
  partNumber: 7,
  attempt: 2,
  delayMs: 4000,
  since: 276_000,
  until: 1_000_000,
  message: 'connect ECONNREFUSED\n127.0.0.1:9500',
} as const

/** 100 MiB of 400: 60 kept, 30 proved and 10 under way within the last four seconds. */
function middle(): ProgressState {
  const resumed = {
    type: 'resumed',
    uploadId: 'U',
    partSize: 10 * MiB,
    partCount: 40,
    toKeep: 0,
    toCheck: 6,
    toSend: 34,
  } as const
  const started = applyEvent(startProgress(0, 0), resumed, 0)
  const counts = {
    consumed: 100 * MiB,
    total: 400 * MiB,
    kept: 60 * MiB,
    proved: 30 * MiB,
    sending: 10 * MiB,
  }
  return applyEvent(started, progress(counts), 4000)
}

test('the line says what matters at 200, 80, 60, 40 and 20 columns', () => {
  const at = { nowMs: 4000, wallClock: 0 }
  assert.equal(
    progressLine(middle(), { ...at, columns: 200 }),
    ' 25%  kept 60.0 MiB, proved 30.0 MiB, sending 10.0 MiB, of 400.0 MiB, 10.0 MiB/s over 10 s, 30 s left',
  )
  assert.equal(
    progressLine(middle(), { ...at, columns: 95 }),
    ' 25%  kept 60.0 MiB, proved 30.0 MiB, sending 10.0 MiB, of 400.0 MiB, 10.0 MiB/s, 30 s left',
  )
  assert.equal(
    progressLine(middle(), { ...at, columns: 80 }),
    ' 25%  kept 60.0 MiB, proved 30.0 MiB, sending 10.0 MiB, 10.0 MiB/s, 30 s left',
  )
  assert.equal(
    progressLine(middle(), { ...at, columns: 60 }),
    ' 25%  100.0 MiB of 400.0 MiB, 10.0 MiB/s, 30 s left',
  )
  assert.equal(progressLine(middle(), { ...at, columns: 40 }), ' 25%  10.0 MiB/s, 30 s left')
  assert.equal(progressLine(middle(), { ...at, columns: 20 }), ' 25%  10.0 MiB/s')
  assert.equal(progressLine(middle(), { ...at, columns: 4 }), ' 25%')
})

test('while it waits the line says since when, for what and until when, as far as there is room', () => {
  const state = applyEvent(middle(), waiting, 5000)
  const at = { nowMs: 5000, wallClock: 996_000 }
  const since = clockTime(waiting.since)
  const until = clockTime(waiting.until)
  assert.equal(
    progressLine(state, { ...at, columns: 200 }),
    ` 25%  waiting since ${since} (12 min) for UploadPart of part 7, next try at ${until} (in 4.0 s): connect ECONNREFUSED 127.0.0.1:9500`,
  )
  assert.equal(
    progressLine(state, { ...at, columns: 95 }),
    ` 25%  waiting since ${since}, next try at ${until}: connect ECONNREFUSED 127.0.0.1:9500`,
  )
  assert.equal(progressLine(state, { ...at, columns: 60 }), ' 25%  waiting for 12 min, next try in 4.0 s')
  assert.equal(progressLine(state, { ...at, columns: 40 }), ' 25%  waiting 12 min, next in 4.0 s')
  assert.equal(progressLine(state, { ...at, columns: 20 }), ' 25%  waiting')
})

test('of several requests that wait, the line tells of the one that has waited longest', () => {
  const first = applyEvent(middle(), waiting, 5000)
  const later = { ...waiting, partNumber: 3, since: 990_000, until: 999_000, message: 'later' }
  const both = applyEvent(applyEvent(first, later, 5000), { ...waiting, attempt: 3, until: 998_000 }, 5000)
  const at = { nowMs: 5000, wallClock: 996_000, columns: 200 }
  assert.match(progressLine(both, at), /\(12 min\) for UploadPart of part 7 and 1 more, .*\(in 2\.0 s\)/)
  const trying = { ...at, wallClock: 998_500 }
  assert.match(progressLine(both, trying), /of part 7 and 1 more, .*\(in 0\.5 s\)/, 'the other is tried next')
  const waited = { type: 'waited', operation: 'UploadPart', attempts: 4, since: 0, through: true } as const
  const one = applyEvent(both, { ...waited, partNumber: 7 }, 5000)
  assert.match(progressLine(one, at), /\(6\.0 s\) for UploadPart of part 3, /)
  const none = applyEvent(one, { ...waited, partNumber: 3 }, 5000)
  assert.doesNotMatch(progressLine(none, at), /waiting/)
})

test('when its time has come the line says that it is being tried', () => {
  const state = applyEvent(middle(), waiting, 5000)
  const line = progressLine(state, { nowMs: 5000, wallClock: 1_000_000, columns: 200 })
  assert.match(line, /for UploadPart of part 7, trying now: connect/)
})

test('while something moves the line is about that, though a request waits', () => {
  const state = applyEvent(middle(), waiting, 5000)
  const counts = progress({ consumed: 101 * MiB, total: 400 * MiB, proved: 41 * MiB })
  const moved = applyEvent(state, counts, 5100)
  assert.doesNotMatch(progressLine(moved, { nowMs: 5100, wallClock: 996_000, columns: 200 }), /waiting/)
  const again = applyEvent(moved, { ...waiting, attempt: 3 }, 5200)
  assert.match(progressLine(again, { nowMs: 5200, wallClock: 996_000, columns: 200 }), /waiting/)
})

test('a connection on which nothing moves is told before it counts as a failure', () => {
  const at = { wallClock: 0, columns: 200 }
  assert.doesNotMatch(progressLine(middle(), { ...at, nowMs: 8900 }), /nothing/)
  assert.match(
    progressLine(middle(), { ...at, nowMs: 16_000 }),
    /0 B\/s over 10 s, nothing has moved for 12 s$/,
  )
  assert.equal(
    progressLine(startProgress(0, 0), { ...at, nowMs: 6000 }),
    '  0%  beginning, nothing has moved for 6.0 s',
  )
})

test('no line is ever wider than it may be', () => {
  fc.assert(
    fc.property(
      fc.nat(250),
      fc.nat(2 ** 50),
      fc.nat(2 ** 50),
      fc.boolean(),
      fc.string(),
      (columns, a, b, waits, message) => {
        const consumed = Math.min(a, b)
        const moving = applyEvent(
          startProgress(0, 0),
          progress({ consumed, total: Math.max(a, b), proved: consumed, sending: 1 }),
          1234,
        )
        const state = waits ? applyEvent(moving, { ...waiting, message }, 1300) : moving
        const line = progressLine(state, { nowMs: 2000, wallClock: 0, columns })
        assert.ok(line.length <= columns)
        assert.doesNotMatch(line, /[\r\n]/)
      },
    ),
  )
})

test('percents are rounded down, so that 100 means done', () => {
  const almost = applyBytes(startProgress(0, 0), { done: 999_999, total: 1_000_000 }, 1)
  assert.equal(percentOf(almost), 99)
  assert.equal(percentOf(applyBytes(almost, { done: 1_000_000, total: 1_000_000 }, 2)), 100)
  assert.equal(percentOf(startProgress(0, 0)), 0)
})

test('the rate is that of the last ten seconds', () => {
  let state = startProgress(0, 0)
  for (let second = 1; second <= 30; second += 1) {
    // Fast for twenty seconds, then a tenth of it.
    const done = second <= 20 ? second * 100 : 2000 + (second - 20) * 10
    state = applyBytes(state, { done, total: 10_000 }, second * 1000)
  }
  assert.equal(rateOf(state, 30_000), 10)
  assert.equal(timeLeftMs(state, 30_000), ((10_000 - 2100) / 10) * 1000)
  assert.equal(rateOf(state, 60_000), 0, 'nothing moved for long')
  assert.equal(timeLeftMs(state, 60_000), undefined)
})

test('the samples of a long transfer stay few', () => {
  let state = startProgress(0, 0)
  for (let tick = 1; tick <= 20_000; tick += 1) {
    state = applyBytes(state, { done: tick, total: 20_000 }, tick * 10)
  }
  assert.ok(state.samples.length < 250, `${state.samples.length} samples`)
  assert.ok(Math.abs(rateOf(state, 200_000) - 100) < 2, `${rateOf(state, 200_000)} a second`)
})

test('bytes that only have to be compared are not counted as left to send', () => {
  // 340 MiB to send, 40 of them moved at 10 MiB/s.
  assert.equal(timeLeftMs(middle(), 4000), 30_000)
  const refuted = applyEvent(middle(), { type: 'part-refuted', partNumber: 1, size: 10 * MiB }, 4000)
  assert.equal(timeLeftMs(refuted, 4000), 31_000)
})

test('a new beginning forgets what was moved', () => {
  const state = applyEvent(middle(), { type: 'restarted', uploadId: 'U', message: 'gone' }, 5000)
  assert.equal(percentOf(state), 0)
  assert.equal(rateOf(state, 6000), 0)
  assert.equal(state.totalBytes, 400 * MiB)
})
