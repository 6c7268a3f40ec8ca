/** Something on the way may send a request twice. Whoever gets the second answer must know its own work. */
import { test } from 'node:test'
import { assertDone, createWorld, failure, key } from './world.js'

const forbidding = { headers: { 'x-oss-forbid-overwrite': 'true' } }

test('a PutObject that was sent twice on its way is success, though overwriting was forbidden', async () => {
  const world = createWorld()
  const result = await world.run({
    ...forbidding,
    multipartThreshold: 4096,
    tap: {
      before: (call) => {
        // The first copy arrives; what is answered is the second.
        if (call.operation === 'PutObject') world.memory.storeObject(key, world.file.bytes, {})
      },
    },
  })
  await assertDone(world, result)
})

test('an object that was there before stays a conflict, even with the same bytes', async () => {
  const world = createWorld()
  world.memory.storeObject(key, world.file.bytes, {})
  await world.clock.runtime.sleep(10_000)
  await failure('conflict', world.run({ ...forbidding, multipartThreshold: 4096 }))
})

test('an object with other bytes is a conflict, however new', async () => {
  const world = createWorld()
  const other = world.file.bytes.map((byte) => byte ^ 1)
  const tap = {
    before: (call: { readonly operation: string }) => {
      if (call.operation === 'PutObject') world.memory.storeObject(key, other, {})
    },
  }
  await failure('conflict', world.run({ ...forbidding, multipartThreshold: 4096, tap }))
})
