/** Answers that are lost, or say one thing while another was done: each is settled by looking, over real sockets. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FaultRule } from '../../src/server/index.js'
import { bytesFrom, countOf, createWorld, failure, heldClock, MiB, PART } from '../library/world.js'

const bytes = bytesFrom(1, 3 * PART)
const completing = { operation: 'CompleteMultipartUpload' } as const
const error = { effect: 'error', code: 'InternalError' } as const

/** How the first Completes go, and how many there are in all. */
const ways: readonly {
  readonly name: string
  readonly faults: readonly FaultRule[]
  readonly completes: number
}[] = [
  {
    name: 'dropped after it was done',
    faults: [{ ...completing, effect: 'drop', when: 'after' }],
    completes: 1,
  },
  { name: 'dropped before it was done', faults: [{ ...completing, effect: 'drop' }], completes: 2 },
  {
    name: 'dropped before, then after',
    faults: [
      { ...completing, effect: 'drop' },
      { ...completing, effect: 'drop', when: 'after', skip: 1 },
    ],
    completes: 2,
  },
  { name: '500 after it was done', faults: [{ ...completing, ...error, when: 'after' }], completes: 1 },
  { name: '500 before it was done', faults: [{ ...completing, ...error, times: 3 }], completes: 4 },
  {
    name: '200 with an error in its body, after it was done',
    faults: [{ ...completing, ...error, status: 200, when: 'after' }],
    completes: 1,
  },
  {
    name: '200 with an error in its body, nothing done',
    faults: [{ ...completing, ...error, status: 200 }],
    completes: 2,
  },
  {
    name: 'NoSuchUpload after it was done',
    faults: [{ ...completing, effect: 'error', code: 'NoSuchUpload', when: 'after' }],
    completes: 1,
  },
  {
    name: 'InvalidPart, nothing done',
    faults: [{ ...completing, effect: 'error', code: 'InvalidPart' }],
    completes: 2,
  },
  {
    name: 'throttled',
    faults: [{ ...completing, effect: 'error', code: 'SlowDown', status: 503 }],
    completes: 2,
  },
]

for (const { name, faults, completes } of ways) {
  test(`Complete: ${name}`, async (t) => {
    const world = await createWorld(t, { faults })
    const result = await world.upload('k', await world.file(bytes), { numThreads: 3 })
    assert.deepEqual(result.parts, { kept: 0, sent: 3 })
    assert.equal(world.asked('UploadPart').length, 3, 'no part is sent again')
    assert.equal(world.asked('CompleteMultipartUpload').length, completes)
    assert.deepEqual(await world.objectBytes('k'), bytes)
    assert.deepEqual([world.stored(), await world.unfinished()], [[], []])
  })

  test(`Complete under forbid-overwrite: ${name}`, async (t) => {
    const world = await createWorld(t, { faults })
    const headers = { 'x-oss-forbid-overwrite': 'true' }
    await world.upload('k', await world.file(bytes), { headers })
    assert.deepEqual(await world.objectBytes('k'), bytes)
    assert.deepEqual([world.stored(), await world.unfinished()], [[], []])
  })
}

test('Complete without an answer, and meanwhile somebody stores another object: a conflict, not a success', async (t) => {
  const { clock, reached, release } = heldClock()
  const world = await createWorld(t, { clock })
  const stranger = bytesFrom(7, 3 * PART)
  const other = await world.file(stranger, 'other')
  const filename = await world.file(bytes)
  // HEAD comes once before the beginning; the second is the look by which the lost answer is settled.
  world.server.faults.add(
    { ...completing, effect: 'drop', when: 'after' },
    { operation: 'HeadObject', effect: 'delay', ms: 1, skip: 1 },
  )
  const uploading = world.upload('k', filename)
  await Promise.race([reached, uploading])
  await world.upload('k', other, { store: `${world.store}-other`, multipartThreshold: MiB })
  release()
  await failure(uploading, 'conflict')
  assert.deepEqual(await world.objectBytes('k'), stranger)
})

test('an Initiate without an answer is found again, and no upload is left behind', async (t) => {
  for (const when of ['before', 'after'] as const) {
    const faults: FaultRule[] = [{ operation: 'InitiateMultipartUpload', effect: 'drop', when }]
    const world = await createWorld(t, { faults })
    const uploading = world.upload('k', await world.file(bytes))
    await uploading
    assert.equal(countOf(uploading, 'recovered'), when === 'after' ? 1 : 0)
    assert.equal(world.asked('InitiateMultipartUpload').length, when === 'after' ? 1 : 2)
    assert.deepEqual(await world.unfinished(), [])
  }
})

test('a part without an answer counts once, a part that arrives wrong is sent again', async (t) => {
  const faults: FaultRule[] = [
    { operation: 'UploadPart', partNumber: 1, effect: 'drop', when: 'after' },
    { operation: 'UploadPart', partNumber: 2, effect: 'corrupt', what: 'stored' },
    { operation: 'UploadPart', partNumber: 3, effect: 'corrupt', what: 'checksum' },
  ]
  const world = await createWorld(t, { faults })
  await world.upload('k', await world.file(bytes))
  assert.equal(world.asked('UploadPart').length, 6)
  assert.deepEqual(await world.objectBytes('k'), bytes)
})

test('a way that makes every part wrong is given up as that, and no object comes of it', async (t) => {
  const faults: FaultRule[] = [{ operation: 'UploadPart', effect: 'corrupt', what: 'stored', times: null }]
  const world = await createWorld(t, { faults })
  const filename = await world.file(bytes)
  await failure(world.upload('k', filename), 'integrity')
  assert.equal(world.asked('CompleteMultipartUpload').length, 0)
  world.server.faults.clear()
  await world.upload('k', filename)
  assert.deepEqual(await world.objectBytes('k'), bytes)
})

test('one PutObject: dropped after it was done, before, and with wrong bytes', async (t) => {
  const put = { operation: 'PutObject' } as const
  const cases: readonly FaultRule[] = [
    { ...put, effect: 'drop', when: 'after' },
    { ...put, effect: 'drop' },
    { ...put, effect: 'drop', bodyBytes: PART },
    { ...put, effect: 'corrupt', what: 'stored' },
    { ...put, ...error, when: 'after' },
  ]
  for (const fault of cases) {
    for (const headers of [{}, { 'x-oss-forbid-overwrite': 'true' }]) {
      // What arrived wrong under forbid-overwrite stands in its own way: nobody may replace it.
      if (fault.effect === 'corrupt' && 'x-oss-forbid-overwrite' in headers) continue
      const world = await createWorld(t, { faults: [fault] })
      await world.upload('k', await world.file(bytes), { multipartThreshold: MiB, headers })
      assert.deepEqual(await world.objectBytes('k'), bytes)
      assert.deepEqual(world.stored(), [])
    }
  }
})
