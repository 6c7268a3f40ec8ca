import assert from 'node:assert/strict'
import type { ClientRequest } from 'node:http'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { Lender } from './lender.js'

/** A socket and request that call back when told to. */
function fakeLine() {
  const callbacks: ((error?: Error | null) => void)[] = []
  const socket = { destroyed: false, bytesWritten: 70, writableLength: 0 }
  const request = {
    write(block: Uint8Array, callback: (error?: Error | null) => void) {
      socket.bytesWritten += block.length
      socket.writableLength += block.length
      callbacks.push(callback)
    },
  }
  return {
    socket,
    callbacks,
    lender: new Lender(request as unknown as ClientRequest, socket as unknown as Socket, 70),
  }
}

function watch(promise: Promise<void>) {
  const state = { is: 'out' as unknown }
  promise.then(
    () => {
      state.is = 'home'
    },
    (error) => {
      state.is = error
    },
  )
  return state
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 5))

test('on a healthy socket a block comes home with its callback', async () => {
  const { lender, callbacks } = fakeLine()
  const loan = watch(lender.lend(new Uint8Array(10)))
  await turn()
  assert.equal(loan.is, 'out')
  callbacks[0]?.()
  await turn()
  assert.equal(loan.is, 'home')
})

test('callbacks of a destroyed socket bring nothing home, with an error or without', async () => {
  const { lender, callbacks, socket } = fakeLine()
  const loans = [watch(lender.lend(new Uint8Array(10))), watch(lender.lend(new Uint8Array(10)))]
  await turn()
  socket.destroyed = true
  callbacks[0]?.()
  callbacks[1]?.(new Error('EPIPE'))
  await turn()
  assert.deepEqual(
    loans.map((loan) => loan.is),
    ['out', 'out'],
  )
  const reason = new Error('reset')
  lender.bringHome(reason)
  await turn()
  assert.deepEqual(
    loans.map((loan) => loan.is),
    [reason, reason],
  )
})

test('a failed write brings its block home only with the close', async () => {
  const { lender, callbacks } = fakeLine()
  const loan = watch(lender.lend(new Uint8Array(10)))
  callbacks[0]?.(new Error('EPIPE'))
  await turn()
  assert.equal(loan.is, 'out')
  lender.bringHome('closed')
  await turn()
  assert.equal(loan.is, 'closed')
})

test('once stopped nothing more is written', async () => {
  const { lender, callbacks } = fakeLine()
  const reason = new Error('answered')
  await Promise.race([lender.lend(new Uint8Array(1)), turn()])
  const late = watch(lender.lend(new Uint8Array(1))) // waits for the event loop, and is stopped meanwhile
  lender.stop(reason)
  await turn()
  assert.equal(late.is, reason)
  assert.equal(callbacks.length, 1)
})

test('bytes count as taken when they have left the socket, headers apart, and never fewer than before', async () => {
  const { lender, socket } = fakeLine()
  lender.lend(new Uint8Array(100))
  assert.deepEqual([lender.takenBytes, lender.queuedBytes, lender.handedBytes], [0, 100, 100])
  socket.writableLength = 40
  assert.deepEqual([lender.takenBytes, lender.queuedBytes], [60, 40])
  socket.writableLength = 60
  assert.equal(lender.takenBytes, 60)
  socket.destroyed = true
  socket.writableLength = 0
  assert.equal(lender.takenBytes, 60)
})

test("where the socket's own queue can be seen, a block counts piece by piece", () => {
  const { lender, socket } = fakeLine()
  lender.lend(new Uint8Array(100))
  Object.assign(socket, { _bytesDispatched: 170, _handle: { writeQueueSize: 25 } })
  assert.equal(socket.writableLength, 100)
  assert.equal(lender.takenBytes, 75)
  Object.assign(socket, { _handle: { writeQueueSize: 100, _parent: { writeQueueSize: 15 } } })
  assert.equal(lender.takenBytes, 85)
})
