/** Where other tools give up after one failure, go on after a fatal one, or mistake a success for a failure. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FaultRule } from '../../src/server/index.js'
import { bytesFrom, countOf, createWorld, failure, heldClock, PART, partNumbers } from '../library/world.js'

const part = { operation: 'UploadPart' } as const
const unavailable = { effect: 'error', code: 'ServiceUnavailable', status: 503 } as const
const size = 4 * PART

test('W5: refusals for the moment, resets and wrong bytes are tried again without being asked to, with growing pauses', async (t) => {
  const faults: FaultRule[] = [
    { operation: 'InitiateMultipartUpload', effect: 'error', code: 'InternalError', status: 500 },
    { ...part, partNumber: 1, ...unavailable, times: 2 },
    { ...part, partNumber: 2, effect: 'drop' },
    { ...part, partNumber: 3, effect: 'corrupt', what: 'stored' },
    { operation: 'CompleteMultipartUpload', ...unavailable },
  ]
  const world = await createWorld(t, { faults })
  const uploading = world.upload('k', await world.file(bytesFrom(1, size)))
  await uploading
  const pauses = uploading.events.filter((event) => event.type === 'waiting')
  assert.ok(pauses.length >= faults.length)
  for (const { attempt, delayMs } of pauses) assert.ok(delayMs <= 200 * 2 ** (attempt - 1), `${delayMs} ms`)
  assert.deepEqual(await world.objectBytes('k'), bytesFrom(1, size))
})

test('W6: after a fatal failure no further part is sent', async (t) => {
  const { clock, reached, release } = heldClock()
  const world = await createWorld(t, { clock })
  const filename = await world.file(bytesFrom(1, 31 * PART))
  world.server.faults.add({ ...part, partNumber: 1, effect: 'error', code: 'AccessDenied', status: 403 })
  world.server.faults.add({ ...part, partNumber: [2, 3, 4], effect: 'delay', ms: 1, times: 3 })
  const uploading = world.upload('k', filename, { numThreads: 4 })
  const failed = failure(uploading, 'denied')
  await Promise.race([reached, failed])
  await failed
  release()
  const others = partNumbers(world.asked('UploadPart')).filter((number) => number > 4)
  assert.deepEqual(others, [])
})

test('W22: a Complete whose answer was lost is a success when the object is there', async (t) => {
  const faults: FaultRule[] = [{ operation: 'CompleteMultipartUpload', effect: 'drop', when: 'after' }]
  const world = await createWorld(t, { faults })
  const uploading = world.upload('k', await world.file(bytesFrom(1, size)))
  assert.deepEqual((await uploading).parts, { kept: 0, sent: 4 })
  assert.equal(countOf(uploading, 'settled'), 1)
  assert.equal(world.asked('UploadPart').length, 4)
  assert.deepEqual([world.stored(), await world.unfinished()], [[], []])
})

test('J1: one 503 to a part costs one more request, and no upload is left behind', async (t) => {
  const world = await createWorld(t, { faults: [{ ...part, partNumber: 2, ...unavailable }] })
  await world.upload('k', await world.file(bytesFrom(1, size)))
  assert.deepEqual([...partNumbers(world.asked('UploadPart'))], [1, 2, 2, 3, 4])
  assert.equal(world.asked('InitiateMultipartUpload').length, 1)
  assert.deepEqual(await world.unfinished(), [])
})

test('J10: a part refused for good ends the call at once, and what was sent before is kept for the next', async (t) => {
  const world = await createWorld(t)
  const filename = await world.file(bytesFrom(1, 8 * PART))
  world.server.faults.add({ ...part, partNumber: 3, effect: 'error', code: 'InvalidArgument', status: 400 })
  await failure(world.upload('k', filename), 'invalid-argument')
  assert.deepEqual(partNumbers(world.asked('UploadPart')), [1, 2, 3])
  assert.equal(world.asked('AbortMultipartUpload').length, 0)
  assert.deepEqual((await world.upload('k', filename)).parts, { kept: 2, sent: 6 })
  assert.deepEqual(await world.objectBytes('k'), bytesFrom(1, 8 * PART))
})

test('J11: a part answered with 503 more than three times throws nothing away', async (t) => {
  const world = await createWorld(t, { faults: [{ ...part, partNumber: 2, ...unavailable, times: 4 }] })
  const result = await world.upload('k', await world.file(bytesFrom(1, size)))
  assert.equal(result.parts.sent, 4)
  assert.equal(world.asked('AbortMultipartUpload').length, 0)
  assert.equal(world.asked('InitiateMultipartUpload').length, 1)
})
