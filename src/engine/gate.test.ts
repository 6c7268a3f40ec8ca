import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createScope } from './cancel.js'
import { Gate } from './gate.js'

function createStage(places: number) {
  const stage = { places, in: [] as string[] }
  const gate = new Gate(() => stage.places)
  const scope = createScope()
  const enter = (name: string): Promise<void> => gate.enter(scope.signal).then(() => void stage.in.push(name))
  return { stage, gate, scope, enter }
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('as many come in as there are places, in their order, and the next when one leaves', async () => {
  const { stage, gate, enter } = createStage(2)
  for (const name of ['a', 'b', 'c', 'd']) void enter(name)
  await settle()
  assert.deepEqual(stage.in, ['a', 'b'])
  gate.leave()
  await settle()
  assert.deepEqual(stage.in, ['a', 'b', 'c'])
  stage.places = 3
  gate.admit()
  await settle()
  assert.deepEqual(stage.in, ['a', 'b', 'c', 'd'])
  assert.equal(gate.inside, 3)
})

test('who is in stays in when there are fewer places, unless it gives way, and then comes before all others', async () => {
  const { stage, gate, scope, enter } = createStage(2)
  for (const name of ['a', 'b', 'c']) void enter(name)
  await settle()
  await gate.giveWay(scope.signal)
  assert.equal(gate.inside, 2, 'there was room for all who are in')
  stage.places = 1
  let back = false
  const coming = gate.giveWay(scope.signal).then(() => {
    back = true
  })
  await settle()
  assert.deepEqual([gate.inside, back], [1, false])
  gate.leave()
  await coming
  assert.deepEqual([gate.inside, stage.in], [1, ['a', 'b']])
  gate.leave()
  await settle()
  assert.deepEqual(stage.in, ['a', 'b', 'c'])
})

test('an abort ends every wait with its reason: who came first is not in, who gave way is', async () => {
  const { stage, gate, scope, enter } = createStage(2)
  for (const name of ['a', 'b']) await enter(name)
  stage.places = 1
  const waiting = enter('c')
  const giving = gate.giveWay(scope.signal)
  scope.cancel(new Error('stop'))
  await assert.rejects(waiting, /stop/)
  await assert.rejects(giving, /stop/)
  assert.equal(gate.inside, 2)
  await assert.rejects(gate.enter(scope.signal), /stop/)
  for (let left = 0; left < 2; left += 1) gate.leave()
  assert.equal(gate.inside, 0)
})
