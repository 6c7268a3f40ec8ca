import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Action, type ChoiceState, firstChoice, nextChoice, type Sample } from './choice.js'

const busy: Sample = { busy: 1, idleCores: 1, bytesPerSecond: 100, parts: 8 }

function played(
  samples: readonly Sample[],
  most = 3,
): { readonly actions: Action[]; readonly state: ChoiceState } {
  let state = firstChoice
  const actions: Action[] = []
  for (const sample of samples) {
    const next = nextChoice(state, sample, { most })
    state = next.state
    actions.push(next.action)
  }
  return { actions, state }
}

test('a loop that has time gets no thread, however long it takes', () => {
  const { actions } = played(Array.from({ length: 50 }, () => ({ ...busy, busy: 0.8 })))
  assert.ok(actions.every((action) => action === 'stay'))
})

test('a loop that is busy twice in a row gets one thread, which stays where more goes out with it', () => {
  const faster = { ...busy, bytesPerSecond: 180 }
  const { actions, state } = played([busy, busy, busy, faster, faster])
  assert.deepEqual(actions, ['stay', 'add', 'stay', 'stay', 'stay'])
  assert.equal(state.threads, 1)
})

test('a thread that brings less than a tenth goes again, and none is tried for a minute', () => {
  const little = { ...busy, bytesPerSecond: 105 }
  const { actions, state } = played([busy, busy, busy, little, little, ...Array(59).fill(busy)])
  assert.deepEqual(actions.slice(0, 5), ['stay', 'add', 'stay', 'stay', 'drop'])
  assert.ok(actions.slice(5).every((action) => action === 'stay'))
  assert.equal(state.threads, 0)
})

test('where no core is idle no thread is tried: it would only take from others', () => {
  const { actions } = played(Array.from({ length: 20 }, () => ({ ...busy, idleCores: 0.5 })))
  assert.ok(actions.every((action) => action === 'stay'))
})

test('one part at a time is never worth a thread', () => {
  const { actions } = played(Array.from({ length: 20 }, () => ({ ...busy, parts: 1 })))
  assert.ok(actions.every((action) => action === 'stay'))
})

test('whatever is seen, threads are between none and the most, and what is dropped was added', () => {
  const sample = fc.record({
    busy: fc.double({ min: 0, max: 1, noNaN: true }).map((value) => (value > 0.3 ? 1 : value)),
    idleCores: fc.constantFrom(0, 0.5, 3),
    bytesPerSecond: fc.nat(1000),
    parts: fc.nat(10),
  })
  fc.assert(
    fc.property(fc.array(sample, { maxLength: 400 }), fc.integer({ min: 0, max: 4 }), (samples, most) => {
      let state = firstChoice
      let threads = 0
      for (const each of samples) {
        const next = nextChoice(state, each, { most })
        threads += { add: 1, drop: -1, stay: 0 }[next.action]
        state = next.state
        assert.equal(state.threads, threads)
        assert.ok(threads >= 0 && threads <= most)
      }
    }),
  )
})
