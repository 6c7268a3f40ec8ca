import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Ahead, createAheads } from './ahead.js'
import type { Source, SourceIdentity } from './ports.js'

const plan = { size: 50, partSize: 10, partCount: 5 }

const stateAt = (time: number): SourceIdentity => ({
  size: 50,
  mtimeNs: String(time),
  ctimeNs: String(time),
  device: '1',
  inode: '1',
})

/** Notes what is read beforehand, and what of it is dropped. */
function createSource({ spare = true } = {}) {
  const begun: number[] = []
  const dropped: number[] = []
  const slice = (start: number, end: number) => ({
    start,
    size: end - start,
    pump: async (_sink: unknown, _signal: unknown, onLastBlock?: () => void) => onLastBlock?.(),
  })
  const source: Source = {
    name: 'file',
    identity: async () => stateAt(0),
    identityByName: async () => stateAt(0),
    slice,
    earlySlice(start, end) {
      if (!spare) return undefined
      begun.push(start)
      return { ...slice(start, end), drop: () => void dropped.push(start) }
    },
    close: async () => {},
  }
  return { source, begun, dropped }
}

const sendTo = (source: Source, ahead: Ahead): Promise<void> =>
  ahead.watch(source.slice(0, 10)).pump(async () => {})

test('the next part is begun with the last block of this one, and in the state last seen', async () => {
  const { source, begun, dropped } = createSource()
  const ahead = createAheads({ source, plan, toSend: [1, 2, 3] })()
  assert.deepEqual(ahead.take(), { partNumber: 1 })
  ahead.saw(stateAt(7))
  await sendTo(source, ahead)
  ahead.saw(stateAt(8))
  const turn = ahead.take()
  assert.equal(turn?.partNumber, 2)
  assert.deepEqual(turn?.early?.before, stateAt(7))
  assert.deepEqual(begun, [10])
  assert.deepEqual(ahead.take(), { partNumber: 3 })
  assert.equal(ahead.take(), undefined)
  assert.deepEqual(dropped, [])
})

test('nothing is begun before the state is known, twice, with an empty queue or without a block to spare', async () => {
  const { source, begun } = createSource()
  const unseen = createAheads({ source, plan, toSend: [2] })()
  await sendTo(source, unseen)
  assert.deepEqual(begun, [])
  unseen.saw(stateAt(1))
  await sendTo(source, unseen)
  await sendTo(source, unseen)
  assert.deepEqual(begun, [10])
  const empty = createAheads({ source, plan, toSend: [] })()
  empty.saw(stateAt(1))
  await sendTo(source, empty)
  assert.deepEqual(begun, [10])
  const poor = createSource({ spare: false })
  const ahead = createAheads({ source: poor.source, plan, toSend: [4] })()
  ahead.saw(stateAt(1))
  await sendTo(poor.source, ahead)
  assert.deepEqual(ahead.take(), { partNumber: 4 })
})

test('a part that was begun is for who is free first, and is taken last by others', async () => {
  const { source, begun, dropped } = createSource()
  const toSend = [1, 2, 3]
  const nextAhead = createAheads({ source, plan, toSend })
  const [one, other] = [nextAhead(), nextAhead()]
  for (const ahead of [one, other]) {
    ahead.saw(stateAt(1))
    await sendTo(source, ahead)
  }
  assert.deepEqual(begun, [0, 10], 'each begins another')
  assert.equal(other.take()?.partNumber, 2)
  assert.equal(other.take()?.partNumber, 3)
  assert.deepEqual(other.take(), { partNumber: 1 })
  assert.equal(one.take(), undefined)
  assert.deepEqual(dropped, [0])
})

test('what is dropped is to be begun again', async () => {
  const { source, begun, dropped } = createSource()
  const nextAhead = createAheads({ source, plan, toSend: [1, 2] })
  const [one, other] = [nextAhead(), nextAhead()]
  one.saw(stateAt(1))
  other.saw(stateAt(2))
  await sendTo(source, one)
  one.drop()
  one.drop()
  await sendTo(source, other)
  assert.deepEqual(begun, [0, 0])
  assert.deepEqual(dropped, [0])
  assert.deepEqual(other.take()?.early?.before, stateAt(2))
  assert.deepEqual(one.take(), { partNumber: 2 })
})
