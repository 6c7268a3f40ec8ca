import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Slots } from './slots.js'

test('slots go to those who wait in their order, and giving back twice counts once', async () => {
  const slots = new Slots(1)
  const order: number[] = []
  const first = await slots.take()
  const second = slots.take().then((giveBack) => {
    order.push(2)
    return giveBack
  })
  const third = slots.take().then((giveBack) => {
    order.push(3)
    return giveBack
  })
  first()
  first()
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(order, [2])
  ;(await second)()
  await third
  assert.deepEqual(order, [2, 3])
})

test('one who gives up leaves the line and no listener', async () => {
  const slots = new Slots(1)
  const giveBack = await slots.take()
  const stop = new AbortController()
  const gone = slots.take(stop.signal)
  const later = slots.take()
  stop.abort('enough')
  await assert.rejects(gone, (reason) => reason === 'enough')
  giveBack()
  await later
  await assert.rejects(slots.take(stop.signal), (reason) => reason === 'enough')
})
