import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { type Loan, sliceOf } from './pump.js'

/** A reader whose every read waits until the test lets it go on. */
function heldReader() {
  const reads: { readonly offset: number; finish(): void; fail(error: unknown): void }[] = []
  const home: number[] = []
  const borrow = (offset: number): Promise<Loan> =>
    new Promise((resolve, reject) => {
      const loan = { bytes: Uint8Array.of(offset), giveBack: () => void home.push(offset) }
      reads.push({ offset, finish: () => resolve(loan), fail: reject })
    })
  return { reads, home, borrow }
}

/** A sink whose every call waits likewise. */
function heldSink() {
  const calls: { readonly byte: number | undefined; finish(): void; fail(error: unknown): void }[] = []
  const sink = (block: Uint8Array): Promise<void> =>
    new Promise((resolve, reject) => {
      calls.push({ byte: block[0], finish: resolve, fail: reject })
    })
  return { calls, sink }
}

async function quiet(): Promise<void> {
  for (let turns = 0; turns < 5; turns += 1) await turn()
}

test('one block is read ahead while the sink holds another, and no more', async () => {
  const { reads, home, borrow } = heldReader()
  const { calls, sink } = heldSink()
  const pumped = sliceOf({ start: 0, end: 3 }, borrow).pump(sink)
  reads[0]?.finish()
  await quiet()
  assert.equal(calls.length, 1)
  assert.equal(reads.length, 2)
  reads[1]?.finish()
  await quiet()
  assert.equal(calls.length, 1, 'the sink still holds the first')
  assert.equal(reads.length, 2)
  calls[0]?.finish()
  await quiet()
  assert.deepEqual(home, [0])
  reads[2]?.finish()
  calls[1]?.finish()
  await quiet()
  calls[2]?.finish()
  await pumped
  assert.deepEqual(home, [0, 1, 2])
})

test('a block goes home when its sink settles, though the next is not read yet', async () => {
  const { reads, home, borrow } = heldReader()
  const { calls, sink } = heldSink()
  const pumped = sliceOf({ start: 0, end: 2 }, borrow).pump(sink)
  reads[0]?.finish()
  await quiet()
  calls[0]?.finish()
  await quiet()
  assert.deepEqual(home, [0])
  reads[1]?.finish()
  await quiet()
  calls[1]?.finish()
  await pumped
})

test('a failed read is told at once; the block in the sink goes home only when the sink lets go', async () => {
  const { reads, home, borrow } = heldReader()
  const { calls, sink } = heldSink()
  const failure = new Error('disk')
  const pumped = sliceOf({ start: 0, end: 3 }, borrow).pump(sink)
  reads[0]?.finish()
  await quiet()
  reads[1]?.fail(failure)
  await assert.rejects(pumped, (error) => error === failure)
  await quiet()
  assert.deepEqual(home, [])
  calls[0]?.fail(new Error('the socket was destroyed'))
  await quiet()
  assert.deepEqual(home, [0])
  assert.equal(calls.length, 1)
})

test('a failed sink is told at once; the block being read goes home only when the read is over', async () => {
  const { reads, home, borrow } = heldReader()
  const { calls, sink } = heldSink()
  const failure = new Error('socket')
  const pumped = sliceOf({ start: 0, end: 3 }, borrow).pump(sink)
  reads[0]?.finish()
  await quiet()
  calls[0]?.fail(failure)
  await assert.rejects(pumped, (error) => error === failure)
  assert.deepEqual(home, [0])
  reads[1]?.finish()
  await quiet()
  assert.deepEqual(home, [0, 1])
  assert.equal(calls.length, 1)
  assert.equal(reads.length, 2)
})

test('on abort both the block in the sink and the one being read go home when each is done', async () => {
  const { reads, home, borrow } = heldReader()
  const { calls, sink } = heldSink()
  const abort = new AbortController()
  const pumped = sliceOf({ start: 0, end: 3 }, borrow).pump(sink, abort.signal)
  reads[0]?.finish()
  await quiet()
  abort.abort(new Error('stop'))
  await assert.rejects(pumped, /stop/)
  assert.deepEqual(home, [])
  reads[1]?.finish()
  await quiet()
  calls[0]?.finish()
  await quiet()
  assert.deepEqual(home.sort(), [0, 1])
  assert.equal(calls.length, 1)
})

test('an abort during the first read calls no sink', async () => {
  const { reads, home, borrow } = heldReader()
  const { calls, sink } = heldSink()
  const abort = new AbortController()
  const pumped = sliceOf({ start: 0, end: 3 }, borrow).pump(sink, abort.signal)
  abort.abort(new Error('stop'))
  await assert.rejects(pumped, /stop/)
  reads[0]?.finish()
  await quiet()
  assert.deepEqual(home, [0])
  assert.equal(calls.length, 0)
})
