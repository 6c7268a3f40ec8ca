/** The lines about parts are written beside the sending: nobody waits for a sync, and Complete waits for all of them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServiceError, UploadError } from '../../src/engine/errors.js'
import { assertDone, createWorld, failure, stoppingAtPart, type TestWorld } from './world.js'

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

/** A disk on which lines of one kind wait until they are let go. */
function slowDisk(kind: 'stored' | 'verified') {
  const waiting: (() => void)[] = []
  let isOpen = false
  return {
    waiting,
    letAllGo() {
      isOpen = true
      for (const go of waiting.splice(0)) go()
    },
    storeTap: {
      async append(line: Readonly<Record<string, unknown>>) {
        if (line['kind'] === kind && !isOpen) await new Promise<void>((resolve) => waiting.push(resolve))
      },
    },
  }
}

function sentParts(world: TestWorld): readonly (number | undefined)[] {
  return world.calls.filter(({ operation }) => operation === 'UploadPart').map(({ partNumber }) => partNumber)
}

test('the next part is sent while the line about the one before is not durable yet, but not the one after', async () => {
  const world = createWorld()
  const disk = slowDisk('stored')
  const running = world.run({ storeTap: disk.storeTap })
  await settle()
  assert.deepEqual(sentParts(world), [1, 2])
  assert.equal(disk.waiting.length, 1)
  disk.waiting.shift()?.()
  await settle()
  assert.deepEqual(sentParts(world), [1, 2, 3])
  disk.letAllGo()
  await assertDone(world, await running)
})

test('Complete waits until every line is durable', async () => {
  const world = createWorld()
  let held: (() => void) | undefined
  const storeTap = {
    async append(line: Readonly<Record<string, unknown>>) {
      if (line['kind'] === 'stored' && line['partNumber'] === 5)
        await new Promise<void>((resolve) => {
          held = resolve
        })
    },
  }
  const running = world.run({ storeTap })
  await settle()
  await settle()
  assert.equal(sentParts(world).length, 5)
  assert.equal(world.asked('CompleteMultipartUpload'), 0)
  held?.()
  await assertDone(world, await running)
})

test('parts of an earlier run are read on while the lines about those before wait for the disk', async () => {
  const world = createWorld()
  await failure('cancelled', world.run(stoppingAtPart(5)))
  const disk = slowDisk('verified')
  const running = world.run({ storeTap: disk.storeTap })
  await settle()
  assert.equal(world.eventsOf('part-kept').length, 4)
  assert.equal(disk.waiting.length, 4)
  assert.equal(world.asked('CompleteMultipartUpload'), 0)
  disk.letAllGo()
  await assertDone(world, await running)
})

test('a part that fails for good stops the others at once, though lines wait for the disk', async () => {
  const world = createWorld()
  const disk = slowDisk('stored')
  const denied = (): ServiceError => new ServiceError('denied', 'Not allowed.', { status: 403 })
  const tap = {
    before({ operation, partNumber }: { readonly operation: string; readonly partNumber?: number }) {
      if (operation === 'UploadPart' && partNumber === 4) throw denied()
    },
  }
  const running = failure('denied', world.run({ storeTap: disk.storeTap, tap, numThreads: 2 }))
  await settle()
  // The line of part 1 is durable now, that of part 2 is not yet: whoever sent the first might begin another part.
  disk.waiting.shift()?.()
  await settle()
  assert.deepEqual(sentParts(world), [1, 2, 3, 4])
  disk.letAllGo()
  await running
  assert.deepEqual(sentParts(world), [1, 2, 3, 4])
})

test('a hold that is lost ends the run, though it is heard of while the next part is sent', async () => {
  for (const numThreads of [1, 3]) {
    const world = createWorld()
    const storeTap = {
      append(line: Readonly<Record<string, unknown>>) {
        if (line['kind'] === 'stored') throw new UploadError('locked', 'Somebody took it.')
      },
    }
    await failure('locked', world.run({ storeTap, numThreads }))
    assert.equal(world.asked('CompleteMultipartUpload'), 0)
    assert.ok(sentParts(world).length <= 2 * numThreads, `${sentParts(world).length} parts were begun`)
  }
})
