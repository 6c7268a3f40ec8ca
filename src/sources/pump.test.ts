import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { earlySliceOf, type Loan, sliceOf } from './pump.js'

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

test('the next block is being read while the sink works on one without a pause, as a checksum does', async () => {
  const { reads, home, borrow } = heldReader()
  const begun: number[] = []
  const pumped = sliceOf({ start: 0, end: 2 }, borrow).pump(async () => {
    begun.push(reads.length)
  })
  reads[0]?.finish()
  await quiet()
  reads[1]?.finish()
  await pumped
  assert.deepEqual(begun, [2, 2])
  assert.deepEqual(home, [0, 1])
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

test('what was read beforehand is the first block of the first pump', async () => {
  const { reads, home, borrow } = heldReader()
  const { calls, sink } = heldSink()
  const slice = earlySliceOf({ start: 0, end: 2 }, borrow, borrow(0))
  reads[0]?.finish()
  await quiet()
  const pumped = slice.pump(sink)
  await quiet()
  assert.deepEqual(
    reads.map(({ offset }) => offset),
    [0, 1],
  )
  calls[0]?.finish()
  reads[1]?.finish()
  await quiet()
  calls[1]?.finish()
  await pumped
  slice.drop()
  await quiet()
  assert.deepEqual(home, [0, 1])
  const again = slice.pump(sink)
  await quiet()
  assert.deepEqual(
    reads.map(({ offset }) => offset),
    [0, 1, 0],
    'a second pump reads by itself',
  )
  reads[2]?.fail(new Error('enough'))
  await assert.rejects(again, /enough/)
})

test('what was read beforehand and is not wanted goes home when it is read, once', async () => {
  const { reads, home, borrow } = heldReader()
  const slice = earlySliceOf({ start: 0, end: 2 }, borrow, borrow(0))
  slice.drop()
  slice.drop()
  await quiet()
  assert.deepEqual(home, [])
  reads[0]?.finish()
  await quiet()
  assert.deepEqual(home, [0])
})

test('a read beforehand that fails is told to who pumps, and to nobody when it is dropped', async () => {
  const { reads, borrow } = heldReader()
  const { sink } = heldSink()
  const failure = new Error('disk')
  const dropped = earlySliceOf({ start: 0, end: 2 }, borrow, borrow(0))
  reads[0]?.fail(failure)
  await quiet()
  dropped.drop()
  const pumped = earlySliceOf({ start: 0, end: 2 }, borrow, borrow(0))
  reads[1]?.fail(failure)
  await quiet()
  await assert.rejects(pumped.pump(sink), (error) => error === failure)
})

test('a pump aborted before its block was read beforehand gives it back', async () => {
  const { reads, home, borrow } = heldReader()
  const { calls, sink } = heldSink()
  const slice = earlySliceOf({ start: 0, end: 2 }, borrow, borrow(0))
  await assert.rejects(slice.pump(sink, AbortSignal.abort(new Error('stop'))), /stop/)
  reads[0]?.finish()
  await quiet()
  assert.deepEqual(home, [0])
  assert.equal(calls.length, 0)
})

test('who pumps is told when the last block goes to the sink, which may work on it without a pause', async () => {
  for (const end of [1, 3]) {
    const { reads, borrow } = heldReader()
    const { calls, sink } = heldSink()
    let told = 0
    const pumped = sliceOf({ start: 0, end }, borrow).pump(sink, undefined, () => {
      told += 1
      assert.equal(calls.length, end - 1)
    })
    for (let at = 0; at < end; at += 1) {
      assert.equal(told, 0)
      reads[at]?.finish()
      await quiet()
      if (at < end - 1) calls[at]?.finish()
      await quiet()
    }
    assert.equal(told, 1)
    calls[end - 1]?.finish()
    await pumped
    assert.equal(told, 1)
  }
})
