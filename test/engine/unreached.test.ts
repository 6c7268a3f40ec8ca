/** A host that is not there, or can't prove to be the one: ends soon where it never answered, and is a bad network's doing where it did. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FailureMeaning, ServiceError } from '../../src/engine/errors.js'
import type { ObjectService } from '../../src/engine/ports.js'
import { assertDone, createWorld, failing, failure, type TestWorld } from './world.js'

const hour = 3600_000

/** A service that has told its time to nobody yet, and of which nothing more is heard. */
function unreachable(meaning: FailureMeaning): (service: ObjectService) => ObjectService {
  const fail = async (): Promise<never> => {
    throw new ServiceError(meaning, 'It is not there.')
  }
  return (service) => ({
    ...service,
    now: () => undefined,
    headObject: fail,
    putObject: fail,
    listParts: fail,
    createMultipartUpload: fail,
    uploadPart: fail,
  })
}

async function stoppedOnce(world: TestWorld): Promise<void> {
  const denied = (): Error => new ServiceError('denied', 'Not now.')
  await failure('denied', world.run({ tap: { before: failing('UploadPart', denied, 3) } }))
}

test('a name that stands for nothing ends the first upload in seconds, whether in parts or whole', async () => {
  for (const multipartThreshold of [1, hour]) {
    const world = createWorld()
    const dress = unreachable('no-such-host')
    const error = await failure(
      'interrupted',
      world.run({ dress, multipartThreshold, noProgressForMs: hour }),
    )
    assert.equal(error.message, 'It is not there.')
    assert.ok(world.clock.now() < 10_000)
    assert.equal(world.eventsOf('waiting').length, 5)
  }
})

test('a name that stood for something when the upload began is waited for', async () => {
  const world = createWorld()
  await stoppedOnce(world)
  const before = world.clock.now()
  await failure('interrupted', world.run({ dress: unreachable('no-such-host'), noProgressForMs: hour }))
  assert.ok(world.clock.now() - before >= hour)
})

test('a certificate that is not believed ends a run at once, of an upload under way too', async () => {
  const world = createWorld()
  await stoppedOnce(world)
  const before = world.clock.now()
  await failure('denied', world.run({ dress: unreachable('untrusted'), noProgressForMs: hour }))
  assert.equal(world.clock.now(), before)
  assert.equal((await world.run()).resumed, true)
})

test('of a service that has answered both are sat out', async () => {
  for (const meaning of ['no-such-host', 'untrusted'] as const) {
    const world = createWorld()
    let left = 20
    const before = ({ operation }: { readonly operation: string }): void => {
      if (operation !== 'UploadPart' || left === 0) return
      left -= 1
      throw new ServiceError(meaning, 'It is not there.')
    }
    await assertDone(world, await world.run({ tap: { before }, noProgressForMs: hour }))
    assert.equal(left, 0)
  }
})
