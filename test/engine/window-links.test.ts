/** `numThreads: 'auto'` over links in virtual time: as fast as the best fixed number, and at rest once it has found it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Window } from '../../src/engine/window.js'
import { fixedThreads, type Link, type Moment, playLink, rateBetween } from './link.js'

const Mbit = 1e6 / 8
const unlimited = Number.POSITIVE_INFINITY

const links: readonly Link[] = [
  {
    name: '100 Mbit/s, 200 ms',
    bytesPerSecond: 100 * Mbit,
    roundTripMs: 200,
    loss: 0,
    mostPerConnection: unlimited,
  },
  {
    name: '20 Mbit/s, 40 ms, 1 % loss',
    bytesPerSecond: 20 * Mbit,
    roundTripMs: 40,
    loss: 0.01,
    mostPerConnection: unlimited,
  },
  {
    name: '1 Gbit/s, 150 ms, 0.1 % loss',
    bytesPerSecond: 1000 * Mbit,
    roundTripMs: 150,
    loss: 0.001,
    mostPerConnection: unlimited,
  },
  {
    name: '500 Mbit/s, 5 MB/s per connection',
    bytesPerSecond: 500 * Mbit,
    roundTripMs: 30,
    loss: 0,
    mostPerConnection: 5e6,
  },
  {
    name: '300 Mbit/s, 4.3 MB/s per connection',
    bytesPerSecond: 300 * Mbit,
    roundTripMs: 60,
    loss: 0,
    mostPerConnection: 4.3e6,
  },
  { name: '2 Mbit/s', bytesPerSecond: 2 * Mbit, roundTripMs: 80, loss: 0, mostPerConnection: unlimited },
  { name: '10 Gbit/s', bytesPerSecond: 10_000 * Mbit, roundTripMs: 2, loss: 0, mostPerConnection: unlimited },
  {
    name: 'a service that refuses more than 10 at once',
    bytesPerSecond: 1000 * Mbit,
    roundTripMs: 50,
    loss: 0,
    mostPerConnection: 5e6,
    refusesFrom: 10,
  },
]

const minute = 60_000
const most = 32
const seed = 7

/** The numbers that held for ten seconds and more, in their order, and the share of the time that they held. */
function settledNumbers(moments: readonly Moment[]): {
  readonly numbers: readonly number[]
  readonly share: number
} {
  const numbers: number[] = []
  let held = 0
  let settled = 0
  for (const [index, { numThreads }] of moments.entries()) {
    held = numThreads === moments[index - 1]?.numThreads ? held + 1 : 1
    if (held < 10) continue
    settled += held === 10 ? 10 : 1
    if (numbers.at(-1) !== numThreads) numbers.push(numThreads)
  }
  return { numbers, share: settled / moments.length }
}

for (const link of links) {
  test(`over ${link.name} it is within 5 % of the best fixed number, and comes to rest`, (t) => {
    const fixed = [1, 4, 8, 12, 20, 32].map((numThreads) => {
      const moments = playLink(link, fixedThreads(numThreads), 2 * minute, seed)
      return { numThreads, rate: rateBetween(moments, minute, 2 * minute - 1000) }
    })
    const best = fixed.reduce((one, other) => (other.rate > one.rate * 1.001 ? other : one))
    const moments = playLink(link, new Window({ most, paceMs: 500 }), 7 * minute, seed)
    const rate = rateBetween(moments, minute, 7 * minute - 1000)
    const share = (100 * rate) / best.rate
    const late = settledNumbers(moments.filter(({ nowMs }) => nowMs >= minute))
    const found = `${late.numbers.join(', ')} parts for ${(100 * late.share).toFixed(0)} % of six minutes`
    t.diagnostic(`${share.toFixed(1)} % of what ${best.numThreads} fixed ones carry, with ${found}`)
    assert.ok(rate >= 0.95 * best.rate, `${share.toFixed(1)} %`)
    // The rest are tries of some seconds, a minute apart; what they win is kept.
    assert.ok(late.share >= 0.8, found)
    assert.ok(late.numbers.length <= 2, found)
    assert.deepEqual(
      late.numbers,
      [...late.numbers].sort((a, b) => a - b),
    )
  })
}
