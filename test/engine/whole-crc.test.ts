/** The CRC-64 of the whole: what Complete says of it, what the object has, and who is believed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServiceError } from '../../src/engine/errors.js'
import type { ObjectService } from '../../src/engine/ports.js'
import { alwaysFailing, assertDone, crcOf, createWorld, failure } from './world.js'

const complete = 'CompleteMultipartUpload'
const denied = (): ServiceError => new ServiceError('denied', 'Not allowed.', { status: 403 })

const wrongAnswer = (service: ObjectService): ObjectService => ({
  ...service,
  async completeMultipartUpload(...args) {
    return { ...(await service.completeMultipartUpload(...args)), etag: 'OTHER', crc64: '1' }
  },
})

const wrongCrc = (service: ObjectService): ObjectService => ({
  ...wrongAnswer(service),
  async headObject(...args) {
    return { ...(await service.headObject(...args)), crc64: '1' }
  },
})

test('a Complete that answers with the CRC-64 of something else is settled by a look at the object', async () => {
  const world = createWorld()
  const result = await world.run({ dress: wrongAnswer })
  await assertDone(world, result)
  assert.equal(result.etag, world.object()?.etag)
  assert.equal(world.asked(complete), 1)
})

test('a Complete that answers with another CRC-64 is an integrity failure where nobody may look', async () => {
  const world = createWorld()
  const tap = { before: alwaysFailing('HeadObject', denied) }
  const failed = await failure('integrity', world.run({ dress: wrongAnswer, tap }))
  assert.match(failed.message, /CRC-64 1; its parts give/)
})

test('an object that is not what its parts were is an integrity failure, and the next run begins anew', async () => {
  const world = createWorld()
  const failed = await failure('integrity', world.run({ dress: wrongCrc }))
  assert.match(failed.message, new RegExp(`CRC-64 1; its parts give ${crcOf(world.file.bytes)}\\.`))
  assert.match(failed.message, /run it again to replace it/)
  assert.equal(failed.requestId, 'M1')
  assert.equal(world.asked(complete), 1)
  const result = await world.run()
  assert.equal(result.resumed, false)
  assert.equal(result.parts.sent, 5)
  await assertDone(world, result)
})

test('a Complete that tells no CRC-64 is settled by a look; where that tells none either, it is no success', async () => {
  const silent = (service: ObjectService): ObjectService => ({
    ...service,
    async completeMultipartUpload(...args) {
      const { crc64: _none, ...receipt } = await service.completeMultipartUpload(...args)
      return receipt
    },
  })
  const world = createWorld()
  await assertDone(world, await world.run({ dress: silent }))

  const blind = createWorld()
  const before = alwaysFailing('HeadObject', denied)
  const failed = await failure('commit-unknown', blind.run({ dress: silent, tap: { before } }))
  assert.match(failed.message, /does not say which CRC-64 it has\. Run it again/)
})
