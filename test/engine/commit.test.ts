/** Complete: every way in which its answer can be lost, odd or wrong, and the one object that must come of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServiceError } from '../../src/engine/errors.js'
import type { ObjectService } from '../../src/engine/ports.js'
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
  lostAnswer,
  partSize,
  stoppingAtPart,
  type TestWorld,
} from './world.js'

const complete = 'CompleteMultipartUpload'
const denied = (): ServiceError => new ServiceError('denied', 'Not allowed.', { status: 403 })
const error = (meaning: ServiceError['meaning']) => () =>
  new ServiceError(meaning, `It was ${meaning}.`, { status: 500, requestId: 'R9' })

/** A run that ends without having heard what became of its Complete. */
async function lostComplete(world: TestWorld, headers: Record<string, string> = {}): Promise<void> {
  const controller = new AbortController()
  const after = ({ operation }: { readonly operation: string }): void => {
    if (operation === complete) controller.abort(new Error('killed'))
  }
  await failure('cancelled', world.run({ headers, signal: controller.signal, tap: { after } }))
  assert.ok(world.object() !== undefined)
}

for (const meaning of ['network', 'stalled', 'odd-answer', 'unavailable', 'throttled'] as const) {
  test(`Complete took effect and was answered by ${meaning}: success, completed once`, async () => {
    const world = createWorld()
    const result = await world.run({ tap: { after: failing(complete, error(meaning)) } })
    assert.equal(world.asked(complete), 1)
    assert.equal(world.memory.history.length, 1)
    assert.deepEqual(
      world.eventsOf('settled').map(({ message }) => message),
      [`Complete answered: It was ${meaning}. The object is there and is ours.`],
    )
    assert.deepEqual(result.parts, { kept: 0, sent: 5 })
    await assertDone(world, result)
  })

  test(`Complete did nothing and was answered by ${meaning}: it is asked again`, async () => {
    const world = createWorld()
    const result = await world.run({ tap: { before: failing(complete, error(meaning)) } })
    assert.equal(world.asked(complete), 2)
    assert.equal(world.asked('UploadPart'), 5)
    assert.deepEqual(
      world.eventsOf('waiting').map(({ operation }) => operation),
      [complete],
    )
    await assertDone(world, result)
  })
}

test('a lost answer is settled though another object was there before', async () => {
  for (const when of ['before', 'after'] as const) {
    const world = createWorld()
    world.memory.storeObject(key, someBytes(5 * partSize, 50), {})
    world.clock.pass(5000)
    await assertDone(world, await world.run({ tap: { [when]: failing(complete) } }))
  }
})

test('an older object with the very same bytes is not taken for the Complete', async () => {
  const world = createWorld()
  world.memory.storeObject(key, world.file.bytes, { 'x-oss-meta-old': '1' })
  world.clock.pass(5000)
  const result = await world.run({ tap: { before: failing(complete) } })
  assert.equal(world.object()?.uploadId, result.uploadId)
  await assertDone(world, result)
})

test('a lost answer that may not be looked into is asked again; the upload that is gone then can not be told', async () => {
  const world = createWorld()
  const tap = { after: failing(complete), before: alwaysFailing('HeadObject', denied) }
  const failed = await failure('commit-unknown', world.run({ tap }))
  assert.equal(failed.retryable, true)
  assert.equal((await world.store.list()).length, 1, 'the checkpoint is gone')
  const result = await world.run()
  assert.equal(world.asked('UploadPart'), 0)
  await assertDone(world, result)
})

test('a Complete that did nothing is asked again where nobody may look at the object', async () => {
  const world = createWorld()
  const before = ({ operation, number }: { operation: string; number: number }): void => {
    if (operation === complete && number === 1) throw lostAnswer()
    if (operation === 'HeadObject') throw denied()
  }
  const result = await world.run({ tap: { before } })
  assert.equal(world.asked(complete), 2)
  await assertDone(world, result)
})

test('an object completed in a run that died is found, and nothing is sent', async () => {
  const world = createWorld()
  await lostComplete(world)
  const result = await world.run()
  assert.equal(world.asked('UploadPart'), 0)
  assert.equal(world.asked(complete), 0)
  assert.equal(result.resumed, true)
  assert.deepEqual(result.parts, { kept: 5, sent: 0 })
  assert.equal(world.memory.history.length, 1)
  await assertDone(world, result)
})

test('a run that dies while it tidies up after a settled Complete leaves the object to be found', async () => {
  const world = createWorld()
  const remove = (): void => {
    throw new Error('killed')
  }
  const before = ({ operation, number }: { readonly operation: string; readonly number: number }): void => {
    if (operation === 'AbortMultipartUpload' && number <= 3) throw lostAnswer()
  }
  await world.run({ tap: { before, after: failing(complete) }, storeTap: { remove } })
  const result = await world.run()
  assert.equal(world.asked('UploadPart'), 0)
  assert.equal(world.memory.history.length, 1)
  await assertDone(world, result)
})

test('a file that changed since such a run is uploaded anew', async () => {
  for (const bytes of [someBytes(5 * partSize, 8), someBytes(4 * partSize)]) {
    const world = createWorld()
    await lostComplete(world)
    world.file.rewrite(bytes)
    const result = await world.run()
    assert.equal(result.resumed, false)
    await assertDone(world, result)
  }
})

test('paranoid looks into the file itself before it calls such an object its own', async () => {
  const world = createWorld()
  await lostComplete(world)
  world.file.rewriteUnseen(changedAt(world.file.bytes, 3))
  await assertDone(world, await world.run({ verify: 'paranoid' }))
})

test('somebody else’s newer object after such a run is a conflict; restart is consent', async () => {
  const world = createWorld()
  await lostComplete(world)
  world.clock.pass(2000)
  world.memory.storeObject(key, someBytes(40, 3), {})
  for (let run = 1; run <= 2; run++) {
    await failure('conflict', world.run())
    assert.equal(world.object()?.bytes.length, 40, 'it was overwritten')
  }
  await assertDone(world, await world.run({ restart: true }))
})

test('an object whose removal of the checkpoint failed is over: later headers and objects are new ones', async () => {
  const world = createWorld()
  const remove = (): void => {
    throw new Error('disk full')
  }
  assertStored(world, await world.run({ storeTap: { remove } }))
  assert.equal(world.eventsOf('checkpoint-warning').length, 1)
  world.clock.pass(5000)
  world.memory.storeObject(key, someBytes(40, 3), {})
  const result = await world.run({ headers: { 'x-oss-meta-new': '1' } })
  assert.deepEqual(world.object()?.headers, { 'x-oss-meta-new': '1' })
  await assertDone(world, result)
})

test('a missing part at Complete is sent again', async () => {
  const world = createWorld()
  let meddled = false
  const result = await world.run({
    tap: {
      before: ({ operation, uploadId = '' }) => {
        if (operation !== complete || meddled) return
        meddled = true
        world.memory.uploads.get(uploadId)?.parts.delete(3)
      },
    },
  })
  assert.equal(world.asked('UploadPart'), 6)
  assert.equal(world.asked(complete), 2)
  assert.deepEqual(result.parts, { kept: 0, sent: 5 })
  await assertDone(world, result)
})

test('when one part is missing at Complete, the file is read again for that part alone', async () => {
  const world = createWorld()
  const read: number[] = []
  let meddled = false
  await world.run({
    fileHooks: {
      onRead: (offset) => {
        if (meddled) read.push(offset)
      },
    },
    tap: {
      before: ({ operation, uploadId = '' }) => {
        if (operation !== complete || meddled) return
        meddled = true
        world.memory.uploads.get(uploadId)?.parts.delete(3)
      },
    },
  })
  assert.deepEqual(read, [2 * partSize, 2.5 * partSize])
})

test('an upload that others abort after it missed a part at Complete begins anew', async () => {
  const world = createWorld()
  const before = ({ operation, number }: { operation: string; number: number }): void => {
    if (operation !== complete || number > 1) return
    world.memory.uploads.clear()
    throw error('invalid-part')()
  }
  const result = await world.run({ tap: { before } })
  assert.equal(world.asked('InitiateMultipartUpload'), 2)
  assert.equal(world.eventsOf('restarted').length, 1)
  await assertDone(world, result)
})

test('a Complete that comes through only after we looked is success, though its upload is gone', async () => {
  const world = createWorld()
  let arrive = (): unknown => undefined
  const result = await world.run({
    dress: (service) => ({
      ...service,
      completeMultipartUpload(...args) {
        arrive = () => world.memory.service.completeMultipartUpload(...args)
        return Promise.reject(lostAnswer())
      },
    }),
    tap: {
      before: async ({ operation }) => {
        if (operation === 'ListParts') await arrive()
      },
    },
  })
  assert.equal(world.asked('InitiateMultipartUpload'), 1)
  assert.equal(world.asked('AbortMultipartUpload'), 0, 'it is known to be gone')
  assert.equal(world.eventsOf('settled').length, 1)
  assert.equal(world.memory.history.length, 1)
  await assertDone(world, result)
})

test('somebody else’s object in the place of an upload that disappears after a failed Complete is a conflict', async () => {
  const world = createWorld()
  const before = ({ operation }: { readonly operation: string }): void => {
    if (operation === complete) throw error('unavailable')()
    if (operation !== 'ListParts') return
    world.memory.uploads.clear()
    world.memory.storeObject(key, someBytes(40, 3), {})
  }
  const failed = await failure('conflict', world.run({ tap: { before } }))
  assert.deepEqual([failed.status, failed.requestId], [500, 'R9'])
  assert.equal(world.memory.history.length, 1)
})

for (const [meaning, code] of [
  ['denied', 'denied'],
  ['refused', 'invalid-argument'],
  ['bucket-missing', 'not-found'],
  ['unsupported', 'unsupported'],
] as const) {
  test(`Complete answered by ${meaning} is told at once: nothing was completed, so nobody looks`, async () => {
    const world = createWorld()
    const failed = await failure(code, world.run({ tap: { before: failing(complete, error(meaning)) } }))
    assert.equal(failed.requestId, 'R9')
    assert.equal(world.asked('HeadObject'), 0)
    const result = await world.run()
    assert.deepEqual(result.parts, { kept: 5, sent: 0 })
    await assertDone(world, result)
  })
}

for (const meaning of ['credentials-rejected', 'clock-skew'] as const) {
  test(`Complete answered by ${meaning} is asked again without a look at the object`, async () => {
    const world = createWorld()
    const result = await world.run({ tap: { before: failing(complete, error(meaning)) } })
    assert.equal(world.asked(complete), 2)
    assert.equal(world.asked('HeadObject'), 0)
    await assertDone(world, result)
  })
}

test('FileAlreadyExists at Complete where nobody may look can not be told, and the checkpoint stays', async () => {
  const world = createWorld()
  const before = ({ operation }: { readonly operation: string }): void => {
    if (operation === complete) throw error('object-exists')()
    if (operation === 'HeadObject') throw denied()
  }
  const failed = await failure('commit-unknown', world.run({ tap: { before } }))
  assert.match(failed.message, /It was object-exists\. Not allowed\. The checkpoint is kept\./)
  await assertDone(world, await world.run())
})

test('a part that somebody replaces before every Complete is an integrity failure, and the upload stays', async () => {
  const world = createWorld()
  const before = ({ operation, uploadId = '' }: { operation: string; uploadId?: string }): void => {
    if (operation !== complete) return
    world.memory.storePart({ key, uploadId }, 3, someBytes(partSize, 91))
  }
  await failure('integrity', world.run({ tap: { before } }))
  assert.equal(world.asked(complete), 3)
  assert.equal(world.object(), undefined)
  await assertDone(world, await world.run())
})

test('a part of an earlier run that became another is sent again where the parts may not be listed', async () => {
  const world = createWorld()
  await failure('cancelled', world.run(stoppingAtPart(4)))
  const [uploadId = ''] = world.uploadIds()
  // What the first run had under way arrives after all, and has other bytes.
  world.memory.storePart({ key, uploadId }, 3, someBytes(partSize, 91))
  const result = await world.run({ tap: { before: alwaysFailing('ListParts', denied) } })
  await assertDone(world, result)
  assert.equal(world.asked(complete), 2)
  assert.deepEqual(result.parts, { kept: 0, sent: 5 })
  assert.equal(world.asked('UploadPart'), 5, 'what this run had sent is not sent again')
})

test('a part of this very run that became another is sent again where the parts may not be listed', async () => {
  const world = createWorld()
  const before = (call: Call): void => {
    if (call.operation === 'ListParts') throw denied()
    if (call.operation !== complete || call.number > 1) return
    const [uploadId = ''] = world.uploadIds()
    world.memory.storePart({ key, uploadId }, 3, someBytes(partSize, 91))
  }
  await assertDone(world, await world.run({ tap: { before } }))
  assert.equal(world.asked(complete), 2)
})

test('InvalidPart that nobody can explain is an integrity failure after two repetitions', async () => {
  const world = createWorld()
  const before = alwaysFailing(complete, error('invalid-part'))
  const failed = await failure('integrity', world.run({ tap: { before } }))
  assert.deepEqual([failed.message, failed.requestId], ['It was invalid-part.', 'R9'])
  assert.equal(world.asked(complete), 3)
  assert.equal(world.asked('UploadPart'), 5)
  await assertDone(world, await world.run())
})

test('a part whose CRC-64 does not agree is sent again, and is no success if it never does', async () => {
  const spoil =
    (times: number) =>
    (service: ObjectService): ObjectService => ({
      ...service,
      async uploadPart(upload, partNumber, ...rest) {
        const answer = await service.uploadPart(upload, partNumber, ...rest)
        if (partNumber !== 2 || times-- <= 0) return answer
        return { ...answer, receipt: { ...answer.receipt, crc64: '1' } }
      },
    })
  const world = createWorld()
  const result = await world.run({ dress: spoil(4) })
  assert.equal(world.asked('UploadPart'), 9)
  await assertDone(world, result)

  const broken = createWorld()
  const failed = await failure('integrity', broken.run({ dress: spoil(100), numThreads: 3 }))
  assert.equal(failed.partNumber, 2)
  assert.equal(broken.object(), undefined)
  await assertDone(broken, await broken.run())
})

// ------------------------------------------------- callbacks

test('a failed callback is told as such; the object is stored and the checkpoint gone', async () => {
  for (const multipartThreshold of [partSize, 1000]) {
    const world = createWorld()
    const operation = multipartThreshold === partSize ? complete : 'PutObject'
    const tap = { after: failing(operation, error('callback-failed')) }
    const failed = await failure('callback-failed', world.run({ multipartThreshold, tap }))
    assert.equal(failed.requestId, 'R9')
    assert.deepEqual(world.object()?.bytes, world.file.bytes)
    assert.equal(world.asked('AbortMultipartUpload'), 0)
    assert.deepEqual(world.uploadIds(), [])
    assert.deepEqual(await world.store.list(), [])
    assert.equal(world.progress.at(-1)?.[0], world.file.bytes.length)
  }
})

test('a failed callback does not hide that the stored bytes are wrong', async () => {
  for (const multipartThreshold of [partSize, 1000]) {
    const world = createWorld()
    const after = ({ operation }: { readonly operation: string }): void => {
      if (operation !== complete && operation !== 'PutObject') return
      world.memory.storeObject(key, changedAt(world.file.bytes, 0), {})
      throw error('callback-failed')()
    }
    await failure('integrity', world.run({ multipartThreshold, tap: { after } }))
  }
})

test('a failed callback where nobody may see the object is no success, and neither is one without an object', async () => {
  const unseen = createWorld()
  const after = failing(complete, error('callback-failed'))
  const before = alwaysFailing('HeadObject', denied)
  await failure('commit-unknown', unseen.run({ tap: { after, before } }))
  await assertDone(unseen, await unseen.run())

  const absent = createWorld()
  await failure(
    'commit-unknown',
    absent.run({ tap: { before: failing(complete, error('callback-failed')) } }),
  )
  await assertDone(absent, await absent.run())
})

test('the same for what is sent in one request', async () => {
  const world = createWorld()
  const tap = {
    after: failing('PutObject', error('callback-failed')),
    before: alwaysFailing('HeadObject', denied),
  }
  await failure('commit-unknown', world.run({ multipartThreshold: 1000, tap }))
  await assertDone(world, await world.run({ multipartThreshold: 1000 }))
})

test('where the service computes no CRC-64 its Complete is believed, and the result says so', async () => {
  const world = createWorld()
  const result = await world.run({
    dress: (service) => ({
      ...service,
      integrity: 'none',
      async completeMultipartUpload(...args) {
        const { etag } = await service.completeMultipartUpload(...args)
        return { etag }
      },
    }),
  })
  assert.equal(result.integrity, 'none')
  assert.equal(world.asked('HeadObject'), 0)
  await assertDone(world, result)
})

test('the answer of a callback is handed on', async () => {
  const world = createWorld()
  const result = await world.run({
    dress: (service) => ({
      ...service,
      async completeMultipartUpload(...args) {
        return { ...(await service.completeMultipartUpload(...args)), callback: '{"ok":true}' }
      },
    }),
  })
  assert.equal(result.callback, '{"ok":true}')
})

test('an answer that was lost before the service was ever heard is not the end', async () => {
  const world = createWorld()
  const result = await world.run({ tap: { before: failing('InitiateMultipartUpload', lostAnswer) } })
  await assertDone(world, result)
})
