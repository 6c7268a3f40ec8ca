/** One PutObject: what its answer has to say before it counts, and what the file may do while it is sent. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServiceError } from '../../src/engine/errors.js'
import type { ObjectReceipt, ObjectService } from '../../src/engine/ports.js'
import { changedAt, someBytes } from './file.js'
import type { Call } from './tapped-service.js'
import {
  alwaysFailing,
  assertDone,
  assertStored,
  createWorld,
  failing,
  failure,
  key,
  type Life,
  lostAnswer,
  partSize,
  type TestWorld,
} from './world.js'

const small = { multipartThreshold: 1000 }
const size = 5 * partSize

/** Changes what the first PutObject is answered. */
function answering(
  change: (receipt: ObjectReceipt) => ObjectReceipt,
): (service: ObjectService) => ObjectService {
  let changed = false
  return (service) => ({
    ...service,
    putObject: async (...args) => {
      const answer = await service.putObject(...args)
      if (changed) return answer
      changed = true
      return { ...answer, receipt: change(answer.receipt) }
    },
  })
}

/** A way to the service that spoils a byte of what the first `times` PutObjects bring. */
function spoiling(world: TestWorld, times: number): (service: ObjectService) => ObjectService {
  let puts = 0
  return (service) => ({
    ...service,
    putObject: async (name, slice, options) => {
      const answer = await service.putObject(name, slice, options)
      puts += 1
      if (puts > times) return answer
      return { ...answer, receipt: world.memory.storeObject(key, changedAt(world.file.bytes, 70), {}) }
    },
  })
}

test('an object that the service stored with another CRC-64 than was sent is sent again', async () => {
  const world = createWorld()
  const result = await world.run({ ...small, dress: spoiling(world, 2) })
  assert.equal(world.asked('PutObject'), 3)
  assert.match(world.eventsOf('waiting')[0]?.message ?? '', /stored other bytes than were sent/)
  await assertDone(world, result)
})

test('an object that is stored with another CRC-64 each time it is sent is an integrity failure', async () => {
  const world = createWorld()
  const failed = await failure('integrity', world.run({ ...small, dress: spoiling(world, 100) }))
  assert.match(failed.message, /its CRC-64 is \d+, ours is \d+/)
  assert.equal(world.asked('PutObject'), 5)
})

test('an object whose CRC-64 is not told is looked at, and is not sent again when it is ours', async () => {
  const world = createWorld()
  const silent = ({ crc64: _none, ...receipt }: ObjectReceipt): ObjectReceipt => receipt
  const result = await world.run({ ...small, dress: answering(silent) })
  assert.equal(world.asked('PutObject'), 1)
  assert.equal(world.eventsOf('settled').length, 1)
  await assertDone(world, result)
})

test('an object that was sent short of the file is sent again, though its own CRC-64 agrees', async () => {
  const world = createWorld()
  let cut = false
  const dress = (service: ObjectService): ObjectService => ({
    ...service,
    putObject: (name, slice, options) => {
      if (cut) return service.putObject(name, slice, options)
      cut = true
      const short = world.file.open().slice(0, partSize)
      return service.putObject(name, short, options)
    },
  })
  const result = await world.run({ ...small, dress })
  assert.equal(world.asked('PutObject'), 2)
  await assertDone(world, result)
})

// ------------------------------------------------- the file

test('a small file that grew or shrank before it was sent is told by its sizes, and nothing is sent', async () => {
  for (const now of [size + 9, size - 9]) {
    const world = createWorld()
    let looks = 0
    const onCall = (): void => {
      looks += 1
      if (looks === 2) world.file.rewrite(someBytes(now))
    }
    const failed = await failure('source-changed', world.run({ ...small, fileHooks: { onCall } }))
    assert.equal(failed.message, `file.dat had ${size} bytes and now has ${now}. Run it again.`)
    assert.equal(world.asked('PutObject'), 0, 'a piece of the file was stored as if it were the file')
    await assertDone(world, await world.run(small))
  }
})

test('a small file that grew while it was sent is told by its sizes', async () => {
  const world = createWorld()
  const after = (): void => world.file.rewrite(someBytes(size + 9))
  const failed = await failure('source-changed', world.run({ ...small, tap: { after } }))
  assert.match(failed.message, /had 160 bytes and now has 169\./)
})

test('a small file that was replaced while it was sent is told as such at once', async () => {
  const world = createWorld()
  const after = (): void => world.file.replace(someBytes(size, 7))
  const failed = await failure('source-changed', world.run({ ...small, tap: { after } }))
  assert.match(failed.message, /was replaced while it was uploaded/)
  assert.equal(world.asked('PutObject'), 1)
  await assertDone(world, await world.run(small))
})

test('a small file that ends while it is read is told in the words of whoever read it, and not sent again', async () => {
  const world = createWorld()
  const onRead = (at: number): void => {
    if (at === 64) world.file.rewriteUnseen(world.file.bytes.slice(0, 70))
  }
  const failed = await failure('source-changed', world.run({ ...small, fileHooks: { onRead } }))
  assert.match(failed.message, /ended before the range did/)
  assert.equal(world.asked('PutObject'), 1)
})

test('a small file that moved while it was sent is told to have moved, once for each time', async () => {
  const world = createWorld()
  let moves = 0
  const after = ({ operation }: { readonly operation: string }): void => {
    if (operation !== 'PutObject' || moves === 2) return
    moves += 1
    world.file.rewrite(changedAt(world.file.bytes, moves))
  }
  const result = await world.run({ ...small, tap: { after } })
  assert.deepEqual(world.eventsOf('source-moved'), [
    { type: 'source-moved', parts: 1 },
    { type: 'source-moved', parts: 1 },
  ])
  await assertDone(world, result)
})

// ------------------------------------------------- what is told of it

test('while a small file is sent its progress grows, and when it is stored all of it is proved', async () => {
  const world = createWorld()
  await world.run(small)
  const consumed = world.progress.map(([bytes]) => bytes)
  assert.deepEqual(consumed.slice(0, 9), [16, 32, 48, 64, 80, 96, 112, 128, 144])
  const last = world.eventsOf('progress').at(-1)
  assert.deepEqual([last?.consumedBytes, last?.provedBytes, last?.sendingBytes], [size, size, 0])
})

test('bytes of a PutObject that is not under way any more are not told as being sent', async () => {
  const world = createWorld()
  await world.run({ ...small, tap: { after: failing('PutObject') } })
  assert.equal(world.eventsOf('settled').length, 1)
  assert.equal(world.eventsOf('progress').at(-1)?.sendingBytes, 0)
})

// ------------------------------------------------- how long it may take

test('a PutObject that gets further with each attempt is not given up', async () => {
  const world = createWorld()
  let attempts = 0
  const dress = (service: ObjectService): ObjectService => ({
    ...service,
    putObject: async (name, slice, options) => {
      attempts += 1
      if (attempts === 9) return service.putObject(name, slice, options)
      options.onSent(attempts * 16)
      throw new ServiceError('throttled', 'Slow down.', { retryAfterMs: 900 })
    },
  })
  const result = await world.run({ ...small, dress, noProgressForMs: 1000 })
  assert.ok(world.clock.now() >= 8 * 900)
  await assertDone(world, result)
})

test('a PutObject that fails at its very end for ever does not look alive for ever', async () => {
  const world = createWorld()
  // What was there before answers to a look, and says nothing about us.
  world.memory.storeObject(key, someBytes(3), {})
  world.clock.pass(5000)
  const dress = (service: ObjectService): ObjectService => ({
    ...service,
    putObject: async (_name, _slice, { onSent }) => {
      for (let bytes = 16; bytes <= size; bytes += 16) onSent(bytes)
      throw lostAnswer()
    },
  })
  await failure('interrupted', world.run({ ...small, dress }))
  assert.ok(world.clock.now() < 5 * 60_000)
})

test('whether a small file is there is asked before it is sent again; a failure that has no answer ends the run', async () => {
  const world = createWorld()
  const tap = { after: failing('PutObject'), before: alwaysFailing('HeadObject', lostAnswer) }
  await failure('interrupted', world.run({ ...small, tap }))
  assert.equal(world.asked('PutObject'), 1)
  assertStored(world, await world.run(small))
})

// ------------------------------------------------- whose object it is

test('a small file that was stored by a run that was killed is known as ours later, where overwriting is forbidden', async () => {
  const world = createWorld()
  const forbidding = { ...small, headers: { 'x-oss-forbid-overwrite': 'true' } }
  const controller = new AbortController()
  const after = ({ operation }: { readonly operation: string }): void => {
    if (operation === 'PutObject') controller.abort(new Error('killed'))
  }
  await failure('cancelled', world.run({ ...forbidding, signal: controller.signal, tap: { after } }))
  world.clock.pass(10_000)
  await assertDone(world, await world.run(forbidding))
  assert.equal(world.memory.history.length, 1)
})

/** Tells no time before it has answered to a look; the answer to PutObject is lost after a while. */
function unheard(world: TestWorld): Pick<Life, 'dress' | 'tap'> {
  let heard = false
  const tap = {
    before: ({ operation }: { readonly operation: string }): void => {
      heard ||= operation === 'HeadObject'
    },
    after: (call: Call): void => {
      if (call.operation !== 'PutObject') return
      world.clock.pass(20_000)
      throw lostAnswer()
    },
  }
  return { tap, dress: (service) => ({ ...service, now: () => (heard ? service.now() : undefined) }) }
}

test('an answer that was lost before the service told its time is settled, and the file is not sent again', async () => {
  const world = createWorld()
  const result = await world.run({ ...small, ...unheard(world) })
  assert.equal(world.asked('PutObject'), 1)
  assert.equal(world.eventsOf('settled').length, 1)
  await assertDone(world, result)
})

test('an object of the same bytes from before is not taken for ours, though the service told its time only later', async () => {
  const world = createWorld()
  world.memory.storeObject(key, world.file.bytes, {})
  world.clock.pass(60_000)
  let heard = false
  const before = (call: { readonly operation: string; readonly number: number }): void => {
    if (call.operation === 'PutObject' && call.number === 1) {
      world.clock.pass(20_000)
      throw lostAnswer()
    }
    heard ||= call.operation === 'HeadObject'
  }
  const known = (service: ObjectService): ObjectService => ({
    ...service,
    now: () => (heard ? service.now() : undefined),
  })
  const result = await world.run({ ...small, dress: known, tap: { before } })
  assert.equal(world.asked('PutObject'), 2)
  await assertDone(world, result)
})
